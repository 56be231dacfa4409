// Runs VS Code's server in this process and ends it, with everything it forked, when the parent goes away.
// The parent holds the other end of stdin: it closes even when the parent is killed and can say nothing.
import { pathToFileURL } from "node:url";

const [node, , serverMain, ...serverArguments] = process.argv;
if (!node || !serverMain) throw new Error("usage: node server-entry.ts <server-main.js> <arguments…>");

process.stdin.on("close", () => process.kill(-process.pid, "SIGKILL"));
process.stdin.resume();
process.argv = [node, serverMain, ...serverArguments];
await import(pathToFileURL(serverMain).href);

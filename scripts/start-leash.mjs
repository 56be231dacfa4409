// Runs a program of ours in this process and stops it when the parent goes away, however that happens: the parent
// holds the other end of stdin.
import { pathToFileURL } from "node:url";

const [node, , program, ...rest] = process.argv;
process.stdin.on("close", () => process.kill(process.pid, "SIGTERM"));
process.stdin.resume();
process.argv = [node, program, ...rest];
await import(pathToFileURL(program).href);

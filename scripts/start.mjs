// `npm start`: Envpact's main job on sample workspaces, in real VS Code. See scripts/demo/main.ts for the options.
// This file is plain JavaScript, so that an older Node can still read what to do.
import { existsSync } from "node:fs";
import { join } from "node:path";

/** The first Node that runs TypeScript as it is and has node:sqlite. */
const nodeMajorMin = 24;

function obstacle() {
  if (process.platform === "win32") {
    return "npm start works on Linux and macOS. On Windows, run it inside WSL.";
  }
  if (!existsSync(join(import.meta.dirname ?? ".", "..", "node_modules", "esbuild"))) {
    return "The dependencies are not installed. Run `npm ci` first, then `npm start`.";
  }
  const major = Number(process.versions.node.split(".")[0]);
  if (major < nodeMajorMin) {
    return [
      `This is Node ${process.versions.node}, and Envpact's scripts need Node ${nodeMajorMin}, which the project brings along.`,
      "Run it as `npm start`, which uses node_modules/.bin/node. If you did, that one is missing:",
      "its install script was kept from running. Run `npm ci` again without --ignore-scripts.",
    ].join("\n");
  }
  return undefined;
}

const reason = obstacle();
if (reason !== undefined) {
  process.stderr.write(`${reason}\n`);
  process.exit(1);
}
const { main } = await import("./demo/main.ts");
process.exit(await main(process.argv.slice(2)));

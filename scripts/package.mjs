// Makes envpact.vsix of a release build, without failpoints and source maps.
import { createVSIX } from "@vscode/vsce";
import { runStep } from "./run-step.mjs";

const { code } = await runStep("node", ["scripts/build.mjs", "--release"]);
if (code !== 0) process.exit(code);
await createVSIX({ packagePath: "envpact.vsix", dependencies: false, allowMissingRepository: true });

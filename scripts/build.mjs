// Bundles one file per entry into dist/, and beside it the same command and coordinator with failpoints into
// out/failpoints/ for the process tests. `--watch` rebuilds on change; `--release` leaves the failpoints out.
import { chmod } from "node:fs/promises";
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
  sourcemap: process.argv.includes("--release") ? false : "linked",
  sourcesContent: false,
  minifySyntax: true,
  legalComments: "none",
  logLevel: "warning",
};

if (watch) {
  const context = await esbuild.context({ ...options, logLevel: "info" });
  await context.watch();
} else {
  await esbuild.build({ ...options, define: { ENVPACT_FAILPOINTS: "false" } });
  await chmod("dist/cli.js", 0o755);
  if (!process.argv.includes("--release")) {
    const { extension: _, ...entryPoints } = options.entryPoints;
    await esbuild.build({
      ...options,
      entryPoints,
      outdir: "out/failpoints",
      define: { ENVPACT_FAILPOINTS: "true" },
    });
  }
}

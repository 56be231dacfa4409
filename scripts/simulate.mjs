// Runs the deterministic simulation of the commit core over many seeds, on all cores:
//   node scripts/simulate.mjs [--seeds N] [--from S] [--jobs J] [--mutant NAME]
//   node scripts/simulate.mjs --seed S [--plan CHANGES] [--mutant NAME]    one seed, with its trace
// Prints its progress every minute and one line at the end. Exits with 1 at the first broken rule, after shrinking
// that seed's plan and printing its trace.
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const outfile = resolve("out/simulation/main.mjs");
await build({
  entryPoints: [resolve("test/simulation/main.ts")],
  bundle: true,
  packages: "external",
  platform: "node",
  format: "esm",
  outfile,
  sourcemap: "inline",
  logLevel: "warning",
});
const { main } = await import(pathToFileURL(outfile).href);
process.exitCode = await main(process.argv.slice(2));

// Runs the deterministic simulation of the commit core over many seeds, on all cores:
//   node scripts/simulate.mjs [--seeds N] [--from S] [--jobs J] [--mutant NAME]
//   node scripts/simulate.mjs --seed S [--mutant NAME]    one seed, with its trace
// Exits with 1 at the first broken rule, after shrinking that seed's plan and printing its trace.
import { once } from "node:events";
import { cpus } from "node:os";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

const bundle = resolve("out/simulation/main.mjs");
/** Seeds that a worker takes at a time. */
const batchSeeds = 100;

if (isMainThread) await main();
else await work();

async function work() {
  const { run, mutants } = await import(pathToFileURL(bundle).href);
  const mutant = mutants.find(({ name }) => name === workerData.mutant);
  parentPort.on("message", async ({ from, to }) => {
    const sum = { seeds: 0, steps: 0, commits: 0, crashes: 0, failed: undefined };
    for (let seed = from; seed < to && sum.failed === undefined; seed += 1) {
      const { steps, commits, crashes, violation } = await run(seed, { mutant });
      sum.seeds += 1;
      sum.steps += steps;
      sum.commits += commits;
      sum.crashes += crashes;
      if (violation) sum.failed = seed;
    }
    parentPort.postMessage(sum);
  });
}

async function main() {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "10000" },
      from: { type: "string", default: "1" },
      jobs: { type: "string", default: String(cpus().length) },
      seed: { type: "string" },
      mutant: { type: "string" },
    },
  });
  const { build } = await import("esbuild");
  await build({
    stdin: {
      contents: 'export * from "./simulation.ts"; export * from "./shrink.ts"; export * from "./mutants.ts";',
      resolveDir: resolve("test/simulation"),
    },
    bundle: true,
    platform: "node",
    format: "esm",
    outfile: bundle,
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
    sourcemap: "inline",
    logLevel: "warning",
  });
  if (values.seed !== undefined) process.exitCode = await replay(Number(values.seed), values.mutant, false);
  else process.exitCode = await runMany(values);
}

async function replay(seed, mutantName, shrunk) {
  const { run, shrink, report, mutants } = await import(pathToFileURL(bundle).href);
  const mutant = mutants.find(({ name }) => name === mutantName);
  const changes = shrunk ? await shrink(seed, mutant) : {};
  const result = await run(seed, { mutant, changes, traced: true });
  console.log(report(result, changes));
  return result.violation ? 1 : 0;
}

async function runMany({ seeds, from, jobs, mutant }) {
  const started = Date.now();
  const end = Number(from) + Number(seeds);
  let next = Number(from);
  const sum = { seeds: 0, steps: 0, commits: 0, crashes: 0, failed: undefined };
  const line = () => {
    const seconds = (Date.now() - started) / 1000;
    const { seeds, steps, commits, crashes } = sum;
    return `${seeds} seeds from ${from}, ${steps} steps, ${commits} commits, ${crashes} crashes in ${seconds.toFixed(0)} s (${((60 * seeds) / seconds).toFixed(0)} seeds a minute)`;
  };
  const timer = setInterval(() => console.log(line()), 60_000);
  const one = async () => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { mutant } });
    while (next < end && sum.failed === undefined) {
      const batch = { from: next, to: Math.min(end, next + batchSeeds) };
      next = batch.to;
      worker.postMessage(batch);
      const [done] = await once(worker, "message");
      for (const name of ["seeds", "steps", "commits", "crashes"]) sum[name] += done[name];
      sum.failed ??= done.failed;
    }
    await worker.terminate();
  };
  await Promise.all(Array.from({ length: Number(jobs) }, one));
  clearInterval(timer);
  console.log(line());
  if (sum.failed === undefined) return 0;
  return replay(sum.failed, mutant, true);
}

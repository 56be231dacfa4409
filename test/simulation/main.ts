import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import type { Sum } from "./batch.ts";
import { Jobs } from "./jobs.ts";
import { type Mutant, mutants } from "./mutants.ts";
import type { Plan } from "./plan.ts";
import { report, shrink } from "./shrink.ts";
import { run } from "./simulation.ts";

/** Milliseconds between two lines of progress. */
const progressMs = 60_000;

/** The command `npm run simulate`; returns its exit code: 1 when a rule was broken, 2 for unknown arguments. */
export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: "string", default: "10000" },
      from: { type: "string", default: "1" },
      jobs: { type: "string", default: String(availableParallelism()) },
      seed: { type: "string" },
      plan: { type: "string", default: "{}" },
      mutant: { type: "string" },
    },
  });
  const mutant = mutants.find(({ name }) => name === values.mutant);
  if (values.mutant !== undefined && !mutant) {
    console.error(`There is no mutant "${values.mutant}": ${mutants.map(({ name }) => name).join(", ")}`);
    return 2;
  }
  if (values.seed !== undefined) {
    return replay(Number(values.seed), mutant, JSON.parse(values.plan) as Partial<Plan>);
  }
  return runMany(Number(values.from), Number(values.seeds), Number(values.jobs), mutant);
}

async function replay(seed: number, mutant: Mutant | undefined, changes: Partial<Plan>): Promise<number> {
  const result = await run(seed, { ...(mutant ? { mutant } : {}), changes, traced: true });
  console.log(report(result, changes));
  return result.violation ? 1 : 0;
}

async function runMany(
  from: number,
  seeds: number,
  count: number,
  mutant: Mutant | undefined,
): Promise<number> {
  const jobs = await Jobs.start(count);
  const started = performance.now();
  let toldAt = started;
  const line = (sum: Sum) => {
    const seconds = (performance.now() - started) / 1000;
    const rate = ((60 * sum.seeds) / seconds).toFixed(0);
    return `${sum.seeds} seeds from ${from}, ${sum.steps} steps, ${sum.commits} commits, ${sum.crashes} crashes, ${sum.forced} forced outcomes (${sum.mixed} mixed) in ${seconds.toFixed(0)} s (${rate} seeds a minute)`;
  };
  const sum = await jobs.run({ from, seeds, mutant: mutant?.name }, (sofar) => {
    if (performance.now() - toldAt < progressMs) return;
    toldAt = performance.now();
    console.log(line(sofar));
  });
  await jobs.close();
  console.log(line(sum));
  if (!sum.failed) return 0;
  const { seed } = sum.failed;
  return replay(seed, mutant, await shrink(seed, mutant));
}

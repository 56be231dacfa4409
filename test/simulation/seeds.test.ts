import { availableParallelism } from "node:os";
import { expect, test } from "vitest";
import { Jobs } from "./jobs.ts";
import { report, shrink } from "./shrink.ts";
import { run } from "./simulation.ts";

/** ENVPACT_SEED replays one seed with its trace; otherwise this many run, from 1, on all cores. */
const onlySeed = process.env.ENVPACT_SEED;
const seeds = 20_000;
/** Two minutes on two cores that have nothing else to do; this is for machines that have. */
const slowestMs = 400_000;

test(
  "under faults of every kind nothing is promised twice, told twice, lost or left waiting",
  async () => {
    if (onlySeed !== undefined) {
      const result = await run(Number(onlySeed), { traced: true });
      console.log(report(result));
      expect(result.violation).toBeUndefined();
      return;
    }
    const started = performance.now();
    const jobs = await Jobs.start(availableParallelism());
    const { failed, ...sum } = await jobs.run({ from: 1, seeds }).finally(() => jobs.close());
    console.log(`${JSON.stringify(sum)} in ${((performance.now() - started) / 1000).toFixed(0)} s`);
    if (failed) await fail(failed.seed);
    expect(sum.seeds).toBe(seeds);
    // What would be left if the simulated people or faults did nothing proves nothing.
    expect(sum.commits).toBeGreaterThan(seeds);
    expect(sum.crashes).toBeGreaterThan(seeds);
    expect(sum.forced).toBeGreaterThan(seeds / 50);
    expect(sum.mixed).toBeGreaterThan(seeds / 100);
  },
  slowestMs,
);

test("a seed does the same every time", async () => {
  for (const seed of [1, 2, 3]) {
    const [once, again] = [await run(seed, { traced: true }), await run(seed, { traced: true })];
    expect(once.trace.length).toBeGreaterThan(10);
    // Sealed values hold random nonces; the trace leaves them out.
    expect(again.trace).toEqual(once.trace);
  }
});

async function fail(seed: number): Promise<never> {
  const changes = await shrink(seed);
  throw new Error(report(await run(seed, { traced: true, changes }), changes));
}

import { expect, test } from "vitest";
import { report, shrink } from "./shrink.ts";
import { run } from "./simulation.ts";

/** ENVPACT_SEED replays one seed with its trace; otherwise as many seeds as fit run, from 1. */
const onlySeed = process.env.ENVPACT_SEED;
const seedsMax = 20_000;
/** The test keeps within this time, in milliseconds, on any machine. */
const budgetMs = 15_000;

test("under faults of every kind nothing is promised twice, told twice, lost or left waiting", async () => {
  const started = performance.now();
  const sum = { seeds: 0, steps: 0, commits: 0, crashes: 0 };
  const from = onlySeed === undefined ? 1 : Number(onlySeed);
  const to = onlySeed === undefined ? seedsMax : from;
  for (let seed = from; seed <= to && performance.now() - started < budgetMs; seed += 1) {
    const result = await run(seed, { traced: onlySeed !== undefined });
    if (result.violation) await fail(seed);
    sum.seeds += 1;
    sum.steps += result.steps;
    sum.commits += result.commits;
    sum.crashes += result.crashes;
    if (onlySeed !== undefined) console.log(report(result));
  }
  console.log(`seeds from ${from}: ${JSON.stringify(sum)}`);
  expect(sum.seeds).toBeGreaterThan(onlySeed === undefined ? 50 : 0);
  expect(sum.commits + sum.crashes).toBeGreaterThan(0);
});

test("a seed does the same every time", async () => {
  const seed = 12;
  const [once, again] = [await run(seed, { traced: true }), await run(seed, { traced: true })];
  expect(once.steps).toBeGreaterThan(100);
  // Sealed values hold random nonces; the trace leaves them out.
  expect(again.trace).toEqual(once.trace);
});

async function fail(seed: number): Promise<never> {
  const changes = await shrink(seed);
  throw new Error(report(await run(seed, { traced: true, changes }), changes));
}

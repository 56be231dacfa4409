import { availableParallelism } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Jobs } from "./jobs.ts";
import { mutants } from "./mutants.ts";

/** A mistake that is not found in this many seeds would live in production for years. */
const seeds = 20_000;
/** Far more than any of them takes. */
const slowestMs = 400_000;

describe("the simulation catches", () => {
  let jobs: Jobs;

  beforeAll(async () => {
    jobs = await Jobs.start(availableParallelism());
  });

  afterAll(() => jobs.close());

  test.each(mutants.map(({ name }) => name))(
    "%s",
    async (mutant) => {
      const { failed } = await jobs.run({ from: 1, seeds, mutant });
      const { seed, invariant, text } = failed ?? {};
      console.log(`${mutant}: seed ${seed}, invariant ${invariant}: ${text}`);
      // A mistake must break a rule of safety; that something hangs, or crashes, would be found by accident only.
      expect(invariant).toBeGreaterThanOrEqual(1);
      expect(invariant).toBeLessThanOrEqual(15);
    },
    slowestMs,
  );
});

import { describe, expect, test } from "vitest";
import { mutants } from "./mutants.ts";
import { run } from "./simulation.ts";

/** A mistake that is not found in this many seeds would live in production for years. */
const seedsMax = 20_000;

describe("the simulation catches", () => {
  test.for(mutants.map((mutant) => [mutant.name, mutant] as const))("%s", async ([, mutant]) => {
    let caught: { seed: number; text: string } | undefined;
    for (let seed = 1; seed <= seedsMax && !caught; seed += 1) {
      const { violation } = await run(seed, { mutant });
      if (violation) caught = { seed, text: `invariant ${violation.invariant}: ${violation.text}` };
    }
    console.log(`${mutant.name}: seed ${caught?.seed}, ${caught?.text.split("\n")[0]}`);
    expect(caught?.text).toMatch(/^invariant (?:[1-9]|10|11):/u);
  });
});

import { afterEach, expect, it } from "vitest";
import { planFaults } from "./torture-plan.ts";
import { agents, authors, healMs, TortureRig } from "./torture-rig.ts";

/** `ENVPACT_SEED` replays a plan of faults; `ENVPACT_TORTURE_SECONDS` makes it longer or shorter. */
const seed = Number(process.env.ENVPACT_SEED ?? Math.floor(Math.random() * 2 ** 31));
const durationMs = Number(process.env.ENVPACT_TORTURE_SECONDS ?? 60) * 1_000;

let rig: TortureRig | undefined;
afterEach(() => rig?.close());

it(
  "Five agents, three of them committing without a pause, come through a bad day with one history",
  async () => {
    const plan = planFaults(seed, durationMs, authors, agents);
    process.stdout.write(`torture: ENVPACT_SEED=${seed}, ${plan.length} faults in ${durationMs / 1_000} s\n`);
    rig = await TortureRig.open();
    await rig.run(seed, plan, durationMs);
    await rig.expectHealed();
    const count = (outcome: string) => rig?.told.filter((told) => told.outcome === outcome).length ?? 0;
    const outcomes = ["committed", "aborted", "unknown", "refused", "killed"] as const;
    const said = outcomes.map((outcome) => `${count(outcome)} ${outcome}`).join(", ");
    process.stdout.write(`torture: ${said}; ${JSON.stringify(rig.done)}\n`);
    // A minute in which hardly anything was committed has tortured nothing.
    expect(count("committed")).toBeGreaterThan(durationMs / 10_000);
  },
  durationMs + 2 * healMs + 60_000,
);

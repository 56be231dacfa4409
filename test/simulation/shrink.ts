import type { Violation } from "../../src/commit/invariants.ts";
import type { Mutant } from "./mutants.ts";
import { drawPlan, type Plan } from "./plan.ts";
import { Random } from "./random.ts";
import { type RunResult, run } from "./simulation.ts";

/** Simpler plans to try, the most telling first. */
function simpler(plan: Plan): Partial<Plan>[] {
  const off: Partial<Plan>[] = [
    { membership: 0 },
    { forceEveryMs: Number.POSITIVE_INFINITY },
    { established: true },
    { policy: "detach" },
    { clockJumps: 0, clockDrift: 0 },
    { secondWindows: 0 },
    { reviewers: 0 },
    { editsInDoubt: 0 },
    { freezes: 0 },
    { partitions: 0 },
    { resets: 0 },
    { kills: 0 },
    { crashAtEffect: 0 },
    { diskErrors: 0 },
    { duplicates: 0 },
    { hostileEdits: 0 },
    { absentAtEnd: false },
    { faultEveryMs: Number.POSITIVE_INFINITY },
    { catchupRecords: 500 },
    { latencyMs: 1 },
    { diskMs: 0.2 },
  ];
  for (let peers = 1; peers < plan.peers; peers += 1) off.push({ peers });
  for (const share of [0.25, 0.5, 0.75]) off.push({ faultyMs: plan.faultyMs * share });
  return off;
}

/** Changes to the plan of a failing seed under which it still breaks the same rule, in fewer steps. */
export async function shrink(seed: number, mutant?: Mutant): Promise<Partial<Plan>> {
  const options = mutant ? { mutant } : {};
  const first = await run(seed, options);
  let best: { changes: Partial<Plan>; steps: number } = { changes: {}, steps: first.steps };
  // What could not be left out at first can be once something else is gone.
  for (let before = Number.POSITIVE_INFINITY; best.steps < before; ) {
    before = best.steps;
    for (const change of simpler({ ...drawPlan(new Random(seed)), ...best.changes })) {
      const changes = { ...best.changes, ...change };
      const { violation, steps } = await run(seed, { ...options, changes });
      const same =
        violation?.invariant === first.violation?.invariant && kindOf(violation) === kindOf(first.violation);
      if (same && steps < best.steps) best = { changes, steps };
    }
  }
  return best.changes;
}

/** What broke, without the names and numbers of this run. */
function kindOf(violation: Violation | undefined): string {
  return (violation?.text.split("\n")[0] ?? "").replace(/\S*\d\S*/gu, "").slice(0, 60);
}

/** Lines of the trace that are shown. */
const shownLinesMax = 400;

/** A failed run for people: what broke, how to see it again, and what happened. */
export function report(result: RunResult, changes: Partial<Plan> = {}): string {
  const { seed, violation, trace, steps } = result;
  const plan = Object.keys(changes).length > 0 ? ` --plan '${JSON.stringify(changes)}'` : "";
  return [
    violation
      ? `Seed ${seed} broke invariant ${violation.invariant}: ${violation.text}`
      : `Seed ${seed} broke nothing`,
    `Replay: ENVPACT_SEED=${seed} npx vitest run --project unit test/simulation`,
    `    or: node scripts/simulate.mjs --seed ${seed}${plan}`,
    `Plan: ${JSON.stringify(result.plan)}`,
    `Trace of ${steps} steps (seconds, who, what):`,
    ...trace.slice(-shownLinesMax),
  ].join("\n");
}

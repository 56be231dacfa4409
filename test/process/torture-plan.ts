import { Random } from "../simulation/random.ts";

/** Who can be killed or frozen: the number of an agent, or the coordinator. */
export type Target = number | "coordinator";

/** One thing that goes wrong, at a time since the start. */
export type Fault = { readonly atMs: number } & (
  | { readonly kind: "kill"; readonly target: Target; readonly downMs: number }
  | { readonly kind: "kill author"; readonly peer: number }
  | { readonly kind: "freeze"; readonly target: Target; readonly forMs: number }
  | { readonly kind: "cut"; readonly share: number }
  | { readonly kind: "delay"; readonly delayMs: number; readonly forMs: number }
  | { readonly kind: "stall"; readonly forMs: number }
  | { readonly kind: "edit"; readonly peer: number; readonly what: "foreign" | "shared" }
);

/** Mean time between two faults. */
const faultEveryMs = 800;

/** Everything that goes wrong in `durationMs`; one seed makes one plan. */
export function planFaults(
  seed: number,
  durationMs: number,
  authors: number,
  agents: number,
): readonly Fault[] {
  const random = new Random(seed);
  const faults: Fault[] = [];
  for (let atMs = 1_000; atMs < durationMs; atMs += Math.round(random.exponential(faultEveryMs))) {
    faults.push({ atMs, ...faultOf(random, authors, agents) } as Fault);
  }
  return faults;
}

function faultOf(random: Random, authors: number, agents: number): object {
  const target: Target = random.chance(0.25) ? "coordinator" : random.below(agents);
  const ms = (from: number, to: number) => Math.round(random.between(from, to));
  switch (random.below(10)) {
    case 0:
    case 1:
    case 2:
      return { kind: "kill", target, downMs: random.chance(0.7) ? ms(0, 300) : ms(500, 5_000) };
    case 3:
      return { kind: "kill author", peer: random.below(authors) };
    case 4:
      return { kind: "freeze", target, forMs: ms(500, 4_000) };
    case 5:
      return { kind: "cut", share: random.pick([0.3, 1]) };
    case 6:
      return { kind: "delay", delayMs: ms(10, 400), forMs: ms(500, 3_000) };
    case 7:
      return { kind: "stall", forMs: ms(200, 1_500) };
    default:
      // The last agent's file is touched by nobody but its agent.
      return {
        kind: "edit",
        peer: random.below(agents - 1),
        what: random.pick(["foreign", "foreign", "shared"]),
      };
  }
}

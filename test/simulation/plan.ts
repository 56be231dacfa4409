import type { Policy } from "../../src/protocol/messages.ts";
import type { Random } from "./random.ts";

/**
 * What one run does. Drawn from the seed, every kind of fault on or off by itself ("swarm testing", Groce and
 * others, ISSTA 2012): a run with few kinds gets deeper than one in which everything fails all the time.
 */
export interface Plan {
  /**
   * `safety`: faults everywhere until the end, which is wherever the run happens to be. `liveness`: the faults end,
   * and the healed core must come to rest, commit once more, and take back who stayed away.
   */
  kind: "safety" | "liveness";
  /** Workspaces that are peers at the beginning. */
  peers: number;
  /** Whether they are members from the start, or have yet to join. */
  established: boolean;
  /** What the space does about an absent voter when an author does not say. */
  policy: Policy;
  /** Length of the faulty part, in simulated time. */
  faultyMs: number;
  /** Mean time between two things that users do. */
  userEveryMs: number;
  /** Mean time between two faults; infinite without any. */
  faultEveryMs: number;
  /** Mean latency of a message. */
  latencyMs: number;
  /** Mean time of one call of the disk. */
  diskMs: number;
  /** Chance that a process dies at an effect: before it, or after it and before anyone knows. */
  crashAtEffect: number;
  /** Share of crashes that take the machine's unforced writes with them. */
  powerLoss: number;
  /** Chance that a message is delivered again later. */
  duplicates: number;
  /** Chance that a call of the disk fails. */
  diskErrors: number;
  /** Weights of the faults that come by time. */
  kills: number;
  resets: number;
  partitions: number;
  freezes: number;
  clockJumps: number;
  /** How much faster or slower than time a machine's clock runs at most. */
  clockDrift: number;
  /** Chance that an edit is a hostile one: a deleted, read-only, locked, broken or checked-out file. */
  hostileEdits: number;
  /** Chance that a user touches a file just when a vote for it was forced, between PREPARE and COMMIT. */
  editsInDoubt: number;
  /** Chance that a voter's person looks at every change of others before it is voted on. */
  reviewers: number;
  /** Chance that a folder has a second window: a companion beside the process that takes part. */
  secondWindows: number;
  /** Mean time between two looks of people who do not wait for what is in doubt; infinite when all of them wait. */
  forceEveryMs: number;
  /** Chance that a user's action is a join or a leave. */
  membership: number;
  /** Revisions whose bodies the coordinator keeps. */
  keptRevisions: number;
  /** Records in one CATCHUP. */
  catchupRecords: number;
  detachAfterMs: number;
  /** Whether one voter stays away while the others must go on at the end. */
  absentAtEnd: boolean;
  /** Whether frames are text and pass the schemas of the wire, and every start reads the journal's bytes. */
  thorough: boolean;
}

const infinite = Number.POSITIVE_INFINITY;

/** Most workspaces that are peers at a time. */
export const peersMax = 7;

/** The plan of a seed. */
export function drawPlan(random: Random): Plan {
  const sometimes = (from: number, to: number) => (random.chance(0.55) ? random.between(from, to) : 0);
  const calm = random.chance(0.08);
  const absentAtEnd = random.chance(0.25);
  return {
    kind: random.chance(0.55) ? "safety" : "liveness",
    // Few more often than many: three voters already disagree in every way that seven can.
    peers: 1 + Math.min(random.below(peersMax), random.below(peersMax)),
    established: random.chance(0.75),
    // By any other policy the others do not go on without the one that is absent.
    policy: absentAtEnd ? "detach" : random.pick(["detach", "detach", "detach", "wait", "strict"] as const),
    faultyMs: random.between(3_000, random.chance(0.15) ? 40_000 : 13_000),
    userEveryMs: random.pick([200, 400, 800, 1_600]),
    faultEveryMs: calm ? Number.POSITIVE_INFINITY : random.pick([500, 1_500, 4_000]),
    latencyMs: random.pick([1, 5, 50, 300]),
    diskMs: random.pick([0.2, 2, 20]),
    crashAtEffect: calm ? 0 : sometimes(0.001, 0.03),
    powerLoss: random.pick([0, 0.5, 1]),
    duplicates: sometimes(0.005, 0.1),
    diskErrors: calm ? 0 : sometimes(0.001, 0.02),
    kills: sometimes(0.5, 2),
    resets: sometimes(0.5, 2),
    partitions: sometimes(0.5, 2),
    freezes: sometimes(0.5, 1),
    clockJumps: random.chance(0.25) ? 0.5 : 0,
    clockDrift: random.pick([0, 0, 0.001, 0.05]),
    hostileEdits: sometimes(0.05, 0.4),
    editsInDoubt: random.pick([0, 0, 0.05, 0.3]),
    reviewers: random.pick([0, 0, 0, 0.3]),
    secondWindows: random.pick([0, 0, 0, 0.4]),
    membership: random.chance(0.4) ? random.between(0.02, 0.15) : 0,
    catchupRecords: random.pick([1, 2, 500]),
    detachAfterMs: random.pick([3_000, 30_000]),
    absentAtEnd,
    thorough: random.chance(0.02),
    keptRevisions: random.pick([1, 4, 12, 1_000, 1_000]),
    forceEveryMs: random.pick([infinite, infinite, infinite, 100, 1_000]),
  };
}

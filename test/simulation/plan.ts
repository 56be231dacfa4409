import type { Random } from "./random.ts";

/**
 * What one run does. Drawn from the seed, every kind of fault on or off by itself ("swarm testing", Groce and
 * others, ISSTA 2012): a run with few kinds gets deeper than one in which everything fails all the time.
 */
export interface Plan {
  /** Workspaces that are peers at the beginning. */
  peers: number;
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
  /** Chance that an edit is a hostile one: a deleted, read-only, locked, broken or checked-out file. */
  hostileEdits: number;
  /** Chance that a user's action is a join or a leave. */
  membership: number;
  /** Records in one CATCHUP. */
  catchupRecords: number;
  detachAfterMs: number;
  /** Whether one voter stays away while the others must go on at the end. */
  absentAtEnd: boolean;
  /** Whether every frame also passes the schemas of the wire. */
  validateFrames: boolean;
}

/** The plan of a seed. */
export function drawPlan(random: Random): Plan {
  const sometimes = (from: number, to: number) => (random.chance(0.55) ? random.between(from, to) : 0);
  const calm = random.chance(0.08);
  return {
    peers: 1 + random.below(5),
    faultyMs: random.between(5_000, random.chance(0.2) ? 60_000 : 25_000),
    userEveryMs: random.pick([200, 500, 1_000, 2_000]),
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
    hostileEdits: sometimes(0.05, 0.4),
    membership: random.chance(0.4) ? random.between(0.02, 0.15) : 0,
    catchupRecords: random.pick([1, 2, 500]),
    detachAfterMs: random.pick([3_000, 30_000]),
    absentAtEnd: random.chance(0.25),
    validateFrames: random.chance(0.1),
  };
}

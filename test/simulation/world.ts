import type { Violation } from "../../src/commit/invariants.ts";
import type { Plan } from "./plan.ts";
import type { Random } from "./random.ts";

/** How a process ends without being asked: `power` takes what was not forced with it. */
export type CrashKind = "kill" | "power";

/** The clock of a machine: it outlives processes, is set by people, and runs too fast or too slow. */
export class Clock {
  readonly #world: World;
  /** Seconds that it gains in a second. */
  readonly #gain: number;
  #setByMs = 0;

  constructor(world: World) {
    this.#world = world;
    this.#gain = world.random.between(-1, 1) * world.plan.clockDrift;
  }

  /** The time of day that the machine tells, in whole milliseconds. */
  now(): number {
    const { now } = this.#world;
    return Math.floor(now + this.#setByMs + (now - epochMs) * this.#gain);
  }

  /** What a timer of the machine takes in simulated time; being set does not change it. */
  lasts(ms: number): number {
    return ms / (1 + this.#gain);
  }

  set(byMs: number): void {
    this.#setByMs += byMs;
  }
}

/** One simulated process. What belongs to a dead one never happens. */
export class Process {
  readonly name: string;
  alive = true;
  /** Nothing of this process runs before this time (SIGSTOP, a sleeping laptop). */
  frozenUntil = 0;
  /** The clock of its machine. */
  readonly clock: Clock;
  readonly #onCrash: (kind: CrashKind) => void;

  constructor(name: string, clock: Clock, onCrash: (kind: CrashKind) => void) {
    this.name = name;
    this.clock = clock;
    this.#onCrash = onCrash;
  }

  crash(kind: CrashKind): void {
    if (!this.alive) return;
    this.alive = false;
    this.#onCrash(kind);
  }
}

interface Event {
  readonly at: number;
  readonly order: number;
  readonly process: Process | undefined;
  readonly run: () => void;
}

/** Steps of one run; more means that something runs in circles. */
const stepsMax = 60_000;
/** Simulated time starts here, so that times look like those of a clock. */
const epochMs = 1_700_000_000_000;

/** Simulated time, the queue of what will happen, and the run's trace. */
export class World {
  now = epochMs;
  steps = 0;
  /** False in the healed part of a run. */
  faulty = true;
  violation: Violation | undefined;
  readonly random: Random;
  readonly plan: Plan;
  readonly trace: string[] = [];
  readonly #traced: boolean;
  readonly #heap: Event[] = [];
  #order = 0;

  constructor(random: Random, plan: Plan, traced: boolean) {
    this.random = random;
    this.plan = plan;
    this.#traced = traced;
  }

  /** Notes a line of the trace; `line` is only made when somebody reads it. */
  note(line: () => string): void {
    if (this.#traced) this.trace.push(`${((this.now - epochMs) / 1000).toFixed(4).padStart(9)} ${line()}`);
  }

  /** Ends the run with the first violation found. */
  report(...found: readonly Violation[]): void {
    this.violation ??= found[0];
  }

  schedule(delayMs: number, process: Process | undefined, run: () => void): void {
    this.#push({ at: this.now + Math.max(0, delayMs), order: this.#order++, process, run });
  }

  /** As setTimeout: whole milliseconds, at least one, and up to one early by the clock of the wall. */
  timer(restMs: number, process: Process, run: () => void): void {
    const wholeMs = Math.trunc(restMs);
    this.schedule(process.clock.lasts(wholeMs > 1 ? wholeMs - this.random.next() : 1), process, run);
  }

  /** Whether the process ends right here. */
  crashPoint(process: Process, where: string): boolean {
    if (!process.alive) return true;
    if (!this.faulty || !this.random.chance(this.plan.crashAtEffect)) return false;
    this.crash(process, where);
    return true;
  }

  /** Ends a process, by the plan's share with its unforced writes. */
  crash(process: Process, where: string): void {
    const kind = this.random.chance(this.plan.powerLoss) ? "power" : "kill";
    this.note(() => `${process.name}: dies (${kind}) at ${where}`);
    process.crash(kind);
  }

  /** A call of the disk: takes time, and the process may die before it, or after it before it knows. */
  io<T>(process: Process, what: string, act: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.schedule(this.random.exponential(this.plan.diskMs), process, () => {
        if (this.crashPoint(process, `before ${what}`)) return;
        try {
          const result = act();
          if (!this.crashPoint(process, `after ${what}`)) resolve(result);
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  /** Whether a call of the disk fails. */
  diskFails(): boolean {
    return this.faulty && this.random.chance(this.plan.diskErrors);
  }

  /** Lets happen what happens until `untilMs` from now, or `done` says so. */
  async run(untilMs: number, done: () => boolean = () => false): Promise<void> {
    const until = this.now + untilMs;
    await settled();
    for (let event = this.#heap[0]; event && event.at <= until; event = this.#heap[0]) {
      this.#pop();
      const { process } = event;
      if (process && !process.alive) continue;
      if (process && process.frozenUntil > event.at) {
        this.#push({ ...event, at: process.frozenUntil });
        continue;
      }
      this.now = Math.max(this.now, event.at);
      this.steps += 1;
      event.run();
      await settled();
      if (this.steps > stepsMax) this.report({ invariant: 0, text: "the run never comes to rest" });
      if (this.violation || done()) return;
    }
    this.now = until;
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (before(heap[parent]!, event)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1;
      if (before(last, heap[child]!)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

/**
 * Production code awaits: all of it has run when this resolves, before the next event. The queue of `nextTick` is
 * looked at only when no promise has anything left to do, and costs no turn of the event loop.
 */
function settled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

function before(one: Event, other: Event): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

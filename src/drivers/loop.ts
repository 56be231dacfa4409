import { EnvpactError } from "../protocol/errors.ts";

/** What a {@link Loop} drives. */
export interface LoopOptions<Input, Effect> {
  /** Takes one input and returns the effects to carry out, in order. */
  readonly step: (input: Input) => readonly Effect[];
  /** Carries out one effect; awaited when it returns a promise. */
  readonly perform: (effect: Effect) => Promise<void> | void;
  /** Called once when `step` or `perform` threw or the queue overflowed; the loop has stopped by then. */
  readonly onFatal: (error: unknown) => void;
}

/** Inputs that may wait for their turn. */
export const queuedInputsMax = 100_000;

/**
 * The one place that carries effects out: one queue, one input at a time, and the next effect only when the one
 * before it is done. So a `persist` that stands before a `send` is on disk before the send.
 */
export class Loop<Input, Effect> {
  readonly #options: LoopOptions<Input, Effect>;
  #queue: Input[] = [];
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(options: LoopOptions<Input, Effect>) {
    this.#options = options;
  }

  /** Queues an input. Ignored after `stop` or a fatal error; a full queue is fatal. */
  push(input: Input): void {
    if (this.#stopped) return;
    if (this.#queue.length >= queuedInputsMax) {
      const text = `${queuedInputsMax} inputs are waiting; this process can no longer keep up.`;
      this.#fail(new EnvpactError("LIMIT", text, "It ends and resumes from its records."));
      return;
    }
    this.#queue.push(input);
    this.#running ??= this.#run();
  }

  /** Resolves when nothing is queued or under way, also after a stop. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** Drops the queued inputs, takes no more, and resolves when the effect under way is done. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#queue = [];
    await this.idle();
  }

  async #run(): Promise<void> {
    // An input pushed from within `perform` or `step` must wait for this turn's end, never run inside it.
    await Promise.resolve();
    try {
      for (let at = 0; at < this.#queue.length && !this.#stopped; at += 1) {
        if (at >= 1024) {
          this.#queue.splice(0, at);
          at = 0;
        }
        await this.#turn(this.#queue[at]!);
      }
      this.#queue = [];
    } catch (error) {
      this.#fail(error);
    }
    this.#running = undefined;
  }

  async #turn(input: Input): Promise<void> {
    for (const effect of this.#options.step(input)) {
      if (this.#stopped) return;
      const done = this.#options.perform(effect);
      if (done !== undefined) await done;
    }
  }

  #fail(error: unknown): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#queue = [];
    this.#options.onFatal(error);
  }
}

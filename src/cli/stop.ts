/** Signals that ask a command to end. Not SIGHUP: a handler would undo `nohup`, and a kill loses nothing. */
const stopSignals = ["SIGINT", "SIGTERM"] as const;

/** The part of `process` that stopping needs. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  exit(code: number): unknown;
}

/**
 * Being asked to end: by a signal, or because nobody reads stdout any more. A command that never asks for
 * {@link signal} keeps the system's way, which ends it at once.
 */
export class StopSignals {
  readonly #source: SignalSource;
  readonly #controller = new AbortController();
  #listening = false;
  #forced: (() => number) | undefined;

  constructor(source: SignalSource) {
    this.#source = source;
  }

  /** Aborts when the command should end. The second signal ends the process, whatever still runs. */
  get signal(): AbortSignal {
    if (!this.#listening) {
      this.#listening = true;
      for (const name of stopSignals) this.#source.on(name, () => this.#received());
    }
    return this.#controller.signal;
  }

  /** What to say, and the exit code, when a second signal ends the process; undefined: nothing, and 1. */
  whenForced(say: (() => number) | undefined): void {
    this.#forced = say;
  }

  /** Stdout was closed by its reader. */
  readerGone(): void {
    this.#controller.abort();
  }

  #received(): void {
    if (this.#controller.signal.aborted) this.#source.exit(this.#forced?.() ?? 1);
    this.#controller.abort();
  }
}

/** Resolves when `signal` aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

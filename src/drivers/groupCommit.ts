import type { CoordinatorWrite } from "../commit/effects.ts";
import type { CoordinatorStore } from "../commit/ports.ts";

interface Pending {
  readonly space: string;
  readonly writes: readonly CoordinatorWrite[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit (Gawlick and Kinkade, "Varieties of concurrency control in IMS/VS Fast Path", 1985): the decisions that
 * several spaces reach in one turn of the event loop share one transaction, and so one forced write.
 */
export class GroupCommit {
  readonly #store: Pick<CoordinatorStore, "writeAll">;
  #pending: Pending[] = [];

  constructor(store: Pick<CoordinatorStore, "writeAll">) {
    this.#store = store;
  }

  /** Resolves when the writes are on disk; rejects, with everything that shared the transaction, when they are not. */
  write(space: string, writes: readonly CoordinatorWrite[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ space, writes, resolve, reject });
      if (this.#pending.length === 1) setImmediate(() => this.#flush());
    });
  }

  #flush(): void {
    const batch = this.#pending;
    this.#pending = [];
    try {
      this.#store.writeAll(batch);
    } catch (error) {
      // What is on disk is unknown: every space of the batch stops, and a new start reads what became of it.
      for (const { reject } of batch) reject(error);
      return;
    }
    for (const { resolve } of batch) resolve();
  }
}

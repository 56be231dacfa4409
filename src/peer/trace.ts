import type { KeyRef } from "./api.ts";

/** One mark on a peer's line of a transaction's timeline. Times are this machine's, milliseconds since the epoch. */
export interface TraceMark {
  readonly kind:
    | "submitted"
    | "prepare"
    | "reviewing"
    | "yes"
    | "no"
    | "readonly"
    | "committed"
    | "aborted"
    | "applied"
    | "inDoubt"
    | "forced";
  readonly peer: string;
  readonly atMs: number;
  /** Code and reason of a refusal; names keys and files, never values. */
  readonly text: string | undefined;
}

/** What this machine saw of one transaction, running or past, oldest mark first. Holds no value. */
export interface TransactionTrace {
  readonly tx: string;
  readonly author: string;
  readonly message: string;
  readonly keys: readonly KeyRef[];
  readonly revision: number | undefined;
  readonly outcome: "running" | "committed" | "aborted" | "unknown";
  readonly marks: readonly TraceMark[];
}

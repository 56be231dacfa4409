import type { Problem } from "../protocol/errors.ts";
import type { ClientMessage, CoordinatorMessage } from "../protocol/messages.ts";
import type { Author, Item, LogRecord, Rider } from "../protocol/record.ts";
import type { SettledRevision, Snapshot } from "./snapshot.ts";

/**
 * Effects are an ordered list, carried out one after the other (the shape of etcd's raft: step in, ready out).
 * A `persist` stands BEFORE the send it covers; a failed persist is fatal.
 */

/** What the coordinator writes; one effect is one transaction of the store. */
export type CoordinatorWrite =
  | { readonly kind: "term"; readonly term: number }
  /** The decision: the record, the keys' new versions and the request id stand and fall together. */
  | { readonly kind: "record"; readonly record: LogRecord };

export type CoordinatorEffect =
  | { readonly type: "persist"; readonly writes: readonly CoordinatorWrite[] }
  | { readonly type: "send"; readonly session: string; readonly message: CoordinatorMessage }
  | { readonly type: "close"; readonly session: string; readonly code: number; readonly reason: string }
  /** Wake the machine with a `tick` at this time (the earliest of all asked for counts). */
  | { readonly type: "timer"; readonly atMs: number };

/** A file that a prepare staged, beside its target, forced to disk before YES. */
export interface StagedFile {
  readonly env: string;
  /** Absolute path of the target, links resolved. */
  readonly target: string;
  /** Absolute path of the staged file; empty when the target needs no change. */
  readonly staged: string;
  /** SHA-256 (hex) of the staged text, so that one that a crash tore is never put in place; empty without one. */
  readonly stagedHash: string;
  /** SHA-256 (hex) of the target's bytes at staging; empty when it did not exist. */
  readonly targetHash: string;
}

/** What a participant must be able to redo after a crash. Holds sealed values only. */
export interface PreparedRecord {
  readonly tx: string;
  readonly base: number;
  readonly term: number;
  readonly items: readonly Item[];
  readonly staged: readonly StagedFile[];
  readonly sinceMs: number;
  /** Whose it is, for a record that has to be written without the coordinator that was lost with it. */
  readonly origin?: PreparedOrigin;
}

/** Author and message of a PREPARE, and the change sets that ride in it. */
export interface PreparedOrigin {
  readonly author: Author;
  readonly message: string;
  readonly riders?: readonly Rider[];
}

/** An outcome that a person forced here while it was in doubt. Holds sealed values only. */
export interface HeuristicRecord {
  readonly tx: string;
  readonly base: number;
  readonly items: readonly Item[];
  readonly forced: "commit" | "abort";
  readonly atMs: number;
  /** Whether the files were brought to it. */
  readonly done: boolean;
  /** `pending` until the outcome is known; `mixed`: it was the other one. */
  readonly status: "pending" | "same" | "mixed";
  /** The revision that it became, when it was committed after all. */
  readonly revision?: number;
}

/** What a participant appends to its journal. */
export type ParticipantWrite =
  | { readonly kind: "prepared"; readonly prepared: PreparedRecord }
  | { readonly kind: "committed"; readonly record: LogRecord }
  | { readonly kind: "aborted"; readonly tx: string }
  | { readonly kind: "applied"; readonly rev: number }
  | { readonly kind: "term"; readonly term: number }
  /** A snapshot that came whole: it takes the place of everything up to its revision. */
  | ({ readonly kind: "snapshot" } & Snapshot)
  /** What stays of compacted revisions; only before anything else. */
  | { readonly kind: "settled"; readonly revisions: readonly SettledRevision[] }
  /** Takes the place of an earlier one of the same transaction. */
  | { readonly kind: "heuristic"; readonly heuristic: HeuristicRecord }
  /** The heuristic decision is forgotten. */
  | { readonly kind: "resynced"; readonly tx: string };

export type ParticipantEffect =
  /** `force`: on disk before the next effect; otherwise it may ride with the next forced one. */
  | { readonly type: "persist"; readonly writes: readonly ParticipantWrite[]; readonly force: boolean }
  | { readonly type: "send"; readonly message: ClientMessage }
  /** Check that the items can certainly be applied and stage them; answered by input `staged` or `refused`. */
  | {
      readonly type: "stage";
      readonly tx: string;
      readonly base: number;
      readonly items: readonly Item[];
      readonly author: string;
    }
  | { readonly type: "discardStaged"; readonly tx: string; readonly staged: readonly StagedFile[] }
  /** Bring the files from revision `from` to `to`; answered by input `applied` or `applyFailed`. */
  | {
      readonly type: "apply";
      readonly from: number;
      readonly to: number;
      readonly prepared: PreparedRecord | undefined;
      /** Items whose keys the files keep as they are, because a person forced an outcome here. */
      readonly spared: readonly Item[];
    }
  /** Bring the files to the outcome that a person forced; answered by input `forced` or `forceFailed`. */
  | { readonly type: "force"; readonly outcome: "commit" | "abort"; readonly prepared: PreparedRecord }
  | { readonly type: "timer"; readonly atMs: number }
  | { readonly type: "notify"; readonly event: ParticipantEvent }
  /** Close the connection; `problem` says why. `retry`: connect again later. */
  | { readonly type: "hangUp"; readonly problem: Problem; readonly retry: boolean };

/** What the face (editor, command line) is told. */
export type ParticipantEvent =
  | {
      readonly kind: "voted";
      readonly tx: string;
      readonly author: string;
      readonly vote: "yes" | "no" | "readonly";
      readonly code?: string;
      readonly reason?: string;
    }
  /** The person is asked about a change of `author`. */
  | {
      readonly kind: "review";
      readonly tx: string;
      readonly author: string;
      readonly message: string;
      readonly items: readonly Item[];
      readonly deadlineAtMs: number;
    }
  | {
      readonly kind: "inDoubt";
      readonly tx: string;
      readonly sinceMs: number;
      readonly keys: readonly string[];
    }
  | { readonly kind: "resolved"; readonly tx: string; readonly outcome: "commit" | "abort" }
  /** A person forced an outcome, the files follow it, or the outcome that it is compared with is known. */
  | { readonly kind: "heuristic"; readonly heuristic: HeuristicRecord }
  | { readonly kind: "committed"; readonly record: LogRecord }
  | { readonly kind: "applied"; readonly from: number; readonly to: number }
  | { readonly kind: "applyFailed"; readonly problem: Problem }
  | { readonly kind: "welcome"; readonly rev: number }
  | { readonly kind: "coordinator"; readonly message: CoordinatorMessage };

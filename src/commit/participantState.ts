import type { Problem } from "../protocol/errors.ts";
import type { CoordinatorMessage } from "../protocol/messages.ts";
import type { HeuristicRecord, ParticipantEffect, PreparedRecord, StagedFile } from "./effects.ts";
import type { JournalImage } from "./ports.ts";
import type { IncomingSnapshot } from "./snapshot.ts";

/** PREPARE as it was heard. */
export type Prepare = Extract<CoordinatorMessage, { t: "prepare" }>;

/** A PREPARE that waits for this peer's person. */
export interface Review {
  readonly prepare: Prepare;
  /** When the coordinator stops waiting, milliseconds since the epoch, by this peer's clock. */
  readonly deadlineAt: number;
}

/** The state of one participant. Mutated by `stepParticipant` only. */
export interface ParticipantState {
  readonly peer: string;
  connected: boolean;
  /** Whether WELCOME came on this connection. */
  welcomed: boolean;
  highestTerm: number;
  /** Durably held revisions; the files follow. */
  committed: { rev: number; hash: string };
  applied: { rev: number; hash: string };
  /** Hashes of revisions between applied and committed. */
  readonly unapplied: Map<number, string>;
  /** Durable YES whose outcome is not known yet. */
  prepared: PreparedRecord | undefined;
  /** The prepared record of the transaction that is being applied, for its staged files. */
  redo: PreparedRecord | undefined;
  applying: boolean;
  /** A PREPARE that is being checked and staged. */
  staging: Prepare | undefined;
  /** The staged PREPARE was aborted meanwhile: drop what staging made. */
  stagingAborted: boolean;
  /** A person here looks at every change of others before this peer votes. */
  readonly reviews: boolean;
  /** A change that the person has been asked about. */
  review: Review | undefined;
  /** The last transaction that the person accepted: asked for again after a reconnect, it needs no second look. */
  accepted: string;
  /** A PREPARE that waits for the files to reach its base. */
  waiting: Prepare | undefined;
  /** A snapshot whose parts are coming on this connection. */
  incoming: IncomingSnapshot | undefined;
  /** The prepared transaction that is known to be committed while its record has not come. */
  knownCommitted: string;
  /** Outcomes that a person forced here, oldest first. */
  heuristics: readonly HeuristicRecord[];
  resolveAttempt: number;
  resolveAt: number;
  retryApplyAt: number;
  retryForceAt: number;
}

/** What can happen to a participant. */
export type ParticipantInput =
  | { readonly kind: "start" }
  | { readonly kind: "connected" }
  | { readonly kind: "disconnected" }
  | { readonly kind: "message"; readonly message: CoordinatorMessage }
  | { readonly kind: "staged"; readonly tx: string; readonly staged: readonly StagedFile[] }
  /** It maps none of the environments. */
  | { readonly kind: "readonly"; readonly tx: string }
  /** What the person decided about a change that waits for them. */
  | { readonly kind: "reviewed"; readonly tx: string; readonly accept: boolean; readonly reason?: string }
  | { readonly kind: "refused"; readonly tx: string; readonly code: string; readonly reason: string }
  | { readonly kind: "applied"; readonly rev: number }
  | { readonly kind: "applyFailed"; readonly problem: Problem }
  /** A person ends a doubt without the coordinator's word. */
  | { readonly kind: "force"; readonly tx: string; readonly outcome: "commit" | "abort" }
  | { readonly kind: "forced"; readonly tx: string }
  | { readonly kind: "forceFailed"; readonly problem: Problem }
  /** The log's values are back in the files of a heuristic decision. */
  | { readonly kind: "resynced"; readonly tx: string }
  | { readonly kind: "tick" };

/** Time and randomness of one step. */
export interface ParticipantContext {
  readonly now: number;
  /** In [0, 1). */
  readonly random: number;
}

/** The state that a journal describes. */
export function openParticipant(peer: string, image: JournalImage, reviews = false): ParticipantState {
  const { base, records, appliedRev } = image;
  const head = records.at(-1) ?? base;
  const recordHash = (rev: number) => records[rev - base.rev - 1]?.hash ?? "";
  const unapplied = new Map<number, string>();
  if (base.rev > appliedRev) unapplied.set(base.rev, base.hash);
  for (const record of records) if (record.rev > appliedRev) unapplied.set(record.rev, record.hash);
  const appliedHash =
    recordHash(appliedRev) || (image.settled.findLast(({ rev }) => rev === appliedRev)?.hash ?? "");
  const decided = image.prepared !== undefined && head.rev > image.prepared.base;
  return {
    peer,
    connected: false,
    welcomed: false,
    highestTerm: image.highestTerm,
    committed: { rev: head.rev, hash: head.hash },
    applied: { rev: appliedRev, hash: appliedHash },
    unapplied,
    prepared: decided ? undefined : image.prepared,
    redo: decided && recordHash(appliedRev + 1) !== "" ? image.prepared : undefined,
    applying: false,
    staging: undefined,
    stagingAborted: false,
    reviews,
    review: undefined,
    accepted: "",
    waiting: undefined,
    incoming: undefined,
    knownCommitted: "",
    heuristics: image.heuristics ?? [],
    resolveAttempt: 0,
    resolveAt: Number.POSITIVE_INFINITY,
    retryApplyAt: Number.POSITIVE_INFINITY,
    retryForceAt: Number.POSITIVE_INFINITY,
  };
}

/** APPLIED: the files are at this revision, and so is what is held of the log. */
export function acknowledge(state: ParticipantState): ParticipantEffect {
  return { type: "send", message: { t: "applied", rev: state.applied.rev, hash: state.applied.hash } };
}

/** HELLO: what this peer holds and what it has promised. */
export function hello(state: ParticipantState): ParticipantEffect {
  return {
    type: "send",
    message: {
      t: "hello",
      peer: state.peer,
      kind: "participant",
      rev: state.applied.rev,
      hash: state.applied.hash,
      highestTerm: state.highestTerm,
      prepared: state.prepared ? [{ tx: state.prepared.tx, base: state.prepared.base }] : [],
      ...(state.reviews ? { reviews: true } : {}),
    },
  };
}

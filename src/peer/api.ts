import type { ErrorCode, Problem } from "../protocol/errors.ts";
import type { Conflict, DriftItem, Policy } from "../protocol/messages.ts";
import type { ItemOp, MemberState, Role } from "../protocol/record.ts";
import type { Disposable } from "../shared/disposable.ts";
import type { TransactionTrace } from "./trace.ts";

/** A key of an environment. */
export interface KeyRef {
  readonly env: string;
  readonly key: string;
}

/** A member of the space as the coordinator last described it. */
export interface PeerRow {
  readonly peer: string;
  readonly name: string;
  readonly self: boolean;
  readonly role: Role;
  readonly state: MemberState;
  readonly connected: boolean;
  /** Milliseconds since the epoch; undefined while connected. */
  readonly absentSinceMs: number | undefined;
  readonly appliedRevision: number;
  /** How many shared keys it says differ locally. */
  readonly drift: number;
  readonly reviews?: boolean;
}

/** One vote, by name. */
export interface VoteView {
  readonly peer: string;
  /** `reviewing`: a person there has been asked and has not answered yet. */
  readonly vote: "yes" | "no" | "readonly" | "reviewing";
  readonly code: string | undefined;
  /** Names keys and files, never values. */
  readonly reason: string | undefined;
}

/** A transaction under way that this peer wrote or votes on. */
export interface TransactionView {
  /** The transaction's id, or the request's id until it has one. */
  readonly id: string;
  readonly mine: boolean;
  readonly author: string;
  readonly message: string;
  readonly keys: readonly KeyRef[];
  /** `unknown`: the connection was lost after SUBMIT; its outcome is being asked for. */
  readonly phase: "sending" | "queued" | "waiting" | "preparing" | "reviewing" | "unknown";
  readonly waitingFor: readonly string[];
  readonly votes: readonly VoteView[];
  /** When the phase ends by itself, milliseconds since the epoch; undefined when it has no end of its own. */
  readonly deadlineAtMs: number | undefined;
  /** What its author chose to be done about an absent voter; undefined: as the space says. */
  readonly policy?: Policy | undefined;
}

/** A change that waits for this peer's person: it is voted on when they accept or decline. */
export interface ReviewView {
  readonly tx: string;
  readonly author: string;
  readonly message: string;
  readonly keys: readonly KeyRef[];
  readonly deadlineAtMs: number;
}

/** A change of others that this folder refused, until a person here lets others change these keys (`allow`). */
export interface ConsentView {
  readonly tx: string;
  readonly author: string;
  /** When it was refused, milliseconds since the epoch. */
  readonly atMs: number;
  /** Those of its keys that make programs run other code and are not allowed. */
  readonly keys: readonly KeyRef[];
}

/**
 * An outcome that this peer's person forced while it was in doubt. `pending` until the coordinator's word is known;
 * then `same`, or `mixed`: the files say something else than the log, and `resync` mends that.
 */
export interface HeuristicView {
  readonly tx: string;
  readonly forced: "commit" | "abort";
  readonly atMs: number;
  readonly keys: readonly KeyRef[];
  readonly status: "pending" | "same" | "mixed";
  /** The revision it became, when it was committed after all. */
  readonly revision: number | undefined;
}

/** A commit that not every voter has applied yet: "committed r42, applied by 4 of 5". */
export interface SpreadView {
  readonly revision: number;
  readonly applied: number;
  readonly of: number;
  /** Names of those that have not applied it. */
  readonly waitingFor: readonly string[];
}

/** The three sides of a key that differs: for masked-until-revealed places only. */
export interface ThreeWay extends KeyRef {
  /** The value that both sides started from, the space's present one, and the local one; undefined: absent. */
  readonly base: string | undefined;
  readonly theirs: string | undefined;
  readonly mine: string | undefined;
  /** Who made `theirs`, and when. */
  readonly author: string;
  readonly atMs: number;
  readonly revision: number;
}

/** A prepared transaction whose outcome this peer cannot know yet. */
export interface InDoubtView {
  readonly tx: string;
  readonly sinceMs: number;
  readonly keys: readonly KeyRef[];
}

/** Everything a face shows of a peer: an immutable snapshot, replaced at each change. Holds no value. */
export interface PeerView {
  readonly space: string;
  readonly folder: string;
  readonly name: string;
  readonly peer: string;
  readonly role: Role;
  /** Environment name -> file, relative to the folder. */
  readonly environments: Readonly<Record<string, string>>;
  readonly connection: "connecting" | "connected" | "offline" | "refused";
  readonly offlineSinceMs: number | undefined;
  /** Why it is offline or refused. */
  readonly problem: Problem | undefined;
  /** The revision that the files are at. */
  readonly revision: number;
  /** The space's last revision, as far as known. */
  readonly head: number;
  readonly policy?: Policy | undefined;
  /** How long a voter is absent before policy `detach` goes on without it, as its coordinator said. */
  readonly detachAfterMs?: number;
  readonly roster: readonly PeerRow[];
  /** The keys that the space's log holds, with the revision that last changed them. */
  readonly shared: readonly (KeyRef & { readonly revision: number })[];
  /** Local differences: `new` is marked shared and not in the log yet, `released` leaves the space with the next commit. */
  readonly drift: readonly DriftItem[];
  readonly transactions: readonly TransactionView[];
  readonly inDoubt: readonly InDoubtView[];
  readonly reviews: readonly ReviewView[];
  /** What was refused for want of consent since the process that takes part began; a commit of these keys ends it. */
  readonly consents: readonly ConsentView[];
  readonly heuristics: readonly HeuristicView[];
  /** Commits that some voter has yet to apply, oldest first. */
  readonly spread: readonly SpreadView[];
  /** A file that cannot be read or replaced now ("committed, file locked"), by name. */
  readonly fileProblems: readonly Problem[];
}

/** One revision for people: never a value. */
export interface RevisionView {
  readonly revision: number;
  readonly kind: "commit" | "membership" | "keyEpoch";
  readonly tx: string;
  readonly author: string;
  readonly atMs: number;
  readonly message: string;
  readonly reverts: number | undefined;
  /** Who else committed in this revision; `changes` holds their keys too. */
  readonly riders: readonly { readonly author: string; readonly message: string }[];
  readonly changes: readonly (KeyRef & { readonly op: ItemOp })[];
  /** For membership records: who became what. */
  readonly members: readonly {
    readonly name: string;
    readonly state: MemberState;
    readonly reason: string;
  }[];
}

/** One key of a revision with its values: for masked-until-revealed places only. */
export interface RevealedChange extends KeyRef {
  readonly op: ItemOp;
  /** undefined: the key was not in the space. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** What happens between SUBMIT and its answer. */
export type CommitProgress =
  | {
      readonly kind: "phase";
      readonly phase: TransactionView["phase"];
      readonly tx: string | undefined;
      readonly peers: readonly string[];
      readonly deadlineAtMs: number | undefined;
    }
  | ({ readonly kind: "vote"; readonly tx: string } & VoteView);

/** The three answers an author can get. */
export type CommitOutcome =
  | { readonly outcome: "committed"; readonly revision: number; readonly detached: readonly string[] }
  | {
      readonly outcome: "aborted";
      readonly code: ErrorCode;
      /** Names peer, key and reason. */
      readonly reason: string;
      readonly conflicts: readonly Conflict[];
    }
  | { readonly outcome: "unknown"; readonly tx: string };

export interface CommitOptions {
  readonly message: string;
  /** From SUBMIT to the answer; default limits.submitTimeoutDefaultMs. */
  readonly timeoutMs?: number;
  /** What to do about an absent voter; default: as the space says. */
  readonly policy?: Policy;
  /** Time that people have where a peer asks for review; default limits.reviewTimeoutDefaultMs. */
  readonly reviewMs?: number;
  /** Cancels while it is undecided; afterwards the outcome stands. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: CommitProgress) => void;
}

/** What a peer tells as it happens. */
export type PeerEvent =
  | { readonly kind: "connected"; readonly revision: number }
  | { readonly kind: "disconnected"; readonly problem: Problem | undefined }
  | {
      readonly kind: "vote";
      readonly tx: string;
      readonly author: string;
      readonly vote: "yes" | "no" | "readonly";
      readonly code: string | undefined;
      readonly reason: string | undefined;
    }
  /** The files are at `revision` now. `mine`: this peer was the author. */
  | {
      readonly kind: "applied";
      readonly revision: number;
      readonly author: string;
      readonly mine: boolean;
      readonly message: string;
      readonly keys: readonly KeyRef[];
    }
  | {
      readonly kind: "in-doubt";
      readonly tx: string;
      readonly sinceMs: number;
      readonly keys: readonly KeyRef[];
    }
  /** A person here is asked to look at a change. */
  | {
      readonly kind: "review";
      readonly tx: string;
      readonly author: string;
      readonly keys: readonly KeyRef[];
      readonly deadlineAtMs: number;
    }
  /** What became of an outcome that was forced here. */
  | { readonly kind: "heuristic"; readonly heuristic: HeuristicView }
  | { readonly kind: "resolved"; readonly tx: string; readonly outcome: "commit" | "abort" }
  /** A local value was replaced by a committed one; it can be had back with `superseded`. */
  | { readonly kind: "superseded"; readonly keys: readonly KeyRef[] }
  | { readonly kind: "problem"; readonly problem: Problem };

/**
 * A workspace folder as a peer of a space, for every face. `participant` votes and applies; `companion` speaks
 * for the same peer beside the process that takes part. Methods throw EnvpactError.
 */
export interface Peer extends Disposable {
  readonly mode: "participant" | "companion";
  readonly view: PeerView;
  onChange(listener: (view: PeerView) => void): Disposable;
  onEvent(listener: (event: PeerEvent) => void): Disposable;
  /** Resolves when connected and at the space's head; rejects with UNREACHABLE (or the coordinator's refusal) after `timeoutMs`. */
  ready(timeoutMs: number): Promise<void>;
  /**
   * Two-phase commit of the drift, or of the part of it that `keys` names.
   * Throws NOTHING_TO_COMMIT, NOT_SHARED (a key that is neither in the log nor marked), UNREACHABLE (nothing was sent).
   */
  commit(keys: readonly KeyRef[] | undefined, options: CommitOptions): Promise<CommitOutcome>;
  /** Puts committed values back into the files (`new` and `released` marks are taken back); returns what it restored. */
  discard(keys: readonly KeyRef[] | undefined): Promise<readonly KeyRef[]>;
  /** Marks local keys for the next commit. Throws KEY_NOT_FOUND when a key is in no file. */
  share(keys: readonly KeyRef[]): Promise<void>;
  /** Takes a mark back; a key that is in the log leaves the space with the next commit (files keep their line). */
  unshare(keys: readonly KeyRef[]): Promise<void>;
  /** Lets keys that make programs run other code (PATH, NODE_OPTIONS, …) be changed by other peers here. */
  allow(keys: readonly string[]): Promise<void>;
  /** Newest first. */
  history(limit: number): Promise<readonly RevisionView[]>;
  /** The values of one revision. Throws REVISION_UNKNOWN. */
  reveal(revision: number): Promise<readonly RevealedChange[]>;
  /** What a revert of `revision` (or of some of its keys) would change now: `before` is today's value, `after` the restored one. */
  planRevert(revision: number, keys: readonly KeyRef[] | undefined): Promise<readonly RevealedChange[]>;
  /** A new transaction that restores what `revision` replaced. */
  revert(
    revision: number,
    keys: readonly KeyRef[] | undefined,
    options: CommitOptions,
  ): Promise<CommitOutcome>;
  /** The value that the space's log holds, for a diff with the file; undefined when it holds none. */
  committedValue(ref: KeyRef): string | undefined;
  /** Local values that commits replaced, newest last. */
  superseded(): Promise<readonly (KeyRef & { readonly revision: number; readonly value: string })[]>;
  /** What the revisions after `from` up to `to` change, as one difference. Throws REVISION_UNKNOWN, REVISION_COMPACTED. */
  compare(from: number, to: number): Promise<readonly RevealedChange[]>;
  /** The three sides of a key that differs from the space. */
  threeWay(ref: KeyRef): Promise<ThreeWay>;
  /** Timelines of the transactions that this machine saw, newest first. */
  traces(): Promise<readonly TransactionTrace[]>;
  /** Accepts or declines a change that waits for this peer's person. Throws NOT_IN_DOUBT when it waits no longer. */
  review(tx: string, accept: boolean, reason?: string): Promise<void>;
  /** What such a change would do to the keys of this folder. Throws NOT_IN_DOUBT. */
  reviewChanges(tx: string): Promise<readonly RevealedChange[]>;
  /**
   * Ends a doubt here without the coordinator's word (a heuristic decision): `commit` brings the prepared values into
   * the files, `abort` leaves them. Recorded, and compared with the outcome later. Throws NOT_IN_DOUBT.
   */
  force(tx: string, outcome: "commit" | "abort"): Promise<void>;
  /** Puts the log's values back for a heuristic decision that turned out mixed, and forgets it. */
  resync(tx: string): Promise<void>;
  /** Reads the files again now (a face calls it after it changed one). */
  refresh(): Promise<void>;
  /** Ends the membership; files stay. Removes the peer's local state when the coordinator has agreed. */
  leave(): Promise<void>;
  /** Ends taking part; what was said is kept. */
  close(): Promise<void>;
}

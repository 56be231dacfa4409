import type { Problem } from "../protocol/errors.ts";
import type { ClientMessage, CoordinatorMessage, Policy } from "../protocol/messages.ts";
import type { LogRecord, MemberState, Role } from "../protocol/record.ts";
import type { Disposable } from "../shared/disposable.ts";
import type { Result } from "../shared/result.ts";
import type {
  CoordinatorWrite,
  HeuristicRecord,
  ParticipantWrite,
  PreparedRecord,
  StagedFile,
} from "./effects.ts";
import type { SettledRevision, Snapshot } from "./snapshot.ts";

/** What a coordinator's store knows for ever of a revision, compacted ones included. */
export type StoredRevision = Pick<SettledRevision, "tx" | "hash" | "detached">;

/** A member of a space as the log has it. */
export interface Member {
  readonly peer: string;
  readonly name: string;
  readonly role: Role;
  readonly state: MemberState;
}

/** The current version of a key: who wrote it, when, and whether it is a tombstone. */
export interface KeyVersion {
  readonly version: number;
  readonly deleted: boolean;
  readonly author: string;
  readonly at: number;
}

/** What a coordinator reads at its start. */
export interface SpaceImage {
  readonly space: string;
  readonly term: number;
  readonly epoch: number;
  readonly head: { readonly rev: number; readonly hash: string };
  readonly members: readonly Member[];
  /** By {@link import("../protocol/record.ts").slot}. */
  readonly versions: ReadonlyMap<string, KeyVersion>;
  /** What the space does about an absent voter; `detach` when nothing was chosen. */
  readonly policy?: Policy;
}

/** What one space writes. */
export interface SpaceWrites {
  readonly space: string;
  readonly writes: readonly CoordinatorWrite[];
}

/** An invitation as the coordinator keeps it: it can check the secret, not use it. */
export interface StoredInvitation {
  readonly invite: string;
  /** HMAC key (base64url) that proves knowledge of the secret. */
  readonly verifier: string;
  /** The space's data key, wrapped under a key that only the secret gives (base64url). */
  readonly wrappedKey: string;
  readonly expiresAt: number;
  /** The device (public key) that used it, or empty. */
  readonly usedBy: string;
}

/**
 * The coordinator's durable store, of all its spaces. Every method that writes is durable when it returns.
 * Errors: DATA_LOCKED, DATA_NOT_WRITABLE, DATA_DAMAGED, NO_SQLITE as EnvpactError when it is opened.
 */
export interface CoordinatorStore {
  /** Ed25519 private key of this coordinator (PKCS#8 DER, base64url), made at the first start. */
  readonly identity: string;
  /** The secret (base64url) that lets this machine's user create spaces, made at the first start. */
  readonly createSecret: string;
  spaces(): readonly string[];
  /** Creates the space with its owner's device (public key) and first invitation; false when the name is taken. */
  createSpace(space: string, ownerDevice: string, invitation: StoredInvitation, policy?: Policy): boolean;
  load(space: string): SpaceImage;
  /** One transaction; durable when it returns. */
  write(space: string, writes: readonly CoordinatorWrite[]): void;
  /** The writes of several spaces as one transaction: all or none, durable when it returns. */
  writeAll(parts: readonly SpaceWrites[]): void;
  /** Records from revision `from`, at most `recordsMax` and about `bytesMax`, verified against their hashes. */
  records(space: string, from: number, recordsMax: number, bytesMax: number): readonly LogRecord[];
  /** A record whose body is kept; undefined for a compacted or unknown revision. */
  record(space: string, rev: number): LogRecord | undefined;
  /**
   * Transaction and hash of a revision, and the names it was made without: kept for ever. In a store that was rebuilt
   * from peers that had taken a snapshot, some of them (or only the transaction, then empty) may not be known any more.
   */
  revision(space: string, rev: number): StoredRevision | undefined;
  /** Revisions up to this one are compacted: their bodies are gone. 0: none. */
  floor(space: string): number;
  /** The state at the floor. */
  snapshot(space: string): Snapshot;
  /** Whether so many bodies are kept that `compact` would drop some. */
  isCompactable(space: string): boolean;
  /** Drops bodies that need not be kept: one transaction, after which the floor is higher. */
  compact(space: string): void;
  /** The revision that this request became, if it was committed; known for ever. */
  requestRevision(space: string, requestId: string): number | undefined;
  /** The device of a peer, or undefined for an unknown one. */
  deviceOf(space: string, peer: string): string | undefined;
  isOwner(space: string, device: string): boolean;
  /** Devices (public keys) that may connect: the owner's and every peer's that has not left. */
  isDevice(space: string, device: string): boolean;
  addPeer(space: string, peer: string, device: string): void;
  removePeer(space: string, peer: string): void;
  invitation(space: string, invite: string): StoredInvitation | undefined;
  addInvitation(space: string, invitation: StoredInvitation): void;
  useInvitation(space: string, invite: string, device: string): void;
  countInvitations(space: string, nowMs: number): number;
  close(): void;
}

/** What a participant reads from its journal at its start. */
export interface JournalImage {
  /** The state that the records start from: that before revision 1, or the one behind which they are compacted. */
  readonly base: Snapshot;
  /** What is known of the revisions up to the base, ascending; those that this peer never held are missing. */
  readonly settled: readonly SettledRevision[];
  /** The log after the base, contiguous. */
  readonly records: readonly LogRecord[];
  readonly appliedRev: number;
  readonly highestTerm: number;
  readonly prepared: PreparedRecord | undefined;
  /** Outcomes that were forced here; absent when there are none. */
  readonly heuristics?: readonly HeuristicRecord[];
}

/** The append-only journal of a participant. A torn tail is ignored; a damaged middle is DATA_DAMAGED. */
export interface Journal {
  readonly image: JournalImage;
  /** Appends; when `force`, resolves after fdatasync, else when handed to the system. A failed force is fatal. */
  append(writes: readonly ParticipantWrite[], force: boolean): Promise<void>;
  close(): Promise<void>;
}

/** The text of an environment file, or why there is none. */
export type FileText =
  | { readonly kind: "text"; readonly path: string; readonly text: string; readonly hash: string }
  | { readonly kind: "absent"; readonly path: string }
  | { readonly kind: "unreadable"; readonly path: string; readonly problem: Problem };

/** A new text beside its target; it is on the disk once `forced` resolved without a problem (it never rejects). */
export interface StagedText extends Omit<StagedFile, "env"> {
  readonly forced: Promise<Result<void, Problem>>;
}

/**
 * The environment files of one workspace folder. Paths are relative to the folder and come from local
 * configuration only. Links are followed when they stay inside the folder (FILE_OUTSIDE otherwise); FIFOs,
 * folders and the like are FILE_NOT_REGULAR and never opened; invalid UTF-8 and UTF-16 are FILE_NOT_TEXT.
 */
export interface EnvironmentFiles {
  /** What an app would read now; in an editor, the text of the open document stands for the file. */
  read(file: string): Promise<FileText>;
  /**
   * Writes `text` to a new file beside the target (name without any value, mode and owner of the target, 0600
   * for a new one) and starts to force it. `targetHash` is the hash of what is on disk now, or `seenHash`: the one of
   * the text that the caller read (empty: nothing was there) and that is to be replaced, when it did.
   */
  stage(file: string, tx: string, text: string, seenHash?: string): Promise<Result<StagedText, Problem>>;
  /**
   * Renames the staged file over its target if both still have their hashes, then forces the folder. False: one of
   * them changed, is gone, or was torn by a crash.
   */
  applyStaged(staged: StagedFile): Promise<Result<boolean, Problem>>;
  /**
   * Replaces the text of a file atomically (temp, fsync, rename, fsync folder), through the open editor document
   * when there is one. FILE_CHANGED when it no longer reads `expected` (undefined: must not exist).
   */
  replace(file: string, expected: string | undefined, text: string): Promise<Result<void, Problem>>;
  discard(staged: readonly StagedFile[]): Promise<void>;
  /** Calls back (debounced) when one of `files` changed on disk or in the editor. */
  watch(files: readonly string[], changed: () => void): Disposable;
}

/** What a connected link says. */
export type LinkEvent =
  | { readonly kind: "connected" }
  | { readonly kind: "message"; readonly message: CoordinatorMessage }
  /** `problem` when the coordinator refused or could not be reached; it goes on trying unless `final`. */
  | { readonly kind: "disconnected"; readonly problem: Problem | undefined; readonly final: boolean };

/** A connection to the coordinator that proves both sides and comes back by itself with full-jitter backoff. */
export interface Link {
  /** False (and nothing sent) when not connected: the protocol's resumption sends it again. */
  send(message: ClientMessage): boolean;
  /** Ends the connection; `retry` connects again after a delay. */
  hangUp(retry: boolean): void;
  close(): Promise<void>;
}

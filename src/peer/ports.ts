import type { EnvironmentFiles, Link, LinkEvent } from "../commit/ports.ts";
import type { DialectId } from "../dotenv/dialects.ts";
import type { Problem } from "../protocol/errors.ts";
import type { Item } from "../protocol/record.ts";
import type { Disposable } from "../shared/disposable.ts";
import type { Result } from "../shared/result.ts";
import type { ConsentView, KeyRef, ReviewView, TransactionView } from "./api.ts";
import type { TransactionTrace } from "./trace.ts";

/** What this workspace decided about keys, apart from the log. */
export interface Marks {
  /** Local keys that go into the next commit. */
  readonly shared: readonly KeyRef[];
  /** Keys of the log that leave it with the next commit. */
  readonly released: readonly KeyRef[];
  /** Key names that make programs run other code and may be changed by other peers here. */
  readonly allowed: readonly string[];
  /** Environments whose file has had the space's values once; a missing key of another one is not a deletion. */
  readonly adopted: readonly string[];
}

/** A local value that a commit replaced. */
export interface Superseded extends KeyRef {
  readonly revision: number;
  readonly value: string;
}

/** The small local state of a peer besides its journal; every write is atomic and private (0600). */
export interface PeerStore {
  readMarks(): Promise<Marks>;
  writeMarks(marks: Marks): Promise<void>;
  /** Appends and forces before it resolves: called before a local value is replaced. Keeps limits.supersededMax. */
  keepSuperseded(values: readonly Superseded[]): Promise<void>;
  readSuperseded(): Promise<readonly Superseded[]>;
  /** Removes the peer's local state, credentials included. */
  remove(): Promise<void>;
}

/** A change on top of revision `base`. */
export interface ProposedItems {
  readonly tx: string;
  readonly base: number;
  readonly items: readonly Item[];
}

/** What a process shows to the others of its peer. Holds no value that is not sealed. */
export interface LiveState {
  readonly transactions: readonly TransactionView[];
  readonly reviews: readonly ReviewView[];
  /** What was refused for want of consent. */
  readonly consents: readonly ConsentView[];
  /** What the change under review would do, its values sealed; absent when there is none. */
  readonly underReview?: ProposedItems | undefined;
  /** The transaction that is in doubt there. */
  readonly doubted: string | undefined;
  /** Why a committed revision is not in the files yet. */
  readonly applyProblem: Problem | undefined;
}

/** What another process of the same peer may ask of the one that takes part. */
export type LocalRequest =
  | { readonly kind: "force"; readonly tx: string; readonly outcome: "commit" | "abort" }
  | { readonly kind: "resync"; readonly tx: string };

/**
 * Small files in the state folder, by which the processes of one peer know of each other. Nothing depends on them:
 * what is lost here was shown less completely.
 */
export interface PeerDesk {
  /** Appends; later parts of a trace complete earlier ones. Keeps limits.tracesMax. */
  keepTraces(traces: readonly TransactionTrace[]): Promise<void>;
  /** As they were kept, oldest first; what cannot be read is left out. */
  readTraces(): Promise<readonly TransactionTrace[]>;
  /** What this process is at; undefined takes it back. */
  writeLive(live: LiveState | undefined): Promise<void>;
  /** What the process that takes part is at; undefined when there is none. */
  readLive(): Promise<LiveState | undefined>;
  /** What the other processes that speak for this peer have under way. */
  readAuthors(): Promise<readonly TransactionView[]>;
  watchLive(changed: () => void): Disposable;
  /** Asks the process that takes part and waits for its answer: a refusal, or undefined when it is done. */
  ask(request: LocalRequest, timeoutMs: number): Promise<Problem | undefined>;
  /** Answers requests, one after the other, until disposed. */
  serve(answer: (request: LocalRequest) => Promise<Problem | undefined>): Disposable;
}

/** One queue, one input at a time; effects in order. */
export interface InputLoop<Input> {
  push(input: Input): void;
  /** Resolves when nothing is queued or running. */
  idle(): Promise<void>;
  /** Drops what is queued, takes no more, resolves when the effect under way is done. */
  stop(): Promise<void>;
}

/** The peer's identity in its space. */
export interface PeerIdentity {
  readonly space: string;
  readonly peer: string;
  readonly name: string;
  readonly role: "voter" | "observer";
  /** The space's data key (base64url). */
  readonly dataKey: string;
  readonly folder: string;
  readonly environments: Readonly<Record<string, string>>;
  /** A person here looks at every change of others before it is voted on. */
  readonly reviews?: boolean;
  /** Who reads an environment's file beside dotenv; absent: nobody that is known. Never rejects. */
  dialectsOf?(file: string): Promise<readonly DialectId[]>;
}

/** Everything that a peer needs of the world; built in src/runtime. */
export interface PeerPorts {
  readonly files: EnvironmentFiles;
  readonly store: PeerStore;
  /** Absent: this process keeps to itself. */
  readonly desk?: PeerDesk;
  connect(onEvent: (event: LinkEvent) => void): Link;
  /** A one-shot connection as this device, for `leave`. */
  leave(): Promise<Result<void, Problem>>;
  createLoop<Input, Effect>(options: {
    step: (input: Input) => readonly Effect[];
    perform: (effect: Effect) => Promise<void> | void;
    onFatal: (error: unknown) => void;
  }): InputLoop<Input>;
  now(): number;
  /** Calls back at `ms` (milliseconds since the epoch). */
  at(ms: number, callback: () => void): Disposable;
  random(): number;
  /** Random base64url characters. */
  token(bytes: number): string;
  log(line: string): void;
  /** Only in tests: the process may end here. */
  failpoint(name: string): void;
  /** Ends the process's part: released lock and the like. */
  released(): Promise<void>;
}

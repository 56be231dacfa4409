import type { EnvironmentFiles, Link, LinkEvent } from "../commit/ports.ts";
import type { Problem } from "../protocol/errors.ts";
import type { Disposable } from "../shared/disposable.ts";
import type { Result } from "../shared/result.ts";
import type { KeyRef } from "./api.ts";

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
}

/** Everything that a peer needs of the world; built in src/runtime. */
export interface PeerPorts {
  readonly files: EnvironmentFiles;
  readonly store: PeerStore;
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

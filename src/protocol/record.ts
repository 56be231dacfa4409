import { createHash } from "node:crypto";

/** What a change set does to one key. `release` takes the key out of the space and leaves every file as it is. */
export type ItemOp = "set" | "delete" | "release";

/** One change of one key. The new version of the key is `expected + 1`. */
export interface Item {
  readonly env: string;
  readonly key: string;
  readonly op: ItemOp;
  /** The key's version that the author saw; 0 when the key never existed. Tombstones have versions too. */
  readonly expected: number;
  /** Sealed value (base64url), for `set` only. */
  readonly sealed?: string;
}

/** How a member takes part: a voter, a voter that is catching up, an observer, or one that left. */
export type MemberState = "voter" | "syncing" | "observer" | "left";
export type Role = "voter" | "observer";

/** One change of the membership. */
export interface MemberChange {
  readonly peer: string;
  readonly name: string;
  readonly role: Role;
  readonly state: MemberState;
  /** Why, in words: `joined`, `caught up`, `absent`, `left`. */
  readonly reason: string;
  /** Public key of the peer's device, said when it joins: with the log alone a lost coordinator can be rebuilt. */
  readonly device?: string;
}

/** A change set that shares a revision with others: what it adds to the record besides its items. */
export interface Rider {
  readonly author: Author;
  readonly requestId: string;
  readonly message: string;
  readonly reverts?: number;
  /** How many of the record's items are its own; they follow those of the change sets before it. */
  readonly items: number;
}

/** Who proposed a record. */
export interface Author {
  readonly peer: string;
  readonly name: string;
}

/** One revision of a space. Revisions are contiguous from 1; `prevHash` chains them (empty before revision 1). */
export interface LogRecord {
  readonly rev: number;
  readonly prevHash: string;
  readonly kind: "commit" | "membership" | "keyEpoch";
  readonly tx: string;
  readonly term: number;
  readonly epoch: number;
  readonly keyEpoch: number;
  readonly author: Author;
  readonly requestId: string;
  /** The items of all change sets: first those of `author`, then those of each rider. */
  readonly items: readonly Item[];
  /** Further change sets of this revision, which conflict with none of the others; absent when there are none. */
  readonly riders?: readonly Rider[];
  readonly members: readonly MemberChange[];
  /** Voters that this record needed a YES or READ_ONLY from. */
  readonly participants: readonly string[];
  /** Names of the voters that were absent for so long that this went on without them; absent when there are none. */
  readonly detached?: readonly string[];
  readonly message: string;
  /** The revision that this one reverts, if any. */
  readonly reverts?: number;
  /** Milliseconds since the epoch, by the coordinator's clock; for people only. */
  readonly at: number;
  /** The author's signature of the record; empty until devices sign records. */
  readonly signature: string;
  /** SHA-256 (hex) over everything above, see {@link hashOf}. */
  readonly hash: string;
}

/** One change set of a record. */
export type ChangeSet = Omit<Rider, "items"> & { readonly items: readonly Item[] };

/** The change sets of a record in order, each with its author, request and items. */
export function changeSetsOf(record: LogRecord): ChangeSet[] {
  const { author, requestId, message, reverts, riders = [], items } = record;
  const ridden = riders.reduce((sum, rider) => sum + rider.items, 0);
  let start = items.length - ridden;
  const lead: ChangeSet = {
    author,
    requestId,
    message,
    ...(reverts === undefined ? {} : { reverts }),
    items: items.slice(0, start),
  };
  const others = riders.map((rider) => {
    const from = start;
    start += rider.items;
    return { ...rider, items: items.slice(from, start) };
  });
  return [lead, ...others];
}

/** The requests that a record answers. */
export function requestsOf(record: LogRecord): string[] {
  const lead = record.requestId === "" ? [] : [record.requestId];
  return [...lead, ...(record.riders ?? []).map(({ requestId }) => requestId)];
}

/** JSON of plain data with sorted object keys and without undefined members, so that equal data has equal bytes. */
export function canonicalJson(value: unknown): string {
  // Sorting a copy first keeps JSON.stringify on its fast path, which a replacer would take it off.
  return JSON.stringify(withSortedKeys(value));
}

function withSortedKeys(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(withSortedKeys);
  const source = value as Record<string, unknown>;
  const sorted: Record<string, unknown> = {};
  for (const name of Object.keys(source).sort()) {
    const part = withSortedKeys(source[name]);
    // An assignment would set the prototype, and leave the member out of what is hashed.
    if (name === "__proto__") Object.defineProperty(sorted, name, { value: part, enumerable: true });
    else sorted[name] = part;
  }
  return sorted;
}

/** The hash of a record: SHA-256 (hex) of its canonical JSON without `hash`. */
export function hashOf(record: Omit<LogRecord, "hash">): string {
  const { hash: _, ...rest } = record as LogRecord;
  return createHash("sha256").update(canonicalJson(rest)).digest("hex");
}

/** Adds the hash to a record. */
export function sealRecord(record: Omit<LogRecord, "hash">): LogRecord {
  return { ...record, hash: hashOf(record) };
}

/** Records whose hash was found right; a record is never changed, so none is hashed again on its way here. */
const intact = new WeakSet<LogRecord>();

function isIntact(record: LogRecord): boolean {
  if (intact.has(record)) return true;
  if (hashOf(record) !== record.hash) return false;
  intact.add(record);
  return true;
}

/** The record whose JSON a store kept; undefined when that is damaged or no longer has its hash. */
export function recordIn(json: string): LogRecord | undefined {
  try {
    const record = JSON.parse(json) as LogRecord;
    return isIntact(record) ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Whether `record` is the undamaged successor of the head `{rev, hash}`. */
export function follows(head: { readonly rev: number; readonly hash: string }, record: LogRecord): boolean {
  return record.rev === head.rev + 1 && record.prevHash === head.hash && isIntact(record);
}

/** The map key of (environment, key); neither can hold a NUL. */
export function slot(env: string, key: string): string {
  return `${env}\0${key}`;
}

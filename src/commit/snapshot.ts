import { limits } from "../protocol/limits.ts";
import type { CoordinatorMessage, SnapshotKey } from "../protocol/messages.ts";
import { changeSetsOf, type LogRecord, type MemberChange, requestsOf, slot } from "../protocol/record.ts";

/** SNAPSHOT: one part of the state at a revision. */
export type SnapshotMessage = Extract<CoordinatorMessage, { t: "snapshot" }>;

/** The state of a space at revision `rev`: what stays of records whose bodies are compacted. */
export interface Snapshot {
  readonly rev: number;
  readonly hash: string;
  readonly epoch: number;
  /** The last item of every key that the space ever held, tombstones and releases included. */
  readonly keys: readonly SnapshotKey[];
  /** The last change of every member, those that left included, with the device it joined with. */
  readonly members: readonly MemberChange[];
}

/** What is kept for ever of a revision whose body is compacted: its outcome, and the answer to its requests. */
export interface SettledRevision {
  readonly rev: number;
  /** Empty where it is not known: the revision came as a part of a snapshot. */
  readonly tx: string;
  readonly hash: string;
  readonly requests: readonly string[];
  /** Names of the voters that it was made without; absent when there are none. */
  readonly detached?: readonly string[];
}

/** What stays of a record whose body is compacted. */
export function settledOf(record: LogRecord): SettledRevision {
  const { rev, tx, hash, detached } = record;
  return { rev, tx, hash, requests: requestsOf(record), ...(detached === undefined ? {} : { detached }) };
}

/** The state before revision 1. */
export const emptySnapshot: Snapshot = { rev: 0, hash: "", epoch: 0, keys: [], members: [] };

/** The state after `records`, which must follow `base` without a gap. */
export function advanceSnapshot(base: Snapshot, records: Iterable<LogRecord>): Snapshot {
  const keys = new Map(base.keys.map((key) => [slot(key.env, key.key), key]));
  const members = new Map(base.members.map((member) => [member.peer, member]));
  let { rev, hash, epoch } = base;
  for (const record of records) {
    ({ rev, hash, epoch } = record);
    for (const { author, items } of changeSetsOf(record)) {
      for (const item of items)
        keys.set(slot(item.env, item.key), { ...item, rev, author: author.name, at: record.at });
    }
    for (const change of record.members) {
      const device = change.device ?? members.get(change.peer)?.device;
      members.set(change.peer, { ...change, ...(device === undefined ? {} : { device }) });
    }
  }
  return { rev, hash, epoch, keys: [...keys.values()], members: [...members.values()] };
}

/** A snapshot that is being shipped on one connection, part by part. */
export interface OutgoingSnapshot {
  readonly snapshot: Snapshot;
  part: number;
  keysSaid: number;
  membersSaid: number;
}

/** A shipment of `snapshot` that has not begun. */
export function openOutgoing(snapshot: Snapshot): OutgoingSnapshot {
  return { snapshot, part: 0, keysSaid: 0, membersSaid: 0 };
}

/** The next part of a shipment, as much as fits one message; at least one key. `head`: the last revision of the space. */
export function nextPart(outgoing: OutgoingSnapshot, head: number): SnapshotMessage {
  const { snapshot } = outgoing;
  let bytes = 0;
  const take = <Entry>(from: readonly Entry[], said: number, entriesMax: number): Entry[] => {
    const taken: Entry[] = [];
    for (let at = said; at < from.length && taken.length < entriesMax; at += 1) {
      const entry = from[at]!;
      const size = JSON.stringify(entry).length;
      if (bytes > 0 && bytes + size > limits.catchupBytesMax) break;
      bytes += size;
      taken.push(entry);
    }
    return taken;
  };
  const members = take(snapshot.members, outgoing.membersSaid, limits.membersMax);
  const keys = take(snapshot.keys, outgoing.keysSaid, limits.snapshotKeysMax);
  outgoing.membersSaid += members.length;
  outgoing.keysSaid += keys.length;
  const part = outgoing.part;
  outgoing.part += 1;
  const { rev, hash, epoch } = snapshot;
  const last = outgoing.keysSaid === snapshot.keys.length && outgoing.membersSaid === snapshot.members.length;
  return { t: "snapshot", rev, hash, epoch, part, last, keys, members, head };
}

/** The parts of a snapshot that have come. */
export interface IncomingSnapshot extends Snapshot {
  readonly keys: SnapshotKey[];
  readonly members: MemberChange[];
  /** Parts that have come. */
  parts: number;
  complete: boolean;
}

/**
 * Adds a part to what has come: the first one starts anew, a repeated one changes nothing. Undefined for one that
 * does not continue: the snapshot has to be asked for again.
 */
export function addPart(
  before: IncomingSnapshot | undefined,
  message: SnapshotMessage,
): IncomingSnapshot | undefined {
  const { rev, hash, epoch, part, last } = message;
  if (part === 0) {
    return {
      rev,
      hash,
      epoch,
      keys: [...message.keys],
      members: [...message.members],
      parts: 1,
      complete: last,
    };
  }
  if (before?.rev !== rev || before.hash !== hash || part > before.parts) return undefined;
  if (part < before.parts) return before;
  for (const key of message.keys) before.keys.push(key);
  for (const member of message.members) before.members.push(member);
  before.parts += 1;
  before.complete = last;
  return before;
}

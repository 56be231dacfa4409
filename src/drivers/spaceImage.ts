import type { KeyVersion, Member, SpaceImage } from "../commit/ports.ts";
import type { Snapshot } from "../commit/snapshot.ts";
import { takeVersions } from "../commit/versions.ts";
import type { Policy } from "../protocol/messages.ts";
import { follows, type LogRecord, slot } from "../protocol/record.ts";

/** What a log says so far; the image of a space is its fold. */
export interface LogFold {
  epoch: number;
  head: { readonly rev: number; readonly hash: string };
  readonly members: Map<string, Member>;
  readonly versions: Map<string, KeyVersion>;
}

/** The fold of an empty log. */
export function emptyFold(): LogFold {
  return { epoch: 0, head: { rev: 0, hash: "" }, members: new Map(), versions: new Map() };
}

/** The fold of a log that is compacted behind `snapshot`. */
export function foldOfSnapshot({ rev, hash, epoch, keys, members }: Snapshot): LogFold {
  const fold = { ...emptyFold(), epoch, head: { rev, hash } };
  for (const { peer, name, role, state } of members) fold.members.set(peer, { peer, name, role, state });
  for (const { env, key, op, expected, author, at } of keys)
    fold.versions.set(slot(env, key), { version: expected + 1, deleted: op !== "set", author, at });
  return fold;
}

/** Adds the next record; false when it is not the undamaged successor of the head. */
export function foldRecord(fold: LogFold, record: LogRecord): boolean {
  if (!follows(fold.head, record)) return false;
  fold.head = { rev: record.rev, hash: record.hash };
  fold.epoch = record.epoch;
  for (const { peer, name, role, state } of record.members)
    fold.members.set(peer, { peer, name, role, state });
  takeVersions(fold.versions, record);
  return true;
}

/** The image of a space as the coordinator's machine takes it; later records do not change it. */
export function imageOfSpace(
  space: string,
  term: number,
  fold: LogFold,
  policy: Policy | undefined,
): SpaceImage {
  return {
    space,
    term,
    epoch: fold.epoch,
    head: fold.head,
    members: [...fold.members.values()],
    versions: new Map(fold.versions),
    ...(policy === undefined ? {} : { policy }),
  };
}

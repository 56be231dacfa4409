import type { CoordinatorStore, SpaceWrites, StoredInvitation, StoredRevision } from "../commit/ports.ts";
import { nextFloor, type Retention, retentionOf } from "../commit/retention.ts";
import { advanceSnapshot, emptySnapshot, type Snapshot, settledOf } from "../commit/snapshot.ts";
import { createDevice } from "../crypto/device.ts";
import { EnvpactError } from "../protocol/errors.ts";
import type { Policy } from "../protocol/messages.ts";
import { follows, hashOf, type LogRecord, requestsOf } from "../protocol/record.ts";
import { randomToken } from "./clock.ts";
import { emptyFold, foldRecord, imageOfSpace, type LogFold } from "./spaceImage.ts";

interface MemorySpace {
  readonly owner: string;
  term: number;
  readonly fold: LogFold;
  readonly policy: Policy | undefined;
  /** The state behind which the log is compacted. */
  base: Snapshot;
  readonly revisions: StoredRevision[];
  readonly log: LogRecord[];
  readonly requests: Map<string, number>;
  readonly peers: Map<string, string>;
  readonly invitations: Map<string, StoredInvitation>;
}

/** The in-memory twin of `openStore`: the same behaviour, nothing on disk. `identity`: its key, if it is ever used. */
export function createMemoryStore(
  identity = createDevice().privateKey,
  retention: Retention = retentionOf(),
): CoordinatorStore {
  return new MemoryStore(identity, retention);
}

class MemoryStore implements CoordinatorStore {
  readonly identity: string;
  readonly createSecret = randomToken(32);
  readonly #spaces = new Map<string, MemorySpace>();

  readonly #retention: Retention;

  constructor(identity: string, retention: Retention) {
    this.identity = identity;
    this.#retention = retention;
  }

  spaces(): readonly string[] {
    return [...this.#spaces.keys()].sort();
  }

  createSpace(space: string, ownerDevice: string, invitation: StoredInvitation, policy?: Policy): boolean {
    if (this.#spaces.has(space)) return false;
    this.#spaces.set(space, {
      owner: ownerDevice,
      term: 0,
      fold: emptyFold(),
      policy,
      base: emptySnapshot,
      revisions: [],
      log: [],
      requests: new Map(),
      peers: new Map(),
      invitations: new Map([[invitation.invite, invitation]]),
    });
    return true;
  }

  load(space: string) {
    const { term, fold, policy } = this.#get(space);
    return imageOfSpace(space, term, fold, policy);
  }

  writeAll(parts: readonly SpaceWrites[]): void {
    for (const { space, writes } of parts) this.write(space, writes);
  }

  write(space: string, writes: Parameters<CoordinatorStore["write"]>[1]): void {
    const stored = this.#get(space);
    const records = writes.flatMap((write) => (write.kind === "record" ? [write.record] : []));
    // All or none, as a transaction: look before the first change.
    let { head } = stored.fold;
    const requests = new Set(stored.requests.keys());
    for (const record of records) {
      const answered = requestsOf(record);
      if (answered.some((requestId) => requests.has(requestId)) || !follows(head, record))
        throw notNext(space, record.rev);
      for (const requestId of answered) requests.add(requestId);
      head = record;
    }
    for (const write of writes) if (write.kind === "term") stored.term = Math.max(stored.term, write.term);
    for (const record of records) {
      foldRecord(stored.fold, record);
      stored.log.push(record);
      stored.revisions.push(settledOf(record));
      for (const requestId of requestsOf(record)) stored.requests.set(requestId, record.rev);
    }
  }

  records(space: string, from: number, recordsMax: number, bytesMax: number): readonly LogRecord[] {
    const found: LogRecord[] = [];
    let bytes = 0;
    const { log, base } = this.#get(space);
    for (const record of log.slice(Math.max(0, from - 1 - base.rev))) {
      if (found.length >= recordsMax) break;
      if (hashOf(record) !== record.hash) throw new Error(`record ${record.rev} was changed in memory`);
      bytes += JSON.stringify(record).length;
      if (found.length > 0 && bytes > bytesMax) break;
      found.push(record);
    }
    return found;
  }

  record(space: string, rev: number): LogRecord | undefined {
    const { log, base } = this.#get(space);
    return log[rev - 1 - base.rev];
  }

  revision(space: string, rev: number): StoredRevision | undefined {
    return this.#get(space).revisions[rev - 1];
  }

  floor(space: string): number {
    return this.#get(space).base.rev;
  }

  snapshot(space: string): Snapshot {
    return this.#get(space).base;
  }

  isCompactable(space: string): boolean {
    const { base, fold } = this.#get(space);
    return nextFloor(this.#retention, base.rev, fold.head.rev) > base.rev;
  }

  compact(space: string): void {
    const stored = this.#get(space);
    const { base, log, fold } = stored;
    const dropped = log.splice(0, nextFloor(this.#retention, base.rev, fold.head.rev) - base.rev);
    stored.base = advanceSnapshot(base, dropped);
  }

  requestRevision(space: string, requestId: string): number | undefined {
    return this.#get(space).requests.get(requestId);
  }

  deviceOf(space: string, peer: string): string | undefined {
    return this.#spaces.get(space)?.peers.get(peer);
  }

  isOwner(space: string, device: string): boolean {
    return this.#spaces.get(space)?.owner === device;
  }

  isDevice(space: string, device: string): boolean {
    if (this.isOwner(space, device)) return true;
    return [...(this.#spaces.get(space)?.peers.values() ?? [])].includes(device);
  }

  addPeer(space: string, peer: string, device: string): void {
    this.#get(space).peers.set(peer, device);
  }

  removePeer(space: string, peer: string): void {
    this.#get(space).peers.delete(peer);
  }

  invitation(space: string, invite: string): StoredInvitation | undefined {
    return this.#spaces.get(space)?.invitations.get(invite);
  }

  addInvitation(space: string, invitation: StoredInvitation): void {
    this.#get(space).invitations.set(invitation.invite, invitation);
  }

  useInvitation(space: string, invite: string, device: string): void {
    const { invitations } = this.#get(space);
    const stored = invitations.get(invite);
    if (stored !== undefined) invitations.set(invite, { ...stored, usedBy: device });
  }

  countInvitations(space: string, nowMs: number): number {
    const open = [...this.#get(space).invitations.values()];
    return open.filter(({ usedBy, expiresAt }) => usedBy === "" && expiresAt > nowMs).length;
  }

  close(): void {
    this.#spaces.clear();
  }

  #get(space: string): MemorySpace {
    const stored = this.#spaces.get(space);
    if (stored === undefined) throw unknownSpace(space);
    return stored;
  }
}

/** The error for a space that the store does not hold. */
export function unknownSpace(space: string): EnvpactError {
  return new EnvpactError(
    "SPACE_UNKNOWN",
    `There is no space ${space} here.`,
    "Check the name of the space.",
  );
}

/** The error for a record that cannot follow the log: a bug, never written. */
export function notNext(space: string, rev: number): EnvpactError {
  const text = `Record ${rev} of the space ${space} does not follow the log, or repeats a request.`;
  return new EnvpactError("INTERNAL", text, "Please report this with the log of the coordinator.");
}

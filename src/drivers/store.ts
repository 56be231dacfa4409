import type { DatabaseSync } from "node:sqlite";
import type { CoordinatorWrite } from "../commit/effects.ts";
import type {
  CoordinatorStore,
  SpaceImage,
  SpaceWrites,
  StoredInvitation,
  StoredRevision,
} from "../commit/ports.ts";
import { nextFloor, type Retention, retentionOf } from "../commit/retention.ts";
import { advanceSnapshot, emptySnapshot, type Snapshot } from "../commit/snapshot.ts";
import type { Policy } from "../protocol/messages.ts";
import { follows, type LogRecord, recordIn, requestsOf } from "../protocol/record.ts";
import { notNext, unknownSpace } from "./memoryStore.ts";
import { emptyFold, foldOfSnapshot, foldRecord, imageOfSpace, type LogFold } from "./spaceImage.ts";
import { damagedStore, inTransaction, Statements, storeError } from "./sqlite.ts";
import { openDatabase, storedRevision } from "./storeSchema.ts";
import { type Floor, noFloor, SnapshotTables } from "./storeSnapshot.ts";

/**
 * Opens (or creates) the store of a coordinator in `dataDir` (0700) and holds it alone until `close`. Throws
 * DATA_LOCKED, DATA_NOT_WRITABLE, DATA_DAMAGED, NO_SPACE_LEFT, NO_SQLITE, or VERSION_MISMATCH for a newer format.
 */
export function openStore(dataDir: string, retention: Retention = retentionOf()): CoordinatorStore {
  const { database, file } = openDatabase(dataDir);
  try {
    return new SqliteStore(database, file, retention);
  } catch (error) {
    database.close();
    throw storeError(file, error);
  }
}

class SqliteStore implements CoordinatorStore {
  readonly identity: string;
  readonly createSecret: string;
  readonly #database: DatabaseSync;
  readonly #file: string;
  readonly #statements: Statements;
  readonly #retention: Retention;
  readonly #snapshots: SnapshotTables;
  /** The head and the floor of every space, as written. */
  readonly #heads = new Map<string, LogFold["head"]>();
  readonly #floors = new Map<string, Floor>();
  /** What peers that are far behind are being shipped at this time, so that they share one copy. */
  readonly #shipped = new Map<string, WeakRef<Snapshot>>();
  /** Folds made at the opening, until something is written. */
  readonly #folds = new Map<string, LogFold>();

  constructor(database: DatabaseSync, file: string, retention: Retention) {
    this.#database = database;
    this.#file = file;
    this.#retention = retention;
    this.#statements = new Statements(database);
    this.#snapshots = new SnapshotTables(this.#statements);
    this.identity = this.#meta("identity");
    this.createSecret = this.#meta("createSecret");
    for (const space of this.spaces()) {
      this.#floors.set(space, this.#snapshots.floor(space));
      const fold = this.#foldLog(space);
      this.#folds.set(space, fold);
      this.#heads.set(space, fold.head);
    }
  }

  spaces(): readonly string[] {
    return this.#all("SELECT space FROM spaces ORDER BY space").map((row) => String(row.space));
  }

  createSpace(space: string, ownerDevice: string, invitation: StoredInvitation, policy?: Policy): boolean {
    if (this.#heads.has(space)) return false;
    this.#guard(() =>
      inTransaction(this.#database, () => {
        this.#statements.run("INSERT INTO spaces VALUES (?, ?, 0, ?)", space, ownerDevice, policy ?? null);
        this.#insertInvitation(space, invitation);
      }),
    );
    this.#heads.set(space, emptyFold().head);
    return true;
  }

  load(space: string): SpaceImage {
    this.#head(space);
    const row = this.#get("SELECT term, policy FROM spaces WHERE space = ?", space);
    const policy = (row?.policy ?? undefined) as Policy | undefined;
    return imageOfSpace(space, Number(row?.term), this.#folds.get(space) ?? this.#foldLog(space), policy);
  }

  write(space: string, writes: readonly CoordinatorWrite[]): void {
    this.writeAll([{ space, writes }]);
  }

  writeAll(parts: readonly SpaceWrites[]): void {
    const heads = new Map<string, LogFold["head"]>();
    this.#guard(() =>
      inTransaction(this.#database, () => {
        for (const { space, writes } of parts) {
          let head = heads.get(space) ?? this.#head(space);
          for (const write of writes) {
            if (write.kind === "record") head = this.#insertRecord(space, head, write.record);
            else
              this.#statements.run(
                "UPDATE spaces SET term = max(term, ?) WHERE space = ?",
                write.term,
                space,
              );
          }
          heads.set(space, head);
        }
      }),
    );
    for (const [space, head] of heads) {
      this.#heads.set(space, head);
      this.#folds.delete(space);
    }
  }

  records(space: string, from: number, recordsMax: number, bytesMax: number): readonly LogRecord[] {
    const found: LogRecord[] = [];
    let bytes = 0;
    const sql = "SELECT body FROM log WHERE space = ? AND rev >= ? ORDER BY rev LIMIT ?";
    const first = Math.max(from, this.floor(space) + 1);
    for (const row of this.#statements.of(sql).iterate(space, first, recordsMax)) {
      const body = String(row.body);
      bytes += body.length;
      if (found.length > 0 && bytes > bytesMax) break;
      found.push(this.#readRecord(space, body));
    }
    return found;
  }

  record(space: string, rev: number): LogRecord | undefined {
    const row = this.#get("SELECT body FROM log WHERE space = ? AND rev = ? AND body <> ''", space, rev);
    return row === undefined ? undefined : this.#readRecord(space, String(row.body));
  }

  revision(space: string, rev: number): StoredRevision | undefined {
    const sql =
      "SELECT tx, hash, names FROM log LEFT JOIN leftBehind USING (space, rev) WHERE space = ? AND rev = ?";
    return storedRevision(this.#get(sql, space, rev));
  }

  floor(space: string): number {
    return this.#floors.get(space)?.rev ?? 0;
  }

  snapshot(space: string): Snapshot {
    const shared = this.#shipped.get(space)?.deref();
    if (shared?.rev === this.floor(space)) return shared;
    const snapshot = this.#guard(() => this.#snapshots.read(space));
    this.#shipped.set(space, new WeakRef(snapshot));
    return snapshot;
  }

  isCompactable(space: string): boolean {
    const floor = this.floor(space);
    return nextFloor(this.#retention, floor, this.#head(space).rev) > floor;
  }

  compact(space: string): void {
    const before = this.#floors.get(space) ?? noFloor;
    const rev = nextFloor(this.#retention, before.rev, this.#head(space).rev);
    if (rev === before.rev) return;
    const sql = "SELECT body FROM log WHERE space = ? AND rev > ? AND rev <= ? ORDER BY rev";
    const rows = this.#statements.of(sql).iterate(space, before.rev, rev);
    const change = this.#guard(() => advanceSnapshot(emptySnapshot, this.#readRecords(space, rows)));
    const known = before.known + rev - before.rev;
    this.#guard(() =>
      inTransaction(this.#database, () => {
        this.#snapshots.advance(space, change, known);
        this.#statements.run(
          "UPDATE log SET body = '' WHERE space = ? AND rev > ? AND rev <= ?",
          space,
          before.rev,
          rev,
        );
      }),
    );
    const { hash, epoch } = change;
    this.#floors.set(space, { rev, hash, epoch, known });
  }

  requestRevision(space: string, requestId: string): number | undefined {
    const row = this.#get("SELECT rev FROM requests WHERE space = ? AND request = ?", space, requestId);
    return row === undefined ? undefined : Number(row.rev);
  }

  deviceOf(space: string, peer: string): string | undefined {
    const row = this.#get("SELECT device FROM peers WHERE space = ? AND peer = ?", space, peer);
    return row === undefined ? undefined : String(row.device);
  }

  isOwner(space: string, device: string): boolean {
    return (
      this.#get("SELECT 1 AS found FROM spaces WHERE space = ? AND owner = ?", space, device) !== undefined
    );
  }

  isDevice(space: string, device: string): boolean {
    if (this.isOwner(space, device)) return true;
    const sql = "SELECT 1 AS found FROM peers WHERE space = ? AND device = ? LIMIT 1";
    return this.#get(sql, space, device) !== undefined;
  }

  addPeer(space: string, peer: string, device: string): void {
    this.#head(space);
    this.#guard(() =>
      this.#statements.run("INSERT OR REPLACE INTO peers VALUES (?, ?, ?)", space, peer, device),
    );
  }

  removePeer(space: string, peer: string): void {
    this.#guard(() => this.#statements.run("DELETE FROM peers WHERE space = ? AND peer = ?", space, peer));
  }

  invitation(space: string, invite: string): StoredInvitation | undefined {
    const sql =
      "SELECT invite, verifier, wrappedKey, expiresAt, usedBy FROM invitations WHERE space = ? AND invite = ?";
    const row = this.#get(sql, space, invite);
    return row === undefined ? undefined : ({ ...row } as unknown as StoredInvitation);
  }

  addInvitation(space: string, invitation: StoredInvitation): void {
    this.#head(space);
    this.#guard(() => this.#insertInvitation(space, invitation));
  }

  useInvitation(space: string, invite: string, device: string): void {
    const sql = "UPDATE invitations SET usedBy = ? WHERE space = ? AND invite = ?";
    this.#guard(() => this.#statements.run(sql, device, space, invite));
  }

  countInvitations(space: string, nowMs: number): number {
    const sql = "SELECT count(*) AS open FROM invitations WHERE space = ? AND usedBy = '' AND expiresAt > ?";
    return Number(this.#get(sql, space, nowMs)?.open);
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #insertRecord(space: string, head: LogFold["head"], record: LogRecord): LogFold["head"] {
    const { rev, tx, hash, detached } = record;
    const requests = requestsOf(record);
    const repeated =
      new Set(requests).size < requests.length ||
      requests.some((request) => this.requestRevision(space, request) !== undefined);
    if (repeated || !follows(head, record)) throw notNext(space, rev);
    this.#statements.run(
      "INSERT INTO log VALUES (?, ?, ?, ?, ?)",
      space,
      rev,
      tx,
      hash,
      JSON.stringify(record),
    );
    for (const request of requests)
      this.#statements.run("INSERT INTO requests VALUES (?, ?, ?)", space, request, rev);
    if (detached !== undefined)
      this.#statements.run("INSERT INTO leftBehind VALUES (?, ?, ?)", space, rev, JSON.stringify(detached));
    return { rev, hash };
  }

  #insertInvitation(
    space: string,
    { invite, verifier, wrappedKey, expiresAt, usedBy }: StoredInvitation,
  ): void {
    const sql = "INSERT OR REPLACE INTO invitations VALUES (?, ?, ?, ?, ?, ?)";
    this.#statements.run(sql, space, invite, verifier, wrappedKey, expiresAt, usedBy);
  }

  /** Reads the log of a space from its floor on and checks its chain. */
  #foldLog(space: string): LogFold {
    const { rev: floor, known } = this.#floors.get(space) ?? noFloor;
    const fold = floor === 0 ? emptyFold() : foldOfSnapshot(this.#snapshots.read(space));
    const rows = this.#get("SELECT count(*) AS found FROM log WHERE space = ? AND rev <= ?", space, floor);
    if (rows?.found !== known || (floor > 0 && this.revision(space, floor)?.hash !== fold.head.hash)) {
      throw damagedStore(this.#file, `the compacted part of the log of the space ${space} is not whole`);
    }
    const sql = "SELECT rev, hash, body FROM log WHERE space = ? AND rev > ? ORDER BY rev";
    for (const row of this.#statements.of(sql).iterate(space, floor)) {
      const record = this.#readRecord(space, String(row.body));
      const asStored = record.rev === row.rev && record.hash === row.hash;
      if (!asStored || !foldRecord(fold, record)) {
        throw damagedStore(
          this.#file,
          `revision ${row.rev} of the space ${space} breaks the chain of its log`,
        );
      }
    }
    return fold;
  }

  *#readRecords(space: string, rows: Iterable<Record<string, unknown>>): Iterable<LogRecord> {
    for (const row of rows) yield this.#readRecord(space, String(row.body));
  }

  #readRecord(space: string, body: string): LogRecord {
    const record = recordIn(body);
    if (record !== undefined) return record;
    throw damagedStore(this.#file, `a record of the space ${space} does not have its hash`);
  }

  #head(space: string): LogFold["head"] {
    const head = this.#heads.get(space);
    if (head === undefined) throw unknownSpace(space);
    return head;
  }

  #meta(name: string): string {
    const value = this.#get("SELECT value FROM meta WHERE name = ?", name)?.value;
    if (typeof value !== "string") throw damagedStore(this.#file, `it has no ${name}`);
    return value;
  }

  #get(sql: string, ...values: (string | number)[]) {
    return this.#guard(() => this.#statements.of(sql).get(...values));
  }

  #all(sql: string) {
    return this.#guard(() => this.#statements.of(sql).all());
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw storeError(this.#file, error);
    }
  }
}

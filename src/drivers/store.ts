import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { CoordinatorWrite } from "../commit/effects.ts";
import type { CoordinatorStore, SpaceImage, StoredInvitation } from "../commit/ports.ts";
import { follows, hashOf, type LogRecord } from "../protocol/record.ts";
import { notNext, unknownSpace } from "./memoryStore.ts";
import { emptyFold, foldRecord, imageOfSpace, type LogFold } from "./spaceImage.ts";
import { damagedStore, inTransaction, loadSqlite, notWritableStore, storeError } from "./sqlite.ts";
import { prepareDatabase } from "./storeSchema.ts";

/**
 * Opens (or creates) the store of a coordinator in `dataDir` (0700) and holds it alone until `close`. Throws
 * DATA_LOCKED, DATA_NOT_WRITABLE, DATA_DAMAGED, NO_SPACE_LEFT, NO_SQLITE, or VERSION_MISMATCH for a newer format.
 */
export function openStore(dataDir: string): CoordinatorStore {
  const { DatabaseSync } = loadSqlite();
  const file = join(dataDir, "coordinator.sqlite");
  try {
    // A folder that was there keeps its mode: it may be shared with other things.
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    // SQLite gives its side files the mode of the database.
    closeSync(openSync(file, "a", 0o600));
    chmodSync(file, 0o600);
    forceFolder(dataDir);
  } catch (error) {
    throw notWritableStore(file, { cause: error });
  }
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file);
    prepareDatabase(database, file);
    return new SqliteStore(database, file);
  } catch (error) {
    database?.close();
    throw storeError(file, error);
  }
}

function forceFolder(folder: string): void {
  if (process.platform === "win32") return;
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

class SqliteStore implements CoordinatorStore {
  readonly identity: string;
  readonly createSecret: string;
  readonly #database: DatabaseSync;
  readonly #file: string;
  readonly #statements = new Map<string, StatementSync>();
  /** The head of every space, as written. */
  readonly #heads = new Map<string, LogFold["head"]>();
  /** Folds made at the opening, until something is written. */
  readonly #folds = new Map<string, LogFold>();

  constructor(database: DatabaseSync, file: string) {
    this.#database = database;
    this.#file = file;
    this.identity = this.#meta("identity");
    this.createSecret = this.#meta("createSecret");
    for (const space of this.spaces()) {
      const fold = this.#foldLog(space);
      this.#folds.set(space, fold);
      this.#heads.set(space, fold.head);
    }
  }

  spaces(): readonly string[] {
    return this.#all("SELECT space FROM spaces ORDER BY space").map((row) => String(row.space));
  }

  createSpace(space: string, ownerDevice: string, invitation: StoredInvitation): boolean {
    if (this.#heads.has(space)) return false;
    this.#guard(() =>
      inTransaction(this.#database, () => {
        this.#run("INSERT INTO spaces VALUES (?, ?, 0)", space, ownerDevice);
        this.#insertInvitation(space, invitation);
      }),
    );
    this.#heads.set(space, emptyFold().head);
    return true;
  }

  load(space: string): SpaceImage {
    this.#head(space);
    const row = this.#get("SELECT term FROM spaces WHERE space = ?", space);
    return imageOfSpace(space, Number(row?.term), this.#folds.get(space) ?? this.#foldLog(space));
  }

  write(space: string, writes: readonly CoordinatorWrite[]): void {
    let head = this.#head(space);
    this.#guard(() =>
      inTransaction(this.#database, () => {
        for (const write of writes) {
          if (write.kind === "record") head = this.#insertRecord(space, head, write.record);
          else this.#run("UPDATE spaces SET term = max(term, ?) WHERE space = ?", write.term, space);
        }
      }),
    );
    this.#heads.set(space, head);
    this.#folds.delete(space);
  }

  records(space: string, from: number, recordsMax: number, bytesMax: number): readonly LogRecord[] {
    const found: LogRecord[] = [];
    let bytes = 0;
    const sql = "SELECT body FROM log WHERE space = ? AND rev >= ? ORDER BY rev LIMIT ?";
    for (const row of this.#statement(sql).iterate(space, from, recordsMax)) {
      const body = String(row.body);
      bytes += body.length;
      if (found.length > 0 && bytes > bytesMax) break;
      found.push(this.#readRecord(space, body));
    }
    return found;
  }

  record(space: string, rev: number): LogRecord | undefined {
    const row = this.#get("SELECT body FROM log WHERE space = ? AND rev = ?", space, rev);
    return row === undefined ? undefined : this.#readRecord(space, String(row.body));
  }

  requestRevision(space: string, requestId: string): number | undefined {
    const row = this.#get("SELECT rev FROM log WHERE space = ? AND request = ?", space, requestId);
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
    this.#guard(() => this.#run("INSERT OR REPLACE INTO peers VALUES (?, ?, ?)", space, peer, device));
  }

  removePeer(space: string, peer: string): void {
    this.#guard(() => this.#run("DELETE FROM peers WHERE space = ? AND peer = ?", space, peer));
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
    this.#guard(() => this.#run(sql, device, space, invite));
  }

  countInvitations(space: string, nowMs: number): number {
    const sql = "SELECT count(*) AS open FROM invitations WHERE space = ? AND usedBy = '' AND expiresAt > ?";
    return Number(this.#get(sql, space, nowMs)?.open);
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #insertRecord(space: string, head: LogFold["head"], record: LogRecord): LogFold["head"] {
    const repeated = record.requestId !== "" && this.requestRevision(space, record.requestId) !== undefined;
    if (repeated || !follows(head, record)) throw notNext(space, record.rev);
    this.#run(
      "INSERT INTO log VALUES (?, ?, ?, ?, ?, ?)",
      space,
      record.rev,
      record.tx,
      record.hash,
      record.requestId === "" ? null : record.requestId,
      JSON.stringify(record),
    );
    return { rev: record.rev, hash: record.hash };
  }

  #insertInvitation(
    space: string,
    { invite, verifier, wrappedKey, expiresAt, usedBy }: StoredInvitation,
  ): void {
    const sql = "INSERT OR REPLACE INTO invitations VALUES (?, ?, ?, ?, ?, ?)";
    this.#run(sql, space, invite, verifier, wrappedKey, expiresAt, usedBy);
  }

  /** Reads the whole log of a space and checks its chain. */
  #foldLog(space: string): LogFold {
    const fold = emptyFold();
    const sql = "SELECT rev, hash, body FROM log WHERE space = ? ORDER BY rev";
    for (const row of this.#statement(sql).iterate(space)) {
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

  #readRecord(space: string, body: string): LogRecord {
    let record: LogRecord | undefined;
    try {
      record = JSON.parse(body) as LogRecord;
    } catch {
      record = undefined;
    }
    if (record !== undefined && hashOf(record) === record.hash) return record;
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

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #run(sql: string, ...values: (string | number | null)[]): void {
    this.#statement(sql).run(...values);
  }

  #get(sql: string, ...values: (string | number)[]) {
    return this.#guard(() => this.#statement(sql).get(...values));
  }

  #all(sql: string) {
    return this.#guard(() => this.#statement(sql).all());
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw storeError(this.#file, error);
    }
  }
}

import { copyFileSync, existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { StoredInvitation } from "../commit/ports.ts";
import type { RebuiltLog } from "../commit/rebuilding.ts";
import { emptySnapshot, type SettledRevision, type Snapshot } from "../commit/snapshot.ts";
import { type LogRecord, recordIn, requestsOf } from "../protocol/record.ts";
import { inTransaction, loadSqlite, Statements, storeError } from "./sqlite.ts";
import { dataFileName, openDatabase, storedRevision } from "./storeSchema.ts";
import { SnapshotTables } from "./storeSnapshot.ts";

/** What can be read of a damaged store; every part may be missing. */
export interface Salvage {
  readonly identity: string | undefined;
  readonly createSecret: string | undefined;
  readonly spaces: readonly string[];
  /** Of the space that is asked for. */
  readonly owner: string | undefined;
  readonly term: number;
  readonly policy: string | undefined;
  readonly invitations: readonly StoredInvitation[];
  /** State at the floor and what is known up to it: to be trusted in a store that is whole only. */
  readonly base: Snapshot;
  readonly settled: readonly SettledRevision[];
  /** Records whose hash holds, ascending; in a damaged store there may be gaps. */
  readonly records: readonly LogRecord[];
}

/** A space to write into a store. */
export interface RecoveredSpace {
  readonly space: string;
  /** The owner's device, or empty when nobody knows it. */
  readonly owner: string;
  readonly term: number;
  readonly policy: string | undefined;
  readonly log: RebuiltLog;
  readonly invitations: readonly StoredInvitation[];
  /** The device of each peer that has not left. */
  readonly peers: ReadonlyMap<string, string>;
}

/** Whether the data folder holds a store, whole or not. */
export function hasStore(dataDir: string): boolean {
  return existsSync(join(dataDir, dataFileName));
}

/** Files of the store in `dataDir`, the side files of SQLite included. */
function filesOf(dataDir: string): string[] {
  const names = [dataFileName, `${dataFileName}-wal`, `${dataFileName}-shm`];
  return names.filter((name) => existsSync(join(dataDir, name)));
}

/** Reads what can be read of the store in `dataDir`, from a copy: the original stays as it is. */
export function salvageStore(dataDir: string, space: string): Salvage {
  const folder = mkdtempSync(join(dataDir, "salvage-"));
  try {
    for (const name of filesOf(dataDir)) copyFileSync(join(dataDir, name), join(folder, name));
    const { DatabaseSync } = loadSqlite();
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(join(folder, dataFileName));
      return readSalvage(database, space);
    } finally {
      database?.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readSalvage(database: DatabaseSync, space: string): Salvage {
  const meta = (name: string) => {
    const [row] = readable(database, "SELECT value FROM meta WHERE name = ?", name);
    return typeof row?.value === "string" ? row.value : undefined;
  };
  const [row] = readable(database, "SELECT * FROM spaces WHERE space = ?", space);
  const bodies = readable(database, "SELECT body FROM log WHERE space = ? ORDER BY rev", space);
  const invitations = readable(
    database,
    "SELECT invite, verifier, wrappedKey, expiresAt, usedBy FROM invitations WHERE space = ?",
    space,
  );
  return {
    identity: meta("identity"),
    createSecret: meta("createSecret"),
    spaces: readable(database, "SELECT space FROM spaces").map((one) => String(one.space)),
    owner: typeof row?.owner === "string" ? row.owner : undefined,
    term: typeof row?.term === "number" ? row.term : 0,
    policy: typeof row?.policy === "string" ? row.policy : undefined,
    invitations: invitations.map((one) => ({ ...one }) as unknown as StoredInvitation),
    ...readCompacted(database, space),
    records: bodies.flatMap(({ body }) => recordIn(String(body)) ?? []),
  };
}

function readCompacted(database: DatabaseSync, space: string): Pick<Salvage, "base" | "settled"> {
  const requests = new Map<number, string[]>();
  for (const { rev, request } of readable(
    database,
    "SELECT rev, request FROM requests WHERE space = ?",
    space,
  ))
    requests.set(Number(rev), [...(requests.get(Number(rev)) ?? []), String(request)]);
  const names = new Map<number, unknown>();
  for (const row of readable(database, "SELECT rev, names FROM leftBehind WHERE space = ?", space))
    names.set(Number(row.rev), row.names);
  const sql = "SELECT rev, tx, hash FROM log WHERE space = ? AND body = '' ORDER BY rev";
  const settled = readable(database, sql, space).flatMap((row) => {
    const rev = Number(row.rev);
    const known = storedRevision({ ...row, names: names.get(rev) });
    return known ? [{ rev, ...known, requests: requests.get(rev) ?? [] }] : [];
  });
  try {
    return { base: new SnapshotTables(new Statements(database)).read(space), settled };
  } catch (error) {
    if ((error as { code?: string }).code !== "ERR_SQLITE_ERROR") throw error;
    return { base: emptySnapshot, settled };
  }
}

/** The rows that come before the first one that cannot be read. */
function readable(database: DatabaseSync, sql: string, ...values: string[]): Record<string, unknown>[] {
  const rows: Record<string, unknown>[] = [];
  try {
    for (const row of database.prepare(sql).iterate(...values)) rows.push(row);
  } catch (error) {
    // A damaged page, or a table that is not there: what was read before it is what there is.
    if ((error as { code?: string }).code !== "ERR_SQLITE_ERROR") throw error;
  }
  return rows;
}

/**
 * Takes the store of `dataDir` out of the way under a name with `mark` in it, or copies it when `copy`. Returns the
 * names of the files in the folder, empty when there was none.
 */
export function setAside(dataDir: string, mark: string, copy: boolean): readonly string[] {
  return filesOf(dataDir).map((name) => {
    const target = name.replace(dataFileName, `${dataFileName}.${mark}`);
    if (copy) copyFileSync(join(dataDir, name), join(dataDir, target));
    else renameSync(join(dataDir, name), join(dataDir, target));
    return target;
  });
}

/**
 * Writes a rebuilt space into the store of `dataDir` in one transaction, in the place of one of its name; makes the
 * store, with `identity` and `createSecret` when they are known, when there is none. Throws as `openStore` does.
 */
export function writeRecovered(
  dataDir: string,
  recovered: RecoveredSpace,
  keys: Pick<Salvage, "identity" | "createSecret">,
): void {
  const { database, file } = openDatabase(dataDir);
  try {
    inTransaction(database, () => {
      const setMeta = database.prepare("UPDATE meta SET value = ? WHERE name = ?");
      if (keys.identity !== undefined) setMeta.run(keys.identity, "identity");
      if (keys.createSecret !== undefined) setMeta.run(keys.createSecret, "createSecret");
      removeSpace(database, recovered.space);
      insertSpace(database, recovered);
    });
  } catch (error) {
    throw storeError(file, error);
  } finally {
    database.close();
  }
}

function removeSpace(database: DatabaseSync, space: string): void {
  const tables = [
    "requests",
    "leftBehind",
    "snapshotKeys",
    "snapshotMembers",
    "snapshots",
    "log",
    "peers",
    "invitations",
    "spaces",
  ];
  for (const table of tables) database.prepare(`DELETE FROM ${table} WHERE space = ?`).run(space);
}

function insertSpace(database: DatabaseSync, recovered: RecoveredSpace): void {
  const { space, owner, term, policy = null, log, peers, invitations } = recovered;
  database.prepare("INSERT INTO spaces VALUES (?, ?, ?, ?)").run(space, owner, term, policy);
  const insertRevision = database.prepare("INSERT INTO log VALUES (?, ?, ?, ?, ?)");
  const insertRequest = database.prepare("INSERT INTO requests VALUES (?, ?, ?)");
  const insertNames = database.prepare("INSERT INTO leftBehind VALUES (?, ?, ?)");
  for (const { rev, tx, hash, requests } of log.settled) {
    insertRevision.run(space, rev, tx, hash, "");
    for (const request of requests) insertRequest.run(space, request, rev);
  }
  if (log.base.rev > 0)
    new SnapshotTables(new Statements(database)).advance(space, log.base, log.settled.length);
  for (const record of log.records) {
    insertRevision.run(space, record.rev, record.tx, record.hash, JSON.stringify(record));
    for (const request of requestsOf(record)) insertRequest.run(space, request, record.rev);
  }
  for (const { rev, detached } of [...log.settled, ...log.records])
    if (detached !== undefined) insertNames.run(space, rev, JSON.stringify(detached));
  const insertInvitation = database.prepare("INSERT INTO invitations VALUES (?, ?, ?, ?, ?, ?)");
  for (const { invite, verifier, wrappedKey, expiresAt, usedBy } of invitations)
    insertInvitation.run(space, invite, verifier, wrappedKey, expiresAt, usedBy);
  const insertPeer = database.prepare("INSERT INTO peers VALUES (?, ?, ?)");
  for (const [peer, device] of peers) insertPeer.run(space, peer, device);
}

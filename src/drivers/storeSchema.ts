import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { StoredRevision } from "../commit/ports.ts";
import { createDevice } from "../crypto/device.ts";
import { EnvpactError } from "../protocol/errors.ts";
import { randomToken } from "./clock.ts";
import { damagedStore, inTransaction, loadSqlite, notWritableStore, storeError } from "./sqlite.ts";

/** The store's file in its data folder. */
export const dataFileName = "coordinator.sqlite";
/** `PRAGMA user_version` of the tables below. */
const schemaVersion = 3;
/** How long another holder of the file is waited for: one that is just ending. */
const busyTimeoutMs = 200;

/** The voters that a revision was made without, as a JSON array of names; most revisions have none. */
const leftBehind = `
CREATE TABLE leftBehind (
  space TEXT NOT NULL REFERENCES spaces, rev INTEGER NOT NULL, names TEXT NOT NULL,
  PRIMARY KEY (space, rev)) STRICT, WITHOUT ROWID;
PRAGMA user_version = ${schemaVersion};`;

// A compacted revision keeps its row, without its body: its transaction, hash and requests are known for ever. The
// state at the floor stands in for the bodies. A transaction is empty where a rebuilt store does not know it.
const compactable = `
CREATE UNIQUE INDEX log_tx ON log (space, tx) WHERE tx <> '';
CREATE TABLE requests (
  space TEXT NOT NULL REFERENCES spaces, request TEXT NOT NULL, rev INTEGER NOT NULL,
  PRIMARY KEY (space, request)) STRICT, WITHOUT ROWID;
CREATE TABLE snapshots (
  space TEXT PRIMARY KEY REFERENCES spaces, rev INTEGER NOT NULL, hash TEXT NOT NULL, epoch INTEGER NOT NULL,
  known INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE snapshotKeys (
  space TEXT NOT NULL REFERENCES spaces, env TEXT NOT NULL, key TEXT NOT NULL, op TEXT NOT NULL,
  expected INTEGER NOT NULL, sealed TEXT, rev INTEGER NOT NULL, author TEXT NOT NULL, at REAL NOT NULL,
  PRIMARY KEY (space, env, key)) STRICT;
CREATE TABLE snapshotMembers (
  space TEXT NOT NULL REFERENCES spaces, peer TEXT NOT NULL, name TEXT NOT NULL, role TEXT NOT NULL,
  state TEXT NOT NULL, reason TEXT NOT NULL, device TEXT, PRIMARY KEY (space, peer)) STRICT;
${leftBehind}`;

// The log is the space: members and key versions are its fold, read once at the start. A revision, a request and
// a transaction can each stand in it once only, whoever asks.
const schema = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE spaces (
  space TEXT PRIMARY KEY, owner TEXT NOT NULL, term INTEGER NOT NULL, policy TEXT) STRICT, WITHOUT ROWID;
CREATE TABLE log (
  space TEXT NOT NULL REFERENCES spaces, rev INTEGER NOT NULL, tx TEXT NOT NULL, hash TEXT NOT NULL,
  body TEXT NOT NULL, PRIMARY KEY (space, rev)) STRICT;
CREATE TABLE peers (
  space TEXT NOT NULL REFERENCES spaces, peer TEXT NOT NULL, device TEXT NOT NULL,
  PRIMARY KEY (space, peer)) STRICT, WITHOUT ROWID;
CREATE INDEX peers_device ON peers (space, device);
CREATE TABLE invitations (
  space TEXT NOT NULL REFERENCES spaces, invite TEXT NOT NULL, verifier TEXT NOT NULL, wrappedKey TEXT NOT NULL,
  expiresAt INTEGER NOT NULL, usedBy TEXT NOT NULL, PRIMARY KEY (space, invite)) STRICT, WITHOUT ROWID;
${compactable}`;

/** From version 1, where a record answered one request, every body was kept, and a space chose no policy. */
const fromVersion1 = `
ALTER TABLE spaces ADD COLUMN policy TEXT;
DROP INDEX log_tx;
${compactable}
INSERT INTO requests SELECT space, request, rev FROM log WHERE request IS NOT NULL;
DROP INDEX log_request;
ALTER TABLE log DROP COLUMN request;`;

/** From version 2, where the names were in the records alone, and gone with their bodies. */
const fromVersion2 = `${leftBehind}
INSERT INTO leftBehind SELECT space, rev, json_extract(body, '$.detached') FROM log
  WHERE body <> '' AND json_extract(body, '$.detached') IS NOT NULL;`;

/**
 * Opens (or creates) the database in `dataDir`, for this process alone and with its tables; the caller closes it. Throws
 * DATA_LOCKED, DATA_NOT_WRITABLE, DATA_DAMAGED, NO_SPACE_LEFT, NO_SQLITE, or VERSION_MISMATCH for a newer format.
 */
export function openDatabase(dataDir: string): { readonly database: DatabaseSync; readonly file: string } {
  const { DatabaseSync } = loadSqlite();
  const file = prepareFile(dataDir);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file);
    prepareDatabase(database, file);
    return { database, file };
  } catch (error) {
    database?.close();
    throw storeError(file, error);
  }
}

/** Makes the data folder (0700) and the database's file in it (0600), and returns its path. Throws DATA_NOT_WRITABLE. */
function prepareFile(dataDir: string): string {
  const file = join(dataDir, dataFileName);
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
  return file;
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

/** Takes the database at `file` for this process alone, makes its tables when it is new, and checks it. */
function prepareDatabase(database: DatabaseSync, file: string): void {
  // The lock must be exclusive before the first access in WAL mode: then no shared memory is used at all.
  database.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}; PRAGMA locking_mode = EXCLUSIVE;`);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;");
  // macOS: fsync alone stops at the drive's cache.
  database.exec("PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;");
  inTransaction(database, () => {
    const { user_version: version } = database.prepare("PRAGMA user_version").get() as {
      user_version: number;
    };
    if (version > schemaVersion) {
      throw new EnvpactError(
        "VERSION_MISMATCH",
        `The data file ${file} was written by a newer Envpact (format ${version}, this one reads ${schemaVersion}).`,
        "Update Envpact, or start with another data folder.",
      );
    }
    if (version === 1) database.exec(fromVersion1);
    if (version === 2) database.exec(fromVersion2);
    if (version === 0) {
      database.exec(schema);
      const insert = database.prepare("INSERT INTO meta VALUES (?, ?)");
      insert.run("identity", createDevice().privateKey);
      insert.run("createSecret", randomToken(32));
    }
  });
  const check = database.prepare("PRAGMA quick_check(1)").get() as { quick_check: string };
  if (check.quick_check !== "ok") throw damagedStore(file, "SQLite's own check fails");
}

/** The revision that a row of `log`, joined with `leftBehind`, holds. */
export function storedRevision(
  row: Readonly<Record<string, unknown>> | undefined,
): StoredRevision | undefined {
  if (row === undefined) return undefined;
  const { tx, hash, names } = row;
  const detached = typeof names === "string" ? { detached: JSON.parse(names) as string[] } : {};
  return { tx: String(tx), hash: String(hash), ...detached };
}

import type { DatabaseSync } from "node:sqlite";
import { createDevice } from "../crypto/device.ts";
import { EnvpactError } from "../protocol/errors.ts";
import { randomToken } from "./clock.ts";
import { damagedStore, inTransaction } from "./sqlite.ts";

/** `PRAGMA user_version` of the tables below. */
const schemaVersion = 1;
/** How long another holder of the file is waited for: one that is just ending. */
const busyTimeoutMs = 200;

// The log is the space: members and key versions are its fold, read once at the start. A revision, a request and
// a transaction can each stand in it once only, whoever asks.
const schema = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE spaces (space TEXT PRIMARY KEY, owner TEXT NOT NULL, term INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE log (
  space TEXT NOT NULL REFERENCES spaces, rev INTEGER NOT NULL, tx TEXT NOT NULL, hash TEXT NOT NULL,
  request TEXT, body TEXT NOT NULL, PRIMARY KEY (space, rev)) STRICT;
CREATE UNIQUE INDEX log_request ON log (space, request) WHERE request IS NOT NULL;
CREATE UNIQUE INDEX log_tx ON log (space, tx);
CREATE TABLE peers (
  space TEXT NOT NULL REFERENCES spaces, peer TEXT NOT NULL, device TEXT NOT NULL,
  PRIMARY KEY (space, peer)) STRICT, WITHOUT ROWID;
CREATE INDEX peers_device ON peers (space, device);
CREATE TABLE invitations (
  space TEXT NOT NULL REFERENCES spaces, invite TEXT NOT NULL, verifier TEXT NOT NULL, wrappedKey TEXT NOT NULL,
  expiresAt INTEGER NOT NULL, usedBy TEXT NOT NULL, PRIMARY KEY (space, invite)) STRICT, WITHOUT ROWID;
PRAGMA user_version = ${schemaVersion};`;

/** Takes the database at `file` for this process alone, makes its tables when it is new, and checks it. */
export function prepareDatabase(database: DatabaseSync, file: string): void {
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

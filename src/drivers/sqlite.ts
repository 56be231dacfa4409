import type { DatabaseSync, StatementSync } from "node:sqlite";
import { EnvpactError } from "../protocol/errors.ts";

type Sqlite = typeof import("node:sqlite");

/**
 * The built-in module `node:sqlite`, or NO_SQLITE. Asked for at run time, so that a bundler has nothing to resolve
 * and a Node without it can say so; the notice that it is experimental is kept off stderr, other warnings are not.
 */
export function loadSqlite(): Sqlite {
  const emitWarning = process.emitWarning;
  process.emitWarning = (...args: unknown[]) => {
    if (String(args[0]).startsWith("SQLite is an experimental")) return;
    Reflect.apply(emitWarning, process, args);
  };
  try {
    const sqlite = process.getBuiltinModule?.("node:sqlite") as Sqlite | undefined;
    if (sqlite !== undefined) return sqlite;
  } finally {
    process.emitWarning = emitWarning;
  }
  throw new EnvpactError(
    "NO_SQLITE",
    `The coordinator keeps its spaces in node:sqlite, which Node ${process.versions.node} does not have.`,
    "Run the coordinator with Node 22.13 or later.",
  );
}

/** SQLite's primary result codes, https://sqlite.org/rescode.html. */
const resultCodes = {
  busy: 5,
  locked: 6,
  readonly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cantOpen: 14,
  permission: 3,
  notADatabase: 26,
} as const;

/** The error of a store at `file` as one that a person can act on; what is no error of SQLite comes back as it is. */
export function storeError(file: string, error: unknown): unknown {
  const { errcode, code } = error as { errcode?: number; code?: string };
  if (code !== "ERR_SQLITE_ERROR" || errcode === undefined) return error;
  const cause = { cause: error };
  switch (errcode & 0xff) {
    case resultCodes.busy:
    case resultCodes.locked:
      return new EnvpactError(
        "DATA_LOCKED",
        `Another coordinator uses the data file ${file}.`,
        "Use the one that runs, stop it, or start this one with another data folder.",
        cause,
      );
    case resultCodes.corrupt:
    case resultCodes.notADatabase:
      return damagedStore(file, "SQLite cannot read it", cause);
    case resultCodes.full:
      return new EnvpactError(
        "NO_SPACE_LEFT",
        `The disk of ${file} is full.`,
        "Free some space, then start again.",
        cause,
      );
    case resultCodes.readonly:
    case resultCodes.cantOpen:
    case resultCodes.permission:
    case resultCodes.ioError:
      return notWritableStore(file, cause);
    default:
      return error;
  }
}

/** DATA_NOT_WRITABLE for a store at `file`. */
export function notWritableStore(file: string, options?: ErrorOptions): EnvpactError {
  return new EnvpactError(
    "DATA_NOT_WRITABLE",
    `The data file ${file} cannot be created or written.`,
    "Check the disk and the permissions of its folder, or start with another data folder.",
    options,
  );
}

/** DATA_DAMAGED for a store at `file`. */
export function damagedStore(file: string, what: string, options?: ErrorOptions): EnvpactError {
  return new EnvpactError(
    "DATA_DAMAGED",
    `The data file ${file} is damaged: ${what}.`,
    "Nothing was changed. Check the disk and restore the data folder from a copy; the .env files of the peers are not affected.",
    options,
  );
}

/** Runs `work` in one transaction; durable when it returns. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    // SQLite ends the transaction by itself on some errors (full disk, I/O).
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

/** The statements of a database, each prepared once. */
export class Statements {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  of(sql: string): StatementSync {
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#prepared.set(sql, statement);
    return statement;
  }

  /** Runs a statement that gives no rows. */
  run(sql: string, ...values: (string | number | null)[]): void {
    this.of(sql).run(...values);
  }
}

import { constants, writeFileSync } from "node:fs";
import { type FileHandle, mkdir, open, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import writeFileAtomic from "write-file-atomic";
import type { ParticipantWrite } from "../commit/effects.ts";
import type { Journal, JournalImage } from "../commit/ports.ts";
import { type Retention, retentionOf } from "../commit/retention.ts";
import { EnvpactError } from "../protocol/errors.ts";
import { limits } from "../protocol/limits.ts";
import { syncFolder } from "./atomic.ts";
import { compactState, isCompactable, linesOf } from "./journalCompaction.ts";
import {
  emptyState,
  fold,
  headerLine,
  imageOf,
  type JournalState,
  journalVersion,
  parseJournal,
  writesLine,
} from "./journalFormat.ts";
import { systemCode, unlessMissing } from "./system.ts";

/** The calls of the system that tests make fail. */
export interface JournalCalls {
  write(handle: FileHandle, bytes: Buffer): Promise<void>;
  force(handle: FileHandle): Promise<void>;
}

const systemCalls: JournalCalls = {
  // A line goes to the system's cache in microseconds; only `force` waits for the disk.
  async write(handle, bytes) {
    writeFileSync(handle.fd, bytes);
  },
  force: (handle) => handle.datasync(),
};

interface Pending {
  readonly writes: readonly ParticipantWrite[];
  readonly force: boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Opens (or creates, 0600) the journal `file`, which this process alone must write. A tail that a crash tore is cut
 * off; a damaged middle is DATA_DAMAGED. Over `bytesMax` bytes, or with more bodies than `retention` says, what is
 * resolved is dropped from it. A journal of an older format is rewritten.
 */
export async function openJournal(
  file: string,
  bytesMax: number = limits.journalBytesMax,
  calls: JournalCalls = systemCalls,
  retention: Retention = retentionOf(),
): Promise<Journal> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const bytes = await unlessMissing(readFile(file));
    const parsed = bytes === undefined ? undefined : parseJournal(file, bytes);
    const isOld = parsed !== undefined && parsed.version < journalVersion;
    if (parsed === undefined) await create(file, headerLine());
    else if (isOld) await create(file, Buffer.concat(linesOf(parsed.state)));
    const handle = await open(file, constants.O_RDWR | constants.O_APPEND);
    if (!isOld && parsed !== undefined && bytes !== undefined && parsed.validBytes < bytes.length) {
      await handle.truncate(parsed.validBytes);
    }
    // Lines of a process that died before its fdatasync are read as held: make them so.
    await handle.sync();
    return new FileJournal(
      file,
      handle,
      parsed?.state ?? emptyState(),
      (await handle.stat()).size,
      bytesMax,
      calls,
      retention,
    );
  } catch (error) {
    throw journalError(file, error);
  }
}

/** What the journal `file` of another process says now; empty when there is none. Changes nothing. */
export async function readJournal(file: string): Promise<JournalImage> {
  try {
    const bytes = await unlessMissing(readFile(file));
    return imageOf(bytes === undefined ? emptyState() : parseJournal(file, bytes).state);
  } catch (error) {
    throw journalError(file, error);
  }
}

class FileJournal implements Journal {
  readonly image: JournalImage;
  readonly #file: string;
  readonly #state: JournalState;
  readonly #calls: JournalCalls;
  readonly #bytesMax: number;
  readonly #retention: Retention;
  #handle: FileHandle;
  #bytes: number;
  #syncedBytes: number;
  /** Size that the next compaction waits for: the log itself never shrinks, so it grows with it. */
  #compactAtBytes: number;
  #queue: Pending[] = [];
  #pump: Promise<void> | undefined;
  #fatal: EnvpactError | undefined;

  constructor(
    file: string,
    handle: FileHandle,
    state: JournalState,
    bytes: number,
    bytesMax: number,
    calls: JournalCalls,
    retention: Retention,
  ) {
    this.#file = file;
    this.#handle = handle;
    this.#state = state;
    this.#calls = calls;
    this.#bytesMax = bytesMax;
    this.#retention = retention;
    this.#compactAtBytes = bytesMax;
    this.#bytes = bytes;
    this.#syncedBytes = bytes;
    this.image = imageOf(state);
  }

  append(writes: readonly ParticipantWrite[], force: boolean): Promise<void> {
    if (this.#fatal !== undefined) return Promise.reject(this.#fatal);
    return new Promise((resolve, reject) => {
      this.#queue.push({ writes, force, resolve, reject });
      this.#pump ??= this.#run();
    });
  }

  async close(): Promise<void> {
    while (this.#pump !== undefined) await this.#pump;
    if (this.#fatal === undefined) {
      this.#fatal = new EnvpactError(
        "SHUTTING_DOWN",
        `The journal ${this.#file} is closed.`,
        "Open it again.",
      );
      await this.#handle.close();
    }
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      try {
        await this.#write(batch);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        await this.#fail(error, batch);
      }
    }
    this.#pump = undefined;
  }

  /** One write and at most one fdatasync for everything that waited. */
  async #write(batch: readonly Pending[]): Promise<void> {
    const writes = batch.flatMap((pending) => pending.writes);
    for (const write of writes) {
      if (!fold(this.#state, write)) {
        throw new EnvpactError(
          "INTERNAL",
          `A record for ${this.#file} does not follow its head.`,
          "Report this.",
        );
      }
    }
    const line = writesLine(writes, this.#syncedBytes);
    const full = this.#bytes + line.length > this.#compactAtBytes;
    if (full || isCompactable(this.#state, this.#retention)) return this.#compact();
    await this.#calls.write(this.#handle, line);
    this.#bytes += line.length;
    if (!batch.some(({ force }) => force)) return;
    await this.#calls.force(this.#handle);
    this.#syncedBytes = this.#bytes;
  }

  /**
   * Writes the state, which holds the batch by now, as a new journal in the place of the old one: without what is
   * resolved, and without the bodies of old records.
   */
  async #compact(): Promise<void> {
    compactState(this.#state, this.#retention);
    const bytes = Buffer.concat(linesOf(this.#state));
    await create(this.#file, bytes);
    await this.#handle.close();
    this.#handle = await open(this.#file, constants.O_RDWR | constants.O_APPEND);
    this.#bytes = bytes.length;
    this.#syncedBytes = bytes.length;
    this.#compactAtBytes = Math.max(this.#bytesMax, 2 * bytes.length);
  }

  /** After a failed write or fsync nobody knows what is on disk: never retried, the process has to end. */
  async #fail(error: unknown, batch: readonly Pending[]): Promise<void> {
    const fatal = journalError(this.#file, error);
    this.#fatal = fatal;
    for (const { reject } of [...batch, ...this.#queue.splice(0)]) reject(fatal);
    try {
      await this.#handle.close();
    } catch (closeError) {
      fatal.cause ??= closeError;
    }
  }
}

async function create(file: string, bytes: Buffer): Promise<void> {
  await writeFileAtomic(file, bytes, { mode: 0o600 });
  await syncFolder(dirname(file));
}

function journalError(file: string, error: unknown): EnvpactError {
  if (error instanceof EnvpactError) return error;
  const code = systemCode(error);
  if (code === "ENOSPC" || code === "EDQUOT") {
    const text = `The journal ${file} cannot be written: the disk is full.`;
    return new EnvpactError("NO_SPACE_LEFT", text, "Free some space and start again.", { cause: error });
  }
  const text = `The journal ${file} cannot be read or written: the system reported ${code}.`;
  const next = "Check the disk and the permissions of the folder, then start again.";
  return new EnvpactError("DATA_NOT_WRITABLE", text, next, { cause: error });
}

import { crc32 } from "node:zlib";
import * as v from "valibot";
import type { HeuristicRecord, ParticipantWrite, PreparedRecord } from "../commit/effects.ts";
import { withHeuristic } from "../commit/heuristic.ts";
import type { JournalImage } from "../commit/ports.ts";
import { emptySnapshot, type SettledRevision, type Snapshot, settledOf } from "../commit/snapshot.ts";
import { EnvpactError } from "../protocol/errors.ts";
import { memberSchema, recordSchema, snapshotKeySchema } from "../protocol/messages.ts";
import { follows, type LogRecord } from "../protocol/record.ts";

/**
 * The journal's text: one line a write, `<crc32 in 8 hex> <json>\n`. The first line says what the file is; every
 * other one holds the writes of one append and `synced`, how many bytes of the file were known to be forced when
 * it was written. So a broken line before a later line's `synced` is damage, never the tail that a crash tore.
 */
export const journalVersion = 2;
/** Journals of this version and later can be read; one of an older version is rewritten when it is opened. */
export const journalVersionMin = 1;

const revision = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const preparedSchema = v.object({
  tx: v.string(),
  base: revision,
  term: revision,
  items: recordSchema.entries.items,
  staged: v.array(
    v.object({
      env: v.string(),
      target: v.string(),
      staged: v.string(),
      // Journals of earlier versions have none: their staged files are not used, the record goes by key.
      stagedHash: v.optional(v.string(), ""),
      targetHash: v.string(),
    }),
  ),
  sinceMs: v.number(),
  origin: v.exactOptional(
    v.object({
      author: recordSchema.entries.author,
      message: v.string(),
      riders: recordSchema.entries.riders,
    }),
  ),
});
const heuristicSchema = v.object({
  tx: v.string(),
  base: revision,
  items: recordSchema.entries.items,
  forced: v.picklist(["commit", "abort"]),
  atMs: v.number(),
  done: v.boolean(),
  status: v.picklist(["pending", "same", "mixed"]),
  revision: v.exactOptional(revision),
});
const settledSchema = v.object({
  rev: revision,
  tx: v.string(),
  hash: v.string(),
  requests: v.array(v.string()),
  detached: v.exactOptional(v.array(v.string())),
});
const writeSchema = v.variant("kind", [
  v.object({ kind: v.literal("prepared"), prepared: preparedSchema }),
  v.object({ kind: v.literal("committed"), record: recordSchema }),
  v.object({ kind: v.literal("aborted"), tx: v.string() }),
  v.object({ kind: v.literal("applied"), rev: revision }),
  v.object({ kind: v.literal("term"), term: revision }),
  v.object({
    kind: v.literal("snapshot"),
    rev: revision,
    hash: v.string(),
    epoch: revision,
    keys: v.array(snapshotKeySchema),
    members: v.array(memberSchema),
  }),
  v.object({ kind: v.literal("settled"), revisions: v.array(settledSchema) }),
  v.object({ kind: v.literal("heuristic"), heuristic: heuristicSchema }),
  v.object({ kind: v.literal("resynced"), tx: v.string() }),
]);
const headerSchema = v.object({ journal: v.literal("envpact"), version: v.number() });
const lineSchema = v.object({ synced: revision, writes: v.array(writeSchema) });

/** What the journal says so far; changed by {@link fold} only. */
export interface JournalState {
  /** The state that the records start from. Replaced, never changed. */
  base: Snapshot;
  /** What is known of the revisions up to the base. Replaced, never changed. */
  settled: readonly SettledRevision[];
  readonly records: LogRecord[];
  appliedRev: number;
  highestTerm: number;
  prepared: PreparedRecord | undefined;
  /** Absent when there are none. */
  heuristics?: readonly HeuristicRecord[];
}

/** What {@link parseJournal} found. */
export interface ParsedJournal {
  readonly state: JournalState;
  /** Format of the bytes. */
  readonly version: number;
  /** Bytes of whole lines; what follows is a tail that a crash tore. */
  readonly validBytes: number;
}

/** The state of an empty journal. */
export function emptyState(): JournalState {
  return {
    base: emptySnapshot,
    settled: [],
    records: [],
    appliedRev: 0,
    highestTerm: 0,
    prepared: undefined,
  };
}

/** The state as its readers get it; later appends do not change it. */
export function imageOf(state: JournalState): JournalImage {
  return { ...state, records: [...state.records] };
}

/** The first line of a journal. */
export function headerLine(): Buffer {
  return lineOf({ journal: "envpact", version: journalVersion });
}

/** The line of one append; `syncedBytes` is how much of the file is known to be on disk. */
export function writesLine(writes: readonly ParticipantWrite[], syncedBytes: number): Buffer {
  return lineOf({ synced: syncedBytes, writes });
}

function lineOf(data: unknown): Buffer {
  const json = JSON.stringify(data);
  return Buffer.from(`${checksum(json)} ${json}\n`, "utf8");
}

/**
 * Adds one write to the state; false when it cannot follow what is there (a record that is not the next one, an
 * unknown applied revision). The prepared record stays until it is aborted, applied, or another took its revision.
 */
export function fold(state: JournalState, write: ParticipantWrite): boolean {
  switch (write.kind) {
    case "prepared":
      state.prepared = write.prepared;
      state.highestTerm = Math.max(state.highestTerm, write.prepared.term);
      return true;
    case "committed": {
      if (!follows(headOf(state), write.record)) return false;
      state.records.push(write.record);
      const { prepared } = state;
      if (prepared?.base === write.record.rev - 1 && prepared.tx !== write.record.tx)
        state.prepared = undefined;
      return true;
    }
    case "aborted":
      if (state.prepared?.tx === write.tx) state.prepared = undefined;
      return true;
    case "applied":
      if (write.rev > headOf(state).rev) return false;
      state.appliedRev = Math.max(state.appliedRev, write.rev);
      if (state.prepared !== undefined && write.rev > state.prepared.base) state.prepared = undefined;
      return true;
    case "term":
      state.highestTerm = Math.max(state.highestTerm, write.term);
      return true;
    case "snapshot": {
      const { kind: _, ...base } = write;
      if (base.rev <= headOf(state).rev) return false;
      // A journal that was compacted has named it before; one that took a snapshot does not know its transaction.
      const isNamed = state.settled.at(-1)?.rev === base.rev;
      const unnamed = isNamed ? [] : [{ rev: base.rev, tx: "", hash: base.hash, requests: [] }];
      state.settled = [...state.settled, ...state.records.map(settledOf), ...unnamed];
      state.base = base;
      state.records.length = 0;
      // What it had become was known before the snapshot was taken.
      if (state.prepared !== undefined && state.prepared.base < base.rev) state.prepared = undefined;
      return true;
    }
    case "settled":
      if (headOf(state).rev > 0) return false;
      state.settled = [...state.settled, ...write.revisions];
      return true;
    case "heuristic": {
      const { prepared } = state;
      state.heuristics = withHeuristic(state.heuristics ?? [], write.heuristic);
      // What was staged is used up: a redo must not look for it, nor a sweep keep it.
      if (write.heuristic.done && prepared?.tx === write.heuristic.tx)
        state.prepared = { ...prepared, staged: [] };
      return true;
    }
    case "resynced":
      state.heuristics = (state.heuristics ?? []).filter(({ tx }) => tx !== write.tx);
      return true;
  }
}

/** The last revision that the journal holds. */
export function headOf(state: Pick<JournalState, "base" | "records">): {
  readonly rev: number;
  readonly hash: string;
} {
  return state.records.at(-1) ?? state.base;
}

/** Reads the bytes of a journal. Throws DATA_DAMAGED, or VERSION_MISMATCH for a newer format, naming `file`. */
export function parseJournal(file: string, bytes: Buffer): ParsedJournal {
  const headerEnd = bytes.indexOf(0x0a) + 1;
  const header = headerEnd === 0 ? undefined : dataOf(bytes.subarray(0, headerEnd - 1));
  if (!v.is(headerSchema, header)) throw damaged(file, "its first line is not that of a journal");
  const { version } = header;
  if (version < journalVersionMin || version > journalVersion) throw otherVersion(file, version);
  const state = emptyState();
  let start = headerEnd;
  while (start < bytes.length) {
    const newline = bytes.indexOf(0x0a, start);
    const line = newline === -1 ? undefined : v.safeParse(lineSchema, dataOf(bytes.subarray(start, newline)));
    if (!line?.success) {
      if (!isTorn(bytes, start)) throw damaged(file, `it is broken at byte ${start}`);
      break;
    }
    for (const write of line.output.writes) {
      if (!fold(state, write as ParticipantWrite))
        throw damaged(file, `its records do not fit at byte ${start}`);
    }
    start = newline + 1;
  }
  return { state, version, validBytes: start };
}

/**
 * Whether the broken line at `start` is what a crash left of writes that nobody relied on yet. Such a line has no
 * end, or holds the zeros of blocks that never reached the disk, and no later line knew it to be forced. Anything
 * else (a flipped bit) must not be dropped: a promise may stand there.
 */
function isTorn(bytes: Buffer, start: number): boolean {
  for (let at = bytes.indexOf(0x0a, start) + 1; at > 0 && at < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, at);
    const line = newline === -1 ? undefined : v.safeParse(lineSchema, dataOf(bytes.subarray(at, newline)));
    if (line?.success && line.output.synced > start) return false;
    at = newline + 1;
  }
  if (bytes.includes(Buffer.alloc(8), start) || bytes.at(-1) === 0) return true;
  const endless = bytes.indexOf(0x0a, start) === -1;
  const onlyNewlineBroken = dataOf(bytes.subarray(start, bytes.length - 1)) !== undefined;
  return endless && !onlyNewlineBroken;
}

/** The JSON of a line without its newline; undefined when the checksum does not hold. */
function dataOf(line: Buffer): unknown {
  const text = line.toString("utf8");
  const json = text.slice(9);
  if (text[8] !== " " || text.slice(0, 8) !== checksum(json)) return undefined;
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function checksum(json: string): string {
  return crc32(json).toString(16).padStart(8, "0");
}

function damaged(file: string, what: string): EnvpactError {
  return new EnvpactError(
    "DATA_DAMAGED",
    `The journal ${file} is damaged: ${what}.`,
    "Check the disk. Restore the file from a copy, or move it away, leave the space and join it again; your .env files stay as they are.",
  );
}

function otherVersion(file: string, version: number): EnvpactError {
  return new EnvpactError(
    "VERSION_MISMATCH",
    `The journal ${file} has format ${version}; this version of Envpact reads ${journalVersion}.`,
    "Update Envpact.",
  );
}

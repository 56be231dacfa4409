import { appendFileSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ParticipantWrite, PreparedRecord } from "../../src/commit/effects.ts";
import type { JournalImage } from "../../src/commit/ports.ts";
import { emptySnapshot } from "../../src/commit/snapshot.ts";
import { type JournalCalls, openJournal, readJournal } from "../../src/drivers/journal.ts";
import { problemOf } from "../../src/protocol/errors.ts";
import type { LogRecord } from "../../src/protocol/record.ts";
import { nextRecord } from "./log-records.ts";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "envpact-journal-"));
  file = join(folder, "deep", "journal");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const empty: JournalImage = {
  base: emptySnapshot,
  settled: [],
  records: [],
  appliedRev: 0,
  highestTerm: 0,
  prepared: undefined,
};

function chain(length: number): LogRecord[] {
  const records: LogRecord[] = [];
  for (let rev = 1; rev <= length; rev += 1) {
    records.push(nextRecord(records.at(-1), { message: "é", at: 1_000 }));
  }
  return records;
}

const [first, second, third] = chain(3) as [LogRecord, LogRecord, LogRecord];
const committed = (record: LogRecord): ParticipantWrite => ({ kind: "committed", record });
const prepared = (record: LogRecord): PreparedRecord => ({
  tx: record.tx,
  base: record.rev - 1,
  term: 4,
  items: record.items,
  staged: [
    {
      env: "default",
      target: "/w/.env",
      staged: "/w/..env.envpact-00000000.tmp",
      stagedHash: "",
      targetHash: "",
    },
  ],
  sinceMs: 5,
});

/** Opens, appends each batch by itself, closes. */
async function write(...batches: ParticipantWrite[][]): Promise<void> {
  const journal = await openJournal(file);
  for (const batch of batches) await journal.append(batch, true);
  await journal.close();
}

async function reopen(): Promise<JournalImage> {
  const journal = await openJournal(file);
  await journal.close();
  return journal.image;
}

async function problemCode(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "none";
  } catch (error) {
    const { code, message, next } = problemOf(error);
    expect(message).toContain(file);
    expect(next).not.toBe("");
    return code;
  }
}

describe("what was appended", () => {
  it("is there after a restart, in a private file", async () => {
    expect(await readJournal(file)).toEqual(empty);
    await write(
      [{ kind: "term", term: 3 }],
      [committed(first), committed(second)],
      [{ kind: "applied", rev: 1 }],
    );
    expect(await reopen()).toEqual({
      ...empty,
      records: [first, second],
      appliedRev: 1,
      highestTerm: 3,
      prepared: undefined,
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("keeps a prepared transaction until it is aborted, applied, or lost its revision to another", async () => {
    const yes: ParticipantWrite = { kind: "prepared", prepared: prepared(first) };
    await write([yes]);
    expect(await reopen()).toMatchObject({ prepared: prepared(first), highestTerm: 4 });
    await write([{ kind: "aborted", tx: "team:1:9:other" }]);
    expect((await reopen()).prepared).toEqual(prepared(first));
    await write([{ kind: "aborted", tx: first.tx }]);
    expect((await reopen()).prepared).toBeUndefined();
    await write([yes], [committed(first)]);
    expect((await reopen()).prepared).toEqual(prepared(first));
    await write([{ kind: "applied", rev: 1 }]);
    expect((await reopen()).prepared).toBeUndefined();
    await write(
      [{ kind: "prepared", prepared: { ...prepared(second), tx: "team:1:9:other" } }],
      [committed(second)],
    );
    expect((await reopen()).prepared).toBeUndefined();
  });

  it("can be read by another process while it is appended to", async () => {
    const journal = await openJournal(file);
    await journal.append([committed(first)], false);
    expect((await readJournal(file)).records).toEqual([first]);
    appendFileSync(file, "0123");
    expect((await readJournal(file)).records).toEqual([first]);
    expect(readFileSync(file, "utf8").endsWith("0123")).toBe(true);
    await journal.close();
  });

  it("must be the next record of the chain", async () => {
    const journal = await openJournal(file);
    await expect(journal.append([committed(second)], true)).rejects.toThrow(/does not follow/u);
    await expect(journal.append([committed(first)], true)).rejects.toThrow();
    await journal.close();
    expect(await reopen()).toEqual(empty);
  });
});

describe("a torn tail", () => {
  it("is cut off wherever the crash came, and the rest stays", async () => {
    await write([committed(first)]);
    const before = statSync(file).size;
    await write([committed(second)]);
    const whole = readFileSync(file);
    for (let size = before; size < whole.length; size += 1) {
      writeFileSync(file, whole.subarray(0, size));
      expect((await reopen()).records).toEqual([first]);
      expect(statSync(file).size).toBe(before);
    }
    await write([committed(second)]);
    expect((await reopen()).records).toEqual([first, second]);
  });

  it("may be zeros that the file system put for blocks it never wrote, also between unforced lines", async () => {
    const journal = await openJournal(file);
    await journal.append([committed(first)], true);
    const before = statSync(file).size;
    await journal.append([committed(second)], false);
    const middle = statSync(file).size;
    await journal.append([committed(third)], false);
    await journal.close();
    const whole = readFileSync(file);
    writeFileSync(file, Buffer.from(whole).fill(0, before + 30, middle - 1));
    expect((await reopen()).records).toEqual([first]);
    expect(statSync(file).size).toBe(before);
    writeFileSync(file, Buffer.concat([whole.subarray(0, middle), Buffer.alloc(4096)]));
    expect((await reopen()).records).toEqual([first, second]);
  });
});

describe("damage", () => {
  it("is noticed for a flipped bit anywhere in the file, also in its last line, and nothing is cut", async () => {
    await write(
      [{ kind: "term", term: 2 }],
      [committed(first)],
      [{ kind: "prepared", prepared: prepared(second) }],
    );
    const whole = readFileSync(file);
    for (let at = 0; at < whole.length; at += 1) {
      const flipped = Buffer.from(whole);
      flipped[at]! ^= 1 << (at % 7);
      writeFileSync(file, flipped);
      expect([at, await problemCode(openJournal(file))]).toEqual([at, "DATA_DAMAGED"]);
      expect(readFileSync(file).equals(flipped)).toBe(true);
    }
    expect(await problemCode(readJournal(file))).toBe("DATA_DAMAGED");
  });

  it("is noticed for a file that was emptied, and for a lost line", async () => {
    await write([committed(first)], [committed(second)]);
    const lines = readFileSync(file, "utf8").split("\n");
    writeFileSync(file, [lines[0], ...lines.slice(2)].join("\n"));
    expect(await problemCode(openJournal(file))).toBe("DATA_DAMAGED");
    truncateSync(file, 0);
    expect(await problemCode(openJournal(file))).toBe("DATA_DAMAGED");
  });
});

describe("forcing", () => {
  function counting() {
    const counts = { write: 0, force: 0 };
    const calls: JournalCalls = {
      async write(handle, bytes) {
        counts.write += 1;
        await handle.appendFile(bytes);
      },
      async force(handle) {
        counts.force += 1;
        await handle.datasync();
      },
    };
    return { counts, calls };
  }

  it("takes one fdatasync for everything that waited, and none for what need not be forced", async () => {
    const { counts, calls } = counting();
    const journal = await openJournal(file, undefined, calls);
    await journal.append([{ kind: "term", term: 1 }], false);
    expect(counts).toEqual({ write: 1, force: 0 });
    await Promise.all(chain(20).map((record, index) => journal.append([committed(record)], index % 2 === 0)));
    expect(counts.force).toBe(2);
    expect(counts.write).toBe(3);
    await journal.close();
    expect((await reopen()).records).toHaveLength(20);
  });

  it("fails for good after one failed fdatasync", async () => {
    const { calls } = counting();
    const failing: JournalCalls = {
      ...calls,
      force: () => Promise.reject(Object.assign(new Error("EIO"), { code: "EIO" })),
    };
    const journal = await openJournal(file, undefined, failing);
    const both = [journal.append([committed(first)], true), journal.append([committed(second)], true)];
    for (const append of both) expect(await problemCode(append)).toBe("DATA_NOT_WRITABLE");
    expect(await problemCode(journal.append([committed(third)], false))).toBe("DATA_NOT_WRITABLE");
    await journal.close();
  });

  it("names a full disk", async () => {
    const full: JournalCalls = {
      write: () => Promise.reject(Object.assign(new Error("ENOSPC"), { code: "ENOSPC" })),
      force: (handle) => handle.datasync(),
    };
    const journal = await openJournal(file, undefined, full);
    expect(await problemCode(journal.append([committed(first)], true))).toBe("NO_SPACE_LEFT");
  });
});

it("drops what is resolved when it grows, and loses nothing of the rest", async () => {
  const journal = await openJournal(file, 4_000);
  const records = chain(3);
  for (let round = 0; round < 100; round += 1) {
    await journal.append([{ kind: "prepared", prepared: prepared(first) }], true);
    await journal.append([{ kind: "aborted", tx: first.tx }], false);
  }
  expect(statSync(file).size).toBeLessThan(5_000);
  for (const record of records) await journal.append([committed(record)], true);
  await journal.append([{ kind: "applied", rev: 2 }], false);
  for (let term = 5; term < 200; term += 1) await journal.append([{ kind: "term", term }], true);
  await journal.close();
  expect(await reopen()).toEqual({ ...empty, records, appliedRev: 2, highestTerm: 199 });
});

import { readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ParticipantWrite } from "../../src/commit/effects.ts";
import { retentionOf } from "../../src/commit/retention.ts";
import { advanceSnapshot, emptySnapshot, type Snapshot, settledOf } from "../../src/commit/snapshot.ts";
import { openJournal, readJournal } from "../../src/drivers/journal.ts";
import type { LogRecord } from "../../src/protocol/record.ts";
import { nextRecord } from "./log-records.ts";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "envpact-journal-"));
  file = join(folder, "journal");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function chain(length: number, before: { rev: number; hash: string } = emptySnapshot): LogRecord[] {
  const records: LogRecord[] = [];
  for (let rev = before.rev + 1; rev <= before.rev + length; rev += 1) {
    const expected = Math.floor((rev - 1) / 3);
    const item = { env: "default", key: `K${rev % 3}`, op: "set", expected, sealed: "c2Vh" } as const;
    records.push(nextRecord(records.at(-1) ?? before, { items: [item] }));
  }
  return records;
}

const committed = (record: LogRecord): ParticipantWrite => ({ kind: "committed", record });
const snapshotAt = (rev: number): Snapshot => ({
  rev,
  hash: "b".repeat(64),
  epoch: 4,
  keys: [
    { env: "default", key: "K", op: "set", expected: 7, sealed: "c2Vh", rev: rev - 1, author: "Bo", at: 5 },
    { env: "default", key: "GONE", op: "delete", expected: 1, rev: 2, author: "Ana", at: 4 },
  ],
  members: [
    { peer: "p1", name: "Ana", role: "voter", state: "voter", reason: "caught up", device: "device" },
  ],
});

async function openSmall(keptRevisions = 4) {
  return await openJournal(file, undefined, undefined, retentionOf(keptRevisions));
}

describe("compaction of a journal", () => {
  it("keeps the last bodies and, for ever, what became of each revision", async () => {
    const records = chain(20);
    const journal = await openSmall();
    for (const record of records)
      await journal.append([committed(record), { kind: "applied", rev: record.rev }], true);
    await journal.close();

    const image = await readJournal(file);
    expect(image.records.length).toBeLessThanOrEqual(5);
    expect(image.records).toEqual(records.slice(image.base.rev));
    expect(image.settled).toEqual(records.slice(0, image.base.rev).map(settledOf));
    expect(image.base).toEqual(advanceSnapshot(emptySnapshot, records.slice(0, image.base.rev)));
    expect(image.appliedRev).toBe(20);
  });

  it("leaves bodies that the files have not reached", async () => {
    const records = chain(20);
    const journal = await openSmall();
    await journal.append([committed(records[0]!), { kind: "applied", rev: 1 }], true);
    for (const record of records.slice(1)) await journal.append([committed(record)], true);
    await journal.close();
    const image = await readJournal(file);
    expect(image.base.rev).toBe(1);
    expect(image.records).toEqual(records.slice(1));
  });

  it("keeps a promise, the term, and goes on from there", async () => {
    const records = chain(12);
    const promise = { tx: "t", base: 11, term: 3, items: [], staged: [], sinceMs: 1 };
    const journal = await openSmall(2);
    for (const record of records.slice(0, 11))
      await journal.append([committed(record), { kind: "applied", rev: record.rev }], true);
    await journal.append([{ kind: "prepared", prepared: promise }], true);
    await journal.close();
    const again = await openSmall(2);
    expect(again.image).toMatchObject({ prepared: promise, highestTerm: 3 });
    await again.append([committed(records[11]!)], true);
    await again.close();
    expect((await readJournal(file)).records.at(-1)).toEqual(records[11]);
  });
});

describe("a snapshot in the journal", () => {
  it("takes the place of everything before it, which stays known by its outcome", async () => {
    const records = chain(3);
    const snapshot = snapshotAt(40);
    const after = chain(2, snapshot);
    const journal = await openSmall(100);
    await journal.append([...records.map(committed), { kind: "applied", rev: 2 }], true);
    await journal.append([{ kind: "snapshot", ...snapshot }], true);
    for (const record of after) await journal.append([committed(record)], true);
    await journal.close();

    const image = await readJournal(file);
    expect(image).toMatchObject({ base: snapshot, records: after, appliedRev: 2 });
    expect(image.settled).toEqual([
      ...records.map(settledOf),
      { rev: 40, tx: "", hash: snapshot.hash, requests: [] },
    ]);
  });

  it("settles a promise whose revision it holds, and no other", async () => {
    const promise = { tx: "t", base: 3, term: 1, items: [], staged: [], sinceMs: 1 };
    const journal = await openSmall(100);
    await journal.append([...chain(3).map(committed), { kind: "prepared", prepared: promise }], true);
    await journal.append([{ kind: "snapshot", ...snapshotAt(4) }], true);
    await journal.close();
    expect((await readJournal(file)).prepared).toBeUndefined();
  });

  it("with a lower revision than the journal's is refused, and nothing of it is written", async () => {
    const records = chain(5);
    const journal = await openSmall(100);
    await journal.append(records.map(committed), true);
    await expect(journal.append([{ kind: "snapshot", ...snapshotAt(5) }], true)).rejects.toThrow(/follow/u);
    await journal.close();
    expect((await readJournal(file)).records).toEqual(records);
  });

  it("that a crash tore, at any byte, was never there", async () => {
    const records = chain(3);
    const journal = await openSmall(100);
    await journal.append(records.map(committed), true);
    const before = statSync(file).size;
    await journal.append([{ kind: "snapshot", ...snapshotAt(40) }], true);
    await journal.close();
    const whole = readFileSync(file);
    for (let bytes = before; bytes < whole.length - 1; bytes += 7) {
      writeFileSync(file, whole);
      truncateSync(file, bytes);
      const image = await readJournal(file);
      expect(image.records).toEqual(records);
      expect(image.base.rev).toBe(0);
    }
  });
});

it("a journal of the first version is read, and rewritten when it is opened", async () => {
  await mkdir(folder, { recursive: true });
  const records = chain(3);
  const line = (data: unknown) => {
    const json = JSON.stringify(data);
    return `${crc32(json).toString(16).padStart(8, "0")} ${json}\n`;
  };
  const old = [
    line({ journal: "envpact", version: 1 }),
    line({ synced: 0, writes: records.map(committed) }),
    line({ synced: 0, writes: [{ kind: "applied", rev: 3 }] }),
  ].join("");
  writeFileSync(file, `${old}torn`);
  expect((await readJournal(file)).records).toEqual(records);
  const journal = await openJournal(file);
  expect(journal.image).toMatchObject({ records, appliedRev: 3 });
  await journal.append([{ kind: "snapshot", ...snapshotAt(40) }], true);
  await journal.close();
  expect(readFileSync(file, "utf8").split("\n")[0]).toContain('"version":2');
  expect((await readJournal(file)).base.rev).toBe(40);
});

import { mkdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CoordinatorStore } from "../../src/commit/ports.ts";
import { retentionOf } from "../../src/commit/retention.ts";
import { createDevice } from "../../src/crypto/device.ts";
import { createMemoryStore } from "../../src/drivers/memoryStore.ts";
import { openStore } from "../../src/drivers/store.ts";
import { type LogRecord, type MemberChange, requestsOf, sealRecord } from "../../src/protocol/record.ts";
import { invitation, nextRecord } from "./log-records.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "envpact-compaction-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const ana = { peer: "p1", name: "Ana", role: "voter" } as const;

/** Joins, then a set of A in every revision; revision 5 deletes B, revision 6 carries a second change set. */
function log(length: number): LogRecord[] {
  const records: LogRecord[] = [];
  const item = (key: string, expected: number, op: "set" | "delete" = "set") => ({
    env: "default",
    key,
    op,
    expected,
    ...(op === "set" ? { sealed: `${key}${expected}` } : {}),
  });
  const joined: MemberChange = { ...ana, state: "syncing", reason: "joined", device: "device-of-ana" };
  for (let rev = 1; rev <= length; rev += 1) {
    const first = { kind: "membership", requestId: "", items: [], members: [joined] } as const;
    const special: Partial<LogRecord> =
      {
        1: first,
        2: { ...first, members: [{ ...ana, state: "voter", reason: "caught up" } as const] },
        4: { items: [item("A", rev - 3), item("B", 0)] },
        5: { items: [item("A", rev - 3), item("B", 1, "delete")] },
        6: {
          items: [item("A", rev - 3), item("C", 0)],
          riders: [
            { author: { peer: "p2", name: "Bo" }, requestId: "ridden", message: "with Ana", items: 1 },
          ],
        },
      }[rev] ?? {};
    const usual = { epoch: Math.min(rev, 2), items: [item("A", rev - 3)] };
    records.push(nextRecord(records.at(-1), { ...usual, ...special }));
  }
  return records;
}

const retention = retentionOf(8);
const kinds: [string, () => CoordinatorStore][] = [
  ["SQLite", () => openStore(join(folder, "data"), retention)],
  ["memory", () => createMemoryStore(createDevice().privateKey, retention)],
];

function fill(store: CoordinatorStore, records: readonly LogRecord[]): void {
  store.createSpace("team", "owner", invitation, "strict");
  for (const record of records) store.write("team", [{ kind: "record", record }]);
}

describe.each(kinds)("compaction of a store in %s", (kind, open) => {
  it("waits until it is worth it, and leaves what is to be kept", () => {
    const store = open();
    fill(store, log(10));
    expect(store.isCompactable("team")).toBe(false);
    store.compact("team");
    expect(store.floor("team")).toBe(0);
    const [last] = log(11).slice(-1);
    if (last) store.write("team", [{ kind: "record", record: last }]);
    expect(store.isCompactable("team")).toBe(true);
    store.compact("team");
    expect(store.floor("team")).toBe(3);
    expect(store.isCompactable("team")).toBe(false);
    store.close();
  });

  it("keeps every outcome and the answer to every request for ever, and ships records above the floor only", () => {
    const records = log(20);
    const store = open();
    fill(store, records);
    const before = store.load("team");
    store.compact("team");
    expect(store.floor("team")).toBe(12);
    for (const { rev, tx, hash } of records) expect(store.revision("team", rev)).toMatchObject({ tx, hash });
    for (const record of records) {
      for (const request of requestsOf(record))
        expect(store.requestRevision("team", request)).toBe(record.rev);
    }
    expect(store.requestRevision("team", "ridden")).toBe(6);
    expect(store.record("team", 12)).toBeUndefined();
    expect(store.record("team", 13)).toEqual(records[12]);
    expect(store.records("team", 1, 100, 1_000_000)).toEqual(records.slice(12));
    expect(store.records("team", 15, 2, 1_000_000)).toEqual(records.slice(14, 16));
    expect(store.load("team")).toEqual(before);
    expect(before.policy).toBe("strict");
    store.close();
  });

  it("holds the last item of every key, with its author and time, tombstones and devices included", () => {
    const records = log(20);
    const store = open();
    fill(store, records);
    store.compact("team");
    const { rev, hash, epoch, keys, members } = store.snapshot("team");
    expect({ rev, hash, epoch }).toEqual({ rev: 12, hash: records[11]?.hash, epoch: 2 });
    const at = (key: string, last: number, author: string) => ({
      env: "default",
      key,
      rev: last,
      author,
      at: 1_000 + last,
    });
    expect([...keys].sort((a, b) => a.key.localeCompare(b.key))).toEqual([
      { ...at("A", 12, "Ana"), op: "set", expected: 9, sealed: "A9" },
      { ...at("B", 5, "Ana"), op: "delete", expected: 1 },
      { ...at("C", 6, "Bo"), op: "set", expected: 0, sealed: "C0" },
    ]);
    expect(members).toEqual([{ ...ana, state: "voter", reason: "caught up", device: "device-of-ana" }]);
    store.close();
  });

  it("refuses a request again that was answered by a compacted revision", () => {
    const records = log(20);
    const store = open();
    fill(store, records);
    store.compact("team");
    const head = records.at(-1);
    if (!head) throw new Error("no records");
    for (const requestId of ["request-4", "ridden"]) {
      const { hash: _, ...body } = head;
      const again = sealRecord({ ...body, rev: 21, prevHash: head.hash, tx: "team:1:21:x", requestId });
      expect(() => store.write("team", [{ kind: "record", record: again }])).toThrow(/repeats/u);
    }
    store.close();
  });

  it.runIf(kind === "SQLite")("goes on where it was after a restart, compacting further", () => {
    const records = log(40);
    const first = open();
    fill(first, records.slice(0, 20));
    first.compact("team");
    first.close();
    const second = open();
    expect(second.floor("team")).toBe(12);
    for (const record of records.slice(20)) second.write("team", [{ kind: "record", record }]);
    const before = second.load("team");
    second.compact("team");
    second.close();
    const third = open();
    expect(third.floor("team")).toBe(32);
    expect(third.load("team")).toEqual(before);
    expect(third.revision("team", 7)).toMatchObject({ tx: "team:1:7:x" });
    third.close();
  });
});

describe.each(kinds)("the names that a revision was made without, in %s", (_kind, open) => {
  it("stay when its body goes: whoever asks for the answer again is told them", () => {
    const records = log(5);
    for (const rev of [6, 7]) records.push(nextRecord(records[rev - 2], { detached: [`absent-${rev}`] }));
    for (let rev = 8; rev <= 20; rev += 1) records.push(nextRecord(records.at(-1)));
    const store = open();
    fill(store, records);
    store.compact("team");
    expect(store.floor("team")).toBe(12);
    expect(store.revision("team", 7)?.detached).toEqual(["absent-7"]);
    expect(store.revision("team", 8)?.detached).toBeUndefined();
    store.close();
  });
});

describe("a compacted data file", () => {
  const file = () => join(folder, "data", "coordinator.sqlite");

  it("of the second version is taken over with the names in its records", () => {
    const records = log(3);
    records.push(nextRecord(records[2], { detached: ["cleo"] }));
    const store = openStore(join(folder, "data"), retention);
    fill(store, records);
    store.close();
    const database = new DatabaseSync(file());
    database.exec("DROP TABLE leftBehind; PRAGMA user_version = 2;");
    database.close();
    const opened = openStore(join(folder, "data"), retention);
    expect(opened.revision("team", 4)?.detached).toEqual(["cleo"]);
    expect(opened.revision("team", 3)?.detached).toBeUndefined();
    opened.close();
  });

  it.each([
    ["a lost outcome", "DELETE FROM log WHERE rev = 4"],
    ["another hash at the floor", "UPDATE log SET hash = 'x' WHERE rev = 12"],
    ["a lost record above the floor", "DELETE FROM log WHERE rev = 14"],
    ["a lost snapshot", "DELETE FROM snapshots"],
  ])("is not served with %s", (_what, sql) => {
    const store = openStore(join(folder, "data"), retention);
    fill(store, log(20));
    store.compact("team");
    store.close();
    const database = new DatabaseSync(file());
    database.exec(sql);
    database.close();
    expect(() => openStore(join(folder, "data"))).toThrow(/damaged/u);
  });

  it("of the first version is taken over with its requests, members and records", () => {
    const records = log(5);
    mkdirSync(join(folder, "data"));
    const database = new DatabaseSync(file());
    // The tables as version 1 made them.
    database.exec(`
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
      PRAGMA user_version = 1;`);
    const identity = createDevice().privateKey;
    database.prepare("INSERT INTO meta VALUES ('identity', ?), ('createSecret', ?)").run(identity, "secret");
    database.exec("INSERT INTO spaces VALUES ('team', 'owner', 7)");
    database.exec("INSERT INTO peers VALUES ('team', 'p1', 'd1')");
    const insert = database.prepare("INSERT INTO log VALUES ('team', ?, ?, ?, ?, ?)");
    for (const record of records) {
      const { rev, tx, hash, requestId } = record;
      insert.run(rev, tx, hash, requestId === "" ? null : requestId, JSON.stringify(record));
    }
    database.close();

    const store = openStore(join(folder, "data"), retentionOf(1));
    expect(store.identity).toBe(identity);
    expect(store.load("team")).toMatchObject({ term: 7, head: { rev: 5 } });
    expect(store.load("team").policy).toBeUndefined();
    expect(store.records("team", 1, 10, 1_000_000)).toEqual(records);
    expect(store.requestRevision("team", "request-4")).toBe(4);
    expect(store.deviceOf("team", "p1")).toBe("d1");
    store.compact("team");
    expect(store.floor("team")).toBe(4);
    store.close();
  });
});

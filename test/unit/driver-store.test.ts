import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CoordinatorStore } from "../../src/commit/ports.ts";
import { publicKeyOf } from "../../src/crypto/device.ts";
import { createMemoryStore } from "../../src/drivers/memoryStore.ts";
import { openStore } from "../../src/drivers/store.ts";
import { problemOf } from "../../src/protocol/errors.ts";
import { type LogRecord, slot } from "../../src/protocol/record.ts";
import { invitation, nextRecord } from "./log-records.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "envpact-store-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Runs TypeScript sources as they are, without the notice that package.json names no module type. */
const quietModules = ["--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", "--input-type=module"];

const member = { peer: "p1", name: "Ana", role: "voter", state: "syncing", reason: "joined" } as const;
const first = nextRecord(undefined, {
  kind: "membership",
  items: [],
  members: [member],
  requestId: "",
  epoch: 1,
});
const second = nextRecord(first);
const third = nextRecord(second, {
  epoch: 2,
  members: [{ ...member, state: "voter", reason: "caught up" }],
  items: [{ env: "default", key: "A", op: "delete", expected: 2 }],
});
const record = (one: LogRecord) => ({ kind: "record", record: one }) as const;

const kinds: [string, () => CoordinatorStore][] = [
  ["SQLite", () => openStore(join(folder, "data"))],
  ["memory", () => createMemoryStore()],
];

describe.each(kinds)("a store in %s", (_kind, open) => {
  let store: CoordinatorStore;
  beforeEach(() => {
    store = open();
  });
  afterEach(() => store.close());

  it("creates each space once", () => {
    expect(store.createSpace("team", "owner", invitation)).toBe(true);
    expect(store.createSpace("team", "thief", invitation)).toBe(false);
    expect(store.createSpace("alpha", "owner", invitation)).toBe(true);
    expect(store.spaces()).toEqual(["alpha", "team"]);
    expect(store.isOwner("team", "owner")).toBe(true);
    expect(store.isOwner("team", "thief")).toBe(false);
    expect(publicKeyOf(store.identity)).not.toBe("");
    expect(store.createSecret.length).toBeGreaterThan(40);
  });

  it("gives the image that the log describes", () => {
    store.createSpace("team", "owner", invitation);
    const fresh = {
      space: "team",
      term: 0,
      epoch: 0,
      head: { rev: 0, hash: "" },
      members: [],
      versions: new Map(),
    };
    expect(store.load("team")).toEqual(fresh);
    store.write("team", [{ kind: "term", term: 4 }]);
    store.write("team", [record(first), record(second)]);
    store.write("team", [record(third), { kind: "term", term: 2 }]);
    expect(store.load("team")).toEqual({
      space: "team",
      term: 4,
      epoch: 2,
      head: { rev: 3, hash: third.hash },
      members: [{ peer: "p1", name: "Ana", role: "voter", state: "voter" }],
      versions: new Map([[slot("default", "A"), { version: 3, deleted: true, author: "Ana", at: third.at }]]),
    });
  });

  it("ships records by revision within both bounds, but always one", () => {
    store.createSpace("team", "owner", invitation);
    store.write("team", [first, second, third].map(record));
    expect(store.records("team", 1, 10, 1_000_000)).toEqual([first, second, third]);
    expect(store.records("team", 2, 1, 1_000_000)).toEqual([second]);
    expect(store.records("team", 2, 10, 1)).toEqual([second]);
    const two = JSON.stringify(first).length + JSON.stringify(second).length;
    expect(store.records("team", 1, 10, two + 1)).toEqual([first, second]);
    expect(store.records("team", 4, 10, 1_000)).toEqual([]);
    expect(store.record("team", 2)).toEqual(second);
    expect(store.record("team", 4)).toBeUndefined();
    expect(store.requestRevision("team", "request-2")).toBe(2);
    expect(store.requestRevision("team", "")).toBeUndefined();
  });

  it("writes all or nothing, and only what continues the chain and commits a request once", () => {
    store.createSpace("team", "owner", invitation);
    store.write("team", [record(first), record(second)]);
    const gap = nextRecord(third);
    const repeated = nextRecord(second, { requestId: "request-2" });
    const forked = nextRecord(second, { prevHash: first.hash });
    for (const bad of [gap, repeated, forked, second]) {
      expect(() => store.write("team", [{ kind: "term", term: 9 }, record(bad)])).toThrow(
        /does not follow|repeats/u,
      );
    }
    expect(() => store.write("team", [record(third), record(third)])).toThrow(/does not follow/u);
    expect(store.load("team")).toMatchObject({ term: 0, head: { rev: 2 } });
    store.write("team", [record(third)]);
    expect(store.load("team").head.rev).toBe(3);
  });

  it("knows devices of the owner and of peers that have not left", () => {
    store.createSpace("team", "owner", invitation);
    store.addPeer("team", "p1", "d1");
    store.addPeer("team", "p2", "d1");
    expect([store.deviceOf("team", "p1"), store.deviceOf("team", "p9")]).toEqual(["d1", undefined]);
    const known = () => ["owner", "d1", "d2"].map((device) => store.isDevice("team", device));
    expect(known()).toEqual([true, true, false]);
    store.removePeer("team", "p1");
    expect(known()).toEqual([true, true, false]);
    store.removePeer("team", "p2");
    expect(known()).toEqual([true, false, false]);
    expect(store.isDevice("other", "owner")).toBe(false);
    expect(() => store.addPeer("other", "p1", "d1")).toThrow(/no space other/u);
  });

  it("counts invitations that are neither used nor expired", () => {
    store.createSpace("team", "owner", invitation);
    store.addInvitation("team", { ...invitation, invite: "i2", expiresAt: 3_000 });
    expect([1_000, 2_000, 3_000].map((now) => store.countInvitations("team", now))).toEqual([2, 1, 0]);
    store.useInvitation("team", "i1", "d1");
    expect(store.countInvitations("team", 1_000)).toBe(1);
    expect(store.invitation("team", "i1")).toEqual({ ...invitation, usedBy: "d1" });
    expect(store.invitation("team", "i9")).toBeUndefined();
    expect(store.invitation("other", "i1")).toBeUndefined();
  });
});

describe("the data file", () => {
  const dataDir = () => join(folder, "data");
  const file = () => join(dataDir(), "coordinator.sqlite");

  function fill(): void {
    const store = openStore(dataDir());
    store.createSpace("team", "owner", invitation);
    store.write("team", [{ kind: "term", term: 1 }, ...[first, second, third].map(record)]);
    store.close();
  }

  function problem() {
    try {
      openStore(dataDir()).close();
      return "none";
    } catch (error) {
      const { code, message, next: step } = problemOf(error);
      expect(message).toContain(file());
      expect(step).not.toBe("");
      return code;
    }
  }

  it("keeps everything over a restart, and belongs to the user alone", () => {
    const before = openStore(dataDir());
    const { identity, createSecret } = before;
    before.close();
    fill();
    const store = openStore(dataDir());
    expect([store.identity, store.createSecret]).toEqual([identity, createSecret]);
    expect(store.load("team")).toMatchObject({ term: 1, head: { rev: 3 } });
    expect(store.invitation("team", "i1")).toEqual(invitation);
    expect(statSync(dataDir()).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(dataDir()))
      expect(statSync(join(dataDir(), name)).mode & 0o777).toBe(0o600);
    store.close();
  });

  it("keeps what was written when the process is killed without a close", async () => {
    fill();
    const child = await holder(`
      const store = openStore(${JSON.stringify(dataDir())});
      store.write("team", [{ kind: "term", term: 7 }]);`);
    child.kill("SIGKILL");
    await once(child, "exit");
    const store = openStore(dataDir());
    expect(store.load("team")).toMatchObject({ term: 7, head: { rev: 3 } });
    store.close();
  });

  it("is locked against another process, and against a second opening here", async () => {
    const child = await holder(`openStore(${JSON.stringify(dataDir())});`);
    expect(problem()).toBe("DATA_LOCKED");
    child.kill("SIGKILL");
    await once(child, "exit");
    const store = openStore(dataDir());
    expect(problem()).toBe("DATA_LOCKED");
    store.close();
    expect(problem()).toBe("none");
  });

  it("is not taken when it is garbage, and stays as it was", () => {
    mkdirSync(dataDir());
    const garbage = Buffer.alloc(8_192, "garbage ");
    writeFileSync(file(), garbage);
    expect(problem()).toBe("DATA_DAMAGED");
    expect(readFileSync(file()).equals(garbage)).toBe(true);
  });

  it.each([
    ["a changed record", "UPDATE log SET body = replace(body, 'c2VhbGVk', 'c2VhbGVx') WHERE rev = 2"],
    ["a missing record", "DELETE FROM log WHERE rev = 2"],
    ["a record in another place", "UPDATE log SET rev = 9 WHERE rev = 3"],
    ["a record that is no JSON", "UPDATE log SET body = '{' WHERE rev = 3"],
    ["a lost identity", "DELETE FROM meta WHERE name = 'identity'"],
  ])("is not served with %s", (_what, sql) => {
    fill();
    const database = new DatabaseSync(file());
    database.exec(sql);
    database.close();
    expect(problem()).toBe("DATA_DAMAGED");
  });

  it("is not touched when a newer version wrote it", () => {
    fill();
    const database = new DatabaseSync(file());
    database.exec("PRAGMA user_version = 99");
    database.close();
    expect(problem()).toBe("VERSION_MISMATCH");
  });

  it("says when its folder cannot be made", () => {
    writeFileSync(dataDir(), "a file");
    expect(problem()).toBe("DATA_NOT_WRITABLE");
  });

  it("loads without a word on stderr, and a Node without SQLite is told so", () => {
    const script = `import { loadSqlite } from ${JSON.stringify(join(process.cwd(), "src/drivers/sqlite.ts"))};`;
    const run = (code: string) =>
      spawnSync(process.execPath, [...quietModules, "-e", script + code], { encoding: "utf8" });
    expect(run("loadSqlite(); console.log('loaded');")).toMatchObject({ stdout: "loaded\n", stderr: "" });
    const without = `process.getBuiltinModule = () => undefined;
      try { loadSqlite(); } catch (error) { console.log(error.problem.code, error.problem.next); }`;
    expect(run(without).stdout).toMatch(/^NO_SQLITE .*22\.13 or later/u);
  });
});

/** Another process that runs `code` and then stays until it is killed. */
async function holder(code: string) {
  const module = JSON.stringify(join(process.cwd(), "src/drivers/store.ts"));
  const script = `import { openStore } from ${module};\n${code}\nconsole.log("ready"); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, [...quietModules, "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  return child;
}

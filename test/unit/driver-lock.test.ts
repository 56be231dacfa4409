import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { acquireLock, readLock } from "../../src/drivers/lock.ts";

let folder: string;
let path: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "envpact-lock-"));
  path = join(folder, "state", "lock");
});
afterEach(async () => {
  for (const child of children.splice(0)) await kill(child);
  await rm(folder, { recursive: true, force: true });
});

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

/** A process that tries for the lock when it is told to, and says `taken` or the pid that it was told. */
function contender() {
  const module = JSON.stringify(join(process.cwd(), "src/drivers/lock.ts"));
  const script = `import { acquireLock } from ${module};
    process.stdin.once("data", async () => {
      const lock = await acquireLock(${JSON.stringify(path)}, { holder: "contender" });
      console.log(lock.ok ? "taken" : lock.error.pid);
    });
    console.log("ready");
    setInterval(() => {}, 1000);`;
  const options = ["--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", "--input-type=module", "-e", script];
  const child = spawn(process.execPath, options, { stdio: ["pipe", "pipe", "inherit"] });
  children.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => String((await lines.next()).value);
  return {
    child,
    ready: line(),
    async take(): Promise<string> {
      child.stdin.write("go\n");
      return line();
    },
  };
}

it("is held by one, and tells the other who", async () => {
  const lock = await acquireLock(path, { holder: "editor" });
  if (!lock.ok) throw new Error("not taken");
  const refused = { ok: false, error: { pid: process.pid, info: { holder: "editor" } } };
  expect(await acquireLock(path, { holder: "agent" })).toEqual(refused);
  expect(await readLock(path)).toEqual(refused.error);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await lock.value.update({ holder: "agent" });
  expect(await readLock(path)).toEqual({ pid: process.pid, info: { holder: "agent" } });
  await lock.value.release();
  await lock.value.release();
  expect(await readLock(path)).toBeUndefined();
  expect((await acquireLock(path, {})).ok).toBe(true);
  expect(readdirSync(join(folder, "state"))).toEqual(["lock"]);
});

it("does not release what another holds by now", async () => {
  const lock = await acquireLock(path, {});
  await rm(path);
  const other = await acquireLock(path, { holder: "other" });
  expect(other.ok).toBe(true);
  if (lock.ok) await lock.value.release();
  expect(await readLock(path)).toMatchObject({ info: { holder: "other" } });
});

describe("between processes", () => {
  it("outlives its users' tries and ends with its holder, however that ends", async () => {
    const holder = contender();
    await holder.ready;
    expect(await holder.take()).toBe("taken");
    expect(await acquireLock(path, {})).toMatchObject({ ok: false, error: { pid: holder.child.pid } });
    await kill(holder.child);
    expect(await readLock(path)).toBeUndefined();
    expect((await acquireLock(path, { holder: "next" })).ok).toBe(true);
  });

  it("is taken over by exactly one of several that find it stale at the same time", async () => {
    for (let round = 0; round < 3; round += 1) {
      const dead = contender();
      await dead.ready;
      await dead.take();
      await kill(dead.child);
      const rivals = Array.from({ length: 4 }, contender);
      await Promise.all(rivals.map(({ ready }) => ready));
      const said = await Promise.all(rivals.map((rival) => rival.take()));
      const winner = rivals[said.indexOf("taken")];
      expect(said.filter((line) => line === "taken")).toHaveLength(1);
      expect(said.filter((line) => line === String(winner?.child.pid))).toHaveLength(3);
      for (const { child } of rivals) await kill(child);
    }
    expect(readdirSync(join(folder, "state"))).toEqual(["lock"]);
  });
});

describe("a lock left behind", () => {
  async function leave(change: Record<string, unknown>): Promise<void> {
    const lock = await acquireLock(path, { holder: "old" });
    if (!lock.ok) throw new Error("not taken");
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), ...change }));
  }

  it("is stale when its pid belongs to another process now", async () => {
    await leave({ started: "1" });
    expect(await readLock(path)).toBeUndefined();
    expect((await acquireLock(path, {})).ok).toBe(true);
  });

  it("is stale when the machine was started again since, whatever has its pid", async () => {
    await leave({ boot: "another boot" });
    expect((await acquireLock(path, {})).ok).toBe(true);
  });

  it("is held when another machine or container made it, whose processes cannot be seen", async () => {
    await leave({ host: "elsewhere", pid: 1_000_000_000 });
    expect(await acquireLock(path, {})).toMatchObject({ ok: false, error: { pid: 1_000_000_000 } });
  });

  it("is stale when it is garbage", async () => {
    mkdirSync(join(folder, "state"));
    for (const garbage of ["", "{", "{}", "[1]", '{"pid":-1}']) {
      writeFileSync(path, garbage);
      const lock = await acquireLock(path, {});
      expect(lock.ok).toBe(true);
      if (lock.ok) await lock.value.release();
    }
  });

  it("is taken over although a process died while it was removing it", async () => {
    await leave({ started: "1" });
    writeFileSync(`${path}.steal`, readFileSync(path));
    expect((await acquireLock(path, {})).ok).toBe(true);
    expect(readdirSync(join(folder, "state"))).toEqual(["lock"]);
  });
});

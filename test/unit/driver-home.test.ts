import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { homeFolders, readPrivate, writePrivate } from "../../src/drivers/home.ts";
import {
  type Endpoint,
  findEndpoint,
  listEndpoints,
  publishEndpoint,
  removeEndpoint,
  rendezvousFolder,
} from "../../src/drivers/rendezvous.ts";
import { problemOf } from "../../src/protocol/errors.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "envpact-home-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "none",
    (error: unknown) => problemOf(error).code,
  );
}

it("finds the folders that the platform's users expect", () => {
  const home = { HOME: "/h", USERPROFILE: "/h" };
  expect(homeFolders({ ...home, ENVPACT_HOME: "/own" }, "linux")).toEqual({
    config: "/own/config",
    state: "/own/state",
  });
  expect(homeFolders({ ...home, ENVPACT_HOME: "" }, "linux")).toEqual({
    config: "/h/.config/envpact",
    state: "/h/.local/state/envpact",
  });
  expect(homeFolders({ ...home, XDG_CONFIG_HOME: "/c", XDG_STATE_HOME: "relative" }, "linux")).toEqual({
    config: "/c/envpact",
    state: "/h/.local/state/envpact",
  });
  expect(homeFolders(home, "darwin").state).toBe("/h/Library/Application Support/envpact/state");
  expect(homeFolders({ ...home, APPDATA: "/r", LOCALAPPDATA: "/l" }, "win32")).toEqual({
    config: "/r/envpact",
    state: "/l/envpact",
  });
});

it("keeps private files private, also one that was not, and reads them back", async () => {
  const path = join(folder, "config", "device.json");
  expect(await readPrivate(path)).toBeUndefined();
  await writePrivate(path, "one");
  chmodSync(path, 0o644);
  await writePrivate(path, "two");
  expect(await readPrivate(path)).toBe("two");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder, "config")).mode & 0o777).toBe(0o700);
  expect(readdirSync(join(folder, "config"))).toEqual(["device.json"]);
  expect(await codeOf(writePrivate(join(path, "below"), "x"))).toBe("DATA_NOT_WRITABLE");
  expect(await codeOf(readPrivate(folder))).toBe("DATA_NOT_WRITABLE");
});

describe("the endpoint of a coordinator", () => {
  const env = () => ({ XDG_RUNTIME_DIR: folder });
  const endpoint = (port: number, pid = process.pid): Endpoint => ({
    url: `ws://127.0.0.1:${port}`,
    pid,
    coordinatorKey: "key",
    createSecret: "secret",
    dataDir: "/data",
  });

  it("is found under every name of this machine, by this user only", async () => {
    await publishEndpoint(endpoint(7777), env());
    for (const url of ["ws://127.0.0.1:7777", "ws://localhost:7777/", "ws://[::1]:7777"]) {
      expect(await findEndpoint(url, env())).toEqual(endpoint(7777));
    }
    for (const url of ["ws://127.0.0.1:7778", "wss://127.0.0.1:7777", "ws://example.org:7777", "nonsense"]) {
      expect(await findEndpoint(url, env())).toBeUndefined();
    }
    expect(statSync(join(folder, "envpact")).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, "envpact", "coordinator-7777.json")).mode & 0o777).toBe(0o600);
  });

  it("is ignored and removed once its process is gone, or when it is garbage", async () => {
    const child = spawn(process.execPath, ["-e", ""]);
    const { pid = 0 } = child;
    await once(child, "exit");
    await publishEndpoint(endpoint(7001, pid), env());
    await publishEndpoint(endpoint(7002), env());
    writeFileSync(join(folder, "envpact", "coordinator-7003.json"), "{");
    expect(await findEndpoint("ws://127.0.0.1:7001", env())).toBeUndefined();
    expect(await listEndpoints(env())).toEqual([endpoint(7002)]);
    expect(readdirSync(join(folder, "envpact"))).toEqual(["coordinator-7002.json"]);
  });

  it("is taken back by its own process only", async () => {
    await publishEndpoint(endpoint(7001), env());
    await publishEndpoint(endpoint(7002, process.ppid), env());
    await removeEndpoint("ws://127.0.0.1:7001", env());
    await removeEndpoint("ws://127.0.0.1:7002", env());
    await removeEndpoint("ws://127.0.0.1:7003", env());
    expect(await listEndpoints(env())).toEqual([endpoint(7002, process.ppid)]);
  });

  it("is not kept in a folder of somebody else, one others can write to, or behind a link", async () => {
    const own = join(folder, "envpact");
    mkdirSync(own);
    chmodSync(own, 0o777);
    expect(await codeOf(rendezvousFolder(env()))).toBe("DATA_NOT_WRITABLE");
    chmodSync(own, 0o700);
    expect(await rendezvousFolder(env())).toBe(own);
    if (process.getuid?.() === 0) {
      chownSync(own, 1234, 1234);
      expect(await codeOf(rendezvousFolder(env()))).toBe("DATA_NOT_WRITABLE");
    }
    await rm(own, { recursive: true });
    mkdirSync(join(folder, "elsewhere"));
    symlinkSync("elsewhere", own);
    expect(await codeOf(rendezvousFolder(env()))).toBe("DATA_NOT_WRITABLE");
  });
});

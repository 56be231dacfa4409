import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { chown, mkdtemp, realpath, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StagedFile } from "../../src/commit/effects.ts";
import { type FileSystemCalls, systemCalls } from "../../src/drivers/atomic.ts";
import { createDiskFiles, replaceFile, sweepStaged } from "../../src/drivers/files.ts";
import { limits } from "../../src/protocol/limits.ts";

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "envpact-files-")));
});
afterEach(async () => {
  chmodSync(folder, 0o700);
  await rm(folder, { recursive: true, force: true });
});

const at = (name: string) => join(folder, name);
const text = (name: string) => readFileSync(at(name), "utf8");
const leftovers = () => readdirSync(folder).filter((name) => name.endsWith(".tmp"));
const failure = (code: string) => Object.assign(new Error(code), { code });

async function stage(name: string, next: string, calls?: FileSystemCalls): Promise<StagedFile> {
  const staged = await createDiskFiles(folder, calls).stage(name, "tx", next);
  if (!staged.ok) throw new Error(staged.error.message);
  return { env: "default", ...staged.value };
}

describe("reading", () => {
  it("gives the text byte for byte, with its byte order mark and mixed line ends", async () => {
    const odd = "\uFEFFA=1\r\nB=é\rC=3\n\n";
    writeFileSync(at(".env"), odd);
    expect(await createDiskFiles(folder).read(".env")).toMatchObject({
      kind: "text",
      path: at(".env"),
      text: odd,
    });
  });

  it("says that a file, or its folder, is not there", async () => {
    expect(await createDiskFiles(folder).read(".env")).toEqual({ kind: "absent", path: at(".env") });
    expect(await createDiskFiles(folder).read("sub/.env")).toEqual({ kind: "absent", path: at("sub/.env") });
  });

  it.each([
    ["UTF-16", Buffer.from("\uFEFFA=1", "utf16le")],
    ["invalid UTF-8", Buffer.from([0x41, 0x3d, 0xff])],
    ["UTF-16 without a mark", Buffer.from("A=1\n", "utf16le")],
  ])("refuses %s and leaves it alone", async (_kind, bytes) => {
    writeFileSync(at(".env"), bytes);
    const files = createDiskFiles(folder);
    expect(await files.read(".env")).toMatchObject({
      kind: "unreadable",
      problem: { code: "FILE_NOT_TEXT" },
    });
    expect(await files.stage(".env", "tx", "A=2\n")).toMatchObject({
      ok: false,
      error: { code: "FILE_NOT_TEXT" },
    });
    expect(readFileSync(at(".env"))).toEqual(bytes);
  });

  it("refuses a file over the limit without reading it", async () => {
    writeFileSync(at(".env"), Buffer.alloc(limits.environmentFileBytesMax + 1, "A"));
    const read = await createDiskFiles(folder).read(".env");
    expect(read).toMatchObject({ kind: "unreadable", problem: { code: "FILE_TOO_LARGE" } });
  });

  it.runIf(process.getuid?.() === 0)("says of a file, and of a folder, that may not be read", async () => {
    writeFileSync(at(".env"), "A=1\n", { mode: 0o600 });
    mkdirSync(at("closed"), { mode: 0o700 });
    writeFileSync(at("closed/.env"), "A=1\n");
    chmodSync(folder, 0o755);
    const files = createDiskFiles(folder);
    const nobody = 65_534;
    process.seteuid?.(nobody);
    try {
      for (const name of [".env", "closed/.env"]) {
        const problem = {
          code: "FILE_NOT_READABLE",
          message: expect.stringContaining("cannot be read: permission"),
        };
        expect(await files.read(name)).toMatchObject({ kind: "unreadable", problem });
        expect(await files.stage(name, "tx", "A=2\n")).toMatchObject({ error: problem });
      }
    } finally {
      process.seteuid?.(0);
    }
  });

  it("never opens a FIFO or a folder", async () => {
    execFileSync("mkfifo", [at("fifo")]);
    mkdirSync(at("venv"));
    symlinkSync("fifo", at("link"));
    const files = createDiskFiles(folder);
    for (const name of ["fifo", "venv", "link"]) {
      expect(await files.read(name)).toMatchObject({
        kind: "unreadable",
        problem: { code: "FILE_NOT_REGULAR" },
      });
      expect(await files.stage(name, "tx", "A=1")).toMatchObject({ error: { code: "FILE_NOT_REGULAR" } });
    }
  });

  it("follows links inside the folder, refuses those that leave it and those that lead nowhere", async () => {
    const outside = await mkdtemp(join(tmpdir(), "envpact-outside-"));
    writeFileSync(join(outside, ".env"), "A=1\n");
    writeFileSync(at("real"), "B=1\n");
    symlinkSync("real", at("inside"));
    symlinkSync(join(outside, ".env"), at("away"));
    symlinkSync(outside, at("awayFolder"));
    symlinkSync("nothing", at("dangling"));
    symlinkSync("loop", at("loop"));
    const files = createDiskFiles(folder);
    expect(await files.read("inside")).toMatchObject({ kind: "text", text: "B=1\n", path: at("real") });
    for (const name of ["away", "awayFolder/.env", "awayFolder/new", "../x", join(outside, ".env")]) {
      expect(await files.read(name)).toMatchObject({ kind: "unreadable", problem: { code: "FILE_OUTSIDE" } });
      expect(await files.stage(name, "tx", "A=2")).toMatchObject({ error: { code: "FILE_OUTSIDE" } });
      expect(await files.replace(name, "A=1\n", "A=2")).toMatchObject({ error: { code: "FILE_OUTSIDE" } });
    }
    expect(await files.read("dangling")).toMatchObject({
      kind: "unreadable",
      problem: { code: "FILE_MISSING" },
    });
    expect(await files.read("loop")).toMatchObject({
      kind: "unreadable",
      problem: { code: "FILE_NOT_REGULAR" },
    });
    expect(readFileSync(join(outside, ".env"), "utf8")).toBe("A=1\n");
    await rm(outside, { recursive: true });
  });
});

describe("staging and applying", () => {
  it("changes the file in one rename, and nothing before", async () => {
    writeFileSync(at(".env"), "A=1\n", { mode: 0o640 });
    const inode = statSync(at(".env")).ino;
    const staged = await stage(".env", "A=2\n");
    expect(text(".env")).toBe("A=1\n");
    expect(staged.staged).toMatch(/\/\.\.env\.envpact-[0-9a-f]{8}\.tmp$/u);
    expect(statSync(staged.staged).mode & 0o777).toBe(0o600);
    expect(await createDiskFiles(folder).applyStaged(staged)).toEqual({ ok: true, value: true });
    expect(text(".env")).toBe("A=2\n");
    expect(statSync(at(".env")).ino).not.toBe(inode);
    expect(leftovers()).toEqual([]);
  });

  it("keeps mode, owner and link, and makes a new file private", async () => {
    writeFileSync(at("real"), "A=1\n");
    chmodSync(at("real"), 0o664);
    if (process.getuid?.() === 0) await chown(at("real"), 1234, 2345);
    const before = statSync(at("real"));
    symlinkSync("real", at(".env"));
    const files = createDiskFiles(folder);
    await files.applyStaged(await stage(".env", "A=2\n"));
    const after = statSync(at("real"));
    expect([after.mode, after.uid, after.gid]).toEqual([before.mode, before.uid, before.gid]);
    expect(readdirSync(folder).sort()).toEqual([".env", "real"]);
    expect(text("real")).toBe("A=2\n");
    await files.applyStaged(await stage("new", "B=1\n"));
    expect(statSync(at("new")).mode & 0o777).toBe(0o600);
    expect(statSync(at("new")).nlink).toBe(1);
  });

  it("leaves a file that changed since staging, and one that appeared, to the caller", async () => {
    writeFileSync(at(".env"), "A=1\n");
    const files = createDiskFiles(folder);
    const changed = await stage(".env", "A=2\n");
    const appeared = await stage("new", "A=2\n");
    writeFileSync(at(".env"), "A=mine\n");
    writeFileSync(at("new"), "A=mine\n");
    expect(await files.applyStaged(changed)).toEqual({ ok: true, value: false });
    expect(await files.applyStaged(appeared)).toEqual({ ok: true, value: false });
    expect([text(".env"), text("new")]).toEqual(["A=mine\n", "A=mine\n"]);
    await files.discard([changed, appeared]);
    expect(leftovers()).toEqual([]);
  });

  it("is told by a repeated apply, after a crash, that nothing is left to rename", async () => {
    writeFileSync(at(".env"), "A=1\n");
    const files = createDiskFiles(folder);
    const staged = await stage(".env", "A=2\n");
    await files.applyStaged(staged);
    expect(await files.applyStaged(staged)).toEqual({ ok: true, value: false });
    expect(text(".env")).toBe("A=2\n");
  });

  it("stages nothing when the text is already there, and still notices a later change", async () => {
    writeFileSync(at(".env"), "A=1\n");
    const staged = await stage(".env", "A=1\n");
    expect(staged.staged).toBe("");
    expect(await createDiskFiles(folder).applyStaged(staged)).toEqual({ ok: true, value: true });
    writeFileSync(at(".env"), "A=2\n");
    expect(await createDiskFiles(folder).applyStaged(staged)).toEqual({ ok: true, value: false });
  });

  it("says at staging that a file or a folder is read-only, also to root", async () => {
    const files = createDiskFiles(folder);
    writeFileSync(at(".env"), "A=1\n", { mode: 0o444 });
    expect(await files.stage(".env", "tx", "A=2\n")).toMatchObject({ error: { code: "FILE_NOT_WRITABLE" } });
    chmodSync(at(".env"), 0o600);
    chmodSync(folder, 0o500);
    expect(await files.stage(".env", "tx", "A=2\n")).toMatchObject({ error: { code: "FILE_NOT_WRITABLE" } });
    expect(await files.stage("new", "tx", "A=2\n")).toMatchObject({ error: { code: "FILE_NOT_WRITABLE" } });
    chmodSync(folder, 0o700);
    expect(await files.stage("no/.env", "tx", "A=2\n")).toMatchObject({
      error: { code: "FILE_NOT_WRITABLE" },
    });
    expect(leftovers()).toEqual([]);
  });

  it("refuses to cut a hard link off, but not because of a leftover of its own", async () => {
    writeFileSync(at(".env"), "A=1\n");
    linkSync(at(".env"), at("other"));
    const refused = await createDiskFiles(folder).stage(".env", "tx", "A=2\n");
    expect(refused).toMatchObject({ ok: false, error: { code: "FILE_NOT_WRITABLE" } });
    if (!refused.ok) expect(refused.error.message).toContain("hard link");
    unlinkSync(at("other"));
    linkSync(at(".env"), at("..env.envpact-0123abcd.tmp"));
    await stage(".env", "A=2\n");
    expect(existsSync(at("..env.envpact-0123abcd.tmp"))).toBe(false);
  });

  it("never puts a staged file in place that a crash tore before it was forced", async () => {
    writeFileSync(at(".env"), "A=1\nB=1\n");
    const staged = await stage(".env", "A=2\nB=1\n");
    writeFileSync(staged.staged, "A=2\n");
    expect(await createDiskFiles(folder).applyStaged(staged)).toEqual({ ok: true, value: false });
    expect(text(".env")).toBe("A=1\nB=1\n");
  });

  it("tells of a failed force apart, so that other writes can be forced meanwhile", async () => {
    writeFileSync(at(".env"), "A=1\n");
    const failing: FileSystemCalls = { ...systemCalls, force: () => Promise.reject(failure("EIO")) };
    const staged = await createDiskFiles(folder, failing).stage(".env", "tx", "A=2\n");
    if (!staged.ok) throw new Error(staged.error.message);
    expect(await staged.value.forced).toMatchObject({ ok: false, error: { code: "FILE_NOT_WRITABLE" } });
  });

  it("retries a refused rename, then says that the file is locked, and can go on later", async () => {
    writeFileSync(at(".env"), "A=1\n");
    let refusals = 2;
    const busy: FileSystemCalls = {
      ...systemCalls,
      rename: (from, to) => (refusals-- > 0 ? Promise.reject(failure("EBUSY")) : rename(from, to)),
    };
    const files = createDiskFiles(folder, busy);
    expect(await files.applyStaged(await stage(".env", "A=2\n"))).toEqual({ ok: true, value: true });
    refusals = Number.POSITIVE_INFINITY;
    const staged = await stage(".env", "A=3\n");
    expect(await files.applyStaged(staged)).toMatchObject({ ok: false, error: { code: "FILE_LOCKED" } });
    expect(text(".env")).toBe("A=2\n");
    refusals = 0;
    expect(await files.applyStaged(staged)).toEqual({ ok: true, value: true });
    expect(text(".env")).toBe("A=3\n");
  });

  it("says at staging that the disk is full and leaves nothing behind", async () => {
    writeFileSync(at(".env"), "A=1\n");
    const full: FileSystemCalls = { ...systemCalls, fill: () => Promise.reject(failure("ENOSPC")) };
    const staged = await createDiskFiles(folder, full).stage(".env", "tx", "A=secret\n");
    expect(staged).toMatchObject({ ok: false, error: { code: "NO_SPACE_LEFT" } });
    expect(JSON.stringify(staged)).not.toContain("secret");
    expect(leftovers()).toEqual([]);
    expect(text(".env")).toBe("A=1\n");
  });

  it("refuses a text that has no UTF-8 form or is too long", async () => {
    const files = createDiskFiles(folder);
    expect(await files.stage(".env", "tx", "A=\uD800")).toMatchObject({ error: { code: "FILE_NOT_TEXT" } });
    const long = "A".repeat(limits.environmentFileBytesMax + 1);
    expect(await files.stage(".env", "tx", long)).toMatchObject({ error: { code: "FILE_TOO_LARGE" } });
  });
});

describe("replacing", () => {
  it("replaces exactly the text that was expected", async () => {
    writeFileSync(at(".env"), "\uFEFFA=1\r\n");
    expect(await replaceFile(at(".env"), "\uFEFFA=1\r\n", "\uFEFFA=2\r\n")).toEqual({
      ok: true,
      value: undefined,
    });
    expect(readFileSync(at(".env"))).toEqual(Buffer.from("\uFEFFA=2\r\n"));
    expect(await replaceFile(at(".env"), "A=1", "A=3")).toMatchObject({ error: { code: "FILE_CHANGED" } });
    expect(await replaceFile(at(".env"), undefined, "A=3")).toMatchObject({
      error: { code: "FILE_CHANGED" },
    });
    expect(await replaceFile(at("new"), "A=1", "A=3")).toMatchObject({ error: { code: "FILE_CHANGED" } });
    expect(await replaceFile(at("new"), undefined, "A=3")).toEqual({ ok: true, value: undefined });
    expect(text("new")).toBe("A=3");
    expect(leftovers()).toEqual([]);
  });

  it("never overwrites an edit made between its look and its rename", async () => {
    writeFileSync(at(".env"), "A=1\n");
    const racing: FileSystemCalls = {
      ...systemCalls,
      async fill(path, next) {
        await systemCalls.fill(path, next);
        writeFileSync(at(".env"), "A=mine\n");
      },
    };
    const replaced = await replaceFile(at(".env"), "A=1\n", "A=2\n", racing);
    expect(replaced).toMatchObject({ ok: false, error: { code: "FILE_CHANGED" } });
    expect(text(".env")).toBe("A=mine\n");
    expect(leftovers()).toEqual([]);
  });

  it("survives a sweep by another process in the middle", async () => {
    writeFileSync(at(".env"), "A=1\n");
    let sweeps = 0;
    const swept: FileSystemCalls = {
      ...systemCalls,
      async fill(path, next) {
        await systemCalls.fill(path, next);
        if (sweeps++ === 0) await sweepStaged(folder, []);
      },
    };
    expect(await replaceFile(at(".env"), "A=1\n", "A=2\n", swept)).toEqual({ ok: true, value: undefined });
    expect(text(".env")).toBe("A=2\n");
  });
});

it("sweeps the leftovers of other transactions only", async () => {
  writeFileSync(at(".env"), "A=1\n");
  writeFileSync(at("notes.tmp"), "mine");
  const kept = await stage(".env", "A=2\n");
  await stage(".env", "A=3\n");
  expect(await sweepStaged(folder, [kept.staged])).toBe(1);
  expect(leftovers().sort()).toEqual([kept.staged.slice(folder.length + 1), "notes.tmp"].sort());
  expect(await sweepStaged(at("missing"), [])).toBe(0);
});

describe("watching", () => {
  /** Resolves with the next call. */
  function watcher(names: string[]) {
    let called: () => void = () => undefined;
    let calls = 0;
    const watching = createDiskFiles(folder).watch(names, () => {
      calls += 1;
      called();
    });
    return {
      watching,
      calls: () => calls,
      async noticed(act: () => Promise<unknown> | unknown) {
        const next = new Promise<void>((resolve) => {
          called = resolve;
        });
        await act();
        await next;
      },
    };
  }

  it("notices edits, replacements, deletions and a link's target, once for a burst", async () => {
    writeFileSync(at(".env"), "A=1\n");
    mkdirSync(at("real"));
    writeFileSync(at("real/file"), "A=1\n");
    symlinkSync("real/file", at("link"));
    const { watching, noticed, calls } = watcher([".env", "link"]);
    await noticed(() => {
      for (let i = 0; i < 20; i += 1) writeFileSync(at(".env"), `A=${i}\n`);
    });
    expect(calls()).toBe(1);
    await noticed(() => replaceFile(at(".env"), "A=19\n", "A=2\n"));
    await noticed(() => replaceFile(at(".env"), "A=2\n", "A=3\n"));
    await noticed(() => unlinkSync(at(".env")));
    await noticed(() => writeFileSync(at(".env"), "A=4\n"));
    await noticed(() => writeFileSync(at("real/file"), "A=2\n"));
    watching.dispose();
  });

  it("waits for a folder that is missing, and finds one that was replaced", async () => {
    const { watching, noticed } = watcher(["sub/.env"]);
    await noticed(() => {
      mkdirSync(at("sub"));
      writeFileSync(at("sub/.env"), "A=1\n");
    });
    await noticed(() => renameSync(at("sub"), at("moved")));
    await noticed(() => {
      mkdirSync(at("sub"));
      writeFileSync(at("sub/.env"), "A=2\n");
    });
    await noticed(() => writeFileSync(at("sub/.env"), "A=3\n"));
    watching.dispose();
  });
});

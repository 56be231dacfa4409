import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fileBytesMax, readTextFile } from "../../src/extension/services/environmentBytes.ts";
import { unreadableProblem, unreadableWord } from "../../src/extension/services/environmentProblems.ts";

let folder = "";
let path = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "envpact-bytes-"));
  path = join(folder, ".env");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function reason(): Promise<string | undefined> {
  const outcome = await readTextFile(path);
  return outcome.ok ? undefined : outcome.reason;
}

describe("reading what may be anything", () => {
  it("gives the text byte for byte, byte order mark included", async () => {
    const text = "\ufeffA=1\r\nB=ü😀\rC=3";
    writeFileSync(path, text);
    expect(await readTextFile(path)).toEqual({ ok: true, text, realPath: path });
  });

  it("follows a link and says where it leads", async () => {
    writeFileSync(join(folder, "real"), "A=1\n");
    symlinkSync("real", path);
    expect(await readTextFile(path)).toMatchObject({
      ok: true,
      text: "A=1\n",
      realPath: join(folder, "real"),
    });
  });

  it.skipIf(process.platform === "win32")(
    "never opens a pipe: it would wait for a writer for ever",
    async () => {
      execFileSync("mkfifo", [path]);
      expect(await reason()).toBe("not-regular");
    },
  );

  it.skipIf(process.platform === "win32")("leaves a pipe behind a link alone as well", async () => {
    execFileSync("mkfifo", [join(folder, "pipe")]);
    symlinkSync("pipe", path);
    expect(await reason()).toBe("not-regular");
  });

  it.skipIf(process.platform === "win32")("leaves a socket alone", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    expect(await reason()).toBe("not-regular");
    await new Promise((resolve) => server.close(resolve));
  });

  it("leaves a folder alone", async () => {
    mkdirSync(path);
    expect(await reason()).toBe("folder");
  });

  it("tells a link to nothing from a file that is not there", async () => {
    expect(await reason()).toBe("vanished");
    symlinkSync("nowhere", path);
    expect(await reason()).toBe("broken-link");
  });

  it("does not take in 50 MB", async () => {
    writeFileSync(path, "");
    truncateSync(path, 50 * 1024 * 1024);
    expect(await reason()).toBe("too-large");
    expect(fileBytesMax).toBeLessThan(50 * 1024 * 1024);
  });

  it.each<[string, Uint8Array, string]>([
    ["UTF-16 with a mark", Buffer.from("\ufeffA=1\n", "utf16le"), "utf-16"],
    ["UTF-16 without one", Buffer.from("KEY=value\n", "utf16le"), "utf-16"],
    ["binary bytes", Uint8Array.from([0x7f, 0x45, 0x4c, 0x46, 0, 0, 0, 1, 9, 9, 200, 3]), "binary"],
    ["Latin-1", Uint8Array.from([0x41, 0x3d, 0xe9, 0x0a]), "not-utf-8"],
    ["a cut UTF-8 character", Uint8Array.from([0x41, 0x3d, 0xe2, 0x82]), "not-utf-8"],
    ["an encoded surrogate", Uint8Array.from([0x41, 0x3d, 0xed, 0xa0, 0x80]), "not-utf-8"],
  ])("refuses %s instead of losing bytes", async (_what, bytes, expected) => {
    writeFileSync(path, bytes);
    expect(await reason()).toBe(expected);
  });

  it.skipIf(process.getuid?.() === 0)("says when it may not read", async () => {
    writeFileSync(path, "A=1\n");
    chmodSync(path, 0o000);
    expect(await reason()).toBe("denied");
  });

  it("has words and a next step for a refusal", () => {
    expect(unreadableWord("not-regular")).toContain("read-only");
    expect(unreadableProblem("utf-16", "api/.env")).toMatchObject({ code: "FILE_NOT_TEXT" });
    expect(unreadableProblem("utf-16", "api/.env").message).toContain("api/.env");
    expect(unreadableProblem("utf-16", "api/.env").next).toContain("UTF-8");
  });
});

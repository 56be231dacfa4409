import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { discover } from "../../src/cli/discovery.ts";
import { exampleNameFor, kindOfName, overriddenNames } from "../../src/dotenv/fileNames.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "envpact-discovery-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function file(path: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), "A=1\n");
}

describe("lint without files", () => {
  it("finds environments and examples everywhere but in dependencies, virtualenvs and build output", async () => {
    const wanted = [".env", ".env.local", ".env.example", "apps/web/.env", "apps/api/.env.production"];
    const others = [
      "node_modules/x/.env",
      ".git/.env",
      "dist/.env",
      ".venv/.env",
      "py/pyvenv.cfg",
      "py/.env",
      ".envrc",
      ".env.keys",
      ".env.vault",
      ".env.bak.txt",
      ".env.production.old",
      "env",
    ];
    for (const path of [...wanted, ...others]) await file(path);
    const found = await discover(folder);
    expect([...found.files].sort()).toEqual([...wanted].sort());
    expect(found.truncated).toBe(false);
  });

  it("is not harmed by a folder or a FIFO named .env, nor by a cycle of links", async () => {
    await mkdir(join(folder, "a/.env"), { recursive: true });
    await mkdir(join(folder, "b"));
    if (process.platform !== "win32") execFileSync("mkfifo", [join(folder, "b/.env")]);
    await symlink("..", join(folder, "b/up"));
    await file("c/.env");
    expect((await discover(folder)).files).toEqual(["c/.env"]);
  });

  it("follows a link to a file", async () => {
    await file("shared/.env.base");
    await symlink("shared/.env.base", join(folder, ".env"));
    expect((await discover(folder)).files).toEqual([".env", "shared/.env.base"]);
  });
});

describe("names", () => {
  it("tell environments, examples and files of other tools apart", () => {
    expect(kindOfName(".env")).toBe("environment");
    expect(kindOfName(".env.production.local")).toBe("environment");
    expect(kindOfName(".env.production.example")).toBe("example");
    for (const name of [
      ".envrc",
      ".env.keys",
      ".env.vault",
      ".env.schema",
      ".env~",
      ".env.1234567",
      "x.env",
    ]) {
      expect(kindOfName(name)).toBeUndefined();
    }
  });

  it("find the example and the overridden files among the siblings", () => {
    const siblings = new Set([".env", ".env.example", ".env.prod", ".env.prod.example", ".env.local"]);
    expect(exampleNameFor(".env.prod", siblings)).toBe(".env.prod.example");
    expect(exampleNameFor(".env.local", siblings)).toBe(".env.example");
    expect(exampleNameFor(".env.example", siblings)).toBeUndefined();
    expect(overriddenNames(".env.prod.local", siblings)).toEqual([".env.prod", ".env.local", ".env"]);
    expect(overriddenNames(".env.prod", siblings)).toEqual([]);
  });
});

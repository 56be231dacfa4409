import { describe, expect, it } from "vitest";
import {
  type DiscoveryLimits,
  discover,
  discoveryLimits,
  type FolderEntry,
} from "../../src/extension/services/environmentDiscovery.ts";

/** A folder tree: a name ending with `/` is a folder, with `@/` a link to one, with `|` a pipe. */
function source(paths: readonly string[], signal: AbortSignal = new AbortController().signal) {
  const read: string[] = [];
  const readFolder = async (folder: string): Promise<readonly FolderEntry[]> => {
    read.push(folder);
    if (folder.endsWith("locked")) throw Object.assign(new Error("denied"), { code: "EACCES" });
    const prefix = folder === "" ? "" : `${folder}/`;
    const names = new Map<string, FolderEntry>();
    for (const path of paths) {
      if (!path.startsWith(prefix) || path === prefix) continue;
      const [first = "", ...rest] = path.slice(prefix.length).split("/");
      const isFolder = rest.length > 0;
      const name = first.replace(/[@|]$/, "");
      const type = isFolder ? "folder" : first.endsWith("|") ? "other" : "file";
      names.set(name, { name, type, link: first.endsWith("@") });
    }
    return [...names.values()];
  };
  return { source: { readFolder, signal }, read };
}

async function find(paths: readonly string[], limits: Partial<DiscoveryLimits> = {}) {
  const { source: from, read } = source(paths);
  return { ...(await discover(from, { ...discoveryLimits, ...limits })), read };
}

describe("discovery", () => {
  it("finds environments and examples at every depth, the nearest first", async () => {
    const found = await find(["a/b/c/.env", ".env.example", "a/.env.local", ".env", "a/readme.md"]);
    expect(found.paths).toEqual([".env", ".env.example", "a/.env.local", "a/b/c/.env"]);
    expect(found.truncated).toBe(false);
  });

  it("does not even read dependencies, virtual environments and build output", async () => {
    const found = await find([
      "node_modules/x/.env",
      "venv/.env",
      "api/dist/.env",
      "py/pyvenv.cfg",
      "py/.env",
    ]);
    expect(found.paths).toEqual([]);
    expect(found.read.sort()).toEqual(["", "api", "py"]);
  });

  it("names a folder and a pipe called .env, and enters neither", async () => {
    const found = await find([".env/bin/.env", "api/.env|"]);
    expect(found.paths).toEqual([".env", "api/.env"]);
    expect(found.read).not.toContain(".env");
  });

  it("does not follow links to folders", async () => {
    const found = await find(["loop@/.env", ".env"]);
    expect(found.paths).toEqual([".env"]);
  });

  it("goes on past a folder that it may not read, and says which", async () => {
    const found = await find(["locked/.env", "open/.env"]);
    expect(found.paths).toEqual(["open/.env"]);
    expect(found.unreadable).toEqual(["locked"]);
  });

  it.each<[string, Partial<DiscoveryLimits>, number]>([
    ["files", { filesMax: 3 }, 3],
    ["folders", { foldersMax: 2 }, 2],
    ["depth", { depthMax: 1 }, 2],
  ])("stops at the limit of %s and says that it did", async (_what, limits, count) => {
    const found = await find([".env", "a/.env", "a/b/.env", "a/b/c/.env", "a/b/c/d/.env"], limits);
    expect(found.truncated).toBe(true);
    expect(found.paths).toHaveLength(count);
  });

  it("ends when it is cancelled", async () => {
    const abort = new AbortController();
    const { source: from } = source(["a/.env"], abort.signal);
    const running = discover(from);
    abort.abort(new Error("superseded"));
    await expect(running).rejects.toThrow("superseded");
  });
});

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTeam, Scene, startTeam } from "./harness.ts";
import { projectNode, releaseFolder } from "./processes.ts";

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open();
});
afterEach(() => scene.close());

const secret = "hunter2";

describe("words that may be values", () => {
  it("are never said again by a command that takes keys", async () => {
    const { peers } = await startTeam(scene, { ana: `A=${secret}\n` });
    const dir = ["--dir", peers[0]?.folder ?? ""];
    const commands = [
      "get",
      "unset",
      "share",
      "unshare",
      "allow",
      "commit",
      "discard",
      "restore",
      "revert 1",
    ];
    await Promise.all(
      commands.map(async (command) => {
        const result = await scene.json([...command.split(" "), `TOKEN=${secret}`, ...dir]);
        expect(result, command).toMatchObject({ code: 2, error: { code: "BAD_USAGE" } });
        expect(JSON.stringify(result.lines) + result.stderr, command).not.toContain(secret);
      }),
    );
  });

  it("are not written when they are no UTF-8, for what could not be decoded would be lost", async () => {
    const folder = await scene.folder("w", { ".env": "A=1\n" });
    // A shell, because Node cannot hand bytes on that are no text.
    const script = `exec "$0" "$1" set "A=$(printf 'caf\\351')" --dir "$2"`;
    const args = ["-c", script, projectNode, join(releaseFolder, "cli.js"), folder];
    const ran = spawnSync("sh", args, { env: scene.environment(), encoding: "utf8" });
    expect(ran.status).toBe(2);
    expect(ran.stderr).toContain("UTF-8");
    expect(await scene.read(folder)).toBe("A=1\n");
  });
});

describe("a mistyped key", () => {
  it("is not reported as put back", async () => {
    const { peers } = await startTeam(scene, { ana: "A=1\n" });
    const dir = ["--dir", peers[0]?.folder ?? ""];
    expect(await scene.json(["discard", "NOPE", ...dir])).toMatchObject({
      code: 1,
      error: { code: "NOT_SHARED" },
    });
    await scene.ok(["share", "A", ...dir]);
    expect(await scene.ok(["discard", "A", ...dir])).toMatchObject({ restored: ["A"] });
    expect(await scene.read(peers[0]?.folder ?? "")).toBe("A=1\n");
  });

  it("is not what `revert` of a revision without keys, or `diff` of three revisions, is about", async () => {
    const { peers } = await startTeam(scene, { ana: "A=1\n" });
    const dir = ["--dir", peers[0]?.folder ?? ""];
    const reverted = await scene.json(["revert", "1", ...dir]);
    expect(reverted).toMatchObject({ code: 1, error: { code: "NOTHING_TO_COMMIT" } });
    expect(reverted.error?.message).toContain("changes no key");
    expect(await scene.json(["diff", "1..2..3", ...dir])).toMatchObject({ code: 2 });
    const restore = scene.start(["restore", ...dir]);
    expect((await restore.ended()).code).toBe(0);
    expect(restore.stderr).not.toBe("");
  });
});

describe("join --env", () => {
  it("is bad usage when it leads out of the folder, and leaves no trace", async () => {
    const { url } = await scene.coordinator();
    const invite = await createTeam(scene, url);
    const folder = await scene.folder("w", {});
    for (const file of ["../x", "/etc/x", "a/../../x"]) {
      const result = await scene.json(["join", invite, "--dir", folder, "--env", `default=${file}`]);
      expect(result).toMatchObject({ code: 2, error: { code: "BAD_USAGE" } });
      expect(result.error?.message).toContain("--env");
    }
    expect(existsSync(join(folder, ".envpact.json"))).toBe(false);
    expect(await scene.ok(["join", invite, "--dir", folder])).toMatchObject({ space: "team" });
  });
});

describe("surroundings that are not as they should be", () => {
  it(".envpact.json is a named pipe: nobody waits for it", async () => {
    const folder = await scene.folder("w", { ".env": "A=1\n" });
    execFileSync("mkfifo", [join(folder, ".envpact.json")]);
    for (const args of [["get", "A"], ["status"]]) {
      const result = await scene.json([...args, "--dir", folder]);
      expect(result).toMatchObject({ code: 1, error: { code: "BAD_CONFIG" } });
      expect(result.error?.message).toContain("named pipe");
    }
  });

  it(".envpact.json is broken: where, but not what stands there; a byte order mark is no mistake", async () => {
    const folder = await scene.folder("w", { ".env": "A=1\n", ".envpact.json": `${secret} ${secret}` });
    const result = await scene.json(["get", "A", "--dir", folder]);
    expect(result).toMatchObject({ code: 1, error: { code: "BAD_CONFIG" } });
    expect(JSON.stringify(result.lines)).not.toContain(secret);
    const config = { space: "team", environments: { default: ".env" } };
    await writeFile(join(folder, ".envpact.json"), `\uFEFF${JSON.stringify(config)}`);
    expect(await scene.ok(["get", "A", "--dir", folder])).toMatchObject({ value: "1" });
  });

  it("the home for state cannot be used: said by name, with what to do, and not as a fault of Envpact", async () => {
    const home = join(scene.root, "a-file");
    await writeFile(home, "");
    const result = await scene.json(["space", "create", "team"], { env: { ENVPACT_HOME: home } });
    expect(result).toMatchObject({ code: 1, error: { code: "DATA_NOT_WRITABLE" } });
    expect(result.error?.message).toContain(home);
    expect(result.error?.next).toContain("ENVPACT_HOME");
    const invited = await scene.json(["space", "invite"], { env: { ENVPACT_HOME: home } });
    expect(invited).toMatchObject({ code: 1, error: { code: "NOT_OWNER" } });
  });

  it("the credentials of an owned space are damaged: what to do is not to join it", async () => {
    const { url } = await scene.coordinator();
    await createTeam(scene, url);
    const spaces = join(scene.environment().ENVPACT_HOME ?? "", "config", "spaces");
    const [name] = execFileSync("ls", [spaces], { encoding: "utf8" }).split("\n");
    await writeFile(join(spaces, name ?? ""), "{");
    const result = await scene.json(["space", "invite"]);
    expect(result).toMatchObject({ code: 1, error: { code: "DATA_DAMAGED" } });
    expect(result.error?.next).not.toContain("join");
  });

  it("the current folder was removed: said, and what needs no folder goes on", async () => {
    const folder = await scene.folder("gone", {});
    const cli = join(releaseFolder, "cli.js");
    const other = await scene.folder("other", { ".env": "A=1\n" });
    const script = `cd "$2" && rmdir "$2" && "$0" "$1" --version && "$0" "$1" get A --dir "$3" && exec "$0" "$1" --json get A`;
    const args = ["-c", script, projectNode, cli, folder, other];
    const ran = spawnSync("sh", args, { env: scene.environment(), encoding: "utf8" });
    const [version, value, line] = ran.stdout.trim().split("\n");
    expect(version).toMatch(/^\d+\.\d+\.\d+/);
    expect(value).toBe("1");
    expect(ran.status).toBe(2);
    expect(JSON.parse(line ?? "")).toMatchObject({ error: { code: "BAD_USAGE" } });
    await rm(folder, { recursive: true, force: true });
  });

  it.runIf(existsSync("/dev/full"))(
    "stdout is a file on a full disk: the command fails, for its text is cut",
    async () => {
      const folder = await scene.folder("w", { ".env": "A=1\n" });
      const script = `exec "$0" "$1" parse .env --dir "$2" >/dev/full`;
      const args = ["-c", script, projectNode, join(releaseFolder, "cli.js"), folder];
      const ran = spawnSync("sh", args, { env: scene.environment(), encoding: "utf8" });
      expect(ran.status).toBe(1);
      expect(ran.stderr).toContain("the disk is full");
    },
  );
});

describe("lint", () => {
  it("takes the convention by the words of the editor's setting", async () => {
    const folder = await scene.folder("w", {
      ".env.production": "",
      ".env.local": "A=1\n",
      ".env.example": "A=\n",
    });
    const rulesFor = async (...more: string[]) =>
      (await scene.json(["lint", ".env.production", ...more, "--dir", folder])).lines.map(({ rule }) => rule);
    expect(await rulesFor()).toEqual(["missing-key"]);
    expect(await rulesFor("--convention", "auto")).toEqual(["missing-key"]);
    expect(await rulesFor("--convention", "vite")).toEqual([]);
    const wrong = await scene.json(["lint", "--convention", "rails", "--dir", folder]);
    expect(wrong).toMatchObject({ code: 2, error: { code: "BAD_USAGE" } });
    expect(wrong.error?.next).toContain("auto, next, vite, plain");
  });

  it("says how many files it could check, and in SARIF why not all", async () => {
    const folder = await scene.folder("w", { ".env": "A=1\n" });
    const args = ["lint", ".env", ".env.none", "--dir", folder];
    const text = scene.start(args);
    expect((await text.ended()).code).toBe(1);
    expect(text.stderr).toContain("1 of 2 files checked");
    const sarif = scene.start([...args, "--format", "sarif"]);
    expect((await sarif.ended()).code).toBe(1);
    const { runs } = JSON.parse(sarif.stdout) as { runs: { invocations: object[] }[] };
    expect(runs[0]?.invocations).toMatchObject([
      { executionSuccessful: false, toolExecutionNotifications: [{ descriptor: { id: "FILE_MISSING" } }] },
    ]);
  });

  it("offers fixes in SARIF that change nothing by themselves", async () => {
    const folder = await scene.folder("w", { ".env": `A = ${secret}\n` });
    const sarif = scene.start(["lint", "--format", "sarif", "--dir", folder]);
    await sarif.ended();
    expect(sarif.stdout).toContain('"fixes"');
    expect(sarif.stdout).not.toContain(secret);
    expect(await readFile(join(folder, ".env"), "utf8")).toBe(`A = ${secret}\n`);
  });
});

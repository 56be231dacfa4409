import { chmod, readFile, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse as dotenvParse } from "dotenv";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Scene } from "./harness.ts";
import { projectNode } from "./processes.ts";

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open();
});
afterEach(() => scene.close());

describe("set, unset and get", () => {
  it("change the smallest ranges of the local file and say what changed", async () => {
    const folder = await scene.folder("w", { ".env": "\uFEFF# top\r\nA='1' # one\r\nexport B=2\r\njunk" });
    const line = await scene.ok(["set", "A=x y", "NEW=a=b", "--dir", folder]);
    expect(line).toEqual({ env: "default", changed: ["A", "NEW"] });
    expect(await scene.read(folder)).toBe("\uFEFF# top\r\nA='x y' # one\r\nexport B=2\r\njunk\r\nNEW=a=b");
    expect(await scene.ok(["set", "A=x y", "--dir", folder])).toEqual({ env: "default", changed: [] });
    expect(await scene.ok(["unset", "NEW", "B", "--dir", folder])).toEqual({
      env: "default",
      changed: ["NEW", "B"],
    });
    expect(await scene.read(folder)).toBe("\uFEFF# top\r\nA='x y' # one\r\njunk\r\n");
  });

  it("write a value so that everybody reads it who the files beside it name", async () => {
    const folder = await scene.folder("w", { ".env": "A=1\nB=2\n", "compose.yaml": "services: {}\n" });
    await scene.ok(["set", "A=pa$$word", "--dir", folder]);
    expect(await scene.read(folder)).toBe("A='pa$$word'\nB=2\n");
    const alone = await scene.folder("alone", { ".env": "A=1\n" });
    await scene.ok(["set", "A=pa$$word", "--dir", alone]);
    expect(await scene.read(alone)).toBe("A=pa$$word\n");
  });

  it("read a value as dotenv does, and print it alone without --json", async () => {
    const folder = await scene.folder("w", { ".env": 'A="line\\nbreak"\nB=ab#cd\n' });
    expect(await scene.ok(["get", "A", "--dir", folder])).toMatchObject({ key: "A", value: "line\nbreak" });
    const text = scene.start(["get", "B", "--dir", folder]);
    expect((await text.ended()).code).toBe(0);
    expect(text.strayLines).toEqual(["ab"]);
    expect(text.stderr).toBe("");
  });

  it("answer an absent key with KEY_NOT_FOUND and 1", async () => {
    const folder = await scene.folder("w", { ".env": "A=1\n" });
    for (const args of [
      ["get", "B"],
      ["unset", "B"],
      ["get", "A", "--env", "nowhere"],
    ]) {
      const result = await scene.json([...args, "--dir", folder]);
      expect(result).toMatchObject({ code: 1, error: { code: "KEY_NOT_FOUND" } });
    }
    expect(await scene.read(folder)).toBe("A=1\n");
  });

  it("write nothing at all when one of several keys is refused", async () => {
    const folder = await scene.folder("w", { ".env": "A=1\n" });
    const unwritable = "'\"`#\n";
    const result = await scene.json(["set", "A=2", `B=${unwritable}`, "--dir", folder]);
    expect(result).toMatchObject({ code: 1, error: { code: "VALUE_NOT_WRITABLE" } });
    expect(JSON.stringify(result.lines) + result.stderr).not.toContain(
      JSON.stringify(unwritable).slice(1, -1),
    );
    expect((await scene.json(["set", "A=2", "bad key=1", "--dir", folder])).error?.code).toBe("KEY_INVALID");
    expect(await scene.read(folder)).toBe("A=1\n");
  });

  it("make the file of an environment when there is none", async () => {
    const folder = await scene.folder("w", {});
    expect(await scene.ok(["set", "A=1", "--dir", folder])).toEqual({ env: "default", changed: ["A"] });
    expect(await scene.ok(["set", "B=2", "--env", "staging", "--dir", folder])).toMatchObject({
      env: "staging",
    });
    expect(await scene.read(folder)).toBe("A=1\n");
    expect(await scene.read(folder, ".env.staging")).toBe("B=2\n");
  });

  it("go by the environments of .envpact.json when there is one", async () => {
    const config = { space: "team", environments: { prod: "conf/prod.env" } };
    const folder = await scene.folder("w", {
      ".envpact.json": JSON.stringify(config),
      "conf/prod.env": "A=1\n",
      ".env": "A=0\n",
    });
    await scene.ok(["set", "A=2", "--env", "prod", "--dir", folder]);
    expect(await scene.read(folder, "conf/prod.env")).toBe("A=2\n");
    expect(await scene.ok(["get", "A", "--dir", folder])).toMatchObject({ value: "0" });
    const unknown = await scene.json(["get", "A", "--env", "staging", "--dir", folder]);
    expect(unknown).toMatchObject({ code: 2, error: { code: "BAD_USAGE" } });
    expect(unknown.error?.next).toContain("prod");
  });

  it("keep the file's mode, and follow a link inside the folder", async () => {
    const folder = await scene.folder("w", { "shared/.env.base": "A=1\n" });
    await chmod(join(folder, "shared/.env.base"), 0o640);
    await symlink("shared/.env.base", join(folder, ".env"));
    await scene.ok(["set", "A=2", "--dir", folder]);
    expect(await scene.read(folder, "shared/.env.base")).toBe("A=2\n");
    expect((await stat(join(folder, "shared/.env.base"))).mode & 0o777).toBe(0o640);
  });

  it("lose no edit when several run at once", async () => {
    const folder = await scene.folder("w", { ".env": "START=1\n" });
    const keys = ["A", "B", "C", "D", "E", "F", "G", "H"];
    await Promise.all(keys.map((key) => scene.ok(["set", `${key}=1`, "--dir", folder])));
    expect(dotenvParse(await scene.read(folder))).toEqual({
      START: "1",
      ...Object.fromEntries(keys.map((key) => [key, "1"])),
    });
  });
});

describe("parse", () => {
  it.each([
    ["an empty file", ""],
    ["ordinary lines", "A=1\nB='two words'\nexport C=\"x\\ny\"\n"],
    ["a BOM, CRLF, junk and duplicates", "\uFEFFA=1\r\njunk\r\nA=2\r\nB: 3\r\n__proto__=x\r\n"],
    ["quotes that never close", "A=\"abc\nB='x\nC=`y`\n"],
  ])("prints one line with what dotenv reads from %s", async (_what, text) => {
    const folder = await scene.folder("w", { "some.env": text });
    const line = await scene.ok(["parse", join(folder, "some.env")]);
    expect(line).toEqual(dotenvParse(text));
  });

  it("is the same without --json", async () => {
    const folder = await scene.folder("w", { ".env": "A=1\n" });
    const running = scene.start(["parse", ".env"], { cwd: folder });
    expect((await running.ended()).code).toBe(0);
    expect(running.lines).toEqual([{ A: "1" }]);
  });
});

describe("run", () => {
  it("gives the command the expanded values, and hands its exit code on", async () => {
    const folder = await scene.folder("w", { ".env": "HOST=h\nURL=http://${HOST}/${PORT:-80}\nSET=file\n" });
    const script = "console.log(JSON.stringify([process.env.URL, process.env.SET])); process.exit(7)";
    const running = scene.start(["run", "--dir", folder, "--", projectNode, "-e", script], {
      env: { SET: "shell" },
    });
    expect((await running.ended()).code).toBe(7);
    expect(running.lines).toEqual([["http://h/80", "shell"]]);
  });

  it("hands signals on and ends with 128 + n", async () => {
    const folder = await scene.folder("w", { ".env": "A=1\n" });
    const script = "console.log('{}'); setInterval(() => {}, 1000)";
    const running = scene.start(["run", "--dir", folder, projectNode, "-e", script]);
    await running.waitFor(() => true);
    expect(await running.stop("SIGTERM")).toEqual({ code: 143, signal: null });
  });

  it("says that a command is not there", async () => {
    const folder = await scene.folder("w", { ".env": "A=1\n" });
    const running = scene.start(["run", "--dir", folder, "--", "envpact-no-such-command"]);
    expect((await running.ended()).code).toBe(127);
    expect(running.stderr).toContain("envpact-no-such-command");
  });
});

describe("lint", () => {
  const text = "A=1\nA=2\nB=x#y\n";

  it("prints a finding a line with its place, and ends with 1", async () => {
    const folder = await scene.folder("w", {
      ".env": text,
      "node_modules/x/.env": text,
      "app/.env.example": "Q=\n",
    });
    const { code, lines } = await scene.json(["lint", "--dir", folder]);
    expect(code).toBe(1);
    expect(lines).toContainEqual(
      expect.objectContaining({
        file: ".env",
        line: 1,
        column: 1,
        rule: "duplicate-key",
        severity: "warning",
      }),
    );
    expect(lines).toContainEqual(
      expect.objectContaining({ file: ".env", line: 3, rule: "value-cut-by-hash" }),
    );
    expect(new Set(lines.map(({ file }) => file))).toEqual(new Set([".env"]));
    expect(await scene.json(["lint", "--format", "json", "--dir", folder])).toMatchObject({ code: 1, lines });
  });

  it("ends with 0 when nothing is wrong, and checks only the files that are named", async () => {
    const folder = await scene.folder("w", { ".env": text, ".env.good": "A=1\n" });
    expect(await scene.json(["lint", ".env.good", "--dir", folder])).toMatchObject({ code: 0, lines: [] });
    expect(await scene.json(["lint", ".env.none", "--dir", folder])).toMatchObject({
      code: 1,
      error: { code: "FILE_MISSING" },
    });
  });

  it("writes SARIF that places every finding", async () => {
    const folder = await scene.folder("w", { ".env": text });
    const running = scene.start(["lint", "--format", "sarif", "--dir", folder]);
    expect((await running.ended()).code).toBe(1);
    const printed = running.strayLines.concat(running.lines.map((line) => JSON.stringify(line)));
    expect(printed.length).toBeGreaterThan(1);
    const sarif = JSON.parse(running.stdout) as {
      version: string;
      runs: { results: { ruleId: string; locations: { physicalLocation: object }[] }[] }[];
    };
    expect(sarif.version).toBe("2.1.0");
    expect(sarif.runs[0]?.results.map(({ ruleId }) => ruleId)).toContain("duplicate-key");
    expect(sarif.runs[0]?.results[0]?.locations[0]?.physicalLocation).toMatchObject({
      artifactLocation: { uri: ".env" },
      region: { startLine: 1, startColumn: 1 },
    });
  });

  it("mends with --fix without changing what programs read", async () => {
    const messy = "\uFEFFA = 1\nB=2\n";
    const folder = await scene.folder("w", { ".env": messy });
    const before = dotenvParse(messy);
    await scene.json(["lint", "--fix", "--dir", folder]);
    const after = await scene.read(folder);
    expect(after).not.toBe(messy);
    expect(dotenvParse(after)).toEqual(before);
  });

  it("refuses a format that it does not know", async () => {
    expect(await scene.json(["lint", "--format", "xml"])).toMatchObject({
      code: 2,
      error: { code: "BAD_USAGE" },
    });
  });
});

describe("a file that is no ordinary text", () => {
  it("is refused by size and by content, unchanged", async () => {
    const folder = await scene.folder("w", { ".env": "A=1\n" });
    const file = join(folder, ".env");
    await truncate(file, 50 * 1024 * 1024);
    for (const args of [
      ["get", "A"],
      ["set", "A=2"],
      ["parse", ".env"],
    ]) {
      const result = await scene.json([...args, "--dir", folder]);
      expect(result).toMatchObject({ code: 1, error: { code: "FILE_TOO_LARGE" } });
      expect(result.error?.message).toContain(".env");
      expect(result.error?.next).not.toBe("");
    }
    expect((await stat(file)).size).toBe(50 * 1024 * 1024);

    const bytes = Buffer.from([0x41, 0x3d, 0xff, 0xfe, 0x00, 0x80, 0x0a]);
    await writeFile(file, bytes);
    for (const args of [
      ["get", "A"],
      ["set", "A=2"],
      ["parse", ".env"],
    ]) {
      expect(await scene.json([...args, "--dir", folder])).toMatchObject({
        code: 1,
        error: { code: "FILE_NOT_TEXT" },
      });
    }
    expect(await readFile(file)).toEqual(bytes);
    const linted = await scene.json(["lint", "--dir", folder]);
    expect(linted).toMatchObject({
      code: 1,
      lines: [{ file: ".env", line: 1, column: 1, rule: "not-utf8" }],
    });
  });

  it("is a broken .envpact.json: it is named, with what is wrong in it, and stays", async () => {
    for (const config of [
      "{",
      "[]",
      '{"space":"team"}',
      '{"space":"team","environments":{"default":"../../x"}}',
    ]) {
      const folder = await scene.folder("w", { ".env": "A=1\n", ".envpact.json": config });
      for (const args of [["set", "A=2"], ["status"], ["agent"]]) {
        const result = await scene.json([...args, "--dir", folder]);
        expect(result, config).toMatchObject({ code: 1, error: { code: "BAD_CONFIG" } });
        expect(result.error?.message).toContain(".envpact.json");
      }
      expect(await scene.read(folder, ".envpact.json")).toBe(config);
      expect(await scene.read(folder)).toBe("A=1\n");
    }
  });
});

describe("bad usage", () => {
  it.each([
    [["set"]],
    [["set", "A"]],
    [["get"]],
    [["get", "A", "B"]],
    [["nope"]],
    [["log", "--limit", "0"]],
    [["show", "first"]],
    [["commit", "--timeout", "soon"]],
    [["join", "x", "--env", "default"]],
    [["coordinator", "--listen", "7000"]],
    [["get", "A", "--dir", "/no/such/folder"]],
    [["space", "create"]],
    [["space", "create", "bad/name"]],
    [["space", "create", "team", "--coordinator", "127.0.0.1:80"]],
    [["join", "x", "--name", ""]],
    [["join", "x", "--env", "../y=.env"]],
  ])("ends with 2: envpact %j", async (args) => {
    const result = await scene.json(args);
    expect(result).toMatchObject({ code: 2, error: { code: "BAD_USAGE" } });
  });

  it("is not calling for help or for the version", async () => {
    for (const args of [
      ["--help"],
      ["help"],
      ["help", "commit"],
      ["commit", "--help"],
      ["--version"],
      ["space", "create", "--help"],
    ]) {
      const running = scene.start(args);
      expect((await running.ended()).code).toBe(0);
      expect(running.stdout).not.toBe("");
    }
  });
});

describe("stdout that nobody reads", () => {
  it("does not make a command fail", async () => {
    const folder = await scene.folder("w", { ".env": "A=1\n".repeat(5_000) });
    const running = scene.start(["lint", "--dir", folder]);
    running.closeStdout();
    expect((await running.ended()).code).toBe(1);
    expect(running.stderr).not.toContain("EPIPE");
  });
});

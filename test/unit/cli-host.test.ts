import { describe, expect, it } from "vitest";
import { exitCodeOf } from "../../src/cli/exit.ts";
import { CommandHost } from "../../src/cli/host.ts";
import type { Session } from "../../src/cli/session.ts";
import { EnvpactError } from "../../src/protocol/errors.ts";

interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly session: Session | undefined;
  readonly operands: readonly string[];
}

/** Runs a host with one command, `act <thing> [more...]`, that fails with `failure` when there is one. */
async function run(argv: readonly string[], failure?: Error): Promise<Ran> {
  let stdout = "";
  let stderr = "";
  let session: Session | undefined;
  let operands: readonly string[] = [];
  const host = new CommandHost(
    {
      stdout: { write: (text) => (stdout += text) },
      stderr: { write: (text) => (stderr += text) },
      environment: {},
      currentFolder: "/here",
      coordinatorEntry: "/bundle/coordinator.js",
      signals: { on: () => undefined, exit: () => undefined },
      version: "1.2.3",
    },
    argv,
  );
  host
    .declare<{ env?: string }>(host.root, "act <thing> [more...]", "acts", async (given, words) => {
      session = given;
      operands = words;
      if (failure) throw failure;
      given.output.result({ acted: words }, "acted");
      return 0;
    })
    .option("--env <name>", "environment");
  const exitCode = await host.run(argv);
  return { exitCode, stdout, stderr, session, operands };
}

describe("the command line", () => {
  it("takes --dir and --json before and after the command's name", async () => {
    const places = [
      ["--json", "--dir", "/w", "act", "x"],
      ["act", "x", "--json", "--dir", "/w"],
      ["--json", "act", "--dir", "/w", "x"],
      ["--dir", "/w", "act", "x", "--json"],
    ];
    for (const argv of places) {
      const ran = await run(argv);
      expect(ran.stdout).toBe('{"acted":["x"]}\n');
      expect(ran.session?.folder).toBe("/w");
    }
  });

  it("collects several folders, relative to the current one", async () => {
    const ran = await run(["--dir", "a", "act", "x", "--dir", "/b"]);
    expect(ran.session?.folders).toEqual(["/here/a", "/b"]);
  });

  it("means the current folder when none is named", async () => {
    expect((await run(["act", "x"])).session?.folder).toBe("/here");
  });

  it.each([
    ["no command", []],
    ["an unknown command", ["nope"]],
    ["a missing operand", ["act"]],
    ["an unknown option", ["act", "x", "--nope"]],
    ["an option without its value", ["act", "x", "--env"]],
  ])("ends with 2 and one error line on stdout for %s with --json", async (_what, argv) => {
    const ran = await run(["--json", ...argv]);
    expect(ran.exitCode).toBe(2);
    expect(ran.stdout.endsWith("\n")).toBe(true);
    const line = JSON.parse(ran.stdout) as { error: Record<string, string> };
    expect(line.error.code).toBe("BAD_USAGE");
    expect(line.error.message).not.toBe("");
    expect(line.error.next).not.toBe("");
  });

  it.each([
    [["TOKEN=hunter2"], "TOKEN"],
    [["--token=hunter2"], "--token"],
    [["act", "--token=hunter2"], "--token"],
    [["act", "x", "-----BEGIN hunter2"], "--"],
    [["act", "x", "-hunter2"], "--"],
  ])("says no word again that may be a value: %j", async (argv, said) => {
    const ran = await run(argv);
    expect(ran.exitCode).toBe(2);
    expect(ran.stdout + ran.stderr).not.toContain("hunter2");
    expect(ran.stderr).toContain(said);
  });

  it("says which option may have been meant", async () => {
    expect((await run(["act", "x", "--evn", "y"])).stderr).toContain("Did you mean --env?");
  });

  it("refuses an empty --dir, which a script makes of a variable that is not set", async () => {
    const ran = await run(["act", "x", "--dir", "", "--json"]);
    expect(ran.exitCode).toBe(2);
    expect(ran.session).toBeUndefined();
  });

  it("prints help for `help`, and for a command behind it", async () => {
    const all = await run(["help"]);
    expect([all.exitCode, all.stderr]).toEqual([0, ""]);
    expect(all.stdout).toContain("act");
    const one = await run(["help", "act"]);
    expect([one.exitCode, one.stderr]).toEqual([0, ""]);
    expect(one.stdout).toContain("--env");
    expect((await run(["help", "nope"])).exitCode).toBe(2);
  });

  it("says usage errors on stderr without --json", async () => {
    const ran = await run(["nope"]);
    expect(ran.exitCode).toBe(2);
    expect(ran.stdout).toBe("");
    expect(ran.stderr).toContain('"nope"');
  });

  it("prints help and version with exit code 0, the help on stderr with --json", async () => {
    expect((await run(["--help"])).stdout).toContain("act");
    expect((await run(["act", "--help"])).stdout).toContain("--env");
    const json = await run(["--json", "act", "--help"]);
    expect([json.exitCode, json.stdout]).toEqual([0, ""]);
    expect(json.stderr).toContain("--env");
    expect((await run(["--version"])).stdout).toBe("1.2.3\n");
    expect((await run(["--version", "--json"])).stdout).toBe('{"version":"1.2.3"}\n');
  });

  it("tells a failure as data with --json, as text on stderr without", async () => {
    const failure = new EnvpactError("UNREACHABLE", "Nobody answers.", "Start it.");
    const json = await run(["act", "x", "--json"], failure);
    expect(JSON.parse(json.stdout)).toEqual({
      error: { code: "UNREACHABLE", message: "Nobody answers.", next: "Start it." },
    });
    const text = await run(["act", "x"], failure);
    expect(text.stdout).toBe("");
    expect(text.stderr).toContain("Nobody answers.");
    expect(text.stderr).toContain("Start it.");
    expect([json.exitCode, text.exitCode]).toEqual([3, 3]);
  });

  it("keeps words behind -- as they are", async () => {
    expect((await run(["act", "x", "--", "--json", "-y"])).operands).toEqual(["x", "--json", "-y"]);
  });
});

describe("exit codes", () => {
  it("tell usage, unreachable and unknown apart from everything refused", () => {
    expect(exitCodeOf("BAD_USAGE")).toBe(2);
    expect(exitCodeOf("UNREACHABLE")).toBe(3);
    expect(exitCodeOf("UNKNOWN_OUTCOME")).toBe(4);
    for (const code of ["NOT_A_PEER", "KEY_NOT_FOUND", "CONFLICT", "TIMEOUT", "PEER_BUSY"] as const) {
      expect(exitCodeOf(code)).toBe(1);
    }
  });
});

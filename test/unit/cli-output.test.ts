import { describe, expect, it } from "vitest";
import { tellOutcome, tellProgress, whileUndecided } from "../../src/cli/outcome.ts";
import { Output } from "../../src/cli/output.ts";
import { StopSignals } from "../../src/cli/stop.ts";

function recorded(json: boolean): { output: Output; stdout: () => string; stderr: () => string } {
  const written = { stdout: "", stderr: "" };
  const sink = (name: "stdout" | "stderr") => ({ write: (text: string) => (written[name] += text) });
  return {
    output: new Output(sink("stdout"), sink("stderr"), json),
    stdout: () => written.stdout,
    stderr: () => written.stderr,
  };
}

describe("output", () => {
  it("keeps everything but JSON lines off stdout with --json", () => {
    const { output, stdout, stderr } = recorded(true);
    output.note("for people");
    output.result({ a: "line\nbreak" }, "text");
    output.fail({ code: "LIMIT", message: "Too much.", next: "Less." });
    const lines = stdout().trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { a: "line\nbreak" },
      { error: { code: "LIMIT", message: "Too much.", next: "Less." } },
    ]);
    expect(stderr()).toBe("for people\n");
  });

  it("lets nobody steer a terminal through a name or a message", () => {
    const { output, stdout, stderr } = recorded(false);
    output.result({}, "ana\u001b[2J\u009b1m\rbo");
    output.note("x\u0007y\u202ez");
    expect(stdout() + stderr()).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/u);
    expect(stdout()).toContain("ana");
  });
});

describe("a commit's lines", () => {
  it("has a line a vote and names peer and reason of a NO", () => {
    const { output, stdout } = recorded(true);
    const tell = tellProgress(output);
    const rest = { tx: "t", code: undefined, reason: undefined };
    tell({ kind: "vote", peer: "ana", vote: "yes", ...rest });
    tell({ kind: "vote", peer: "cy", vote: "readonly", ...rest });
    tell({ kind: "vote", peer: "bo", vote: "no", tx: "t", code: "DRIFT", reason: "API_KEY differs" });
    const lines = stdout().trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { event: "vote", peer: "ana", vote: "yes", reason: "" },
      { event: "vote", peer: "cy", vote: "yes", reason: "" },
      { event: "vote", peer: "bo", vote: "no", reason: "API_KEY differs" },
    ]);
  });

  it("says who is waited for, once", () => {
    const { output, stdout, stderr } = recorded(false);
    const tell = tellProgress(output);
    tell({ kind: "phase", phase: "waiting", tx: undefined, peers: ["ana", "bo"], deadlineAtMs: undefined });
    tell({ kind: "phase", phase: "waiting", tx: undefined, peers: ["ana", "bo"], deadlineAtMs: undefined });
    expect(stdout()).toBe("");
    expect(stderr().match(/ana, bo/g)).toHaveLength(1);
  });

  it("says that the outcome is unknown, with exit code 4, when a second signal cuts it off", async () => {
    const { output, stdout } = recorded(true);
    const listeners: (() => void)[] = [];
    const exits: number[] = [];
    const stop = new StopSignals({
      on: (_name, listener) => listeners.push(() => listener("SIGINT")),
      exit: (code) => exits.push(code),
    });
    const { signal } = stop;
    const outcome = await whileUndecided({ output, stop }, async (tell) => {
      tell({ kind: "phase", phase: "preparing", tx: "t7", peers: [], deadlineAtMs: undefined });
      listeners[0]?.();
      expect([signal.aborted, exits]).toEqual([true, []]);
      listeners[0]?.();
      return { outcome: "committed", revision: 1, detached: [] };
    });
    expect(exits).toEqual([4]);
    expect(JSON.parse(stdout())).toMatchObject({ outcome: "unknown", tx: "t7" });
    expect(outcome.outcome).toBe("committed");
    listeners[0]?.();
    expect(exits).toEqual([4, 1]);
  });

  it("ends with the outcome and its exit code", () => {
    const committed = recorded(true);
    const detached = ["ana"];
    expect(tellOutcome(committed.output, { outcome: "committed", revision: 4, detached })).toBe(0);
    expect(JSON.parse(committed.stdout())).toEqual({ outcome: "committed", revision: 4, detached });
    expect(committed.stderr()).toContain("ana");

    const refused = recorded(true);
    const reason = "bo: API_KEY differs";
    expect(tellOutcome(refused.output, { outcome: "aborted", code: "DRIFT", reason, conflicts: [] })).toBe(1);
    expect(JSON.parse(refused.stdout())).toEqual({ outcome: "aborted", code: "DRIFT", reason });

    const conflict = {
      env: "default",
      key: "API_KEY",
      expected: 3,
      current: 4,
      author: "Ana",
      at: Date.UTC(2026, 0, 2),
    };
    const conflicted = {
      outcome: "aborted" as const,
      code: "CONFLICT" as const,
      reason: "",
      conflicts: [conflict],
    };
    const overtaken = recorded(true);
    expect(tellOutcome(overtaken.output, conflicted)).toBe(1);
    expect(JSON.parse(overtaken.stdout())).toMatchObject({
      conflicts: [{ ...conflict, at: "2026-01-02T00:00:00.000Z" }],
      next: expect.stringContaining("envpact diff") as string,
    });
    const spoken = recorded(false);
    tellOutcome(spoken.output, conflicted);
    expect(spoken.stdout()).toMatch(/API_KEY: .*version 3.*version 4 by Ana at 2026-01-02/u);

    const unknown = recorded(true);
    expect(tellOutcome(unknown.output, { outcome: "unknown", tx: "t9" })).toBe(4);
    expect(JSON.parse(unknown.stdout())).toMatchObject({ outcome: "unknown", tx: "t9" });
    expect(unknown.stdout()).toContain("envpact log");
  });
});

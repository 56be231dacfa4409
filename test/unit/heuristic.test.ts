import { describe, expect, it } from "vitest";
import type { HeuristicRecord, ParticipantEffect, ParticipantWrite } from "../../src/commit/effects.ts";
import { stepParticipant } from "../../src/commit/participant.ts";
import {
  openParticipant,
  type ParticipantInput,
  type ParticipantState,
} from "../../src/commit/participantState.ts";
import { headerLine, imageOf, parseJournal, writesLine } from "../../src/drivers/journalFormat.ts";
import { limits } from "../../src/protocol/limits.ts";
import type { CoordinatorMessage } from "../../src/protocol/messages.ts";
import { type Item, type LogRecord, sealRecord } from "../../src/protocol/record.ts";

const item: Item = { env: "default", key: "API_KEY", op: "set", expected: 0, sealed: "AAAA" };
const staged = [
  { env: "default", target: "/w/.env", staged: "/w/.env.staged", stagedHash: "s", targetHash: "t" },
];
const prepare: CoordinatorMessage = {
  t: "prepare",
  term: 1,
  tx: "tx-1",
  base: 0,
  author: { peer: "bo", name: "Bo" },
  items: [item],
  message: "",
  deadlineMs: 15_000,
};
const welcome: CoordinatorMessage = {
  t: "welcome",
  term: 1,
  epoch: 1,
  rev: 0,
  hash: "",
  floor: 0,
  roster: [],
};

function recordOf(tx: string, items: readonly Item[] = [item]): LogRecord {
  return sealRecord({
    rev: 1,
    prevHash: "",
    kind: "commit",
    tx,
    term: 1,
    epoch: 1,
    keyEpoch: 1,
    author: { peer: "bo", name: "Bo" },
    requestId: `request-${tx}`,
    items,
    members: [],
    participants: ["ana", "bo"],
    message: "",
    at: 1,
    signature: "",
  });
}

/** A participant with its journal as bytes; `restart` goes on from what was forced. */
class Machine {
  now = 1_000;
  #written: Buffer[] = [headerLine()];
  #forced = 1;
  state: ParticipantState;

  constructor() {
    this.state = this.#open();
  }

  #open(): ParticipantState {
    return openParticipant("ana", imageOf(parseJournal("journal", Buffer.concat(this.#written)).state));
  }

  /** One step; what it persists is in the journal, forced or not. */
  input(input: ParticipantInput): readonly ParticipantEffect[] {
    const effects = stepParticipant(this.state, input, { now: this.now, random: 0.5 });
    for (const effect of effects) {
      if (effect.type === "persist") this.#append(effect.writes, effect.force);
    }
    return effects;
  }

  #append(writes: readonly ParticipantWrite[], force: boolean): void {
    this.#written.push(writesLine(writes, 0));
    if (force) this.#forced = this.#written.length;
  }

  hears(message: CoordinatorMessage): readonly ParticipantEffect[] {
    return this.input({ kind: "message", message });
  }

  /** The power fails, and a new process starts. */
  restart(): readonly ParticipantEffect[] {
    this.#written = this.#written.slice(0, this.#forced);
    this.state = this.#open();
    return this.input({ kind: "start" });
  }

  connect(): readonly ParticipantEffect[] {
    const effects = this.input({ kind: "connected" });
    this.hears(welcome);
    return effects;
  }
}

/** A participant that has promised tx-1 and lost its coordinator. */
function inDoubt(): Machine {
  const machine = new Machine();
  machine.connect();
  machine.hears(prepare);
  machine.input({ kind: "staged", tx: "tx-1", staged });
  machine.input({ kind: "disconnected" });
  return machine;
}

type Truth = "commit" | "abort";

function tell(machine: Machine, truth: Truth): readonly ParticipantEffect[] {
  return machine.hears(
    truth === "commit"
      ? { t: "commit", record: recordOf("tx-1") }
      : { t: "outcome", tx: "tx-1", outcome: "abort" },
  );
}

const heuristicOf = (machine: Machine): HeuristicRecord | undefined => machine.state.heuristics[0];
const types = (effects: readonly ParticipantEffect[]) => effects.map(({ type }) => type);

describe("a doubt that a person ends", () => {
  it("is recorded, forced to disk, before a file is touched", () => {
    const effects = inDoubt().input({ kind: "force", tx: "tx-1", outcome: "commit" });
    expect(types(effects)).toEqual(["persist", "notify", "force"]);
    expect(effects[0]).toMatchObject({ force: true, writes: [{ kind: "heuristic" }] });
  });

  it("changes nothing that the coordinator is told: HELLO names the transaction, and its YES stands", () => {
    const machine = inDoubt();
    machine.input({ kind: "force", tx: "tx-1", outcome: "abort" });
    machine.input({ kind: "forced", tx: "tx-1" });
    expect(machine.connect()[0]).toMatchObject({ message: { prepared: [{ tx: "tx-1", base: 0 }] } });
    expect(machine.hears(prepare)).toEqual([
      { type: "send", message: { t: "vote", tx: "tx-1", vote: "yes" } },
    ]);
    const pending = machine.hears({ t: "outcome", tx: "tx-1", outcome: "pending" });
    expect(pending[0]).toMatchObject({ message: { t: "vote", vote: "yes" } });
    expect(heuristicOf(machine)?.status).toBe("pending");
  });

  it("goes on being asked about, and is no longer called a doubt", () => {
    const machine = inDoubt();
    machine.input({ kind: "force", tx: "tx-1", outcome: "abort" });
    machine.connect();
    machine.now += limits.resendMaxMs * 2;
    const effects = machine.input({ kind: "tick" });
    expect(effects).toContainEqual({ type: "send", message: { t: "resolve", tx: "tx-1", base: 0 } });
    expect(effects.filter((effect) => effect.type === "notify")).toEqual([]);
  });

  it("cannot be ended while the coordinator is there, twice, or for another transaction", () => {
    const there = inDoubt();
    there.connect();
    expect(there.input({ kind: "force", tx: "tx-1", outcome: "commit" })).toEqual([]);
    const twice = inDoubt();
    expect(twice.input({ kind: "force", tx: "tx-9", outcome: "commit" })).toEqual([]);
    twice.input({ kind: "force", tx: "tx-1", outcome: "commit" });
    expect(twice.input({ kind: "force", tx: "tx-1", outcome: "abort" })).toEqual([]);
    expect(heuristicOf(twice)?.forced).toBe("commit");
  });

  it("is done after a crash in between, once, and after a file that was locked", () => {
    const machine = inDoubt();
    machine.input({ kind: "force", tx: "tx-1", outcome: "commit" });
    expect(types(machine.restart())).toContain("force");
    const later = machine.input({
      kind: "forceFailed",
      problem: { code: "FILE_LOCKED", message: "locked", next: "" },
    });
    expect(types(later)).toEqual(["notify", "timer"]);
    machine.now += limits.lockedRetryMs;
    expect(types(machine.input({ kind: "tick" }))).toContain("force");
    machine.input({ kind: "forced", tx: "tx-1" });
    machine.now += limits.lockedRetryMs;
    expect(types(machine.input({ kind: "tick" }))).not.toContain("force");
  });

  it("wakes nobody any more when its outcome comes while the file is locked", () => {
    const machine = inDoubt();
    machine.input({ kind: "force", tx: "tx-1", outcome: "commit" });
    machine.input({ kind: "forceFailed", problem: { code: "FILE_LOCKED", message: "locked", next: "" } });
    tell(machine, "abort");
    machine.now += limits.lockedRetryMs;
    expect(machine.input({ kind: "tick" })).toEqual([]);
  });
});

describe.each([
  { forced: "commit", truth: "commit", status: "same" },
  { forced: "commit", truth: "abort", status: "mixed" },
  { forced: "abort", truth: "abort", status: "same" },
  { forced: "abort", truth: "commit", status: "mixed" },
] as const)("forced $forced, truly $truth", ({ forced, truth, status }) => {
  function told(restartBefore: boolean): { machine: Machine; effects: readonly ParticipantEffect[] } {
    const machine = inDoubt();
    machine.input({ kind: "force", tx: "tx-1", outcome: forced });
    machine.input({ kind: "forced", tx: "tx-1" });
    if (restartBefore) {
      for (const effect of machine.restart()) {
        if (effect.type === "force") machine.input({ kind: "forced", tx: "tx-1" });
      }
    }
    machine.connect();
    return { machine, effects: tell(machine, truth) };
  }

  it.each([false, true])(`is ${status}, with a restart in between: %s`, (restartBefore) => {
    const { machine, effects } = told(restartBefore);
    expect(heuristicOf(machine)).toMatchObject({ tx: "tx-1", forced, status });
    expect(heuristicOf(machine)?.revision).toBe(truth === "commit" ? 1 : undefined);
    expect(machine.state.prepared).toBeUndefined();
    const notices = effects.flatMap((effect) => (effect.type === "notify" ? [effect.event] : []));
    expect(notices).toContainEqual({ kind: "heuristic", heuristic: heuristicOf(machine) });
  });

  it("leaves the keys as the person decided, counts as applied, and stays recorded until resynced", () => {
    const { machine, effects } = told(false);
    const applies = effects.filter((effect) => effect.type === "apply");
    expect(applies).toHaveLength(truth === "commit" ? 1 : 0);
    if (truth === "commit") {
      expect(applies[0]).toMatchObject({ from: 0, to: 1, spared: [item] });
      const again = machine.restart().find((effect) => effect.type === "apply");
      expect(again).toMatchObject({ spared: [item] });
      machine.connect();
      expect(machine.input({ kind: "applied", rev: 1 })).toContainEqual({
        type: "send",
        message: { t: "applied", rev: 1, hash: recordOf("tx-1").hash },
      });
    }
    machine.restart();
    expect(heuristicOf(machine)?.status).toBe(status);
    machine.input({ kind: "resynced", tx: "tx-1" });
    machine.restart();
    expect(machine.state.heuristics).toEqual([]);
  });
});

describe("the truth", () => {
  it("is another transaction at base + 1, too: that says abort", () => {
    const machine = inDoubt();
    machine.input({ kind: "force", tx: "tx-1", outcome: "commit" });
    machine.input({ kind: "forced", tx: "tx-1" });
    machine.connect();
    const effects = machine.hears({ t: "commit", record: recordOf("tx-2", []) });
    expect(heuristicOf(machine)?.status).toBe("mixed");
    expect(effects.find((effect) => effect.type === "apply")).toMatchObject({ spared: [] });
  });

  it("comes before the files follow a forced commit: then the record is applied as any other", () => {
    const machine = inDoubt();
    machine.input({ kind: "force", tx: "tx-1", outcome: "commit" });
    machine.connect();
    const effects = tell(machine, "commit");
    expect(effects.find((effect) => effect.type === "apply")).toMatchObject({ spared: [] });
    expect(machine.input({ kind: "forced", tx: "tx-1" })).toEqual([]);
    expect(heuristicOf(machine)?.status).toBe("same");
  });

  it("is waited for: a pending decision cannot be forgotten", () => {
    const machine = inDoubt();
    machine.input({ kind: "force", tx: "tx-1", outcome: "abort" });
    expect(machine.input({ kind: "resynced", tx: "tx-1" })).toEqual([]);
    expect(heuristicOf(machine)?.status).toBe("pending");
  });
});

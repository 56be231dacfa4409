import { describe, expect, it } from "vitest";
import type { PeerDesk } from "../../src/peer/ports.ts";
import type { TransactionTrace } from "../../src/peer/trace.ts";
import { mergeTraces, Traces, withLog } from "../../src/peer/traces.ts";
import { spreadOf } from "../../src/peer/view.ts";
import { limits } from "../../src/protocol/limits.ts";
import type { RosterEntry } from "../../src/protocol/messages.ts";
import { type LogRecord, sealRecord } from "../../src/protocol/record.ts";

const about = { author: "Ana", message: "", keys: [{ env: "default", key: "API_KEY" }] };

function row(peer: string, appliedRevision: number, more: Partial<RosterEntry> = {}): RosterEntry {
  const name = peer.toUpperCase();
  return { peer, name, role: "voter", state: "voter", connected: true, appliedRevision, drift: 0, ...more };
}

function recordOf(rev: number, participants: readonly string[] = ["ana", "bo"]): LogRecord {
  return sealRecord({
    rev,
    prevHash: "",
    kind: "commit",
    tx: `tx-${rev}`,
    term: 1,
    epoch: 1,
    keyEpoch: 1,
    author: { peer: "ana", name: "ANA" },
    requestId: `request-${rev}`,
    items: [{ env: "default", key: "API_KEY", op: "delete", expected: 1 }],
    members: [],
    participants,
    message: "",
    at: 1_000 * rev,
    signature: "",
  });
}

/** Traces on a clock that the test turns, with a desk that remembers. */
function scene() {
  const clock = { now: 0, timers: [] as (() => void)[] };
  const kept: TransactionTrace[] = [];
  const desk = {
    keepTraces: async (traces) => void kept.push(...traces),
    readTraces: async () => kept,
  } satisfies Partial<PeerDesk>;
  const traces = new Traces({
    now: () => clock.now,
    at: (_ms, callback) => {
      clock.timers.push(callback);
      return { dispose: () => undefined };
    },
    log: () => undefined,
    desk: desk as unknown as PeerDesk,
  });
  return { clock, kept, traces };
}

const roster = (rows: readonly RosterEntry[]) => ({ t: "roster" as const, roster: [...rows] });

describe("a timeline", () => {
  it("holds each mark once, at the time when it was heard first, and who applied it when", async () => {
    const { clock, traces } = scene();
    traces.mark("tx-1", about, { kind: "prepare", peer: "ANA" });
    clock.now = 5;
    traces.mark("tx-1", undefined, { kind: "yes", peer: "ANA" });
    clock.now = 7;
    traces.mark("tx-1", undefined, { kind: "yes", peer: "ANA" });
    traces.logged(recordOf(1), "ANA", true);
    clock.now = 9;
    traces.heard(roster([row("ana", 1), row("bo", 0)]), "ANA");
    clock.now = 20;
    traces.heard(roster([row("ana", 1), row("bo", 1)]), "ANA");
    const [trace] = await traces.list();
    expect(trace).toMatchObject({ outcome: "committed", revision: 1 });
    expect(trace?.marks.map(({ kind, peer, atMs }) => `${atMs} ${peer} ${kind}`)).toEqual([
      "0 ANA prepare",
      "5 ANA yes",
      "7 ANA committed",
      "9 ANA applied",
      "20 BO applied",
    ]);
  });

  it("is not begun by records that are only caught up with", async () => {
    const { traces } = scene();
    traces.logged(recordOf(1), "ANA", false);
    expect(await traces.list()).toEqual([]);
  });

  it("goes to the desk with all that was marked meanwhile, and at the end at the latest", async () => {
    const { clock, kept, traces } = scene();
    traces.mark("tx-1", about, { kind: "prepare", peer: "ANA" });
    traces.mark("tx-1", undefined, { kind: "no", peer: "ANA", text: "DRIFT: API_KEY" });
    expect(clock.timers).toHaveLength(1);
    expect(kept).toEqual([]);
    traces.aborted("tx-1", "ANA", "DRIFT: API_KEY");
    await traces.close();
    expect(kept).toHaveLength(1);
    expect(kept[0]?.marks.map(({ kind }) => kind)).toEqual(["prepare", "no", "aborted"]);
  });

  it("is bounded in number", async () => {
    const { traces } = scene();
    for (let number = 0; number < limits.tracesMax + 50; number += 1) {
      traces.mark(`tx-${number}`, about, { kind: "prepare", peer: "ANA" });
    }
    expect(await traces.list()).toHaveLength(limits.tracesMax);
  });

  it("is one of what two processes saw of a transaction", () => {
    const mark = (kind: "prepare" | "yes" | "submitted", atMs: number) => ({
      kind,
      peer: "ANA",
      atMs,
      text: undefined,
    });
    const running = { tx: "tx-1", ...about, revision: undefined, outcome: "running" as const };
    const merged = mergeTraces(
      { ...running, revision: 4, outcome: "committed", marks: [mark("submitted", 1), mark("yes", 9)] },
      { ...running, marks: [mark("prepare", 3), mark("yes", 4)] },
    );
    expect(merged).toMatchObject({ revision: 4, outcome: "committed" });
    expect(merged.marks.map(({ kind, atMs }) => `${atMs} ${kind}`)).toEqual([
      "1 submitted",
      "3 prepare",
      "4 yes",
    ]);
  });

  it("of a commit that nobody here watched says what the log knows", () => {
    const log = { head: 2, record: (rev: number) => (rev === 2 ? recordOf(2) : undefined) };
    const self = { self: false, absentSinceMs: undefined };
    const rows = [row("ana", 2)].map(({ absentSince: _, ...rest }) => ({ ...rest, ...self }));
    expect(withLog([], log, rows)).toEqual([
      expect.objectContaining({
        tx: "tx-2",
        author: "ANA",
        outcome: "committed",
        marks: [
          { kind: "committed", peer: "ANA", atMs: 2_000, text: undefined },
          { kind: "committed", peer: "bo", atMs: 2_000, text: undefined },
        ],
      }),
    ]);
  });
});

describe("how far a commit has spread", () => {
  const record = (rev: number) => recordOf(rev);

  it("counts its voters, names those that have yet to apply it, and ends when all have", () => {
    const rows = [row("ana", 3), row("bo", 1, { connected: false }), row("eve", 0, { state: "observer" })];
    expect(spreadOf(rows, 3, record)).toEqual([
      { revision: 2, applied: 1, of: 2, waitingFor: ["BO"] },
      { revision: 3, applied: 1, of: 2, waitingFor: ["BO"] },
    ]);
    expect(spreadOf([row("ana", 3), row("bo", 3)], 3, record)).toEqual([]);
  });

  it("waits for nobody who has left", () => {
    expect(spreadOf([row("ana", 3), row("bo", 1, { state: "left" })], 3, record)).toEqual([]);
  });
});

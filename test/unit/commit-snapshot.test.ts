import { describe, expect, it } from "vitest";
import { step } from "../../src/commit/coordinator.ts";
import type { CoordinatorEffect, ParticipantEffect, PreparedRecord } from "../../src/commit/effects.ts";
import { stepParticipant } from "../../src/commit/participant.ts";
import { openParticipant, type ParticipantState } from "../../src/commit/participantState.ts";
import {
  addPart,
  emptySnapshot,
  type IncomingSnapshot,
  nextPart,
  openOutgoing,
  type Snapshot,
  type SnapshotMessage,
} from "../../src/commit/snapshot.ts";
import { openSpace, type StepContext } from "../../src/commit/space.ts";
import { limits } from "../../src/protocol/limits.ts";
import {
  type ClientMessage,
  type CoordinatorMessage,
  coordinatorMessageSchema,
  readFrame,
} from "../../src/protocol/messages.ts";
import type { MemberChange } from "../../src/protocol/record.ts";

const hash = "a".repeat(64);
const tx = "team:1:5:n";

function keysOf(count: number, chars: number): Snapshot["keys"] {
  return Array.from({ length: count }, (_, index) => ({
    env: "default",
    key: `K${index}`,
    op: "set" as const,
    expected: 0,
    sealed: "s".repeat(chars),
    rev: 1 + (index % 90),
    author: "Ana",
    at: 1_000,
  }));
}

function membersOf(count: number): MemberChange[] {
  return Array.from({ length: count }, (_, index) => ({
    peer: `p${index}`,
    name: `peer ${index}`,
    role: "voter",
    state: index % 2 === 0 ? "voter" : "left",
    reason: "joined",
    device: "d".repeat(60),
  }));
}

function snapshotOf(keys: Snapshot["keys"], members = membersOf(3), rev = 90): Snapshot {
  return { rev, hash, epoch: 3, keys, members };
}

function partsOf(snapshot: Snapshot): SnapshotMessage[] {
  const outgoing = openOutgoing(snapshot);
  const parts: SnapshotMessage[] = [];
  for (let last = false; !last; last = parts.at(-1)?.last ?? false) parts.push(nextPart(outgoing, 100));
  return parts;
}

describe("the parts of a snapshot", () => {
  it.each([
    ["many keys", snapshotOf(keysOf(3_500, 8))],
    ["long values", snapshotOf(keysOf(20, limits.sealedCharsMax))],
    ["more members than a space may have now", snapshotOf(keysOf(5, 8), membersOf(2_500))],
    ["nothing but its revision", snapshotOf([], [])],
  ])("with %s each fit a frame, and give the whole again", (_what, snapshot) => {
    const parts = partsOf(snapshot);
    let incoming: IncomingSnapshot | undefined;
    for (const part of parts) {
      const text = JSON.stringify(part);
      expect(text.length).toBeLessThan(limits.messageBytesMax);
      const read = readFrame(coordinatorMessageSchema, text);
      if (read?.t !== "snapshot") throw new Error("no snapshot was read");
      expect(incoming?.complete ?? false).toBe(false);
      incoming = addPart(incoming, read);
    }
    expect(incoming).toMatchObject({ ...snapshot, complete: true });
  });

  it("may come twice, but not with a gap", () => {
    const [first, second, third] = partsOf(snapshotOf(keysOf(2_500, 8)));
    if (!first || !second || !third) throw new Error("fewer parts than expected");
    const two = addPart(addPart(undefined, first), second);
    expect(addPart(two, second)?.keys).toHaveLength(2_000);
    expect(addPart(addPart(undefined, first), third)).toBeUndefined();
    expect(addPart(undefined, second)).toBeUndefined();
    expect(addPart(two, { ...third, hash: "b".repeat(64) })).toBeUndefined();
  });
});

const prepared: PreparedRecord = { tx, base: 4, term: 1, items: [], staged: [], sinceMs: 1 };

/** A participant at revision 4, connected and welcomed. */
function station(promise?: PreparedRecord): ParticipantState {
  const state = openParticipant("p0", {
    base: { ...emptySnapshot, rev: 4, hash: "4".repeat(64), epoch: 2 },
    settled: [{ rev: 4, tx: "", hash: "4".repeat(64), requests: [] }],
    records: [],
    appliedRev: 4,
    highestTerm: 1,
    prepared: promise,
  });
  stepParticipant(state, { kind: "connected" }, { now: 0, random: 0 });
  hears(state, { t: "welcome", term: 2, epoch: 3, rev: 100, hash, floor: 90, roster: [] });
  return state;
}

function hears(state: ParticipantState, message: CoordinatorMessage): ParticipantEffect[] {
  return stepParticipant(state, { kind: "message", message }, { now: 0, random: 0 });
}

const said = (effects: readonly ParticipantEffect[]) =>
  effects.flatMap((effect) => (effect.type === "send" ? [effect.message] : []));
const written = (effects: readonly ParticipantEffect[]) =>
  effects.flatMap((effect) => (effect.type === "persist" ? effect.writes : []));

describe("a participant that is sent a snapshot", () => {
  it("acknowledges the parts, writes them at once when the last is there, and only then touches files", () => {
    const state = station();
    const parts = partsOf(snapshotOf(keysOf(2_500, 8)));
    for (const part of parts.slice(0, -1)) {
      const effects = hears(state, part);
      expect(written(effects)).toEqual([]);
      expect(said(effects)).toEqual([{ t: "applied", rev: 4, hash: "4".repeat(64) }]);
    }
    const effects = hears(state, parts.at(-1)!);
    expect(effects.map(({ type }) => type)).toEqual(["persist", "apply"]);
    expect(effects[0]).toMatchObject({
      force: true,
      writes: [{ kind: "snapshot", rev: 90, hash, epoch: 3 }],
    });
    expect(effects[1]).toMatchObject({ from: 4, to: 90 });
    const applied = stepParticipant(state, { kind: "applied", rev: 90 }, { now: 0, random: 0 });
    expect(said(applied)).toEqual([{ t: "applied", rev: 90, hash }]);
  });

  it("refuses one that is not newer than what it holds", () => {
    for (const rev of [3, 4]) {
      const state = station();
      const effects = partsOf(snapshotOf(keysOf(3, 8), [], rev)).flatMap((part) => hears(state, part));
      expect(written(effects)).toEqual([]);
      expect(effects.some(({ type }) => type === "apply")).toBe(false);
      expect(state.committed.rev).toBe(4);
    }
  });

  it("hears none before it is welcomed: the term has to be looked at first", () => {
    const state = station();
    stepParticipant(state, { kind: "disconnected" }, { now: 0, random: 0 });
    stepParticipant(state, { kind: "connected" }, { now: 0, random: 0 });
    expect(partsOf(snapshotOf(keysOf(3, 8))).flatMap((part) => hears(state, part))).toEqual([]);
  });

  it("forgets the parts of a connection that is lost", () => {
    const state = station();
    const [first, second] = partsOf(snapshotOf(keysOf(1_500, 8)));
    hears(state, first!);
    stepParticipant(state, { kind: "disconnected" }, { now: 0, random: 0 });
    stepParticipant(state, { kind: "connected" }, { now: 0, random: 0 });
    hears(state, { t: "welcome", term: 2, epoch: 3, rev: 100, hash, floor: 90, roster: [] });
    const effects = hears(state, second!);
    expect(written(effects)).toEqual([]);
    expect(said(effects)[0]).toMatchObject({ t: "hello" });
  });

  it("asks what its promise became before it takes the snapshot that holds its place", () => {
    const state = station(prepared);
    const [part] = partsOf(snapshotOf(keysOf(3, 8)));
    const waiting = hears(state, part!);
    expect(written(waiting)).toEqual([]);
    expect(said(waiting)).toEqual([{ t: "resolve", tx, base: 4 }]);
    expect(state.prepared).toBe(prepared);
    hears(state, { t: "outcome", tx, outcome: "pending" });
    expect(state.prepared).toBe(prepared);

    const effects = hears(state, { t: "outcome", tx, outcome: "commit", rev: 5 });
    expect(written(effects)).toMatchObject([{ kind: "snapshot", rev: 90 }]);
    expect(effects.map(({ type }) => type)).toEqual(["persist", "discardStaged", "notify", "apply"]);
    expect(effects[2]).toMatchObject({ event: { kind: "resolved", tx, outcome: "commit" } });
    expect(state.prepared).toBeUndefined();
  });

  it("takes it at once when the outcome came before it, and drops the promise on an abort", () => {
    const committed = station(prepared);
    expect(said(hears(committed, { t: "outcome", tx, outcome: "commit", rev: 5 }))[0]).toMatchObject({
      t: "hello",
    });
    const [part] = partsOf(snapshotOf(keysOf(3, 8)));
    expect(written(hears(committed, part!))).toMatchObject([{ kind: "snapshot" }]);

    const aborted = station(prepared);
    expect(written(hears(aborted, { t: "outcome", tx, outcome: "abort" }))).toEqual([
      { kind: "aborted", tx },
    ]);
    expect(written(hears(aborted, part!))).toMatchObject([{ kind: "snapshot" }]);
  });

  it("does not start the shipment anew for every word about its promise", () => {
    const state = station(prepared);
    const [first] = partsOf(snapshotOf(keysOf(1_500, 8)));
    hears(state, { t: "outcome", tx, outcome: "commit", rev: 5 });
    hears(state, first!);
    expect(said(hears(state, { t: "outcome", tx, outcome: "commit", rev: 5 }))).toEqual([]);
  });
});

describe("a coordinator whose floor is above a peer", () => {
  const snapshot = snapshotOf(keysOf(2_500, 8));
  const member = { peer: "p0", name: "peer 0", role: "voter", state: "syncing" } as const;

  function hub(known: ReadonlyMap<number, { tx: string; hash: string }>) {
    const state = openSpace(
      { space: "team", term: 1, epoch: 3, head: { rev: 90, hash }, members: [member], versions: new Map() },
      0,
      30_000,
    );
    const context: StepContext = {
      now: 0,
      nonce: "n",
      requestRevision: () => undefined,
      revision: (rev) => known.get(rev),
      floor: 90,
      snapshot: () => snapshot,
      records: () => [],
    };
    return (message: ClientMessage) =>
      step(state, { kind: "message", session: "s", message }, context).flatMap(messageOf);
  }

  function messageOf(effect: CoordinatorEffect): CoordinatorMessage[] {
    return effect.type === "send" && effect.message.t !== "roster" ? [effect.message] : [];
  }

  const hello = (
    kind: "participant" | "companion",
    promises: readonly PreparedRecord[] = [],
  ): ClientMessage => ({
    t: "hello",
    peer: "p0",
    kind,
    rev: 4,
    hash: "4".repeat(64),
    highestTerm: 1,
    prepared: promises.map((one) => ({ tx: one.tx, base: one.base })),
  });
  const settled = new Map([
    [4, { tx: "team:1:4:n", hash: "4".repeat(64) }],
    [5, { tx, hash: "5".repeat(64) }],
  ]);

  it("answers for the promise first, from what it keeps for ever, then ships a part for each APPLIED", () => {
    const says = hub(settled);
    const first = says(hello("participant", [prepared]));
    expect(first.map(({ t }) => t)).toEqual(["welcome", "outcome", "snapshot"]);
    expect(first[0]).toMatchObject({ floor: 90 });
    expect(first[1]).toMatchObject({ tx, outcome: "commit", rev: 5 });
    const applied: ClientMessage = { t: "applied", rev: 4, hash: "4".repeat(64) };
    const rest = [...says(applied), ...says(applied), ...says(applied)];
    expect(rest).toMatchObject([
      { t: "snapshot", part: 1, last: false },
      { t: "snapshot", part: 2, last: true },
    ]);
  });

  it("says abort for another transaction, and nothing final where it does not know any more", () => {
    const other = { ...prepared, tx: "team:1:6:other" };
    expect(hub(settled)(hello("participant", [other]))[1]).toMatchObject({ outcome: "abort" });
    const forgotten = new Map([
      [4, settled.get(4)!],
      [5, { tx: "", hash: "5".repeat(64) }],
    ]);
    expect(hub(forgotten)(hello("participant", [prepared]))[1]).toMatchObject({ outcome: "pending" });
    const gap = new Map([[4, settled.get(4)!]]);
    expect(hub(gap)(hello("participant", [prepared]))[1]).toMatchObject({ outcome: "pending" });
  });

  it("refuses a peer whose revision it cannot vouch for", () => {
    expect(hub(new Map())(hello("participant"))).toMatchObject([{ t: "error", code: "FORKED" }]);
  });

  it("gives a companion the snapshot too, a part for each FETCH", () => {
    const says = hub(settled);
    says(hello("companion"));
    const parts = [1, 2, 3].flatMap(() => says({ t: "fetch", from: 5 }));
    expect(parts).toMatchObject([
      { t: "snapshot", part: 0 },
      { t: "snapshot", part: 1 },
      { t: "snapshot", part: 2, last: true },
    ]);
    expect(says({ t: "fetch", from: 91 })).toMatchObject([{ t: "catchup" }]);
  });
});

import { beforeEach, describe, expect, test } from "vitest";
import type { ParticipantEffect } from "../../src/commit/effects.ts";
import { stepParticipant } from "../../src/commit/participant.ts";
import {
  openParticipant,
  type ParticipantInput,
  type ParticipantState,
} from "../../src/commit/participantState.ts";
import { emptyState, imageOf } from "../../src/drivers/journalFormat.ts";
import type { CoordinatorMessage } from "../../src/protocol/messages.ts";

type Prepare = Extract<CoordinatorMessage, { t: "prepare" }>;

const prepareOf = (tx: string, more: Partial<Prepare> = {}): CoordinatorMessage => ({
  t: "prepare",
  term: 1,
  tx,
  base: 0,
  author: { peer: "ben", name: "Ben" },
  items: [{ env: "default", key: "A", op: "set", expected: 0, sealed: "AAAA" }],
  message: "raise the limit",
  deadlineMs: 60_000,
  ...more,
});

let now: number;
let state: ParticipantState;

function open(reviews: boolean): void {
  now = 5_000;
  const image = { ...imageOf(emptyState()), highestTerm: 1 };
  state = openParticipant("ana", image, reviews);
  input({ kind: "connected" });
}

function input(one: ParticipantInput): ParticipantEffect[] {
  return stepParticipant(state, one, { now, random: 0.5 });
}

const hears = (message: CoordinatorMessage) => input({ kind: "message", message });
const votesOf = (effects: readonly ParticipantEffect[]) =>
  effects.flatMap((effect) =>
    effect.type === "send" && effect.message.t === "vote" ? [effect.message.vote] : [],
  );
const types = (effects: readonly ParticipantEffect[]) => effects.map(({ type }) => type);

describe("one voter", () => {
  beforeEach(() => open(false));

  test("beside others the promise is forced before it is said", () => {
    hears(prepareOf("tx-1"));
    const effects = input({ kind: "staged", tx: "tx-1", staged: [] });
    expect(types(effects).slice(0, 2)).toEqual(["persist", "send"]);
    expect(effects[0]).toMatchObject({ force: true });
  });

  test("alone it need not be: nobody can be left behind", () => {
    hears(prepareOf("tx-1", { sole: true }));
    expect(input({ kind: "staged", tx: "tx-1", staged: [] })[0]).toMatchObject({
      type: "persist",
      force: false,
    });
  });
});

describe("a peer whose person reviews", () => {
  beforeEach(() => open(true));

  /** PREPARE has been checked and the person asked. */
  function asked(): ParticipantEffect[] {
    hears(prepareOf("tx-1"));
    return input({ kind: "staged", tx: "tx-1", staged: [] });
  }

  test("says that it reviews, asks with keys and deadline, and promises nothing yet", () => {
    const effects = asked();
    expect(votesOf(effects)).toEqual(["reviewing"]);
    expect(types(effects)).not.toContain("persist");
    expect(types(effects)).toContain("discardStaged");
    expect(effects).toContainEqual({
      type: "notify",
      event: {
        kind: "review",
        tx: "tx-1",
        author: "Ben",
        message: "raise the limit",
        items: [{ env: "default", key: "A", op: "set", expected: 0, sealed: "AAAA" }],
        deadlineAtMs: 65_000,
      },
    });
  });

  test("checks again what was accepted, then promises", () => {
    asked();
    expect(types(input({ kind: "reviewed", tx: "tx-1", accept: true }))).toEqual(["stage"]);
    expect(votesOf(input({ kind: "staged", tx: "tx-1", staged: [] }))).toEqual(["yes"]);
    expect(state.prepared?.tx).toBe("tx-1");
  });

  test("refuses in the person's name", () => {
    asked();
    const effects = input({ kind: "reviewed", tx: "tx-1", accept: false, reason: "not on a Friday" });
    expect(effects).toContainEqual({
      type: "send",
      message: { t: "vote", tx: "tx-1", vote: "no", code: "DECLINED", reason: "not on a Friday" },
    });
    expect(state.prepared).toBeUndefined();
  });

  test("takes the decision from another process of the peer, too", () => {
    asked();
    expect(types(hears({ t: "reviewed", tx: "tx-1", accept: true }))).toEqual(["stage"]);
  });

  test("does not ask its own author, nor once more after a reconnect", () => {
    hears(prepareOf("mine", { author: { peer: "ana", name: "Ana" } }));
    expect(votesOf(input({ kind: "staged", tx: "mine", staged: [] }))).toEqual(["yes"]);
    open(true);
    asked();
    input({ kind: "reviewed", tx: "tx-1", accept: true });
    input({ kind: "disconnected" });
    input({ kind: "staged", tx: "tx-1", staged: [] });
    input({ kind: "connected" });
    hears(prepareOf("tx-1"));
    expect(votesOf(input({ kind: "staged", tx: "tx-1", staged: [] }))).toEqual(["yes"]);
  });

  test.each([
    ["the transaction is aborted", () => hears({ t: "abort", tx: "tx-1", code: "CANCELLED", reason: "" })],
    ["its time is over", () => input({ kind: "tick" })],
    ["the connection is lost", () => input({ kind: "disconnected" })],
  ])("stops asking when %s, and an answer that comes later does nothing", (_, end) => {
    asked();
    now += 60_000;
    expect(end()).toContainEqual({
      type: "notify",
      event: { kind: "resolved", tx: "tx-1", outcome: "abort" },
    });
    expect(input({ kind: "reviewed", tx: "tx-1", accept: true })).toEqual([]);
  });
});

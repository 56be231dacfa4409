import { beforeEach, describe, expect, test } from "vitest";
import { step } from "../../src/commit/coordinator.ts";
import type { CoordinatorEffect } from "../../src/commit/effects.ts";
import type { SpaceImage } from "../../src/commit/ports.ts";
import { emptySnapshot } from "../../src/commit/snapshot.ts";
import { openSpace, type SpaceState } from "../../src/commit/space.ts";
import { limits } from "../../src/protocol/limits.ts";
import type { ClientMessage, CoordinatorMessage } from "../../src/protocol/messages.ts";
import { changeSetsOf, type LogRecord, requestsOf } from "../../src/protocol/record.ts";

type Submit = Extract<ClientMessage, { t: "submit" }>;
type Said<T extends CoordinatorMessage["t"]> = Extract<CoordinatorMessage, { t: T }> & {
  readonly to: string;
};

/** A coordinator of one space whose members are voters at revision 0, with a log in memory. */
class Bench {
  now = 1_000_000;
  readonly log: LogRecord[] = [];
  readonly said: CoordinatorEffect[] = [];
  readonly state: SpaceState;
  #nonce = 0;

  constructor(names: readonly string[], policy?: SpaceImage["policy"], detachAfterMs = 30_000) {
    this.state = openSpace(
      {
        space: "team",
        term: 0,
        epoch: 1,
        head: { rev: 0, hash: "" },
        members: names.map((name) => ({ peer: name, name, role: "voter", state: "voter" })),
        versions: new Map(),
        ...(policy === undefined ? {} : { policy }),
      },
      this.now,
      detachAfterMs,
    );
  }

  input(input: Parameters<typeof step>[1]): CoordinatorEffect[] {
    this.#nonce += 1;
    const effects = step(this.state, input, {
      now: this.now,
      nonce: `n${this.#nonce}`,
      requestRevision: (requestId) => this.log.find((record) => requestsOf(record).includes(requestId))?.rev,
      revision: (rev) => this.log[rev - 1],
      floor: 0,
      snapshot: () => emptySnapshot,
      records: (from) => this.log.slice(from - 1),
    });
    for (const effect of effects) {
      if (effect.type !== "persist") continue;
      for (const write of effect.writes) if (write.kind === "record") this.log.push(write.record);
    }
    this.said.push(...effects);
    return effects;
  }

  hears(session: string, message: ClientMessage): CoordinatorEffect[] {
    return this.input({ kind: "message", session, message });
  }

  hello(peer: string, more: Partial<Extract<ClientMessage, { t: "hello" }>> = {}): void {
    const head = { rev: this.state.head.rev, hash: this.state.head.hash };
    this.hears(peer, {
      t: "hello",
      peer,
      kind: "participant",
      highestTerm: 1,
      prepared: [],
      ...head,
      ...more,
    });
  }

  submit(peer: string, requestId: string, keys: readonly string[], more: Partial<Submit> = {}): void {
    this.hears(peer, {
      t: "submit",
      requestId,
      items: keys.map((key) => ({ env: "default", key, op: "set", expected: 0, sealed: "AAAA" })),
      message: requestId,
      timeoutMs: 60_000,
      ...more,
    });
  }

  vote(peer: string, vote: "yes" | "no" | "reviewing", reason?: string): void {
    const { active } = this.state;
    if (!active) throw new Error("nothing is being prepared");
    this.hears(peer, { t: "vote", tx: active.tx, vote, ...(reason ? { code: "DRIFT", reason } : {}) });
  }

  /** What was said of one type, with the session it went to. */
  all<T extends CoordinatorMessage["t"]>(type: T): Said<T>[] {
    return this.said.flatMap((effect) =>
      effect.type === "send" && effect.message.t === type
        ? [{ ...effect.message, to: effect.session } as Said<T>]
        : [],
    );
  }

  answer(requestId: string): Said<"answer"> | undefined {
    return this.all("answer").find((answer) => answer.requestId === requestId);
  }

  /** Everybody says that the head is applied. */
  catchUp(peers: readonly string[]): void {
    for (const peer of peers)
      this.hears(peer, { t: "applied", rev: this.state.head.rev, hash: this.state.head.hash });
  }
}

const team = ["ana", "ben", "cleo"];
let bench: Bench;

beforeEach(() => {
  bench = new Bench(team);
  for (const peer of team) bench.hello(peer);
});

/** Makes the others wait: one transaction is under way when they submit. */
function occupied(): void {
  bench.submit("ana", "request-0", ["FIRST"]);
}

function finish(): void {
  for (const peer of team) bench.vote(peer, "yes");
  bench.catchUp(team);
}

describe("change sets that wait together", () => {
  test("share a revision when they touch different keys, and each gets its own answer", () => {
    occupied();
    bench.submit("ben", "request-b", ["B"]);
    bench.submit("cleo", "request-c", ["C", "D"]);
    finish();
    finish();
    expect(bench.log.map((record) => record.items.map(({ key }) => key))).toEqual([
      ["FIRST"],
      ["B", "C", "D"],
    ]);
    expect(bench.answer("request-b")).toMatchObject({ outcome: "committed", rev: 2, to: "ben" });
    expect(bench.answer("request-c")).toMatchObject({ outcome: "committed", rev: 2, to: "cleo" });
    const sets = changeSetsOf(bench.log[1]!);
    expect(sets.map(({ author, requestId, items }) => [author.name, requestId, items.length])).toEqual([
      ["ben", "request-b", 1],
      ["cleo", "request-c", 2],
    ]);
    expect(bench.state.versions.get("default\0D")).toMatchObject({ version: 1, author: "cleo" });
  });

  test("a key belongs to the first of them; the later one is told who was faster", () => {
    occupied();
    bench.submit("ben", "request-b", ["B"]);
    bench.submit("cleo", "request-c", ["B", "C"]);
    bench.submit("ana", "request-a", ["C"]);
    finish();
    // C waits behind cleo's change set: passing it would let somebody who came later take the key.
    expect(bench.state.active?.submits.map(({ requestId }) => requestId)).toEqual(["request-b"]);
    finish();
    expect(bench.answer("request-c")).toMatchObject({
      outcome: "aborted",
      code: "CONFLICT",
      conflicts: [{ key: "B", expected: 0, current: 1, author: "ben", at: bench.now }],
    });
    expect(bench.state.active?.submits.map(({ requestId }) => requestId)).toEqual(["request-a"]);
  });

  test("a refusal is borne by nobody but whose it is", () => {
    occupied();
    bench.submit("ben", "request-b", ["B"]);
    bench.submit("cleo", "request-c", ["C"]);
    finish();
    const shared = bench.state.active!.tx;
    bench.vote("ana", "no", "B was changed locally");
    expect(bench.answer("request-b")).toBeUndefined();
    expect(bench.all("abort").map(({ to, tx }) => [to, tx])).toEqual(team.map((peer) => [peer, shared]));
    expect(bench.state.active).toMatchObject({ submits: [{ requestId: "request-b" }] });
    expect(bench.state.active!.tx).not.toBe(shared);
    bench.vote("ana", "no", "B was changed locally");
    expect(bench.answer("request-b")).toMatchObject({ outcome: "aborted", code: "DRIFT" });
    finish();
    expect(bench.answer("request-c")).toMatchObject({ outcome: "committed", rev: 2 });
  });

  test("one that is cancelled goes alone; the others are asked for again", () => {
    occupied();
    bench.submit("ben", "request-b", ["B"]);
    bench.submit("cleo", "request-c", ["C"]);
    finish();
    bench.hears("ben", { t: "cancel", requestId: "request-b" });
    expect(bench.answer("request-b")).toMatchObject({ outcome: "aborted", code: "CANCELLED" });
    finish();
    expect(bench.log[1]).toMatchObject({ requestId: "request-c", items: [{ key: "C" }] });
    expect(bench.log[1]).not.toHaveProperty("riders");
  });

  test("a request that rode with another is answered the same way ever after", () => {
    occupied();
    bench.submit("ben", "request-b", ["B"]);
    bench.submit("cleo", "request-c", ["C"]);
    finish();
    finish();
    bench.submit("cleo", "request-c", ["C"]);
    expect(bench.all("answer").filter(({ requestId }) => requestId === "request-c")).toMatchObject([
      { outcome: "committed", rev: 2 },
      { outcome: "committed", rev: 2 },
    ]);
    expect(bench.log).toHaveLength(2);
  });

  test("no revision holds more items than a message can carry", () => {
    occupied();
    const many = (prefix: string) => Array.from({ length: 600 }, (_, at) => `${prefix}${at}`);
    bench.submit("ben", "request-b", many("B"));
    bench.submit("cleo", "request-c", many("C"));
    finish();
    expect(bench.state.active?.submits).toHaveLength(1);
    expect(600 + 600).toBeGreaterThan(limits.itemsMax);
  });
});

describe("an absent voter", () => {
  beforeEach(() => {
    bench.input({ kind: "disconnected", session: "cleo" });
  });

  test("strict: the submit fails at once, by name", () => {
    bench.submit("ana", "request-a", ["A"], { policy: "strict" });
    expect(bench.answer("request-a")).toMatchObject({ outcome: "aborted", code: "ABSENT" });
    expect(bench.answer("request-a")?.reason).toContain("cleo");
  });

  test("wait: it is waited for, visibly, and never detached", () => {
    bench.submit("ana", "request-a", ["A"], { policy: "wait", timeoutMs: 300_000 });
    expect(bench.all("progress").at(-1)).toMatchObject({ phase: "waiting", peers: ["cleo"] });
    bench.now += 120_000;
    bench.input({ kind: "tick" });
    expect(bench.state.members.get("cleo")?.state).toBe("voter");
    bench.hello("cleo");
    expect(bench.state.active?.submits[0].requestId).toBe("request-a");
  });

  test("wait: its own deadline ends it, naming whom it waited for", () => {
    bench.submit("ana", "request-a", ["A"], { policy: "wait" });
    bench.now += 60_000;
    bench.input({ kind: "tick" });
    expect(bench.answer("request-a")).toMatchObject({ outcome: "aborted", code: "TIMEOUT" });
    expect(bench.answer("request-a")?.reason).toContain("cleo");
  });

  test("detach: after the time of the space it goes on without it, and the author is told the name", () => {
    bench.submit("ana", "request-a", ["A"]);
    expect(bench.state.active).toBeUndefined();
    bench.now += 30_000;
    bench.input({ kind: "tick" });
    expect(bench.log[0]).toMatchObject({ kind: "membership", members: [{ peer: "cleo", state: "syncing" }] });
    bench.catchUp(["ana", "ben"]);
    bench.vote("ana", "yes");
    bench.vote("ben", "yes");
    const answer = bench.answer("request-a");
    expect(answer).toMatchObject({ outcome: "committed", rev: 2, detached: ["cleo"] });
    // An author that hears the record first, or asks again, is told the same.
    expect(bench.log[1]?.detached).toEqual(["cleo"]);
    bench.said.length = 0;
    bench.submit("ana", "request-a", ["A"]);
    expect(bench.answer("request-a")).toEqual(answer);
  });

  test("detach: a time that is not the usual one is told in WELCOME; the usual one is not", () => {
    bench.hello("ana");
    expect(bench.all("welcome").at(-1)).not.toHaveProperty("detachAfterMs");
    bench = new Bench(team, "detach", 4_000);
    bench.hello("ana");
    expect(bench.all("welcome").at(-1)).toMatchObject({ detachAfterMs: 4_000 });
  });

  test("the space's own policy counts where a submit does not say", () => {
    bench = new Bench(team, "strict");
    bench.hello("ana");
    bench.submit("ana", "request-a", ["A"]);
    expect(bench.answer("request-a")).toMatchObject({ code: "ABSENT" });
  });
});

describe("a voter whose person reviews", () => {
  beforeEach(() => bench.hello("cleo", { reviews: true }));

  test("gives the time that the author chose, and everyone knows whom it waits for", () => {
    bench.submit("ana", "request-a", ["A"], { reviewMs: 3_600_000 });
    expect(bench.all("prepare").map(({ deadlineMs, review }) => [deadlineMs, review])).toEqual(
      team.map(() => [3_600_000, true]),
    );
    bench.vote("ana", "yes");
    bench.vote("ben", "yes");
    bench.vote("cleo", "reviewing");
    expect(bench.all("progress").at(-1)).toMatchObject({ phase: "reviewing", peers: ["cleo"] });
    bench.now += 3_000_000;
    bench.input({ kind: "tick" });
    bench.vote("cleo", "yes");
    expect(bench.answer("request-a")).toMatchObject({ outcome: "committed", rev: 1 });
  });

  test("is not waited for longer than that", () => {
    bench.submit("ana", "request-a", ["A"], { reviewMs: 60_000 });
    bench.vote("ana", "yes");
    bench.vote("ben", "yes");
    bench.vote("cleo", "reviewing");
    bench.now += 59_000;
    bench.input({ kind: "tick" });
    expect(bench.answer("request-a")).toBeUndefined();
    bench.now += 1_000;
    bench.input({ kind: "tick" });
    expect(bench.answer("request-a")).toMatchObject({ outcome: "aborted", code: "TIMEOUT" });
    expect(bench.answer("request-a")?.reason).toContain("cleo");
  });

  test("gives nobody else its longer time: a silent voter ends it as soon as ever", () => {
    bench.submit("ana", "request-a", ["A"], { reviewMs: 3_600_000 });
    bench.vote("ana", "yes");
    bench.vote("cleo", "reviewing");
    bench.now += limits.prepareTimeoutMs;
    bench.input({ kind: "tick" });
    expect(bench.answer("request-a")).toMatchObject({ outcome: "aborted", code: "TIMEOUT" });
    expect(bench.answer("request-a")?.reason).toContain("ben");
  });

  test("that goes while its person looks has the time of a vote to come back", () => {
    bench.submit("ana", "request-a", ["A"], { reviewMs: 3_600_000 });
    bench.vote("ana", "yes");
    bench.vote("ben", "yes");
    bench.vote("cleo", "reviewing");
    bench.now += 1_000_000;
    bench.input({ kind: "disconnected", session: "cleo" });
    bench.now += limits.prepareTimeoutMs - 1;
    bench.input({ kind: "tick" });
    expect(bench.answer("request-a")).toBeUndefined();
    bench.now += 1;
    bench.input({ kind: "tick" });
    expect(bench.answer("request-a")?.reason).toContain("cleo");
  });

  test("is not asked about what it submitted itself, and its own change sets share revisions", () => {
    bench.submit("cleo", "request-c", ["C"]);
    expect(bench.all("prepare")[0]).toMatchObject({ deadlineMs: limits.prepareTimeoutMs });
  });

  test("a change set that will be reviewed rides with no other", () => {
    occupied();
    bench.submit("ana", "request-a", ["A"]);
    bench.submit("ben", "request-b", ["B"]);
    finish();
    expect(bench.state.active?.submits).toHaveLength(1);
  });

  test("hears what its person decided in another process", () => {
    bench.hello("beside", { peer: "cleo", kind: "companion" });
    bench.submit("ana", "request-a", ["A"]);
    const { tx } = bench.state.active!;
    bench.hears("beside", { t: "review", tx, accept: false, reason: "not today" });
    expect(bench.all("reviewed")).toEqual([
      { t: "reviewed", tx, accept: false, reason: "not today", to: "cleo" },
    ]);
  });
});

test("a sole voter is told that nobody else votes", () => {
  bench = new Bench(["ana"]);
  bench.hello("ana");
  bench.submit("ana", "request-a", ["A"]);
  expect(bench.all("prepare")[0]).toMatchObject({ sole: true });
  bench.vote("ana", "yes");
  expect(bench.answer("request-a")).toMatchObject({ outcome: "committed" });
});

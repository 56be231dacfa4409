import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { step } from "../../src/commit/coordinator.ts";
import type { CoordinatorStore } from "../../src/commit/ports.ts";
import { retentionOf } from "../../src/commit/retention.ts";
import { openSpace, type SpaceState } from "../../src/commit/space.ts";
import { openStore } from "../../src/drivers/store.ts";
import type { ClientMessage, CoordinatorMessage } from "../../src/protocol/messages.ts";
import type { MemberState } from "../../src/protocol/record.ts";
import { invitation, nextRecord } from "./log-records.ts";

const team = ["ana", "ben", "cleo"];
const detachAfterMs = 30_000;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "envpact-answers-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A coordinator over the store on the disk; a new one goes on from what is there. */
class Coordinator {
  now: number;
  readonly #said: CoordinatorMessage[] = [];
  readonly #state: SpaceState;
  readonly #store: CoordinatorStore;
  #steps = 0;

  constructor(store: CoordinatorStore, now: number) {
    this.now = now;
    this.#store = store;
    this.#state = openSpace(store.load("team"), now, detachAfterMs);
    this.input({ kind: "start" });
  }

  input(input: Parameters<typeof step>[1]): void {
    this.#steps += 1;
    const effects = step(this.#state, input, {
      now: this.now,
      nonce: `n${this.#state.term}-${this.#steps}`,
      requestRevision: (requestId) => this.#store.requestRevision("team", requestId),
      revision: (rev) => this.#store.revision("team", rev),
      floor: this.#store.floor("team"),
      snapshot: () => this.#store.snapshot("team"),
      records: (from) => this.#store.records("team", from, 100, 1_000_000),
    });
    for (const effect of effects) {
      if (effect.type === "persist") this.#store.write("team", effect.writes);
      if (effect.type === "send") this.#said.push(effect.message);
    }
  }

  #hears(session: string, message: ClientMessage): void {
    this.input({ kind: "message", session, message });
  }

  hello(peer: string): void {
    const { rev, hash } = this.#state.head;
    this.#hears(peer, {
      t: "hello",
      peer,
      kind: "participant",
      rev,
      hash,
      highestTerm: 1,
      prepared: [],
    });
    this.applied([peer]);
  }

  applied(peers: readonly string[]): void {
    const { rev, hash } = this.#state.head;
    for (const peer of peers) this.#hears(peer, { t: "applied", rev, hash });
  }

  /** Ana submits; the answer, if there is one now. */
  submit(requestId: string, expected: number): CoordinatorMessage | undefined {
    this.#said.length = 0;
    this.#hears("ana", {
      t: "submit",
      requestId,
      items: [{ env: "default", key: "A", op: "set", expected, sealed: "AAAA" }],
      message: requestId,
      timeoutMs: 60_000,
    });
    return this.#answer();
  }

  /** Who is asked says YES, and everyone applies; the answer of the author. */
  commit(peers: readonly string[]): CoordinatorMessage | undefined {
    const { active } = this.#state;
    if (!active) throw new Error("nothing is being prepared");
    for (const peer of peers) this.#hears(peer, { t: "vote", tx: active.tx, vote: "yes" });
    this.applied(peers);
    return this.#answer();
  }

  #answer(): CoordinatorMessage | undefined {
    return this.#said.find(({ t }) => t === "answer");
  }
}

/** A store of a space with three voters. */
function open(): CoordinatorStore {
  return openStore(join(folder, "data"), retentionOf(1));
}

function found(store: CoordinatorStore): void {
  store.createSpace("team", "owner", invitation);
  for (const state of ["syncing", "voter"] satisfies MemberState[]) {
    for (const name of team) {
      const reason = state === "voter" ? "caught up" : "joined";
      const head = store.load("team").head;
      const members = [{ peer: name, name, role: "voter", state, reason }] as const;
      const record = nextRecord(head.rev === 0 ? undefined : head, {
        kind: "membership",
        requestId: "",
        items: [],
        members,
      });
      store.write("team", [{ kind: "record", record }]);
    }
  }
}

it("an author that asks again when its record is compacted is told the same, the names left behind included", () => {
  const store = open();
  found(store);
  const first = new Coordinator(store, 1_000_000);
  const present = ["ana", "ben"];
  for (const peer of team) first.hello(peer);
  first.input({ kind: "disconnected", session: "cleo" });
  expect(first.submit("request-a", 0)).toBeUndefined();
  first.now += detachAfterMs;
  first.input({ kind: "tick" });
  first.applied(present);
  const answer = first.commit(present);
  expect(answer).toMatchObject({ outcome: "committed", detached: ["cleo"] });
  const revision = store.load("team").head.rev;

  for (const expected of [1, 2, 3]) {
    first.submit(`request-${expected}`, expected);
    first.commit(present);
  }
  store.compact("team");
  expect(store.floor("team")).toBeGreaterThanOrEqual(revision);
  expect(first.submit("request-a", 0)).toEqual(answer);
  store.close();

  const reopened = open();
  const second = new Coordinator(reopened, first.now);
  for (const peer of present) second.hello(peer);
  expect(second.submit("request-a", 0)).toEqual(answer);
  reopened.close();
});

import { beforeEach, describe, expect, it } from "vitest";
import type { HeuristicRecord } from "../../src/commit/effects.ts";
import { openParticipant, type ParticipantInput } from "../../src/commit/participantState.ts";
import type { LinkEvent } from "../../src/commit/ports.ts";
import { emptySnapshot } from "../../src/commit/snapshot.ts";
import type { KeyRef } from "../../src/peer/api.ts";
import { CompanionPeer } from "../../src/peer/companion.ts";
import { Decisions, proposedChanges } from "../../src/peer/decisions.ts";
import { withoutItems } from "../../src/peer/logView.ts";
import type { LiveState, PeerPorts } from "../../src/peer/ports.ts";
import { Replica } from "../../src/peer/replica.ts";
import { Workspace } from "../../src/peer/workspace.ts";
import { EnvpactError } from "../../src/protocol/errors.ts";
import type { Item, LogRecord } from "../../src/protocol/record.ts";
import { nextRecord } from "./log-records.ts";
import { HeldFiles, identity, settled } from "./workspace-files.ts";

const key: KeyRef = { env: "default", key: "API_KEY" };

function replicaOf(records: readonly LogRecord[]): Replica {
  return new Replica(identity, records, emptySnapshot);
}

/** The next change of API_KEY; undefined deletes it. */
function change(records: readonly LogRecord[], value: string | undefined): Item {
  return replicaOf(records).propose(key, value, records.length);
}

/** A log whose revisions give API_KEY these values, one after the other. */
function logOf(...values: readonly (string | undefined)[]): LogRecord[] {
  const records: LogRecord[] = [];
  for (const value of values) records.push(nextRecord(records.at(-1), { items: [change(records, value)] }));
  return records;
}

/** What a person can decide at a peer that holds `records`, applied up to `appliedRev`, with `local` as its API_KEY. */
function peerAt(records: readonly LogRecord[], appliedRev: number, local: string | undefined) {
  const image = {
    base: emptySnapshot,
    settled: [],
    records,
    appliedRev,
    highestTerm: 1,
    prepared: undefined,
  };
  const state = openParticipant("ana", image);
  const restored: KeyRef[] = [];
  const pushed: ParticipantInput[] = [];
  let failure: EnvpactError | undefined;
  const workspace = {
    restore: async (refs: readonly KeyRef[], _rev: number, isMeant: (ref: KeyRef, now?: string) => boolean) =>
      void restored.push(
        ...refs.filter((ref) => isMeant(ref, local)).map(({ env, key: name }) => ({ env, key: name })),
      ),
  };
  const over = (files: Workspace, carriedOut: () => Promise<void>) =>
    new Decisions({
      ports: {} as PeerPorts,
      identity,
      state,
      replica: replicaOf(records),
      workspace: files,
      push: (input) => {
        pushed.push(input);
        if (input.kind === "force") state.heuristics = [decided([], { tx: input.tx, status: "pending" })];
      },
      carriedOut,
      refresh: async () => undefined,
      superseded: () => undefined,
    });
  const decisions = over(workspace as unknown as Workspace, async () => {
    if (failure) throw failure;
  });
  const failWrites = () => {
    failure = new EnvpactError("DATA_NOT_WRITABLE", "the journal cannot be written", "");
  };
  return { decisions, over, state, restored, pushed, failWrites };
}

function decided(items: readonly Item[], more: Partial<HeuristicRecord>): HeuristicRecord {
  return { tx: "tx-1", base: 1, items, forced: "abort", atMs: 0, done: true, status: "mixed", ...more };
}

describe("a decision", () => {
  it("that could not be written is no decision: whoever made it is told", async () => {
    const { decisions, failWrites } = peerAt(logOf("a"), 1, "a");
    failWrites();
    await expect(decisions.force("tx-1", "commit")).rejects.toMatchObject({
      problem: { code: "DATA_NOT_WRITABLE" },
    });
  });
});

describe("a resync", () => {
  let records: LogRecord[];
  beforeEach(() => {
    records = logOf("a");
  });

  it("carries out a deletion that was aborted here and committed in the space", async () => {
    const items = [change(records, undefined)];
    const peer = peerAt(logOf("a", undefined), 2, "a");
    peer.state.heuristics = [decided(items, { revision: 2 })];
    await peer.decisions.resync("tx-1");
    expect(peer.restored).toEqual([key]);
    expect(peer.pushed).toEqual([{ kind: "resynced", tx: "tx-1" }]);
  });

  it("takes a forced value out that the log does not hold, and leaves what the user made of it since", async () => {
    const items = [change([], "forced")];
    for (const [local, restored] of [
      ["forced", [key]],
      ["mine by now", []],
    ] as const) {
      const peer = peerAt([nextRecord(undefined, { items: [] })], 1, local);
      peer.state.heuristics = [decided(items, { forced: "commit" })];
      await peer.decisions.resync("tx-1");
      expect(peer.restored).toEqual(restored);
    }
  });

  it("leaves a revision that is held and not in the files yet to its apply, which then leaves nothing out", async () => {
    const items = [change(records, "b")];
    const peer = peerAt(logOf("a", "b"), 1, "a");
    peer.state.heuristics = [decided(items, { revision: 2 })];
    await peer.decisions.resync("tx-1");
    expect(peer.restored).toEqual([]);
    expect(peer.pushed).toEqual([{ kind: "resynced", tx: "tx-1" }]);
  });

  it("waits for an apply under way, which leaves its keys out, and brings them in after it", async () => {
    const other = { env: "default", key: "OTHER" };
    const [first] = records;
    if (!first) throw new Error("no records");
    const items = [change(records, "b")];
    const second = nextRecord(first, { items });
    const third = nextRecord(second, { items: [replicaOf(records).propose(other, "o", 1)] });
    const files = new HeldFiles({ ".env": "API_KEY=a\n" });
    const replica = replicaOf([first, second, third]);
    const workspace = new Workspace(files.port, files.store, identity, replica);
    const held = files.hold();
    const applying = workspace.over(withoutItems(replica, items), true).apply(1, 3, undefined);
    await held.begun;

    const peer = peerAt([first, second, third], 1, "a");
    const { state } = peer;
    state.heuristics = [decided(items, { revision: 2 })];
    const decisions = peer.over(workspace, async () => {
      await applying;
      state.applied = { rev: third.rev, hash: third.hash };
    });
    const resynced = decisions.resync("tx-1");
    await settled();
    held.release();
    await Promise.all([applying, resynced]);
    expect(files.text(".env")).toBe("API_KEY=b\nOTHER=o\n");
    expect(peer.pushed).toEqual([{ kind: "resynced", tx: "tx-1" }]);
  });

  it("takes no forced value out that a held revision is about to bring in", async () => {
    const items = [change([], "forced")];
    const empty = nextRecord(undefined, { items: [] });
    const peer = peerAt([empty, nextRecord(empty, { items })], 1, "forced");
    peer.state.heuristics = [decided(items, { forced: "commit" })];
    await peer.decisions.resync("tx-1");
    expect(peer.restored).toEqual([]);
  });
});

describe("a change under review", () => {
  it("is shown with what it replaces, for the environments of the folder alone", () => {
    const records = logOf("a");
    const other = { ...change(records, "elsewhere"), env: "prod" };
    const asked = { tx: "tx-1", base: 1, items: [change(records, "b"), other] };
    expect(proposedChanges(replicaOf(records), identity, asked)).toEqual([
      { ...key, op: "set", before: "a", after: "b" },
    ]);
  });

  it("is shown by a second window, too, from what the process that takes part says of it", async () => {
    const records = logOf("a");
    const asked = { tx: "tx-1", base: 1, items: [change(records, "b")] };
    const live: LiveState = {
      transactions: [],
      reviews: [],
      consents: [],
      underReview: asked,
      doubted: undefined,
      applyProblem: undefined,
    };
    const peer = await secondWindow(beside(live), records, () => 1);
    expect(await peer.reviewChanges("tx-1")).toEqual([{ ...key, op: "set", before: "a", after: "b" }]);
    await expect(peer.reviewChanges("tx-2")).rejects.toMatchObject({ problem: { code: "NOT_IN_DOUBT" } });
    await peer.close();
  });
});

describe("a second window", () => {
  it("comes to a revision whose files it had seen before the journal said that they are done", async () => {
    const records = logOf("a", "b");
    let appliedRev = 1;
    let hear: (event: LinkEvent) => void = () => undefined;
    const ports = beside(undefined, (listener) => {
      hear = listener;
    });
    const peer = await secondWindow(ports, records, () => appliedRev);
    expect(peer.view.revision).toBe(1);
    appliedRev = 2;
    const shown = new Promise<void>((resolve) => {
      peer.onChange((view) => view.revision === 2 && resolve());
    });
    const self = { peer: identity.peer, name: identity.name, role: "voter", state: "voter" } as const;
    const roster = [{ ...self, connected: true, appliedRevision: 2, drift: 0 }];
    hear({ kind: "message", message: { t: "roster", roster } });
    await shown;
    await peer.close();
  });
});

/** A second window on a folder whose journal holds `records`. */
function secondWindow(
  ports: PeerPorts,
  records: readonly LogRecord[],
  appliedRev: () => number,
): Promise<CompanionPeer> {
  return CompanionPeer.open(ports, identity, async () => ({
    base: emptySnapshot,
    settled: [],
    records,
    appliedRev: appliedRev(),
    highestTerm: 1,
    prepared: undefined,
  }));
}

/** The world of a second window whose participant shows `live`; there is no coordinator but what `listen` makes of it. */
function beside(
  live: LiveState | undefined,
  listen: (listener: (event: LinkEvent) => void) => void = () => undefined,
): PeerPorts {
  const idle = { dispose: () => undefined };
  return {
    files: {
      read: async () => ({ kind: "absent", path: "/w/.env" }),
      watch: () => idle,
    },
    store: { readMarks: async () => ({ shared: [], released: [], allowed: [], adopted: [] }) },
    desk: {
      readLive: async () => live,
      readAuthors: async () => [],
      watchLive: () => idle,
      writeLive: async () => undefined,
    },
    connect: (listener: (event: LinkEvent) => void) => {
      listen(listener);
      return { send: () => false, hangUp: () => undefined, close: async () => undefined };
    },
    now: () => 0,
    at: () => idle,
    log: () => undefined,
    released: async () => undefined,
  } as unknown as PeerPorts;
}

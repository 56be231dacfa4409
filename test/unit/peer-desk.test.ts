import { appendFile, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { acquireLock, type Lock } from "../../src/drivers/lock.ts";
import type { LiveState, LocalRequest, PeerDesk } from "../../src/peer/ports.ts";
import type { TransactionTrace } from "../../src/peer/trace.ts";
import { limits } from "../../src/protocol/limits.ts";
import { createPeerDesk } from "../../src/runtime/peerDesk.ts";

let state: string;
let lock: Lock;
let participant: PeerDesk;
let companion: PeerDesk;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), "envpact-desk-"));
  const taken = await acquireLock(join(state, "lock"), {});
  if (!taken.ok) throw new Error("the lock of a new folder is taken");
  lock = taken.value;
  participant = createPeerDesk(state, true);
  companion = createPeerDesk(state, false);
});
afterEach(async () => {
  await lock.release();
  await rm(state, { recursive: true, force: true });
});

function traceOf(tx: string, marks: TransactionTrace["marks"] = []): TransactionTrace {
  return { tx, author: "Ana", message: "", keys: [], revision: undefined, outcome: "running", marks };
}

describe("traces on the desk", () => {
  it("are read back, private, what two processes wrote of one transaction together", async () => {
    const yes = { kind: "yes" as const, peer: "Ana", atMs: 2, text: undefined };
    const applied = { kind: "applied" as const, peer: "Ana", atMs: 3, text: undefined };
    await participant.keepTraces([traceOf("tx-1", [yes])]);
    await companion.keepTraces([traceOf("tx-2"), traceOf("tx-1", [applied])]);
    expect(await companion.readTraces()).toEqual([traceOf("tx-2"), traceOf("tx-1", [yes, applied])]);
    expect((await stat(join(state, "traces.jsonl"))).mode & 0o777).toBe(0o600);
  });

  it("survive a damaged line and one that a crash tore", async () => {
    await participant.keepTraces([traceOf("tx-1")]);
    await appendFile(join(state, "traces.jsonl"), '{"tx":5}\nnonsense\n');
    await participant.keepTraces([traceOf("tx-2")]);
    await appendFile(join(state, "traces.jsonl"), '{"tx":"tx-3","auth');
    expect((await participant.readTraces()).map(({ tx }) => tx)).toEqual(["tx-1", "tx-2"]);
  });

  it("are no more than their limit", async () => {
    const many = Array.from({ length: limits.tracesMax + 20 }, (_, number) => traceOf(`tx-${number}`));
    await participant.keepTraces(many);
    const read = await participant.readTraces();
    expect(read).toHaveLength(limits.tracesMax);
    expect(read.at(-1)?.tx).toBe(`tx-${limits.tracesMax + 19}`);
  });
});

describe("what a process shows", () => {
  const live: LiveState = {
    transactions: [],
    reviews: [{ tx: "tx-1", author: "Bo", message: "", keys: [], deadlineAtMs: 9 }],
    consents: [{ tx: "tx-0", author: "Bo", atMs: 8, keys: [{ env: "default", key: "PATH" }] }],
    underReview: {
      tx: "tx-1",
      base: 4,
      items: [{ env: "default", key: "API_KEY", op: "set", expected: 1, sealed: "c2VhbGVk" }],
    },
    doubted: "tx-1",
    applyProblem: undefined,
  };

  it("is read by the others while it takes part, and counts for nothing when it does not", async () => {
    await participant.writeLive(live);
    expect(await companion.readLive()).toEqual(live);
    await lock.release();
    expect(await companion.readLive()).toBeUndefined();
  });

  it("is taken back without a trace", async () => {
    await participant.writeLive(live);
    await participant.writeLive(undefined);
    await participant.writeLive(undefined);
    expect(await companion.readLive()).toBeUndefined();
    expect((await readdir(state)).filter((name) => name !== "lock")).toEqual([]);
  });

  it("is forgotten when its process is gone", async () => {
    await writeFile(join(state, "author-999999999.json"), JSON.stringify(live));
    expect(await participant.readAuthors()).toEqual([]);
    expect(await readdir(state)).not.toContain("author-999999999.json");
  });
});

describe("a request to the process that takes part", () => {
  const request: LocalRequest = { kind: "force", tx: "tx-1", outcome: "abort" };

  it("is answered, and leaves no file behind", async () => {
    const heard: LocalRequest[] = [];
    const serving = participant.serve(async (asked) => {
      heard.push(asked);
      return undefined;
    });
    expect(await companion.ask(request, 10_000)).toBeUndefined();
    expect(heard).toEqual([request]);
    serving.dispose();
    expect((await readdir(state)).filter((name) => name !== "lock")).toEqual([]);
  });

  it("is answered with the refusal that it met", async () => {
    const refusal = { code: "NOT_IN_DOUBT" as const, message: "tx-1 is not in doubt here.", next: "See." };
    const serving = participant.serve(async () => refusal);
    expect(await companion.ask(request, 10_000)).toEqual(refusal);
    serving.dispose();
  });

  it("is given up when nobody answers, and carried out by nobody later", async () => {
    await expect(companion.ask(request, 50)).rejects.toMatchObject({ problem: { code: "TIMEOUT" } });
    expect(await readdir(state)).not.toContain("request.json");
  });

  it.each([
    ["is no JSON", "{"],
    [
      "asks for something unknown",
      JSON.stringify({ id: "12345678", atMs: Date.now(), request: { kind: "x" } }),
    ],
    ["is old", JSON.stringify({ id: "12345678", atMs: Date.now() - 3_600_000, request })],
  ])("that %s is removed and not carried out", async (_what, text) => {
    await writeFile(join(state, "request.json"), text);
    const heard: LocalRequest[] = [];
    const serving = participant.serve(async (asked) => {
      heard.push(asked);
      return undefined;
    });
    // Requests are served one after the other: this one's answer says that the one before is done with.
    while ((await readdir(state)).includes("request.json")) await Promise.resolve();
    expect(await companion.ask({ kind: "resync", tx: "tx-2" }, 10_000)).toBeUndefined();
    expect(heard).toEqual([{ kind: "resync", tx: "tx-2" }]);
    serving.dispose();
  });
});

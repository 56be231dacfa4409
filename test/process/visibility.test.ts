import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  allApplied,
  type PeerProcess,
  Scene,
  type SpaceProcesses,
  shareAndCommit,
  startAgent,
  startTeam,
} from "./harness.ts";
import { type Line, type Running, resultOf } from "./processes.ts";

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open();
});
afterEach(() => scene.close());

const secretMark = "canary-9f31";
const before = `API_KEY=${secretMark}-one\nLOCAL=1\n`;

interface Pair {
  readonly team: SpaceProcesses;
  readonly ana: PeerProcess;
  readonly bo: PeerProcess;
  /** The revision that shared API_KEY. */
  readonly revision: number;
}

async function startPair(): Promise<Pair> {
  const team = await startTeam(scene, { ana: before, bo: before });
  const [ana, bo] = team.peers as [PeerProcess, PeerProcess];
  const revision = Number((await shareAndCommit(scene, ana.folder, "API_KEY")).lines.at(-1)?.revision);
  await allApplied(team.peers, revision);
  return { team, ana, bo, revision };
}

async function restart(peer: PeerProcess, args: readonly string[], failpoint?: "participant.after-vote") {
  await peer.agent.stop("SIGTERM");
  if (failpoint) return startAgent(scene, peer.folder, { failpoint });
  const agent = scene.start(["agent", "--json", "--dir", peer.folder, ...args]);
  await agent.waitForEvent("ready");
  return agent;
}

function statusOf(peer: PeerProcess): Promise<Line> {
  return scene.ok(["status", "--dir", peer.folder]);
}

function setKey(peer: PeerProcess, value: string): Promise<Line> {
  return scene.ok(["set", `API_KEY=${secretMark}-${value}`, "--dir", peer.folder]);
}

/** Asks for the status until `wanted` holds; every look is a process that takes its time. */
async function statusWhen(peer: PeerProcess, wanted: (status: Line) => boolean): Promise<Line> {
  for (let look = 0; look < 20; look += 1) {
    const status = await statusOf(peer);
    if (wanted(status)) return status;
  }
  throw new Error(`status never came to be as awaited: ${JSON.stringify(await statusOf(peer))}`);
}

describe("a voter that is gone", () => {
  it("after its YES: the commit stands, and the status says who has it and who gets it on return", async () => {
    const { ana, bo } = await startPair();
    const doomed = await restart(bo, [], "participant.after-vote");
    await setKey(ana, "two");
    const { revision } = await scene.ok(["commit", "--dir", ana.folder]);
    await doomed.ended();
    expect((await statusOf(ana)).spread).toEqual([{ revision, applied: 1, of: 2, waitingFor: ["bo"] }]);

    const agent = await startAgent(scene, bo.folder);
    await allApplied([{ ...bo, agent }], Number(revision));
    expect((await statusWhen(ana, ({ spread }) => (spread as unknown[]).length === 0)).spread).toEqual([]);
  });

  it("before: wait says who, since when, and what happens then; strict fails at once by name", async () => {
    const { ana, bo } = await startPair();
    await bo.agent.stop("SIGTERM");
    await setKey(ana, "two");
    const waiting = scene.start(["commit", "--json", "--policy", "wait", "--dir", ana.folder]);
    await waiting.waitForNote("Waiting for bo");
    const { transactions } = await statusWhen(ana, (status) => (status.transactions as Line[]).length > 0);
    const [transaction = {}] = transactions as Line[];
    expect(transaction).toMatchObject({ phase: "waiting", keys: ["API_KEY"], waits: [{ name: "bo" }] });
    const [waits] = transaction.waits as Line[];
    expect(Date.parse(String(waits?.since))).toBeLessThanOrEqual(Date.now());
    expect(waits).not.toHaveProperty("detachAt");
    expect(String(transaction.outcome)).toContain("aborted at");

    const strict = await scene.json(["commit", "--policy", "strict", "--dir", ana.folder]);
    expect(strict.code).toBe(1);
    expect(strict.lines.at(-1)).toMatchObject({ outcome: "aborted", code: "ABSENT" });
    expect(String(strict.lines.at(-1)?.reason)).toContain("bo");

    await startAgent(scene, bo.folder);
    expect((await resultOf(waiting)).lines.at(-1)).toMatchObject({ outcome: "committed" });
  });
});

describe("a peer whose person reviews", () => {
  /** A commit of ana that waits for bo's person. */
  async function asked(agent: Running, ana: PeerProcess): Promise<{ committing: Running; tx: string }> {
    const committing = scene.start(["commit", "--json", "--dir", ana.folder, "--review", "60"]);
    const { tx, keys } = await agent.waitForEvent("review");
    expect(keys).toEqual(["API_KEY"]);
    await committing.waitForEvent("reviewing", { peer: "bo" });
    return { committing, tx: String(tx) };
  }

  it("is shown what waits, declines with a reason that the author reads, and accepts the next", async () => {
    const { ana, bo } = await startPair();
    const agent = await restart(bo, ["--review"]);
    await setKey(ana, "two");
    const first = await asked(agent, ana);
    const [listed] = (await scene.json(["review", "--dir", bo.folder])).lines;
    expect(listed).toMatchObject({ tx: first.tx, author: "ana", keys: ["API_KEY"] });
    expect((await statusOf(bo)).reviews).toMatchObject([{ tx: first.tx }]);
    const remaining = Date.parse(String(listed?.deadline)) - Date.now();
    expect(remaining).toBeGreaterThan(0);
    expect(remaining).toBeLessThanOrEqual(60_000);

    await scene.ok(["review", first.tx, "--decline", "--reason", "not on a Friday", "--dir", bo.folder]);
    const declined = await resultOf(first.committing);
    expect(declined.lines.at(-1)).toMatchObject({ outcome: "aborted", code: "DECLINED" });
    expect(String(declined.lines.at(-1)?.reason)).toContain("not on a Friday");
    const late = await scene.json(["review", first.tx, "--accept", "--dir", bo.folder]);
    expect(late.error?.code).toBe("NOT_IN_DOUBT");

    const from = agent.lines.length;
    const committing = scene.start(["commit", "--json", "--dir", ana.folder]);
    const second = await agent.waitForEvent("review", {}, undefined, from);
    await scene.ok(["review", String(second.tx), "--accept", "--dir", bo.folder]);
    expect((await resultOf(committing)).lines.at(-1)).toMatchObject({ outcome: "committed" });
  });

  it("may say so in .envpact.json", async () => {
    const { ana, bo } = await startPair();
    const config = join(bo.folder, ".envpact.json");
    await writeFile(config, JSON.stringify({ ...JSON.parse(await readFile(config, "utf8")), review: true }));
    const agent = await restart(bo, []);
    await setKey(ana, "two");
    const { committing, tx } = await asked(agent, ana);
    await scene.ok(["review", tx, "--accept", "--dir", bo.folder]);
    expect((await resultOf(committing)).code).toBe(0);
  });
});

describe("a change that was refused for want of consent", () => {
  it("stays in the status with all its keys, beside an agent, too, until they are allowed and committed", async () => {
    const { ana, bo } = await startPair();
    for (const key of ["PATH", "NODE_OPTIONS"]) {
      await scene.ok(["set", `${key}=${secretMark}`, "--dir", ana.folder]);
      await scene.ok(["share", key, "--dir", ana.folder]);
    }
    const refused = (await scene.json(["commit", "--dir", ana.folder])).lines.at(-1);
    expect(refused).toMatchObject({ outcome: "aborted", code: "CONSENT_NEEDED" });
    const consentsOf = async () => (await scene.ok(["status", "--dir", bo.folder])).consents;
    expect(await consentsOf()).toMatchObject([
      { author: "ana", keys: ["PATH", "NODE_OPTIONS"], next: "envpact allow PATH NODE_OPTIONS" },
    ]);
    const status = scene.start(["status", "--dir", bo.folder]);
    await status.ended();
    expect(status.stdout).toContain("To let others change it: envpact allow PATH NODE_OPTIONS");
    expect(status.stdout).not.toContain(secretMark);
    await scene.ok(["allow", "PATH", "--dir", bo.folder]);
    expect(await consentsOf()).toMatchObject([{ keys: ["NODE_OPTIONS"] }]);
    await scene.ok(["allow", "NODE_OPTIONS", "--dir", bo.folder]);
    expect(await consentsOf()).toEqual([]);
    const committed = (await scene.json(["commit", "--dir", ana.folder])).lines.at(-1);
    expect(committed).toMatchObject({ outcome: "committed" });
    expect(await consentsOf()).toEqual([]);
  });
});

describe("a transaction that is over", () => {
  it("has a timeline on each machine that saw it, without a value anywhere", async () => {
    const { team, ana, bo, revision } = await startPair();
    const trace = await scene.ok(["trace", String(revision), "--dir", ana.folder]);
    const marks = (trace.marks as Line[]).map(({ kind, peer }) => `${String(peer)} ${String(kind)}`);
    expect(trace).toMatchObject({ revision, outcome: "committed", author: "ana", keys: ["API_KEY"] });
    expect(marks[0]).toBe("ana submitted");
    expect(marks).toEqual(
      expect.arrayContaining(
        ["ana", "bo"].flatMap((peer) => [`${peer} prepare`, `${peer} yes`, `${peer} applied`]),
      ),
    );
    const order = ["ana submitted", "bo prepare", "bo yes", "ana committed", "bo applied"];
    expect(order.map((mark) => marks.indexOf(mark))).toEqual(
      order.map((mark) => marks.indexOf(mark)).sort((a, b) => a - b),
    );
    const times = (trace.marks as Line[]).map(({ at }) => Date.parse(String(at)));
    expect(times).toEqual([...times].sort((a, b) => a - b));

    await Promise.all(team.peers.map(({ agent }) => agent.stop("SIGTERM")));
    const seen = await scene.ok(["trace", String(revision), "--dir", bo.folder]);
    const own = (seen.marks as Line[]).filter(({ peer }) => peer === "bo").map(({ kind }) => kind);
    expect(own).toEqual(expect.arrayContaining(["prepare", "yes", "committed", "applied"]));

    const peers = join(scene.root, "home", "state", "peers");
    for (const folder of await readdir(peers)) {
      expect(await readFile(join(peers, folder, "traces.jsonl"), "utf8")).not.toContain(secretMark);
    }
  });
});

describe("what differs", () => {
  it("is told by name, and with all three sides only when they are to be revealed", async () => {
    const { ana, revision } = await startPair();
    await setKey(ana, "two");
    const masked = await scene.json(["diff", "--dir", ana.folder]);
    expect(masked.lines).toMatchObject([{ key: "API_KEY", kind: "changed", author: "ana", revision }]);
    expect(JSON.stringify(masked.lines)).not.toContain(secretMark);
    expect(await scene.ok(["diff", "--reveal", "--dir", ana.folder])).toMatchObject({
      base: `${secretMark}-one`,
      theirs: `${secretMark}-one`,
      mine: `${secretMark}-two`,
    });

    const { revision: next } = await scene.ok(["commit", "--dir", ana.folder]);
    expect((await scene.json(["diff", "--dir", ana.folder])).lines).toEqual([]);
    const range = `${revision}..${String(next)}`;
    const between = await scene.ok(["diff", range, "--dir", ana.folder]);
    expect(between).toEqual({ env: "default", key: "API_KEY", op: "set" });
    expect(await scene.ok(["diff", range, "--reveal", "--dir", ana.folder])).toMatchObject({
      before: `${secretMark}-one`,
      after: `${secretMark}-two`,
    });
    expect((await scene.json(["diff", "999", "--dir", ana.folder])).error?.code).toBe("REVISION_UNKNOWN");
  });
});

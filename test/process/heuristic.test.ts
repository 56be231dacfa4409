import { readdir } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  allApplied,
  type Failpoint,
  type PeerProcess,
  Scene,
  shareAndCommit,
  startAgent,
  startTeam,
} from "./harness.ts";
import type { Line } from "./processes.ts";

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open();
});
afterEach(() => scene.close());

const before = "API_KEY=one\nLOCAL=1\n";
const after = "API_KEY=two\nLOCAL=1\n";

interface Doubt {
  readonly ana: PeerProcess;
  readonly bo: PeerProcess;
  readonly tx: string;
  /** Starts the coordinator where it was. */
  readonly comeBack: () => Promise<void>;
}

/** Two peers of which bo is in doubt about API_KEY: the coordinator died around its decision and stays away. */
async function startDoubt(failpoint: Failpoint): Promise<Doubt> {
  const team = await startTeam(scene, { ana: before, bo: before });
  const [ana, bo] = team.peers as [PeerProcess, PeerProcess];
  const shared = (await shareAndCommit(scene, ana.folder, "API_KEY")).lines.at(-1);
  await allApplied(team.peers, Number(shared?.revision));
  await scene.ok(["set", "API_KEY=two", "--dir", ana.folder]);
  const listen = ["--listen", `127.0.0.1:${new URL(team.coordinator.url).port}`];
  const connected = team.peers.map(({ agent }) => agent.lines.length);
  await team.coordinator.running.stop("SIGTERM");
  const doomed = await scene.coordinator(listen, { failpoint });
  await Promise.all(
    team.peers.map(({ agent }, index) => agent.waitForEvent("connected", {}, undefined, connected[index])),
  );
  const committing = scene.start(["commit", "--json", "--dir", ana.folder]);
  expect((await doomed.running.ended()).signal).toBe("SIGKILL");
  // The author would ask again when the coordinator is back; here it is gone, and the outcome stays what it was.
  await committing.stop("SIGKILL");
  const { tx } = await bo.agent.waitForEvent("in-doubt");
  return {
    ana,
    bo,
    tx: String(tx),
    comeBack: async () => void (await scene.coordinator(listen)),
  };
}

function statusOf(peer: PeerProcess): Promise<Line> {
  return scene.ok(["status", "--dir", peer.folder]);
}

describe("a transaction in doubt", () => {
  it("says since when, about which keys, what it waits for and what can be done; and nothing is forced unconfirmed", async () => {
    const { bo, tx } = await startDoubt("coordinator.before-decision");
    const [told] = (await statusOf(bo)).inDoubt as Line[];
    expect(told).toMatchObject({ tx, keys: ["API_KEY"] });
    expect(Date.parse(String(told?.since))).toBeLessThanOrEqual(Date.now());
    expect(Number(told?.ageSeconds)).toBeGreaterThanOrEqual(0);
    expect(String(told?.waitsFor)).toContain("coordinator");
    expect(String(told?.next)).toContain(`envpact force ${tx}`);

    const unconfirmed = await scene.json(["force", tx, "--commit", "--dir", bo.folder]);
    expect(unconfirmed.code).toBe(2);
    expect(unconfirmed.error?.next).toContain(`--confirm ${tx}`);
    const mistyped = await scene.json(["force", tx, "--abort", "--confirm", "x", "--dir", bo.folder]);
    expect(mistyped.code).toBe(2);
    expect((await statusOf(bo)).inDoubt).toHaveLength(1);
    expect(await scene.read(bo.folder)).toBe(before);
  });

  it("that was committed, forced to commit: the file has the value at once, and later it is the same", async () => {
    const { bo, tx, comeBack } = await startDoubt("coordinator.after-decision");
    const forced = await scene.ok(["force", tx, "--commit", "--confirm", tx, "--dir", bo.folder]);
    expect(forced).toMatchObject({ tx, forced: "commit", status: "pending" });
    expect(await scene.read(bo.folder)).toBe(after);
    expect(await statusOf(bo)).toMatchObject({ inDoubt: [], heuristics: [{ tx, status: "pending" }] });

    await comeBack();
    const same = await bo.agent.waitForEvent("heuristic", { status: "same" });
    await allApplied([bo], Number(same.revision));
    expect(await statusOf(bo)).toMatchObject({ drift: [], heuristics: [{ tx, status: "same" }] });
    expect(await scene.read(bo.folder)).toBe(after);
  });

  it("that was never committed, forced to commit without an agent: mixed, until resync puts the log's value back", async () => {
    const { bo, tx, comeBack } = await startDoubt("coordinator.before-decision");
    await bo.agent.stop("SIGTERM");
    await scene.ok(["force", tx, "--commit", "--confirm", tx, "--dir", bo.folder]);
    expect(await scene.read(bo.folder)).toBe(after);

    await comeBack();
    const agent = await startAgent(scene, bo.folder);
    await agent.waitForEvent("heuristic", { status: "mixed" });
    expect(await statusOf(bo)).toMatchObject({
      drift: [{ key: "API_KEY", kind: "changed" }],
      heuristics: [{ tx, forced: "commit", status: "mixed", keys: ["API_KEY"] }],
    });
    expect(await scene.read(bo.folder)).toBe(after);

    expect(await scene.ok(["resync", "--dir", bo.folder])).toMatchObject({ resynced: tx });
    expect(await scene.read(bo.folder)).toBe(before);
    expect(await statusOf(bo)).toMatchObject({ drift: [], heuristics: [] });
    expect(await scene.ok(["restore", "--dir", bo.folder])).toMatchObject({ key: "API_KEY" });
  });

  it("that was committed, forced to abort: mixed across a restart, the rest goes on, and resync brings the value", async () => {
    const { ana, bo, tx, comeBack } = await startDoubt("coordinator.after-decision");
    await scene.ok(["force", tx, "--abort", "--confirm", tx, "--dir", bo.folder]);
    expect(await scene.read(bo.folder)).toBe(before);
    await bo.agent.stop("SIGKILL");
    const agent = scene.start(["agent", "--json", "--dir", bo.folder]);
    await agent.waitForEvent("heuristic", { status: "pending" });

    await comeBack();
    const mixed = await agent.waitForEvent("heuristic", { status: "mixed" });
    const revision = Number(mixed.revision);
    await allApplied([{ ...bo, agent }, ana], revision);
    expect(await scene.read(ana.folder)).toBe(after);
    expect(await scene.read(bo.folder)).toBe(before);
    expect(await statusOf(bo)).toMatchObject({
      revision,
      drift: [{ key: "API_KEY", kind: "changed" }],
      heuristics: [{ tx, status: "mixed", revision }],
    });

    expect(await scene.ok(["diff", "--reveal", "--dir", bo.folder])).toMatchObject({
      key: "API_KEY",
      author: "ana",
      revision,
      base: "one",
      theirs: "two",
      mine: "one",
    });

    const other = (await shareAndCommit(scene, ana.folder, "LOCAL")).lines.at(-1);
    expect(other).toMatchObject({ outcome: "committed" });
    expect(await scene.read(bo.folder)).toBe(before);

    await scene.ok(["resync", tx, "--dir", bo.folder]);
    expect(await scene.read(bo.folder)).toBe(after);
    expect(await statusOf(bo)).toMatchObject({ drift: [], heuristics: [] });
  });

  it.each(["participant.before-force", "participant.after-force"] as const)(
    "forced to commit, with SIGKILL at %s: the next start brings the file to it",
    async (failpoint) => {
      const { bo, tx, comeBack } = await startDoubt("coordinator.after-decision");
      await bo.agent.stop("SIGTERM");
      const doomed = scene.start(["agent", "--json", "--dir", bo.folder], { failpoint });
      await doomed.waitForEvent("in-doubt");
      const forcing = scene.start(["force", tx, "--commit", "--confirm", tx, "--json", "--dir", bo.folder]);
      expect((await doomed.ended()).signal).toBe("SIGKILL");
      await forcing.stop("SIGKILL");

      const agent = scene.start(["agent", "--json", "--dir", bo.folder]);
      await agent.waitForEvent("heuristic", { status: "pending" });
      expect(await scene.read(bo.folder)).toBe(after);
      await comeBack();
      const same = await agent.waitForEvent("heuristic", { status: "same" });
      await allApplied([{ ...bo, agent }], Number(same.revision));
      expect(await scene.read(bo.folder)).toBe(after);
      expect((await readdir(bo.folder)).sort()).toEqual([".env", ".envpact.json"]);
    },
  );

  it("that was never committed, forced to abort: the same, and a note that resync takes away", async () => {
    const { bo, tx, comeBack } = await startDoubt("coordinator.before-decision");
    await scene.ok(["force", tx, "--abort", "--confirm", tx, "--dir", bo.folder]);
    await comeBack();
    await bo.agent.waitForEvent("heuristic", { status: "same" });
    expect(await scene.read(bo.folder)).toBe(before);
    await scene.ok(["resync", tx, "--dir", bo.folder]);
    expect((await statusOf(bo)).heuristics).toEqual([]);
  });

  it("cannot be forced when the coordinator is there", async () => {
    const { bo, tx, comeBack } = await startDoubt("coordinator.before-decision");
    const from = bo.agent.lines.length;
    await comeBack();
    await bo.agent.waitForEvent("resolved", { tx, outcome: "abort" }, undefined, from);
    const refused = await scene.json(["force", tx, "--abort", "--confirm", tx, "--dir", bo.folder]);
    expect(refused.code).toBe(1);
    expect(refused.error?.code).toBe("NOT_IN_DOUBT");
  });
});

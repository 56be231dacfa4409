import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  allApplied,
  type Failpoint,
  type PeerProcess,
  Scene,
  type SpaceProcesses,
  shareAndCommit,
  startTeam,
} from "./harness.ts";
import { type Running, resultOf } from "./processes.ts";

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open();
});
afterEach(() => scene.close());

const before = "API_KEY=one\nLOCAL=1\n";
const after = "API_KEY=two\nLOCAL=1\n";

/** A team of three that shares API_KEY, with the first folder's file edited and not yet committed. */
async function startEdited(): Promise<SpaceProcesses> {
  const team = await startTeam(scene, { ana: before, bo: before, cy: before });
  const folder = team.peers[0]?.folder ?? "";
  const shared = (await shareAndCommit(scene, folder, "API_KEY")).lines.at(-1);
  await allApplied(team.peers, Number(shared?.revision));
  await scene.ok(["set", "API_KEY=two", "--dir", folder]);
  return team;
}

/** The port of a URL, so that a coordinator can be started where it was. */
function portOf(url: string): string {
  return new URL(url).port;
}

/** Ends the coordinator and starts it at the same place, with a failpoint when one is given. */
async function restartCoordinator(team: SpaceProcesses, failpoint?: Failpoint): Promise<Running> {
  await team.coordinator.running.stop("SIGTERM");
  const listen = ["--listen", `127.0.0.1:${portOf(team.coordinator.url)}`];
  const connected = team.peers.map(({ agent }) => agent.lines.length);
  const { running } = await scene.coordinator(listen, failpoint === undefined ? {} : { failpoint });
  await Promise.all(
    team.peers.map(({ agent }, index) => agent.waitForEvent("connected", {}, undefined, connected[index])),
  );
  return running;
}

/** The revisions with their transactions as every peer has them; they must all be one history. */
async function commonHistory(team: SpaceProcesses): Promise<readonly { revision: number; tx: string }[]> {
  const logs = await Promise.all(
    team.peers.map(async ({ folder }) => {
      const { lines } = await scene.json(["log", "--all", "--dir", folder]);
      return lines.map(({ revision, tx }) => ({ revision: Number(revision), tx: String(tx) }));
    }),
  );
  for (const log of logs) expect(log).toEqual(logs[0]);
  return logs[0] ?? [];
}

/** Waits until all three read the committed value. */
async function expectAllAfter(
  team: SpaceProcesses,
  agents: readonly PeerProcess[],
  revision: number,
): Promise<void> {
  await allApplied(agents, revision);
  for (const { folder } of team.peers) expect(await scene.read(folder)).toBe(after);
  await commonHistory(team);
}

describe("SIGKILL of the coordinator", () => {
  it("before the decision record: the transaction never happened, on any side, and can be made again", async () => {
    const team = await startEdited();
    const doomed = await restartCoordinator(team, "coordinator.before-decision");
    const folder = team.peers[0]?.folder ?? "";
    const committing = scene.start(["commit", "--json", "--dir", folder, "--timeout", "30"]);
    expect((await doomed.ended()).signal).toBe("SIGKILL");
    await scene.coordinator(["--listen", `127.0.0.1:${portOf(team.coordinator.url)}`]);
    const result = await resultOf(committing, 45_000);
    // The author may ask again by itself (then it is committed) or learn that it was dropped; both are the truth.
    const outcome = result.lines.at(-1);
    if (outcome?.outcome === "committed") {
      await expectAllAfter(team, team.peers, Number(outcome.revision));
      return;
    }
    expect(outcome?.outcome).not.toBe("unknown");
    for (const { folder: other } of team.peers.slice(1)) expect(await scene.read(other)).toBe(before);
    const again = await scene.ok(["commit", "--dir", folder]);
    await expectAllAfter(team, team.peers, Number(again.revision));
  });

  it("after the decision record: the transaction is committed everywhere, and nobody is told it was aborted", async () => {
    const team = await startEdited();
    const doomed = await restartCoordinator(team, "coordinator.after-decision");
    const folder = team.peers[0]?.folder ?? "";
    const committing = scene.start(["commit", "--json", "--dir", folder, "--timeout", "30"]);
    expect((await doomed.ended()).signal).toBe("SIGKILL");
    await scene.coordinator(["--listen", `127.0.0.1:${portOf(team.coordinator.url)}`]);
    const result = await resultOf(committing, 45_000);
    expect(result.lines.at(-1)).toMatchObject({ outcome: "committed" });
    await expectAllAfter(team, team.peers, Number(result.lines.at(-1)?.revision));
    for (const { agent } of team.peers) {
      expect(agent.lines.filter((line) => line.outcome === "abort")).toEqual([]);
    }
  });

  it("in between commits: agents say so, come back by themselves and go on", async () => {
    const team = await startEdited();
    await team.coordinator.running.stop("SIGKILL");
    await Promise.all(team.peers.map(({ agent }) => agent.waitForEvent("disconnected")));
    await scene.coordinator(["--listen", `127.0.0.1:${portOf(team.coordinator.url)}`]);
    await Promise.all(team.peers.map(({ agent }) => agent.waitForEvent("connected")));
    const outcome = await scene.ok(["commit", "--dir", team.peers[0]?.folder ?? ""]);
    await expectAllAfter(team, team.peers, Number(outcome.revision));
  });
});

describe("SIGKILL of a peer", () => {
  it("between its YES and the COMMIT, with the coordinator killed too: it is in doubt until both are back", async () => {
    const team = await startEdited();
    const doomed = await restartCoordinator(team, "coordinator.after-decision");
    const folder = team.peers[0]?.folder ?? "";
    const committing = scene.start(["commit", "--json", "--dir", folder, "--timeout", "30"]);
    await doomed.ended();
    const bo = team.peers[1];
    if (!bo) throw new Error("no second peer");
    await bo.agent.stop("SIGKILL");
    expect(await scene.read(bo.folder)).toBe(before);
    const agent = scene.start(["agent", "--json", "--dir", bo.folder]);
    await agent.waitForEvent("in-doubt");
    expect(await scene.read(bo.folder)).toBe(before);
    await scene.coordinator(["--listen", `127.0.0.1:${portOf(team.coordinator.url)}`]);
    const outcome = (await resultOf(committing, 45_000)).lines.at(-1);
    expect(outcome).toMatchObject({ outcome: "committed" });
    const agents = team.peers.map((peer) => (peer === bo ? { ...bo, agent } : peer));
    await expectAllAfter(team, agents, Number(outcome?.revision));
  });
});

describe("SIGKILL of the author", () => {
  it("leaves one outcome: committed everywhere or nowhere", async () => {
    const team = await startEdited();
    const folder = team.peers[0]?.folder ?? "";
    const committing = scene.start(["commit", "--json", "--dir", folder]);
    await committing.waitForEvent("vote");
    await committing.stop("SIGKILL");
    const rest = await scene.json(["commit", "--dir", folder]);
    // Either it had been committed (then nothing is left to commit) or this commit did it.
    expect(rest.code === 0 || rest.error?.code === "NOTHING_TO_COMMIT").toBe(true);
    const [last] = await commonHistory(team);
    await expectAllAfter(team, team.peers, last?.revision ?? 0);
  });
});

import { copyFile, mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  allApplied,
  commitValue,
  journalOf,
  type PeerProcess,
  Scene,
  type SpaceProcesses,
  shareAndCommit,
  startAgent,
  startTeam,
} from "./harness.ts";
import { resultOf } from "./processes.ts";

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open();
});
afterEach(() => scene.close());

const start = "API_KEY=0\nLOCAL=1\n";
const dataDir = () => join(scene.root, "data");
const dataFile = () => join(dataDir(), "coordinator.sqlite");

/** A team of three with API_KEY shared and a commit of it by each in turn; the last revision. */
async function startBusy(args: readonly string[] = []): Promise<{ team: SpaceProcesses; revision: number }> {
  const team = await startTeam(scene, { ana: start, bo: start, cy: start }, args);
  const [ana] = team.peers;
  let revision = Number((await shareAndCommit(scene, ana?.folder ?? "", "API_KEY")).lines.at(-1)?.revision);
  for (const [at, peer] of team.peers.entries()) revision = await commitValue(scene, peer, String(at + 1));
  await allApplied(team.peers, revision);
  return { team, revision };
}

/** Ends the coordinator as a power failure does, and the agents, which hold the old key in memory. */
async function killAll({ coordinator, peers }: SpaceProcesses): Promise<void> {
  await coordinator.running.stop("SIGKILL");
  await Promise.all(peers.map(({ agent }) => agent.stop("SIGTERM")));
}

async function restart({ peers }: SpaceProcesses): Promise<PeerProcess[]> {
  await scene.coordinator();
  return await Promise.all(
    peers.map(async (peer) => ({ ...peer, agent: await startAgent(scene, peer.folder) })),
  );
}

async function transactions(folder: string): Promise<string[]> {
  const { lines } = await scene.json(["log", "--all", "--dir", folder]);
  return lines.map(({ revision, tx }) => `${revision} ${tx}`);
}

const recover = (...more: string[]) => ["recover", "team", "--data", dataDir(), ...more];

describe("a lost coordinator", () => {
  it("is rebuilt from its peers' journals with every revision, and commits and invitations go on", async () => {
    const { team, revision } = await startBusy();
    const before = await transactions(team.peers[0]?.folder ?? "");
    await killAll(team);
    await rm(dataDir(), { recursive: true });

    const recovered = await scene.ok(recover());
    expect(recovered).toMatchObject({ event: "recovered", revision, newKey: true, hasOwner: true });
    expect(recovered).toMatchObject({ unseen: [], strangers: [], setAside: [] });

    const peers = await restart(team);
    expect(await transactions(peers[0]?.folder ?? "")).toEqual(before);
    const [, bo] = peers;
    if (!bo) throw new Error("no second peer");
    const next = await commitValue(scene, bo, "after");
    expect(next).toBe(revision + 1);
    await allApplied(peers, next);
    for (const { folder } of peers) expect(await scene.read(folder)).toBe("API_KEY=after\nLOCAL=1\n");
    await scene.ok(["space", "invite", "team"]);
  });

  it("keeps its key when its damaged store still tells it, and the damaged file stays", async () => {
    const { team, revision } = await startBusy();
    await team.coordinator.running.stop("SIGTERM");
    const database = await import("node:sqlite").then(({ DatabaseSync }) => new DatabaseSync(dataFile()));
    database.exec("UPDATE log SET body = '{' WHERE rev = 3");
    database.close();
    const refused = await scene.json(["coordinator", "--data", dataDir()]);
    expect(refused.error?.code).toBe("DATA_DAMAGED");

    const recovered = await scene.ok(recover());
    expect(recovered).toMatchObject({ revision, newKey: false });
    const kept = (await readdir(dataDir())).filter((name) => name.includes("before-recovery"));
    expect(kept.length).toBeGreaterThan(0);
    expect((recovered.setAside as string[]).length).toBe(kept.length);

    // The agents never went away: they trust the key still and come back by themselves.
    const connected = team.peers.map(({ agent }) => agent.lines.length);
    await scene.coordinator();
    await Promise.all(
      team.peers.map(({ agent }, at) => agent.waitForEvent("connected", {}, undefined, connected[at])),
    );
    const [ana] = team.peers;
    if (!ana) throw new Error("no first peer");
    await allApplied(team.peers, await commitValue(scene, ana, "after"));
  });

  it("is not rebuilt while it runs, nor when its store is whole and up to date", async () => {
    const { team } = await startBusy();
    const running = await scene.json(recover());
    expect(running.error?.code).toBe("DATA_LOCKED");
    await team.coordinator.running.stop("SIGTERM");
    const whole = await scene.json(recover());
    expect(whole.error?.code).toBe("SPACE_EXISTS");
    expect((await readdir(dataDir())).filter((name) => name.includes("before-recovery"))).toEqual([]);
  });

  it("that was set back to an old copy gets what its peers know", async () => {
    const { team, revision } = await startBusy();
    await team.coordinator.running.stop("SIGTERM");
    await copyFile(dataFile(), join(scene.root, "old.sqlite"));
    const coordinator = await scene.coordinator();
    const [ana] = team.peers;
    if (!ana) throw new Error("no first peer");
    const newer = await commitValue(scene, ana, "newer");
    expect(newer).toBe(revision + 1);
    await allApplied(team.peers, newer);
    await killAll({ ...team, coordinator });
    await rm(`${dataFile()}-wal`, { force: true });
    await copyFile(join(scene.root, "old.sqlite"), dataFile());
    expect(await scene.ok(recover())).toMatchObject({ revision: newer, newKey: false });
    const peers = await restart(team);
    await allApplied(peers, newer);
  });
});

describe("two histories", () => {
  it("stop a recovery, which names both journals, until one of them is taken away", async () => {
    const { team } = await startBusy();
    const [ana, bo] = team.peers;
    if (!ana || !bo) throw new Error("no peers");
    await killAll(team);
    await copyFile(dataFile(), join(scene.root, "old.sqlite"));
    await copyFile(`${dataFile()}-wal`, join(scene.root, "old.sqlite-wal"));

    // The others are away while Ana commits, and Ana is away while Bo commits at an older copy of the store.
    for (const peer of [ana, bo]) {
      const { running } = await scene.coordinator(["--detach-after", "0.1"]);
      const agent = await startAgent(scene, peer.folder);
      await commitValue(scene, peer, peer.name);
      await agent.stop("SIGTERM");
      await running.stop("SIGKILL");
      await rm(dataDir(), { recursive: true });
      await mkdir(dataDir());
      await copyFile(join(scene.root, "old.sqlite"), dataFile());
      await copyFile(join(scene.root, "old.sqlite-wal"), `${dataFile()}-wal`);
    }
    await rm(dataDir(), { recursive: true });

    const journal = await journalOf(scene, ana.folder);
    const forked = await scene.json(recover());
    expect(forked.error?.code).toBe("FORKED");
    expect(forked.error?.message).toContain(journal);
    expect(forked.error?.message).toContain(await journalOf(scene, bo.folder));
    await rename(journal, join(scene.root, "ana.journal"));
    const copied = await scene.json(recover("--from", join(scene.root, "ana.journal")));
    expect(copied.error?.code).toBe("FORKED");
    expect(await scene.ok(recover())).toMatchObject({ unseen: ["ana"], strangers: [] });
  });
});

/** A team whose lost coordinator may have committed a change: all promised it, none knows its outcome. */
async function doubt(): Promise<SpaceProcesses> {
  const { team } = await startBusy();
  const [ana] = team.peers;
  if (!ana) throw new Error("no first peer");
  await team.coordinator.running.stop("SIGTERM");
  const doomed = await scene.coordinator([], { failpoint: "coordinator.before-decision" });
  await scene.ok(["set", "API_KEY=doubted", "--dir", ana.folder]);
  const committing = scene.start(["commit", "--json", "--dir", ana.folder, "--timeout", "5"]);
  await doomed.running.ended();
  await resultOf(committing);
  await Promise.all(team.peers.map(({ agent }) => agent.stop("SIGTERM")));
  await rm(dataDir(), { recursive: true });
  return team;
}

describe("a transaction that may have been acknowledged", () => {
  it.each(["commit", "abort"] as const)("needs a person's word: %s", async (outcome) => {
    const team = await doubt();
    const asked = await scene.json(recover());
    expect(asked.error?.code).toBe("IN_DOUBT");
    expect(asked.error?.message).toContain("API_KEY");
    expect(asked.error?.next).toContain("--in-doubt");
    const recovered = await scene.ok(recover("--in-doubt", outcome));
    expect(recovered.inDoubt).toMatchObject({ outcome });
    const peers = await restart(team);
    const value = outcome === "commit" ? "doubted" : "3";
    const { tx } = recovered.inDoubt as { tx: string };
    const authors = (await scene.json(["log", "--dir", peers[1]?.folder ?? ""])).lines
      .filter((line) => line.tx === tx)
      .map(({ author }) => author);
    expect(authors).toEqual(outcome === "commit" ? ["ana"] : []);
    for (const { folder } of peers.slice(1))
      expect(await scene.read(folder)).toBe(`API_KEY=${value}\nLOCAL=1\n`);
    const [ana, bo] = peers;
    if (!ana || !bo) throw new Error("no peers");
    // The author's own edit is still there, to be committed again or not.
    if (outcome === "abort") await scene.ok(["discard", "--dir", ana.folder]);
    await allApplied(peers, await commitValue(scene, bo, "after"));
  });
});

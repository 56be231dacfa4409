import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  allApplied,
  commitValue,
  joinTeam,
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
const coordinatorArgs = ["--keep-revisions", "3", "--detach-after", "0.2"];

/** Ana, Bo and Cy with API_KEY shared and in all files. */
async function startShared(): Promise<SpaceProcesses> {
  const team = await startTeam(scene, { ana: start, bo: start, cy: start }, coordinatorArgs);
  const shared = await shareAndCommit(scene, team.peers[0]?.folder ?? "", "API_KEY");
  await allApplied(team.peers, Number(shared.lines.at(-1)?.revision));
  return team;
}

/** Ana commits until nothing that Cy holds is above the coordinator's floor; the last revision. */
async function goOnWithout(ana: PeerProcess): Promise<number> {
  let revision = 0;
  for (let round = 1; round <= 8; round += 1) revision = await commitValue(scene, ana, `round-${round}`);
  return revision;
}

async function logOf(folder: string): Promise<{ revision: number; tx: string }[]> {
  const { lines } = await scene.json(["log", "--all", "--dir", folder]);
  return lines.flatMap(({ revision, tx }) => {
    return revision === undefined ? [] : [{ revision: Number(revision), tx: String(tx) }];
  });
}

describe("a peer that is behind what the coordinator keeps", () => {
  it("gets the state, keeps its local edits, and takes part again", async () => {
    const team = await startShared();
    const [ana, , cy] = team.peers;
    if (!ana || !cy) throw new Error("no peers");
    await cy.agent.stop("SIGTERM");
    const head = await goOnWithout(ana);
    await scene.ok(["set", "API_KEY=mine", "MINE=2", "--dir", cy.folder]);

    // A command beside it, with the old journal: the newest revisions are there, the others are named as compacted.
    const early = await logOf(cy.folder);
    expect(early[0]?.revision).toBe(head);
    const old = await scene.json(["show", "2", "--dir", cy.folder]);
    expect(old.error?.code).toBe("REVISION_COMPACTED");

    const agent = await startAgent(scene, cy.folder);
    expect(await scene.read(cy.folder)).toBe("API_KEY=round-8\nLOCAL=1\nMINE=2\n");
    const restored = await scene.json(["restore", "--dir", cy.folder]);
    expect(JSON.stringify(restored.lines)).toContain("API_KEY");
    const next = await commitValue(scene, { ...cy, agent }, "again");
    await allApplied([ana], next);
    expect(await scene.read(ana.folder)).toBe("API_KEY=again\nLOCAL=1\n");
    // Ana holds the whole log, Cy its end: what both hold is one history.
    const whole = await logOf(ana.folder);
    expect(whole).toEqual(expect.arrayContaining(await logOf(cy.folder)));
    expect(whole.length).toBeGreaterThan(10);
  });

  it("may be new: it joins with the state", async () => {
    const team = await startShared();
    const [ana] = team.peers;
    if (!ana) throw new Error("no peer");
    await goOnWithout(ana);
    const folder = await scene.folder("dan", { ".env": "OWN=1\n" });
    await joinTeam(scene, folder, "dan");
    const agent = await startAgent(scene, folder);
    expect(await scene.read(folder)).toBe("OWN=1\nAPI_KEY=round-8\n");
    const next = await commitValue(scene, { name: "dan", folder, agent }, "dan's");
    await allApplied([ana], next);
  });

  it.each(["participant.before-snapshot", "participant.after-snapshot"] as const)(
    "is killed at %s and finishes on its return",
    async (failpoint) => {
      const team = await startShared();
      const [ana, , cy] = team.peers;
      if (!ana || !cy) throw new Error("no peers");
      await cy.agent.stop("SIGTERM");
      await goOnWithout(ana);
      const doomed = scene.start(["agent", "--json", "--dir", cy.folder], { failpoint });
      expect((await doomed.ended()).signal).toBe("SIGKILL");
      expect(await scene.read(cy.folder)).toBe(start);
      await startAgent(scene, cy.folder);
      expect(await scene.read(cy.folder)).toBe("API_KEY=round-8\nLOCAL=1\n");
    },
  );

  it("learns what its promise became though that revision is compacted", async () => {
    const team = await startShared();
    const [ana, , cy] = team.peers;
    if (!ana || !cy) throw new Error("no peers");
    await cy.agent.stop("SIGTERM");
    const failpoint = "participant.after-vote";
    const doomed = await startAgent(scene, cy.folder, { failpoint });
    await scene.ok(["set", "API_KEY=promised", "--dir", ana.folder]);
    const committing = scene.start(["commit", "--json", "--dir", ana.folder]);
    expect((await doomed.ended()).signal).toBe("SIGKILL");
    const outcome = (await resultOf(committing)).lines.at(-1);
    expect(outcome?.outcome).toBe("committed");
    expect(await scene.read(cy.folder)).toBe(start);
    await goOnWithout(ana);
    const agent = await startAgent(scene, cy.folder);
    expect(agent.lines.some(({ outcome: said }) => said === "abort")).toBe(false);
    expect(await scene.read(cy.folder)).toBe("API_KEY=round-8\nLOCAL=1\n");
    const next = await commitValue(scene, { ...cy, agent }, "after");
    await allApplied([ana], next);
  });
});

describe("a compacted coordinator", () => {
  it("holds no old body, comes back after SIGKILL, and can be rebuilt by a peer that took its snapshot", async () => {
    const team = await startShared();
    const [ana, bo, cy] = team.peers;
    if (!ana || !bo || !cy) throw new Error("no peers");
    await cy.agent.stop("SIGTERM");
    const head = await goOnWithout(ana);
    const returned = await startAgent(scene, cy.folder);
    await team.coordinator.running.stop("SIGKILL");
    const file = join(scene.root, "data", "coordinator.sqlite");
    const { DatabaseSync } = await import("node:sqlite");
    const database = new DatabaseSync(file, { readOnly: true });
    const kept = database.prepare("SELECT count(*) AS bodies FROM log WHERE body <> ''").get();
    const all = database.prepare("SELECT count(*) AS revisions FROM log").get();
    database.close();
    expect(Number(kept?.bodies)).toBeLessThanOrEqual(5);
    expect(Number(all?.revisions)).toBeGreaterThanOrEqual(head);
    expect((await readFile(file)).includes("round-8")).toBe(false);

    const listen = ["--listen", `127.0.0.1:${new URL(team.coordinator.url).port}`];
    const { running } = await scene.coordinator([...coordinatorArgs, ...listen]);
    await Promise.all([ana, bo].map(({ agent }) => agent.waitForEvent("disconnected")));
    const after = await commitValue(scene, ana, "after");
    const everyone = [ana, bo, { ...cy, agent: returned }];
    await allApplied(everyone, after);

    // Only the journal that has no old bodies is left.
    await running.stop("SIGKILL");
    await Promise.all(everyone.map(({ agent }) => agent.stop("SIGTERM")));
    await rm(join(scene.root, "data"), { recursive: true });
    for (const { folder } of [ana, bo]) await rm(await journalOf(scene, folder));
    const recovered = await scene.ok(["recover", "team", "--data", join(scene.root, "data")]);
    expect(recovered).toMatchObject({ unseen: ["ana", "bo"], strangers: [] });
    // A voter that came back late may have been promoted in a revision of its own after the last commit.
    expect(Number(recovered.revision)).toBeGreaterThanOrEqual(after);
    await scene.coordinator(coordinatorArgs);
    const alone = { ...cy, agent: await startAgent(scene, cy.folder) };
    expect(await commitValue(scene, alone, "alone")).toBeGreaterThan(after);
    expect(await scene.read(cy.folder)).toBe("API_KEY=alone\nLOCAL=1\n");
  });
});

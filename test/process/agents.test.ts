import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { allApplied, joinTeam, Scene, shareAndCommit, startAgent, startTeam } from "./harness.ts";

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open();
});
afterEach(() => scene.close());

describe("an agent", () => {
  it("takes part for several folders, says ready for each, and ends with 0 on SIGTERM and on SIGINT", async () => {
    const team = await startTeam(scene, {});
    expect(team.peers).toEqual([]);
    const folders = [await scene.folder("a", { ".env": "A=1\n" }), await scene.folder("b", {})];
    await joinTeam(scene, folders[0] ?? "", "a");
    await joinTeam(scene, folders[1] ?? "", "b");
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      const agent = scene.start(["agent", "--json", ...folders.flatMap((folder) => ["--dir", folder])]);
      await Promise.all(["a", "b"].map((peer) => agent.waitForEvent("ready", { peer })));
      expect(await agent.stop(signal)).toEqual({ code: 0, signal: null });
    }
  });

  it("is the only one for its folder: a second one refuses with the pid of the first", async () => {
    const team = await startTeam(scene, { ana: "A=1\n" });
    const [ana] = team.peers;
    const second = await scene.json(["agent", "--dir", ana?.folder ?? ""]);
    expect(second).toMatchObject({ code: 1, error: { code: "PEER_BUSY" } });
    expect(second.error?.message).toContain(String(ana?.agent.pid));
    expect(ana?.agent.lines.some((line) => line.event === "disconnected")).toBe(false);
  });

  it("may start again at once after it was killed", async () => {
    const team = await startTeam(scene, { ana: "A=1\n" });
    await team.peers[0]?.agent.stop("SIGKILL");
    await startAgent(scene, team.peers[0]?.folder ?? "");
  });

  it("that starts before its coordinator says disconnected, then ready", async () => {
    const team = await startTeam(scene, { ana: "A=1\n" });
    const [ana] = team.peers;
    await ana?.agent.stop();
    await team.coordinator.running.stop();
    const agent = scene.start(["agent", "--json", "--dir", ana?.folder ?? ""]);
    await agent.waitForEvent("disconnected");
    await scene.coordinator(["--listen", new URL(team.coordinator.url).host]);
    await agent.waitForEvent("ready");
  });

  it("stops when nobody reads its events any more", async () => {
    const team = await startTeam(scene, { ana: "A=1\n" });
    const [ana] = team.peers;
    ana?.agent.closeStdout();
    await team.coordinator.running.stop();
    expect((await ana?.agent.ended())?.code).toBe(0);
  });

  it("ends when its folder leaves the space", async () => {
    const team = await startTeam(scene, { ana: "A=1\n" });
    const [ana] = team.peers;
    await scene.ok(["leave", "--dir", ana?.folder ?? ""]);
    expect((await ana?.agent.ended())?.code).toBe(1);
    expect(ana?.agent.lines.at(-1)).toMatchObject({ error: { code: "NOT_A_PEER" } });
  });
});

describe("commands beside a running agent", () => {
  it("speak as the same peer, whose one vote comes from the agent", async () => {
    const team = await startTeam(scene, { ana: "A=1\n", bo: "A=1\n" });
    const [ana] = team.peers;
    const result = await shareAndCommit(scene, ana?.folder ?? "", "A");
    const votes = result.lines.filter((line) => line.event === "vote");
    expect(votes.map(({ peer }) => peer).sort()).toEqual(["ana", "bo"]);
    await allApplied(team.peers, Number(result.lines.at(-1)?.revision));
    expect(ana?.agent.lines.filter((line) => line.event === "vote")).toHaveLength(1);
    const status = await scene.ok(["status", "--dir", ana?.folder ?? ""]);
    expect(status.peers).toHaveLength(2);
    expect(status.revision).toBe(result.lines.at(-1)?.revision);
  });

  it("see a drift that they make, and so does everyone else's status", async () => {
    const team = await startTeam(scene, { ana: "A=1\n", bo: "A=1\n" });
    const [ana, bo] = team.peers;
    const shared = await shareAndCommit(scene, ana?.folder ?? "", "A");
    await allApplied(team.peers, Number(shared.lines.at(-1)?.revision));
    await scene.ok(["set", "A=2", "--dir", bo?.folder ?? ""]);
    const status = await scene.ok(["status", "--dir", bo?.folder ?? ""]);
    expect(status.drift).toEqual([{ env: "default", key: "A", kind: "changed" }]);
  });
});

describe("without an agent", () => {
  it("commit takes part itself, and leaves the files at the new revision", async () => {
    const team = await startTeam(scene, { ana: "A=1\n", bo: "A=1\n" });
    const [ana, bo] = team.peers;
    await ana?.agent.stop();
    const first = await shareAndCommit(scene, ana?.folder ?? "", "A");
    expect(first.lines.at(-1)).toMatchObject({ outcome: "committed" });
    await bo?.agent.waitForEvent("applied", { revision: first.lines.at(-1)?.revision });
    await scene.ok(["set", "A=2", "--dir", bo?.folder ?? ""]);
    await ana?.agent.stop();
    const again = await startAgent(scene, ana?.folder ?? "");
    await scene.ok(["commit", "--dir", bo?.folder ?? ""]);
    await again.waitForEvent("applied");
    expect(await scene.read(ana?.folder ?? "")).toBe("A=2\n");
  });
});

describe("a peer that is away", () => {
  it("no longer holds commits up after a while, is named, and catches up when it is back", async () => {
    const team = await startTeam(scene, { ana: "A=1\n", bo: "A=1\n", cy: "A=1\n" }, ["--detach-after", "1"]);
    const [ana, bo, cy] = team.peers;
    const shared = await shareAndCommit(scene, ana?.folder ?? "", "A");
    await allApplied(team.peers, Number(shared.lines.at(-1)?.revision));
    await cy?.agent.stop();
    await scene.ok(["set", "A=2", "--dir", ana?.folder ?? ""]);
    const result = await scene.json(["commit", "--dir", ana?.folder ?? ""]);
    expect(result.lines.at(-1)).toMatchObject({ outcome: "committed", detached: ["cy"] });
    await bo?.agent.waitForEvent("applied", { revision: result.lines.at(-1)?.revision });
    expect(await scene.read(cy?.folder ?? "")).toBe("A=1\n");
    await scene.ok(["set", "A=3", "--dir", ana?.folder ?? ""]);
    const last = await scene.ok(["commit", "--dir", ana?.folder ?? ""]);
    const back = await startAgent(scene, cy?.folder ?? "");
    await back.waitFor((line) => Number(line.revision) >= Number(last.revision));
    expect(await scene.read(cy?.folder ?? "")).toBe("A=3\n");
    await scene.ok(["set", "A=4", "--dir", ana?.folder ?? ""]);
    const votes = (await scene.json(["commit", "--dir", ana?.folder ?? ""])).lines;
    expect(votes).toContainEqual(expect.objectContaining({ event: "vote", peer: "cy", vote: "yes" }));
  });

  it("can be given up on: the commit ends at its timeout and changes nothing", async () => {
    const team = await startTeam(scene, { ana: "A=1\n", bo: "A=1\n" });
    const [ana, bo] = team.peers;
    await bo?.agent.stop();
    await scene.ok(["share", "A", "--dir", ana?.folder ?? ""]);
    const result = await scene.json(["commit", "--timeout", "1", "--dir", ana?.folder ?? ""]);
    expect(result).toMatchObject({ code: 1 });
    expect(result.lines.at(-1)).toMatchObject({ outcome: "aborted", code: "TIMEOUT" });
    expect(result.lines.at(-1)?.reason).toContain("bo");
    expect(result.stderr).toContain("bo");
    expect((await scene.json(["log", "--dir", ana?.folder ?? ""])).lines).toEqual([]);
  });

  it("can be given up on by Ctrl+C while it is undecided", async () => {
    const team = await startTeam(scene, { ana: "A=1\n", bo: "A=1\n" });
    const [ana, bo] = team.peers;
    await bo?.agent.stop();
    await scene.ok(["share", "A", "--dir", ana?.folder ?? ""]);
    const committing = scene.start(["commit", "--json", "--dir", ana?.folder ?? ""]);
    await committing.waitForNote("bo");
    expect((await committing.stop("SIGINT")).code).toBe(1);
    expect(committing.lines.at(-1)).toMatchObject({ outcome: "aborted", code: "CANCELLED" });
  });
});

import { chmod, mkdir, rename, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { allApplied, Scene, type SpaceProcesses, shareAndCommit, startTeam } from "./harness.ts";
import type { Result } from "./processes.ts";

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open();
});
afterEach(() => scene.close());

/** Three files with the key in different surroundings: BOM, CRLF, comments, quotes, no final newline, junk. */
const files = {
  ana: "# ana\nAPI_KEY=one\nLOCAL=1\n",
  bo: "\uFEFF# bo\r\nexport OTHER='a b'\r\n\r\nAPI_KEY=\"one\" # rotate me\r\njunk line\r\nLAST=x",
  cy: "API_KEY=one\n\n\n# tail without a newline",
};

/** Shares API_KEY and brings all three to the commit's revision. */
async function startSharing(): Promise<SpaceProcesses> {
  const team = await startTeam(scene, files);
  const [ana] = team.peers;
  const result = await shareAndCommit(scene, ana?.folder ?? "", "API_KEY");
  expect(result.lines.at(-1)).toMatchObject({ outcome: "committed" });
  await allApplied(team.peers, Number(result.lines.at(-1)?.revision));
  return team;
}

/** Changes API_KEY in the first folder and commits it. */
async function commitChange(team: SpaceProcesses, value = "two"): Promise<Result> {
  const folder = team.peers[0]?.folder ?? "";
  await scene.ok(["set", `API_KEY=${value}`, "--dir", folder]);
  return await scene.json(["commit", "--dir", folder, "-m", "rotate"]);
}

/** What each of the three files reads as now. */
function contents(team: SpaceProcesses): Promise<string[]> {
  return Promise.all(team.peers.map(({ folder }) => scene.read(folder)));
}

describe("three agents", () => {
  it("all get a committed key, and every other byte of their files stays", async () => {
    const team = await startSharing();
    const result = await commitChange(team);
    expect(result.code).toBe(0);
    const outcome = result.lines.at(-1);
    expect(outcome).toMatchObject({ outcome: "committed" });
    const votes = result.lines.filter((line) => line.event === "vote");
    expect(votes.map(({ peer, vote }) => `${peer} ${vote}`).sort()).toEqual(["ana yes", "bo yes", "cy yes"]);
    await allApplied(team.peers, Number(outcome?.revision));
    expect(await contents(team)).toEqual(
      Object.values(files).map((text) =>
        text.replace("API_KEY=one", "API_KEY=two").replace('"one"', '"two"'),
      ),
    );
  });

  it("tell each what they voted and what was applied, by key and never by value", async () => {
    const team = await startSharing();
    const outcome = (await commitChange(team, "s3cr3t-canary")).lines.at(-1);
    await allApplied(team.peers, Number(outcome?.revision));
    for (const { agent, name } of team.peers) {
      const applied = agent.lines.filter((line) => line.event === "applied").at(-1);
      expect(applied).toMatchObject({ peer: name, revision: outcome?.revision, keys: ["API_KEY"] });
      expect(agent.lines.some((line) => line.event === "vote" && line.vote === "yes")).toBe(true);
      expect(agent.strayLines).toEqual([]);
      expect(JSON.stringify(agent.lines) + agent.stderr).not.toContain("s3cr3t-canary");
    }
  });

  it("get a removed key removed, and a reverted one back", async () => {
    const team = await startSharing();
    const [ana] = team.peers;
    const dir = ["--dir", ana?.folder ?? ""];
    await scene.ok(["unset", "API_KEY", ...dir]);
    const removed = await scene.ok(["commit", ...dir]);
    await allApplied(team.peers, Number(removed.revision));
    for (const text of await contents(team)) expect(text).not.toContain("API_KEY");
    const reverted = await scene.ok(["revert", String(removed.revision), ...dir]);
    await allApplied(team.peers, Number(reverted.revision));
    for (const { folder } of team.peers) {
      expect(await scene.ok(["get", "API_KEY", "--dir", folder])).toMatchObject({ value: "one" });
    }
  });

  it("never lose an update when two of them commit the same key at once", async () => {
    const team = await startSharing();
    const [ana, bo] = team.peers;
    await scene.ok(["set", "API_KEY=from-ana", "--dir", ana?.folder ?? ""]);
    await scene.ok(["set", "API_KEY=from-bo", "--dir", bo?.folder ?? ""]);
    const results = await Promise.all(
      [ana, bo].map((peer) => scene.json(["commit", "--dir", peer?.folder ?? ""])),
    );
    const committed = results.filter(({ code }) => code === 0);
    expect(committed.length).toBeLessThanOrEqual(1);
    for (const { code, lines } of results) {
      if (code !== 0)
        expect(lines.at(-1)).toMatchObject({
          outcome: "aborted",
          reason: expect.stringContaining("API_KEY"),
        });
    }
    if (committed.length === 0) return;
    const value = results[0]?.code === 0 ? "from-ana" : "from-bo";
    await allApplied(team.peers.slice(2), Number(committed[0]?.lines.at(-1)?.revision));
    expect(await contents(team).then((texts) => texts[2])).toContain(`API_KEY=${value}`);
  });
});

describe("one NO", () => {
  /** Expects that nothing changed anywhere since `before`, and that peer, key and reason are named. */
  async function expectRefused(
    team: SpaceProcesses,
    result: Result,
    before: readonly string[],
    code: string,
  ): Promise<void> {
    expect(result.code).toBe(1);
    const outcome = result.lines.at(-1);
    expect(outcome).toMatchObject({ outcome: "aborted", code });
    expect(outcome?.reason).toContain("bo");
    expect(outcome?.reason).toMatch(/API_KEY|\.env/);
    expect(result.lines).toContainEqual(expect.objectContaining({ event: "vote", peer: "bo", vote: "no" }));
    const bo = team.peers[1];
    await bo?.agent.waitForEvent("vote", { vote: "no" });
    expect(await contents(team)).toEqual(before);
    const status = await scene.ok(["status", "--dir", team.peers[2]?.folder ?? ""]);
    expect(status).toMatchObject({ drift: [], inDoubt: [] });
  }

  /** What the files hold once ana has edited hers. */
  async function edited(team: SpaceProcesses): Promise<string[]> {
    const texts = await contents(team);
    return [texts[0]?.replace("API_KEY=one", "API_KEY=two") ?? "", ...texts.slice(1)];
  }

  it("of a peer with another local value changes nothing anywhere", async () => {
    const team = await startSharing();
    await scene.ok(["set", "API_KEY=mine", "--dir", team.peers[1]?.folder ?? ""]);
    const before = await edited(team);
    await expectRefused(team, await commitChange(team), before, "DRIFT");
    expect(JSON.stringify(before)).toContain("mine");
  });

  it("of a peer whose file is read-only changes nothing anywhere", async () => {
    const team = await startSharing();
    const file = join(team.peers[1]?.folder ?? "", ".env");
    await chmod(file, 0o444);
    await expectRefused(team, await commitChange(team), await edited(team), "FILE_NOT_WRITABLE");
    expect((await stat(file)).mode & 0o777).toBe(0o444);
  });

  it("of a peer whose file is a link out of its folder changes nothing anywhere", async () => {
    const team = await startSharing();
    const folder = team.peers[1]?.folder ?? "";
    const outside = join(scene.root, "outside");
    await mkdir(outside);
    await rename(join(folder, ".env"), join(outside, ".env"));
    await symlink(join(outside, ".env"), join(folder, ".env"));
    await expectRefused(team, await commitChange(team), await edited(team), "FILE_OUTSIDE");
  });

  it("leaves room for the same commit once its cause is gone", async () => {
    const team = await startSharing();
    const bo = team.peers[1]?.folder ?? "";
    await scene.ok(["set", "API_KEY=mine", "--dir", bo]);
    expect((await commitChange(team)).code).toBe(1);
    expect(await scene.ok(["discard", "--dir", bo])).toMatchObject({ restored: ["API_KEY"] });
    const outcome = await scene.ok(["commit", "--dir", team.peers[0]?.folder ?? ""]);
    await allApplied(team.peers, Number(outcome.revision));
    for (const text of await contents(team)) expect(text).toMatch(/API_KEY="?two/);
  });
});

describe("keys that are not shared", () => {
  it("are never touched, and never come up in a commit", async () => {
    const team = await startSharing();
    const [ana] = team.peers;
    await writeFile(join(ana?.folder ?? "", ".env"), "API_KEY=two\nLOCAL=changed\nNEW=1\n");
    const outcome = await scene.ok(["commit", "--dir", ana?.folder ?? ""]);
    await allApplied(team.peers, Number(outcome.revision));
    const [entry] = (await scene.json(["log", "--dir", ana?.folder ?? ""])).lines;
    expect(entry?.changes).toEqual([{ env: "default", key: "API_KEY", op: "set" }]);
    expect((await contents(team)).slice(1).join("")).not.toContain("LOCAL");
  });

  it("that dangerous programs read need the receiver's consent", async () => {
    const team = await startSharing();
    const [ana, bo, cy] = team.peers.map(({ folder }) => folder);
    await scene.ok(["set", "NODE_OPTIONS=--trace-warnings", "--dir", ana ?? ""]);
    const refused = await shareAndCommit(scene, ana ?? "", "NODE_OPTIONS");
    expect(refused.lines.at(-1)).toMatchObject({ outcome: "aborted", code: "CONSENT_NEEDED" });
    for (const folder of [bo, cy]) await scene.ok(["allow", "NODE_OPTIONS", "--dir", folder ?? ""]);
    const outcome = await scene.ok(["commit", "--dir", ana ?? ""]);
    await allApplied(team.peers, Number(outcome.revision));
    expect(await scene.read(cy ?? "")).toContain("NODE_OPTIONS=--trace-warnings");
  });
});

import { access, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { allApplied, joinTeam, Scene, shareAndCommit, startTeam } from "./harness.ts";
import type { Line } from "./processes.ts";

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open();
});
afterEach(() => scene.close());

describe("the contract, from a first space to leaving it", () => {
  it("coordinator, space, join: each says exactly what the next one needs", async () => {
    const coordinator = await scene.coordinator();
    expect(coordinator.running.lines[0]).toEqual({ event: "listening", url: coordinator.url });
    expect(coordinator.url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+$/);

    const created = await scene.json(["space", "create", "team", "--coordinator", coordinator.url]);
    expect(created.lines).toEqual([{ space: "team", invite: expect.stringMatching(/^envpact:\S+$/) }]);
    const invited = await scene.ok(["space", "invite"]);
    expect(invited).toEqual({ space: "team", invite: expect.stringMatching(/^envpact:\S+$/) });
    expect(invited.invite).not.toBe(created.lines[0]?.invite);

    const folder = await scene.folder("ana", { ".env": "A=1\n", "conf/prod.env": "B=1\n" });
    const args = ["--name", "ana", "--env", "default=.env", "--env", "prod=conf/prod.env"];
    const joined = await scene.json(["join", String(invited.invite), ...args], { cwd: folder });
    expect(joined.lines).toEqual([{ peer: "ana", space: "team", revision: expect.any(Number) }]);
    expect(JSON.parse(await scene.read(folder, ".envpact.json"))).toMatchObject({
      space: "team",
      environments: { default: ".env", prod: "conf/prod.env" },
    });
    expect(await scene.read(folder, ".envpact.json")).not.toMatch(/ws:|secret|key/i);

    expect(await coordinator.running.stop("SIGTERM")).toEqual({ code: 0, signal: null });
  });

  it("join without --env maps default to .env; an observer gets commits without a vote", async () => {
    const team = await startTeam(scene, { ana: "A=1\n" });
    const ana = team.peers[0]?.folder ?? "";
    const folder = await scene.folder("watch", {});
    expect(await joinTeam(scene, folder, "watch", ["--observer"])).toMatchObject({ peer: "watch" });
    expect(JSON.parse(await scene.read(folder, ".envpact.json"))).toMatchObject({
      environments: { default: ".env" },
    });
    const agent = scene.start(["agent", "--json", "--dir", folder]);
    await agent.waitForEvent("ready");
    const result = await shareAndCommit(scene, ana, "A");
    expect(result.lines.filter((line) => line.event === "vote").map(({ peer }) => peer)).toEqual(["ana"]);
    await agent.waitForEvent("applied", { revision: result.lines.at(-1)?.revision });
    expect(await scene.read(folder)).toBe("A=1\n");
    const status = await scene.ok(["status", "--dir", folder]);
    expect(status.peers).toContainEqual(expect.objectContaining({ name: "watch", role: "observer" }));
  });

  it("share, status, commit, log, show, discard, revert, leave", async () => {
    const { peers } = await startTeam(scene, { ana: "A=1\nB=2\n", bo: "" });
    const [ana, bo] = peers.map(({ folder }) => folder);
    const inAna = ["--dir", ana ?? ""];

    expect(await scene.ok(["share", "A", "B", ...inAna])).toMatchObject({ shared: ["A", "B"] });
    expect(await scene.ok(["unshare", "B", ...inAna])).toMatchObject({ unshared: ["B"] });
    const before = await scene.ok(["status", ...inAna]);
    expect(before).toMatchObject({
      space: "team",
      revision: expect.any(Number),
      connected: true,
      drift: [{ env: "default", key: "A", kind: "new" }],
      peers: expect.arrayContaining([
        expect.objectContaining({
          name: "bo",
          role: "voter",
          state: "voter",
          appliedRevision: expect.any(Number),
        }),
      ]),
      inDoubt: [],
    });

    const first = await scene.json(["commit", "-m", "first", ...inAna]);
    expect(first.lines.slice(0, -1).sort(byPeer)).toEqual([
      expect.objectContaining({ event: "vote", peer: "ana", vote: "yes", reason: "" }),
      expect.objectContaining({ event: "vote", peer: "bo", vote: "yes", reason: "" }),
    ]);
    const revision = Number(first.lines.at(-1)?.revision);
    expect(first.lines.at(-1)).toEqual({ outcome: "committed", revision });
    await allApplied(peers, revision);
    expect(await scene.read(bo ?? "")).toBe("A=1\n");

    expect((await scene.json(["commit", ...inAna])).error?.code).toBe("NOTHING_TO_COMMIT");
    await scene.ok(["set", "A=3", "--dir", bo ?? ""]);
    expect(await scene.ok(["discard", "A", "--dir", bo ?? ""])).toMatchObject({ restored: ["A"] });
    expect(await scene.read(bo ?? "")).toBe("A=1\n");

    await scene.ok(["set", "A=9", ...inAna]);
    const second = await scene.ok(["commit", "A", "--env", "default", "-m", "second", ...inAna]);
    await allApplied(peers, Number(second.revision));
    const log = await scene.json(["log", "--dir", bo ?? ""]);
    expect(log.lines).toEqual([
      {
        revision: second.revision,
        tx: expect.any(String),
        author: "ana",
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        message: "second",
        changes: [{ env: "default", key: "A", op: "set" }],
      },
      expect.objectContaining({ revision, message: "first" }),
    ]);
    expect((await scene.json(["log", "--limit", "1", ...inAna])).lines).toHaveLength(1);

    const shown = await scene.json(["show", String(second.revision), ...inAna]);
    expect(JSON.stringify(shown.lines)).not.toMatch(/"9"|"1"/);
    const revealed = await scene.ok(["show", String(second.revision), "--reveal", ...inAna]);
    expect(revealed.changes).toEqual([{ env: "default", key: "A", op: "set", before: "1", after: "9" }]);
    expect(await scene.json(["show", "999", ...inAna])).toMatchObject({
      code: 1,
      error: { code: "REVISION_UNKNOWN" },
    });

    const reverted = await scene.ok(["revert", String(second.revision), "A", "--dir", bo ?? ""]);
    expect(reverted).toMatchObject({ outcome: "committed" });
    await allApplied(peers, Number(reverted.revision));
    expect(await scene.read(ana ?? "")).toBe("A=1\nB=2\n");

    expect(await scene.json(["leave", "--dir", bo ?? ""])).toMatchObject({
      code: 0,
      lines: [{ left: true }],
    });
    expect(await scene.read(bo ?? "")).toBe("A=1\n");
    expect(await scene.json(["status", "--dir", bo ?? ""])).toMatchObject({
      code: 1,
      error: { code: "NOT_A_PEER" },
    });
    const rest = await scene.ok(["status", ...inAna]);
    expect(JSON.stringify(rest.peers)).not.toMatch(/"bo".*"(voter|syncing)"/);
  });

  it("unshare of a key that the space holds takes it out of the space and leaves every file", async () => {
    const { peers } = await startTeam(scene, { ana: "A=1\n", bo: "" });
    const ana = peers[0]?.folder ?? "";
    const shared = (await shareAndCommit(scene, ana, "A")).lines.at(-1);
    await allApplied(peers, Number(shared?.revision));
    await scene.ok(["unshare", "A", "--dir", ana]);
    const released = await scene.ok(["commit", "--dir", ana]);
    await allApplied(peers, Number(released.revision));
    for (const { folder } of peers) {
      expect(await scene.read(folder)).toBe("A=1\n");
      expect(await scene.ok(["status", "--dir", folder])).toMatchObject({ shared: [], drift: [] });
    }
  });

  it("says people's text without --json: invitation, votes, outcome, history", async () => {
    const { peers } = await startTeam(scene, { ana: "A=1\n", bo: "A=1\n" });
    const dir = ["--dir", peers[0]?.folder ?? ""];
    const text = async (...args: string[]): Promise<string> => {
      const running = scene.start([...args, ...dir]);
      expect((await running.ended()).code, running.stderr).toBe(0);
      return running.stdout;
    };
    expect(await text("space", "invite")).toMatch(/^envpact:\S+\n$/);
    await text("share", "A");
    const commit = await text("commit", "-m", "why");
    expect(commit).toMatch(/^bo: yes$/m);
    expect(commit).toMatch(/^Committed revision \d+\.$/m);
    expect(await text("log")).toMatch(/ana {2}A {2}why/);
    expect(await text("status")).toMatch(/bo: voter, connected/);
  });
});

describe("a coordinator that is not there", () => {
  it("makes commit end with 3, and leaves status and log working on what is known", async () => {
    const team = await startTeam(scene, { ana: "A=1\n" });
    const dir = ["--dir", team.peers[0]?.folder ?? ""];
    await shareAndCommit(scene, team.peers[0]?.folder ?? "", "A");
    await team.coordinator.running.stop("SIGTERM");
    await scene.ok(["set", "A=2", ...dir]);
    const [commit, status, log] = await Promise.all([
      scene.json(["commit", ...dir]),
      scene.ok(["status", ...dir]),
      scene.json(["log", ...dir]),
    ]);
    expect(commit).toMatchObject({ code: 3, error: { code: "UNREACHABLE" } });
    expect(status).toMatchObject({
      connected: false,
      drift: [{ env: "default", key: "A", kind: "changed" }],
    });
    expect(log.lines).toHaveLength(1);
    const { url } = team.coordinator;
    expect(await scene.json(["space", "create", "other", "--coordinator", url])).toMatchObject({ code: 3 });
  });
});

describe("the coordinator of this machine", () => {
  it("is started by `space create` when there is none, and found by the next", async () => {
    const { ENVPACT_HOME } = scene.environment();
    const created = await scene.ok(["space", "create", "one"]);
    await scene.ok(["space", "create", "two"]);
    const pid = await bundledPid();
    try {
      const folder = await scene.folder("w", {});
      expect(await scene.ok(["join", String(created.invite), "--dir", folder])).toMatchObject({
        space: "one",
      });
      await access(join(ENVPACT_HOME ?? "", "state"));
    } finally {
      process.kill(pid, "SIGKILL");
    }
  });

  async function bundledPid(): Promise<number> {
    const folder = join(scene.root, "run", "envpact");
    const endpoints = await readdir(folder);
    expect(endpoints).toHaveLength(1);
    const endpoint = JSON.parse(await readFile(join(folder, endpoints[0] ?? ""), "utf8")) as { pid: number };
    return endpoint.pid;
  }
});

function byPeer(a: Line, b: Line): number {
  return String(a.peer) < String(b.peer) ? -1 : 1;
}

import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { checkAtRest, peerDisk, type Told, toldBy } from "./evidence.ts";
import { type CoordinatorProcess, createTeam, joinTeam, Scene, startAgent } from "./harness.ts";
import { deadlineMsDefault, type Ended, type Running, resultOf } from "./processes.ts";
import { limitFileSize, SmallDisk, whyNot } from "./shortage.ts";

const withoutDisks = await whyNot(async () => {
  const folder = await mkdtemp(join(tmpdir(), "envpact-mount-"));
  try {
    await (await SmallDisk.mount(folder)).unmount();
  } finally {
    await rm(folder, { recursive: true });
  }
});
const withoutLimits = await whyNot(() => limitFileSize(process.pid, 2 ** 50));
if (withoutDisks !== undefined)
  process.stdout.write(`disk tests are skipped: cannot mount (${withoutDisks})\n`);
if (withoutLimits !== undefined) {
  process.stdout.write(`tests with a file-size limit are skipped: ${withoutLimits}\n`);
}

let scene: Scene;
let disks: SmallDisk[] = [];
beforeEach(async () => {
  scene = await Scene.open();
});
afterEach(async () => {
  for (const disk of disks) await disk.unmount();
  disks = [];
  await scene.close();
});

async function smallDisk(name: string): Promise<SmallDisk> {
  const disk = await SmallDisk.mount(join(scene.root, name));
  disks.push(disk);
  return disk;
}

interface Team {
  readonly coordinator: CoordinatorProcess;
  readonly ana: string;
  readonly bo: string;
  readonly agents: readonly [Running, Running];
  readonly told: Told[];
}

/** bo has a home of its own, so that its disk can be full alone. */
function boOptions(): { readonly env: NodeJS.ProcessEnv } {
  return { env: { ENVPACT_HOME: join(scene.root, "home-bo") } };
}

const before = "# bo\r\nA=one\r\nLOCAL=1";
const after = "# bo\r\nA=two\r\nLOCAL=1";

/** ana and bo share A, both at head; ana's file is edited. */
async function startEdited(): Promise<Team> {
  const coordinator = await scene.coordinator(["--detach-after", "60"]);
  await createTeam(scene, coordinator.url);
  const ana = await scene.folder("ana", { ".env": "A=one\n" });
  const bo = await scene.folder("bo", { ".env": before });
  await joinTeam(scene, ana, "ana");
  const { invite } = await scene.ok(["space", "invite", "team"]);
  await scene.ok(["join", String(invite), "--dir", bo, "--name", "bo"], boOptions());
  const agents = [await startAgent(scene, ana), await startAgent(scene, bo, boOptions())] as const;
  await scene.ok(["share", "A", "--dir", ana]);
  const team = { coordinator, ana, bo, agents, told: [] };
  expect((await commit(team, "share")).told.outcome).toBe("committed");
  await scene.ok(["set", "A=two", "--dir", ana]);
  return team;
}

async function commit(team: Team, message: string, timeoutSeconds = 20) {
  const words = ["commit", "--dir", team.ana, "-m", message, "--timeout", String(timeoutSeconds)];
  const result = await scene.json(words);
  const told = toldBy(message, result);
  team.told.push(told);
  return { told, last: result.lines.at(-1) };
}

/** Waits until both are at head, then checks the whole space and bo's bytes. */
async function expectCommitted(team: Team): Promise<void> {
  await vi.waitFor(
    async () => {
      const [ana, bo] = [await peerDisk(scene, team.ana), await peerDisk(scene, team.bo, boOptions().env)];
      expect(bo.appliedRev).toBe(ana.appliedRev);
      expect(await scene.read(team.bo)).toBe(after);
    },
    { timeout: deadlineMsDefault, interval: 50 },
  );
  const [ana, bo] = team.agents.map(({ lines }) => lines);
  const witnesses = [
    { folder: team.ana, lines: ana ?? [] },
    { folder: team.bo, lines: bo ?? [], environment: boOptions().env },
  ];
  await checkAtRest(scene, witnesses, team.told);
}

/** The coordinator cannot write its decision, and ends; nobody is told anything untrue, and with room all goes on. */
async function expectStoreFailure(team: Team, ended: Ended, end: () => Promise<void>): Promise<void> {
  const words = ["commit", "--json", "--dir", team.ana, "-m", "without room", "--timeout", "20"];
  const committing = scene.start(words);
  expect(await team.coordinator.running.ended()).toEqual(ended);
  expect(await scene.read(team.bo)).toBe(before);
  await end();
  await scene.coordinator(["--listen", new URL(team.coordinator.url).host]);
  const told = toldBy("without room", await resultOf(committing, 30_000));
  team.told.push(told);
  if (told.outcome !== "committed") expect((await commit(team, "with room")).told.outcome).toBe("committed");
  await expectCommitted(team);
}

/** bo cannot stage: everybody keeps what they have, and the same commit passes when there is room. */
async function expectStageRefused(team: Team, code: string, end: () => Promise<void>): Promise<void> {
  const refused = await commit(team, "without room");
  expect(refused.last).toMatchObject({ outcome: "aborted", code });
  expect(refused.last?.reason).toContain("bo");
  expect(await scene.read(team.bo)).toBe(before);
  expect((await readdir(team.bo)).filter((name) => name.includes("envpact-"))).toEqual([]);
  await end();
  expect((await commit(team, "with room")).told.outcome).toBe("committed");
  await expectCommitted(team);
}

/**
 * bo's agent cannot write its journal: it says so and ends, and a new one does what was decided without it. The last
 * page of the journal may have room for the promises of some more commits.
 */
async function expectJournalFailure(team: Team, code: string, end: () => Promise<void>): Promise<void> {
  const texts = [before];
  for (let number = 1; texts.length === number; number += 1) {
    await scene.ok(["set", `A=n${number}`, "--dir", team.ana]);
    const { told } = await commit(team, `without room ${number}`, 3);
    if (told.outcome === "committed") texts.push(before.replace("one", `n${number}`));
    else expect(told.outcome).toBe("aborted");
    if (errorOf(team.agents[1]) !== undefined) break;
  }
  expect(await team.agents[1].ended()).toEqual({ code: 1, signal: null });
  expect(errorOf(team.agents[1])).toMatchObject({ code, next: expect.stringMatching(/./) });
  expect(texts).toContain(await scene.read(team.bo));
  await end();
  await startAgent(scene, team.bo, boOptions());
  await scene.ok(["set", "A=two", "--dir", team.ana]);
  expect((await commit(team, "with room")).told.outcome).toBe("committed");
  await expectCommitted(team);
}

/** The error with which a process said that it ended. */
function errorOf(running: Running): unknown {
  return running.lines.find((line) => "error" in line)?.error;
}

describe.skipIf(withoutDisks !== undefined)("a full disk", () => {
  it("of the coordinator ends it with a reason; nobody is told anything untrue, and with room all goes on", async () => {
    const disk = await smallDisk("data");
    const team = await startEdited();
    await disk.fill();
    await expectStoreFailure(team, { code: 1, signal: null }, () => disk.free());
    const { running } = team.coordinator;
    expect(errorOf(running)).toMatchObject({ code: "NO_SPACE_LEFT", next: expect.stringMatching(/./) });
  });

  it("of a peer's folder is a NO by name before anything has changed", async () => {
    const disk = await smallDisk("bo");
    const team = await startEdited();
    await disk.fill();
    await expectStageRefused(team, "NO_SPACE_LEFT", () => disk.free());
  });

  it("under a peer's journal ends its agent with a reason, and the next one goes on", async () => {
    const disk = await smallDisk("home-bo");
    const team = await startEdited();
    await disk.fill();
    await expectJournalFailure(team, "NO_SPACE_LEFT", () => disk.free());
  });

  it("keeps a coordinator from its first start with NO_SPACE_LEFT", async () => {
    await (await smallDisk("data")).fill();
    const result = await scene.json(["coordinator", "--data", join(scene.root, "data")]);
    expect(result).toMatchObject({ code: 1, error: { code: "NO_SPACE_LEFT" } });
  });
});

describe.skipIf(withoutLimits !== undefined)("a limit on the size of files", () => {
  const unlimited = 2 ** 50;

  it("of the coordinator ends it; nobody is told anything untrue, and without it all goes on", async () => {
    const team = await startEdited();
    await limitFileSize(team.coordinator.running.pid, 1);
    // SQLite writes on the main thread, where Node leaves the signal its default: a crash like any other.
    await expectStoreFailure(team, { code: null, signal: "SIGXFSZ" }, async () => undefined);
  });

  it("of a peer is a NO by name before anything has changed", async () => {
    const team = await startEdited();
    const { pid } = team.agents[1];
    await limitFileSize(pid, 1);
    await expectStageRefused(team, "FILE_NOT_WRITABLE", () => limitFileSize(pid, unlimited));
  });

  it("that its journal meets ends a peer's agent with a reason, and the next one goes on", async () => {
    const team = await startEdited();
    await limitFileSize(team.agents[1].pid, 2 * before.length);
    await expectJournalFailure(team, "DATA_NOT_WRITABLE", async () => undefined);
  });
});

describe.skipIf(withoutDisks !== undefined)("a read-only data folder", () => {
  it("of a coordinator is DATA_NOT_WRITABLE, and its data stay as they are", async () => {
    const disk = await smallDisk("data");
    const { running, url } = await scene.coordinator();
    await createTeam(scene, url);
    await running.stop();
    await disk.setReadOnly();
    const result = await scene.json(["coordinator", "--data", disk.folder]);
    expect(result).toMatchObject({ code: 1, error: { code: "DATA_NOT_WRITABLE" } });
    expect(result.error?.message).toContain(disk.folder);
  });

  it("of a peer is DATA_NOT_WRITABLE for its agent, and its files stay as they are", async () => {
    const disk = await smallDisk("home-bo");
    const team = await startEdited();
    await team.agents[1].stop();
    await disk.setReadOnly();
    const result = await scene.json(["agent", "--dir", team.bo], boOptions());
    expect(result).toMatchObject({ code: 1, error: { code: "DATA_NOT_WRITABLE" } });
    expect(await scene.read(team.bo)).toBe(before);
  });
});

it.skipIf(process.getuid?.() === 0)(
  "a data folder without write permission is DATA_NOT_WRITABLE",
  async () => {
    const { running, url } = await scene.coordinator();
    await createTeam(scene, url);
    await running.stop();
    const data = join(scene.root, "data");
    await chmod(data, 0o555);
    const result = await scene.json(["coordinator", "--data", data]);
    await chmod(data, 0o755);
    expect(result).toMatchObject({ code: 1, error: { code: "DATA_NOT_WRITABLE" } });
  },
);

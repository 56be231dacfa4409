import { execFileSync } from "node:child_process";
import { chmod, lstat, mkdir, readlink, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  allApplied,
  type Failpoint,
  type PeerProcess,
  Scene,
  type SpaceProcesses,
  shareAndCommit,
  startAgent,
  startTeam,
} from "./harness.ts";
import { type Line, type Result, type Running, resultOf } from "./processes.ts";

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open();
});
afterEach(() => scene.close());

interface Pair extends SpaceProcesses {
  readonly ana: PeerProcess;
  readonly bo: PeerProcess;
}

/** ana and bo, who share API_KEY and are at head. */
async function startSharing(bo = "API_KEY=one\nLOCAL=bo\n"): Promise<Pair> {
  const team = await startTeam(scene, { ana: "API_KEY=one\n", bo });
  const [first, second] = team.peers;
  if (!first || !second) throw new Error("There are two.");
  const shared = (await shareAndCommit(scene, first.folder, "API_KEY")).lines.at(-1);
  await allApplied(team.peers, Number(shared?.revision));
  return { ...team, ana: first, bo: second };
}

/** Changes API_KEY in ana's folder and commits it. */
async function commitFromAna({ ana }: Pair, value = "two"): Promise<Result> {
  await scene.ok(["set", `API_KEY=${value}`, "--dir", ana.folder]);
  return await scene.json(["commit", "--dir", ana.folder]);
}

/** The same, and waits until both have it in their files. */
async function expectCommits(team: Pair, value = "two"): Promise<void> {
  const result = await commitFromAna(team, value);
  expect(result.lines.at(-1)).toMatchObject({ outcome: "committed" });
  await allApplied(team.peers, Number(result.lines.at(-1)?.revision));
}

async function expectRefused(team: Pair, code: string): Promise<void> {
  const outcome = (await commitFromAna(team)).lines.at(-1);
  expect(outcome).toMatchObject({ outcome: "aborted", code });
  expect(outcome?.reason).toContain("bo");
}

async function driftOf({ folder }: PeerProcess): Promise<unknown> {
  return (await scene.ok(["status", "--dir", folder])).drift;
}

/**
 * Runs `meanwhile` when a commit of ana is decided and bo, who promised it, has not heard: the coordinator dies
 * right after its decision, and comes back afterwards. Resolves when bo has applied it.
 */
async function betweenPrepareAndCommit(team: Pair, meanwhile: () => Promise<void>): Promise<void> {
  await scene.ok(["set", "API_KEY=two", "--dir", team.ana.folder]);
  const listen = ["--listen", new URL(team.coordinator.url).host];
  const from = team.peers.map(({ agent }) => agent.lines.length);
  await team.coordinator.running.stop();
  const { running: doomed } = await scene.coordinator(listen, { failpoint: "coordinator.after-decision" });
  await Promise.all(
    team.peers.map(({ agent }, index) => agent.waitForEvent("connected", {}, undefined, from[index])),
  );
  const committing = scene.start(["commit", "--json", "--dir", team.ana.folder]);
  expect((await doomed.ended()).signal).toBe("SIGKILL");
  await meanwhile();
  await scene.coordinator(listen);
  const outcome = (await resultOf(committing, 45_000)).lines.at(-1);
  expect(outcome).toMatchObject({ outcome: "committed" });
  await allApplied(team.peers, Number(outcome?.revision));
}

/** What `envpact restore` offers to put back in bo's folder, and then does. */
async function expectRestorable(bo: PeerProcess, value: string): Promise<void> {
  const listed = (await scene.json(["restore", "--dir", bo.folder])).lines as readonly Line[];
  expect(listed.map(({ key }) => key)).toContain("API_KEY");
  await scene.ok(["restore", "API_KEY", "--dir", bo.folder]);
  expect(await scene.ok(["get", "API_KEY", "--dir", bo.folder])).toMatchObject({ value });
}

describe("a file that others than dotenv read", () => {
  it("gets a committed value in a spelling that its own readers take as it is", async () => {
    const team = await startSharing();
    await writeFile(join(team.bo.folder, "go.mod"), "module bo\n\nrequire github.com/joho/godotenv v1.5.1\n");
    await expectCommits(team, "pay$DAY");
    expect(await scene.read(team.bo.folder)).toBe("API_KEY='pay$DAY'\nLOCAL=bo\n");
    expect(await scene.read(team.ana.folder)).toBe("API_KEY=pay$DAY\n");
  });

  it.each([
    ["compose.yaml", "services: {}\n"],
    ["go.mod", "module bo\n\nrequire github.com/joho/godotenv v1.5.1\n"],
  ])(
    "gets a committed value that refers to others so that who reads it by %s goes on to expand it",
    async (name, text) => {
      const team = await startSharing('API_KEY="one"\nHOST=localhost\n');
      await writeFile(join(team.bo.folder, name), text);
      await expectCommits(team, "http://${HOST}/x");
      expect(await scene.read(team.bo.folder)).toBe('API_KEY="http://${HOST}/x"\nHOST=localhost\n');
      await scene.ok(["set", "OTHER=http://${HOST}/y", "--dir", team.bo.folder]);
      expect(await scene.read(team.bo.folder)).toContain('OTHER="http://${HOST}/y"\n');
    },
  );
});

describe("git in a peer's folder", () => {
  function git(folder: string, ...args: string[]): void {
    const identity = ["-c", "user.name=bo", "-c", "user.email=bo@example.org", "-c", "commit.gpgsign=false"];
    execFileSync("git", [...identity, ...args], { cwd: folder, stdio: "pipe", env: scene.environment() });
  }

  /** bo keeps .env in git: as it is on `main`, with another value and line on `feature`, without it on `bare`. */
  async function startInRepository(): Promise<Pair> {
    const team = await startSharing();
    const { folder } = team.bo;
    git(folder, "init", "--quiet", "--initial-branch=main");
    git(folder, "add", ".env", ".envpact.json");
    git(folder, "commit", "--quiet", "-m", "main");
    git(folder, "checkout", "--quiet", "-b", "feature");
    await writeFile(join(folder, ".env"), "API_KEY=feature\nLOCAL=bo\nFEATURE=1\n");
    git(folder, "commit", "--quiet", "-a", "-m", "feature");
    git(folder, "checkout", "--quiet", "-b", "bare", "main");
    git(folder, "rm", "--quiet", ".env");
    git(folder, "commit", "--quiet", "-m", "bare");
    git(folder, "checkout", "--quiet", "main");
    return team;
  }

  it("checks a branch with another value out: that is drift, a reason for NO, and gone with the branch", async () => {
    const team = await startInRepository();
    git(team.bo.folder, "checkout", "--quiet", "feature");
    expect(await driftOf(team.bo)).toEqual([{ env: "default", key: "API_KEY", kind: "changed" }]);
    await expectRefused(team, "DRIFT");
    expect(await scene.read(team.bo.folder)).toBe("API_KEY=feature\nLOCAL=bo\nFEATURE=1\n");
    git(team.bo.folder, "checkout", "--quiet", "main");
    expect(await driftOf(team.bo)).toEqual([]);
    await expectCommits(team);
    expect(await scene.read(team.bo.folder)).toBe("API_KEY=two\nLOCAL=bo\n");
  });

  it("checks a branch without the file out: no key is deleted anywhere by that", async () => {
    const team = await startInRepository();
    git(team.bo.folder, "checkout", "--quiet", "bare");
    expect(await driftOf(team.bo)).toEqual([{ env: "default", key: "API_KEY", kind: "missing" }]);
    const own = await scene.json(["commit", "--dir", team.bo.folder]);
    expect(own.error?.code).toBe("FILE_MISSING");
    await expectRefused(team, "DRIFT");
    git(team.bo.folder, "checkout", "--quiet", "main");
    await expectCommits(team);
    expect(await scene.read(team.bo.folder)).toBe("API_KEY=two\nLOCAL=bo\n");
  });

  it("stashes what a commit wrote: that is drift, until it is popped", async () => {
    const team = await startInRepository();
    await expectCommits(team);
    git(team.bo.folder, "stash", "--quiet");
    expect(await scene.read(team.bo.folder)).toBe("API_KEY=one\nLOCAL=bo\n");
    expect(await driftOf(team.bo)).toEqual([{ env: "default", key: "API_KEY", kind: "changed" }]);
    const refused = await commitFromAna(team, "three");
    expect(refused.lines.at(-1)).toMatchObject({ outcome: "aborted", code: "DRIFT" });
    git(team.bo.folder, "stash", "pop", "--quiet");
    expect(await driftOf(team.bo)).toEqual([]);
    await expectCommits(team, "three");
    expect(await scene.read(team.bo.folder)).toBe("API_KEY=three\nLOCAL=bo\n");
  });

  it("checks another branch out between prepare and commit: its lines stay, and its value can be had back", async () => {
    const team = await startInRepository();
    await betweenPrepareAndCommit(team, async () => git(team.bo.folder, "checkout", "--quiet", "feature"));
    expect(await scene.read(team.bo.folder)).toBe("API_KEY=two\nLOCAL=bo\nFEATURE=1\n");
    await team.bo.agent.waitForEvent("superseded");
    await expectRestorable(team.bo, "feature");
  });
});

describe("between prepare and commit", () => {
  it("a local edit is replaced, told, and kept; other lines of the edit stay", async () => {
    const team = await startSharing();
    const edited = "# edited\nLOCAL=changed\nAPI_KEY=mine\n";
    await betweenPrepareAndCommit(team, () => writeFile(join(team.bo.folder, ".env"), edited));
    expect(await scene.read(team.bo.folder)).toBe("# edited\nLOCAL=changed\nAPI_KEY=two\n");
    expect(await team.bo.agent.waitForEvent("superseded")).toMatchObject({ keys: ["API_KEY"] });
    await expectRestorable(team.bo, "mine");
  });

  it("a deleted file comes back with the keys of the commit, as it was promised", async () => {
    const team = await startSharing();
    await betweenPrepareAndCommit(team, () => rm(join(team.bo.folder, ".env")));
    expect(await scene.ok(["get", "API_KEY", "--dir", team.bo.folder])).toMatchObject({ value: "two" });
    expect(await driftOf(team.bo)).toEqual([]);
  });

  it("a file made read-only gets the commit, as it was promised, and stays read-only", async () => {
    const team = await startSharing();
    const file = join(team.bo.folder, ".env");
    await betweenPrepareAndCommit(team, () => chmod(file, 0o444));
    expect(await scene.read(team.bo.folder)).toBe("API_KEY=two\nLOCAL=bo\n");
    expect((await stat(file)).mode & 0o777).toBe(0o444);
  });
});

describe("a deleted file", () => {
  it("is drift; its keys are deleted everywhere only when they are named, and discard brings them back", async () => {
    const team = await startSharing();
    await rm(join(team.ana.folder, ".env"));
    expect(await driftOf(team.ana)).toEqual([{ env: "default", key: "API_KEY", kind: "missing" }]);
    expect((await scene.json(["commit", "--dir", team.ana.folder])).error?.code).toBe("FILE_MISSING");
    expect(await scene.read(team.bo.folder)).toBe("API_KEY=one\nLOCAL=bo\n");
    await scene.ok(["discard", "--dir", team.ana.folder]);
    expect(await scene.read(team.ana.folder)).toBe("API_KEY=one\n");
    await rm(join(team.ana.folder, ".env"));
    const { revision } = await scene.ok(["commit", "API_KEY", "--dir", team.ana.folder]);
    await allApplied(team.peers, Number(revision));
    expect(await scene.read(team.bo.folder)).toBe("LOCAL=bo\n");
  });
});

describe("a file that is special", () => {
  it("a link inside the folder stays a link; what it leads to keeps its mode", async () => {
    const team = await startSharing();
    const { folder } = team.bo;
    await mkdir(join(folder, "config"));
    await rename(join(folder, ".env"), join(folder, "config/real.env"));
    await symlink("config/real.env", join(folder, ".env"));
    await chmod(join(folder, "config/real.env"), 0o640);
    await expectCommits(team);
    expect(await readlink(join(folder, ".env"))).toBe("config/real.env");
    expect(await scene.read(folder, "config/real.env")).toBe("API_KEY=two\nLOCAL=bo\n");
    expect((await lstat(join(folder, "config/real.env"))).mode & 0o777).toBe(0o640);
  });

  it.each([
    ["0600", 0o600],
    ["0664", 0o664],
  ])("keeps its mode, %s", async (_name, mode) => {
    const team = await startSharing();
    await chmod(join(team.bo.folder, ".env"), mode);
    await expectCommits(team);
    expect((await stat(join(team.bo.folder, ".env"))).mode & 0o777).toBe(mode);
  });

  it("with CRLF and a byte order mark keeps both, and every other byte", async () => {
    const text = "\uFEFF# bo\r\n\r\nexport API_KEY = 'one' # secret\r\njunk\r\n\tLAST=x  ";
    const team = await startSharing(text);
    await expectCommits(team);
    expect(await scene.read(team.bo.folder)).toBe(text.replace("one", "two"));
  });

  it("a FIFO is never opened: commits are refused by name, the agent goes on, and so do commits when it is gone", async () => {
    const team = await startSharing();
    const file = join(team.bo.folder, ".env");
    await rename(file, `${file}.kept`);
    execFileSync("mkfifo", [file]);
    await expectRefused(team, "FILE_NOT_REGULAR");
    const status = await scene.ok(["status", "--dir", team.bo.folder]);
    expect(status.problems).toMatchObject([{ code: "FILE_NOT_REGULAR" }]);
    expect((await lstat(file)).isFIFO()).toBe(true);
    await rename(`${file}.kept`, file);
    await expectCommits(team);
  });

  it("read-only is a NO by name, whoever asks, and a change of one's own is refused", async () => {
    const team = await startSharing();
    const file = join(team.bo.folder, ".env");
    await chmod(file, 0o444);
    await expectRefused(team, "FILE_NOT_WRITABLE");
    const own = await scene.json(["set", "LOCAL=2", "--dir", team.bo.folder]);
    expect(own.error?.code).toBe("FILE_NOT_WRITABLE");
    expect(await scene.read(team.bo.folder)).toBe("API_KEY=one\nLOCAL=bo\n");
    await chmod(file, 0o644);
    await expectCommits(team);
  });
});

describe("two environments in one revision", () => {
  /** Makes bo's agent die at `point` of a commit of both files; returns what they hold then and after its return. */
  async function crash(point: Failpoint): Promise<readonly [readonly string[], readonly string[]]> {
    const coordinator = await scene.coordinator();
    await scene.ok(["space", "create", "team", "--coordinator", coordinator.url]);
    const mapping = ["--env", "default=.env", "--env", "staging=.env.staging"];
    const join = async (name: string) => {
      const folder = await scene.folder(name, { ".env": "A=1\n", ".env.staging": "B=1\n" });
      const { invite } = await scene.ok(["space", "invite", "team"]);
      await scene.ok(["join", String(invite), "--dir", folder, "--name", name, ...mapping]);
      return folder;
    };
    const [ana, bo] = [await join("ana"), await join("bo")];
    await startAgent(scene, ana);
    const agent: Running = await startAgent(scene, bo, { failpoint: point });
    const dir = ["--dir", ana];
    await scene.ok(["share", "A", "--env", "default", ...dir]);
    await scene.ok(["share", "B", "--env", "staging", ...dir]);
    await scene.ok(["set", "A=2", ...dir]);
    await scene.ok(["set", "B=2", "--env", "staging", ...dir]);
    const committing = scene.start(["commit", "--json", ...dir]);
    expect((await agent.ended()).signal).toBe("SIGKILL");
    const files = () => Promise.all([scene.read(bo), scene.read(bo, ".env.staging")]);
    const atCrash = await files();
    await startAgent(scene, bo);
    expect((await resultOf(committing, 45_000)).lines.at(-1)).toMatchObject({ outcome: "committed" });
    return [atCrash, await files()];
  }

  it("are both new after a crash between the two renames", async () => {
    expect(await crash("participant.after-rename")).toEqual([
      ["A=2\n", "B=1\n"],
      ["A=2\n", "B=2\n"],
    ]);
  });

  it("are both new after a crash before the first rename", async () => {
    expect(await crash("participant.before-rename")).toEqual([
      ["A=1\n", "B=1\n"],
      ["A=2\n", "B=2\n"],
    ]);
  });
});

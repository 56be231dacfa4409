import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { placesOf } from "../../src/runtime/config.ts";
import { type Line, type Result, Running, resultOf } from "./processes.ts";

/** Where a process is made to SIGKILL itself (src/runtime/failpoint.ts); `:k` for the k-th time that it comes by. */
export type Failpoint = `${"coordinator" | "participant"}.${"before" | "after"}-${string}`;

/** A coordinator process and its address. */
export interface CoordinatorProcess {
  readonly running: Running;
  readonly url: string;
}

export interface StartOptions {
  /** Working folder; default: the scene's root. */
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly failpoint?: Failpoint;
  /** What users run, whatever the environment says. */
  readonly release?: boolean;
}

/**
 * A machine of its own: temporary folders, a home for Envpact, and every process that was started in it.
 * Nothing of the person who runs the tests is read or changed.
 */
export class Scene {
  readonly root: string;
  readonly #started: Running[] = [];

  private constructor(root: string) {
    this.root = root;
  }

  static async open(): Promise<Scene> {
    const scene = new Scene(await mkdtemp(join(tmpdir(), "envpact-process-")));
    await mkdir(join(scene.root, "run"), { mode: 0o700 });
    return scene;
  }

  /** A scene for what `open` makes in it; closed when that fails. */
  static async openFor<T>(open: (scene: Scene) => Promise<T>): Promise<T> {
    const scene = await Scene.open();
    try {
      return await open(scene);
    } catch (error) {
      await scene.close();
      throw error;
    }
  }

  /** Ends every process that is still there, each by its pid, and removes the folders. */
  async close(): Promise<void> {
    await Promise.all(this.#started.map((running) => running.stop("SIGKILL")));
    await rm(this.root, { recursive: true, force: true, maxRetries: 5 });
  }

  /** The environment of the processes: a home per scene, or per `home` for another machine's user. */
  environment(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
    return {
      PATH: process.env.PATH,
      HOME: join(this.root, "user"),
      ENVPACT_HOME: join(this.root, "home"),
      XDG_RUNTIME_DIR: join(this.root, "run"),
      TMPDIR: process.env.TMPDIR,
      ...extra,
    };
  }

  /** Starts `envpact` and returns at once. */
  start(args: readonly string[], options: StartOptions = {}): Running {
    const { cwd = this.root, env = {}, failpoint, release } = options;
    const point = failpoint === undefined ? {} : { ENVPACT_FAILPOINT: failpoint };
    const running = new Running(args, cwd, this.environment({ ...point, ...env }), release);
    this.#started.push(running);
    return running;
  }

  /** Runs `envpact … --json` to its end. */
  async json(args: readonly string[], options?: StartOptions): Promise<Result> {
    const result = await resultOf(this.start(["--json", ...args], options));
    expect(result.strayLines, `stdout of envpact ${args.join(" ")}`).toEqual([]);
    return result;
  }

  /** Runs a command that must succeed; returns its last line. */
  async ok(args: readonly string[], options?: StartOptions): Promise<Line> {
    const result = await this.json(args, options);
    expect(result.code, `envpact ${args.join(" ")}: ${JSON.stringify(result.lines)} ${result.stderr}`).toBe(
      0,
    );
    return result.lines.at(-1) ?? {};
  }

  /** Starts a coordinator and waits until it listens. */
  async coordinator(args: readonly string[] = [], options?: StartOptions): Promise<CoordinatorProcess> {
    const data = join(this.root, "data");
    const running = this.start(["coordinator", "--json", "--data", data, ...args], options);
    const line = await running.waitForEvent("listening");
    expect(running.lines[0]).toBe(line);
    return { running, url: String(line.url) };
  }

  /** Makes a folder with files in it; returns its path. */
  async folder(name: string, files: Readonly<Record<string, string>>): Promise<string> {
    const folder = join(this.root, name);
    await mkdir(folder, { recursive: true });
    for (const [file, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), text);
    }
    return folder;
  }

  read(folder: string, file = ".env"): Promise<string> {
    return readFile(join(folder, file), "utf8");
  }
}

/** A joined folder and, unless it was left out, its agent. */
export interface PeerProcess {
  readonly name: string;
  readonly folder: string;
  readonly agent: Running;
}

/** A space with its coordinator and peers, each with a running agent that is at head. */
export interface SpaceProcesses {
  readonly scene: Scene;
  readonly coordinator: CoordinatorProcess;
  readonly peers: readonly PeerProcess[];
}

/** Makes the space `team` at the coordinator; returns the first invitation. */
export async function createTeam(scene: Scene, url: string): Promise<string> {
  return String((await scene.ok(["space", "create", "team", "--coordinator", url])).invite);
}

/** Joins the folder to the space under its name; returns what `join` printed. */
export async function joinTeam(scene: Scene, folder: string, name: string, more: readonly string[] = []) {
  const { invite } = await scene.ok(["space", "invite", "team"]);
  return await scene.ok(["join", String(invite), "--dir", folder, "--name", name, ...more]);
}

/** Starts the agent of a folder and waits until it is at head. */
export async function startAgent(scene: Scene, folder: string, options?: StartOptions): Promise<Running> {
  const agent = scene.start(["agent", "--json", "--dir", folder], options);
  await agent.waitForEvent("ready");
  return agent;
}

/** Starts a coordinator, makes the space `team`, joins one folder a name with its `.env`, and starts the agents. */
export async function startTeam(
  scene: Scene,
  files: Readonly<Record<string, string>>,
  coordinatorArgs: readonly string[] = [],
): Promise<SpaceProcesses> {
  const coordinator = await scene.coordinator(coordinatorArgs);
  await createTeam(scene, coordinator.url);
  const peers: PeerProcess[] = [];
  for (const [name, text] of Object.entries(files)) {
    const folder = await scene.folder(name, { ".env": text });
    await joinTeam(scene, folder, name);
    peers.push({ name, folder, agent: await startAgent(scene, folder) });
  }
  return { scene, coordinator, peers };
}

/** Shares `key` of the folder and commits it; returns the result of the commit. */
export async function shareAndCommit(scene: Scene, folder: string, key: string): Promise<Result> {
  await scene.ok(["share", key, "--dir", folder]);
  return await scene.json(["commit", "--dir", folder, "-m", `share ${key}`]);
}

/** Sets API_KEY in the folder of a peer and commits it; the revision that it became. */
export async function commitValue(scene: Scene, { folder }: PeerProcess, value: string): Promise<number> {
  await scene.ok(["set", `API_KEY=${value}`, "--dir", folder]);
  return Number((await scene.ok(["commit", "--dir", folder])).revision);
}

/** The journal of the peer of a folder. */
export async function journalOf(scene: Scene, folder: string): Promise<string> {
  return join((await placesOf(folder, scene.environment())).state, "journal");
}

/** Waits until every peer has applied `revision`. */
export async function allApplied(peers: readonly PeerProcess[], revision: number): Promise<void> {
  await Promise.all(peers.map(({ agent }) => agent.waitFor((line) => reached(line, revision))));
}

function reached(line: Line, revision: number): boolean {
  return (line.event === "applied" || line.event === "ready") && Number(line.revision) >= revision;
}

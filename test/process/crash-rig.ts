import { join } from "node:path";
import { expect, vi } from "vitest";
import { files, freshEnvironments, saveByHand, type Team, texts } from "./crash-files.ts";
import { checkAtRest, coordinatorLog, peerDisk, type Told, toldBy } from "./evidence.ts";
import { createTeam, type Failpoint, joinTeam, Scene, startAgent } from "./harness.ts";
import { deadlineMsDefault, type Line, type Running, resultOf } from "./processes.ts";

/** Who is made to die. ana is the author's folder, bo another voter's. */
type Victim = "coordinator" | "ana" | "bo";

/** One crash: who dies where, and in the course of what. */
export interface Crash {
  readonly victim: Victim;
  readonly point: Failpoint;
  /** Where the same process dies again when it is started the first time after that. */
  readonly again?: Failpoint;
  /** Where bo dies once the coordinator is back from its crash. */
  readonly later?: Failpoint;
  /**
   * `change` (default): a commit of one key in each of two files. `refusal`: bo has a local change, so it ends as an
   * abort. `new key`: a key is shared that bo has with another value. `new file`: of an environment that bo has no
   * file of yet.
   */
  readonly during?: "change" | "refusal" | "new key" | "new file";
}

/** A commit that meets a crash may take this long until its author has an answer. */
const answerMs = 45_000;

/** The crash in words, for the name of a test. */
export function crashName({ victim, point, again, later, during = "change" }: Crash): string {
  const more = `${again === undefined ? "" : `, again at ${again}`}${later === undefined ? "" : `, bo at ${later}`}`;
  return `${victim} at ${point}${more} (${during})`;
}

/** Runs each crash in the space that went through those before it; after a failure in a new one. */
export class CrashRigs {
  #rig: CrashRig | undefined;

  async use(run: (rig: CrashRig) => Promise<void>): Promise<void> {
    const rig = this.#rig ?? (await CrashRig.open());
    this.#rig = undefined;
    try {
      await run(rig);
      this.#rig = rig;
    } finally {
      if (this.#rig === undefined) await rig.scene.close();
    }
  }

  async close(): Promise<void> {
    await this.#rig?.scene.close();
  }
}

/** A space of two with one coordinator that goes from crash to crash; every crash starts from a space at rest. */
export class CrashRig {
  readonly scene: Scene;
  readonly #listen: string;
  #coordinator: Running;
  readonly #folders: Team;
  readonly #agents: Record<keyof Team, Running>;
  /** What agents that are gone said. */
  readonly #said: Record<keyof Team, Line[]> = { ana: [], bo: [] };
  readonly #told: Told[] = [];
  readonly #extra = new Map<string, string>();
  readonly #fresh: (typeof freshEnvironments)[number][] = [...freshEnvironments];
  #value = "v0";
  #crashes = 0;

  private constructor(
    scene: Scene,
    coordinator: Running,
    url: string,
    folders: Team,
    agents: Record<keyof Team, Running>,
  ) {
    this.scene = scene;
    this.#coordinator = coordinator;
    this.#listen = new URL(url).host;
    this.#folders = folders;
    this.#agents = agents;
  }

  static open(): Promise<CrashRig> {
    return Scene.openFor((scene) => CrashRig.#openIn(scene));
  }

  static async #openIn(scene: Scene): Promise<CrashRig> {
    const { running, url } = await scene.coordinator();
    await createTeam(scene, url);
    const folderOf = async (name: keyof Team) => {
      const { default: first, staging } = texts[name];
      const folder = await scene.folder(name, {
        ".env": first("v0", new Map()),
        ".env.staging": staging("v0", new Map()),
      });
      const mapping = Object.entries(files).flatMap(([env, file]) => ["--env", `${env}=${file}`]);
      await joinTeam(scene, folder, name, mapping);
      return folder;
    };
    const folders = { ana: await folderOf("ana"), bo: await folderOf("bo") };
    const [ana, bo] = await Promise.all([startAgent(scene, folders.ana), startAgent(scene, folders.bo)]);
    const rig = new CrashRig(scene, running, url, folders, { ana, bo });
    await scene.ok(["share", "API_KEY", "--env", "default", "--dir", folders.ana]);
    await scene.ok(["share", "STAGING_KEY", "--env", "staging", "--dir", folders.ana]);
    await rig.#commitWell("share");
    await rig.#expectAtRest();
    return rig;
  }

  /** Makes the crash happen, starts what died again, and checks everything that must hold. */
  async crash({ victim, point, again, later, during = "change" }: Crash): Promise<void> {
    this.#crashes += 1;
    const message = `${this.#crashes}: ${victim} ${point} ${again ?? later ?? ""}`;
    const doomed = await this.#restart(victim, point, later);
    const value = `v${this.#crashes}`;
    const before = await this.#prepare(during, value);
    const committing = this.scene.start(["commit", "--json", "--dir", this.#folders.ana, "-m", message]);
    await expectKilled(doomed);
    await this.#expectOldOrNew(before, value);
    if (again !== undefined) {
      await expectKilled(this.#launch(victim, again));
      await this.#expectOldOrNew(before, value);
    }
    await this.#revive(victim);
    if (later !== undefined) {
      await expectKilled(this.#agents.bo);
      await this.#expectOldOrNew(before, value);
      await this.#revive("bo");
    }
    const told = toldBy(message, await resultOf(committing, answerMs));
    this.#told.push(told);
    if (during === "refusal") {
      expect(told.outcome).not.toBe("committed");
      await this.scene.ok(["discard", "--dir", this.#folders.bo]);
    }
    if (told.outcome !== "committed") await this.#commitWell(`${message}, again`);
    this.#value = value;
    await this.#expectAtRest();
    if (during === "new key") await this.#expectKept(`NEW_${this.#crashes}`);
  }

  /** Makes the command die that commits and, no agent being there, takes part itself; the agent goes on from there. */
  async crashAuthor(point: Failpoint): Promise<void> {
    this.#crashes += 1;
    const message = `${this.#crashes}: author ${point}`;
    const value = `v${this.#crashes}`;
    await this.#stop("ana");
    const before = await this.#prepare("change", value);
    const words = ["commit", "--json", "--dir", this.#folders.ana, "-m", message];
    await expectKilled(this.scene.start(words, { failpoint: point }));
    await this.#expectOldOrNew(before, value);
    await this.#revive("ana");
    this.#told.push({ message, outcome: "killed" });
    await this.#commitWell(`${message}, again`);
    this.#value = value;
    await this.#expectAtRest();
  }

  /** Makes the coordinator die while a folder joins, and checks that the same invitation still leads in. */
  async crashJoin(point: Failpoint): Promise<void> {
    this.#crashes += 1;
    const name = `cy${this.#crashes}`;
    const folder = await this.scene.folder(name, { ".env": "API_KEY=mine\nLOCAL=cy\n" });
    const { invite } = await this.scene.ok(["space", "invite", "team"]);
    const doomed = await this.#restart("coordinator", point);
    const join = ["join", String(invite), "--dir", folder, "--name", name];
    const joining = this.scene.start(["--json", ...join]);
    await expectKilled(doomed);
    await this.#revive("coordinator");
    const first = await resultOf(joining, answerMs);
    if (first.code !== 0) {
      const again = await this.scene.json(join);
      expect(again.code === 0 || again.error?.code === "ALREADY_A_PEER", JSON.stringify(again)).toBe(true);
    }
    const agent = await startAgent(this.scene, folder);
    expect(await this.scene.read(folder)).toBe(`API_KEY=${this.#value}\nLOCAL=cy\n`);
    await this.scene.ok(["leave", "--dir", folder]);
    await agent.ended();
    await this.#expectAtRest();
  }

  /** Makes the coordinator die at its start; the next start goes on. */
  async crashStart(point: Failpoint): Promise<void> {
    this.#crashes += 1;
    await this.#stop("coordinator");
    await expectKilled(this.#launch("coordinator", point));
    await this.#revive("coordinator");
    await this.#commitWell(`${this.#crashes}: ${point}`);
    await this.#expectAtRest();
  }

  async #stop(victim: Victim): Promise<void> {
    if (victim === "coordinator") await this.#coordinator.stop("SIGTERM");
    else await this.#agents[victim].stop("SIGTERM");
  }

  #launch(victim: Victim, failpoint: Failpoint): Running {
    if (victim !== "coordinator") {
      return this.scene.start(["agent", "--json", "--dir", this.#folders[victim]], { failpoint });
    }
    const data = join(this.scene.root, "data");
    return this.scene.start(["coordinator", "--json", "--data", data, "--listen", this.#listen], {
      failpoint,
    });
  }

  /** The victim, started anew to die at `point`. Agents start anew with their coordinator: theirs is no long wait. */
  async #restart(victim: Victim, point: Failpoint, later?: Failpoint): Promise<Running> {
    if (victim !== "coordinator") {
      await this.#stop(victim);
      const doomed = this.#launch(victim, point);
      this.#replace(victim, doomed);
      await doomed.waitForEvent("ready");
      return doomed;
    }
    await Promise.all([this.#stop("ana"), this.#stop("bo")]);
    await this.#stop("coordinator");
    const doomed = this.#launch("coordinator", point);
    await doomed.waitForEvent("listening");
    this.#replace("ana", this.scene.start(["agent", "--json", "--dir", this.#folders.ana]));
    const dies = later === undefined ? {} : { failpoint: later };
    this.#replace("bo", this.scene.start(["agent", "--json", "--dir", this.#folders.bo], dies));
    return doomed;
  }

  #replace(name: keyof Team, agent: Running): void {
    this.#said[name].push(...this.#agents[name].lines);
    this.#agents[name] = agent;
  }

  async #revive(victim: Victim): Promise<void> {
    if (victim === "coordinator") {
      this.#coordinator = (await this.scene.coordinator(["--listen", this.#listen])).running;
    } else this.#replace(victim, await startAgent(this.scene, this.#folders[victim]));
  }

  /** Edits by hand what the commit is to be about; returns the bytes of bo's files before it. */
  async #prepare(during: Crash["during"], value: string): Promise<Readonly<Record<string, string>>> {
    const { ana, bo } = this.#folders;
    const before = this.#expected("bo", this.#value);
    if (during === "new key") {
      const key = `NEW_${this.#crashes}`;
      const mine = new Map([...this.#extra, [key, "mine"]]);
      before[".env"] = texts.bo.default(this.#value, mine);
      this.#extra.set(key, value);
      await saveByHand(join(bo, ".env"), before[".env"]);
    }
    if (during === "refusal") {
      before[".env"] = texts.bo.default("mine", this.#extra);
      await saveByHand(join(bo, ".env"), before[".env"]);
    }
    for (const [file, text] of Object.entries(this.#expected("ana", value)))
      await saveByHand(join(ana, file), text);
    if (during === "new key")
      await this.scene.ok(["share", `NEW_${this.#crashes}`, "--env", "default", "--dir", ana]);
    if (during === "new file") {
      const env = this.#fresh.shift();
      if (env === undefined) throw new Error("every fresh environment is used");
      await saveByHand(join(ana, files[env]), "KEY=1\n");
      await this.scene.ok(["share", "KEY", "--env", env, "--dir", ana]);
    }
    return before;
  }

  /** The files of a peer as they are to be when the shared keys have this value. */
  #expected(name: keyof Team, value: string): Record<string, string> {
    return {
      ".env": texts[name].default(value, this.#extra),
      ".env.staging": texts[name].staging(value, this.#extra),
    };
  }

  async #read(name: keyof Team): Promise<Record<string, string>> {
    const folder = this.#folders[name];
    return {
      ".env": await this.scene.read(folder, ".env"),
      ".env.staging": await this.scene.read(folder, ".env.staging"),
    };
  }

  /** At any moment, and so right after a crash: each file is the old one or the new one, whole. */
  async #expectOldOrNew(before: Readonly<Record<string, string>>, value: string): Promise<void> {
    const now = await this.#read("bo");
    const after = this.#expected("bo", value);
    for (const [file, text] of Object.entries(now)) expect([before[file], after[file]]).toContain(text);
  }

  async #commitWell(message: string): Promise<void> {
    const result = await this.scene.json(["commit", "--dir", this.#folders.ana, "-m", message]);
    const told = toldBy(message, result);
    // What the crash cut off may have been committed all the same; then nothing is left to commit.
    if (told.outcome === "refused") expect(result.error?.code).toBe("NOTHING_TO_COMMIT");
    else expect(told.outcome, JSON.stringify(result)).toBe("committed");
    this.#told.push(told);
  }

  async #expectAtRest(): Promise<void> {
    const peers = (["ana", "bo"] as const).map((name) => ({
      folder: this.#folders[name],
      lines: [...this.#said[name], ...this.#agents[name].lines],
    }));
    await vi.waitFor(() => this.#expectAtHead(), { timeout: deadlineMsDefault, interval: 25 });
    await checkAtRest(this.scene, peers, this.#told);
    for (const name of ["ana", "bo"] as const) {
      expect(await this.#read(name)).toEqual(this.#expected(name, this.#value));
    }
  }

  /** Peers that agree may both be behind: right after a restart neither has heard of the last revisions. */
  async #expectAtHead(): Promise<void> {
    const { length: head } = await coordinatorLog(this.scene);
    const disks = await Promise.all(
      Object.values(this.#folders).map((folder) => peerDisk(this.scene, folder)),
    );
    const places = disks.map(({ records, appliedRev, prepared }) => [records.length, appliedRev, prepared]);
    expect(places).toEqual(disks.map(() => [head, head, undefined]));
  }

  async #expectKept(key: string): Promise<void> {
    const listed = await this.scene.json(["restore", "--dir", this.#folders.bo]);
    expect(listed.lines.map((line) => line.key)).toContain(key);
  }
}

async function expectKilled(doomed: Running): Promise<void> {
  expect(await doomed.ended()).toEqual({ code: null, signal: "SIGKILL" });
}

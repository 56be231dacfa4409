import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect, vi } from "vitest";
import { Random } from "../simulation/random.ts";
import { BadNetwork } from "./badNetwork.ts";
import { saveByHand } from "./crash-files.ts";
import { checkAtRest, coordinatorLog, expectFilesAtHead, peerDisk, type Told, toldBy } from "./evidence.ts";
import { createTeam, joinTeam, Scene, type StartOptions, startAgent } from "./harness.ts";
import { type Line, type Running, resultOf } from "./processes.ts";
import type { Fault, Target } from "./torture-plan.ts";
import { publishProxy, surroundings, template } from "./torture-scene.ts";

export const authors = 3;
export const agents = 5;
/** Absence after which a peer no longer holds the others up; short, so that it happens often. */
const detachAfterSeconds = 3;
const commitTimeoutSeconds = 8;
/** The longest that one command of an author takes, faults included. */
const commandMs = 90_000;
/** Longest time from the last fault until everybody is at head: reconnecting alone may take half of it. */
export const healMs = 90_000;

/** A workspace folder, its agent, and everything that its agents said. */
interface Slot {
  readonly name: string;
  readonly folder: string;
  agent: Running;
  readonly said: Line[];
  /** Values that a hand wrote into the foreign line; a hand that saves in the moment of a commit may lose against it. */
  readonly foreign: Set<string>;
  down: boolean;
  frozen: boolean;
  /** The command that commits there now. */
  command: Running | undefined;
  /** One hand at a time. */
  hand: Promise<void>;
}

/** Five agents on one space behind a bad network, three of them in folders whose people commit all the time. */
export class TortureRig {
  readonly scene: Scene;
  readonly told: Told[] = [];
  readonly done: Record<Fault["kind"], number> = {
    kill: 0,
    "kill author": 0,
    freeze: 0,
    cut: 0,
    delay: 0,
    stall: 0,
    edit: 0,
  };
  readonly #network: BadNetwork;
  readonly #slots: readonly Slot[];
  readonly #listen: string;
  readonly #proxied: StartOptions;
  #coordinator: Running;
  #coordinatorDown = false;
  #coordinatorFrozen = false;
  #over = false;
  #edits = 0;
  /** What ended that nobody killed. */
  readonly #failures: string[] = [];
  readonly #background = new Set<Promise<void>>();

  private constructor(
    scene: Scene,
    coordinator: Running,
    listen: string,
    network: BadNetwork,
    proxied: StartOptions,
    slots: readonly Slot[],
  ) {
    this.scene = scene;
    this.#coordinator = coordinator;
    this.#listen = listen;
    this.#network = network;
    this.#proxied = proxied;
    this.#slots = slots;
  }

  static open(): Promise<TortureRig> {
    return Scene.openFor((scene) => TortureRig.#openIn(scene));
  }

  static async #openIn(scene: Scene): Promise<TortureRig> {
    const detach = ["--detach-after", String(detachAfterSeconds)];
    const { running, url } = await scene.coordinator(detach);
    await createTeam(scene, url);
    const network = await BadNetwork.open(Number(new URL(url).port));
    const proxied = { env: { XDG_RUNTIME_DIR: await publishProxy(scene, network) } };
    const slots: Slot[] = [];
    for (let number = 0; number < agents; number += 1) {
      const name = `p${number}`;
      const folder = await scene.folder(name, { ".env": template(number) });
      await joinTeam(scene, folder, name);
      const agent = await startAgent(scene, folder, proxied);
      const state = { down: false, frozen: false, command: undefined, hand: Promise.resolve() };
      slots.push({ name, folder, agent, said: [], foreign: new Set(["0"]), ...state });
    }
    const rig = new TortureRig(scene, running, new URL(url).host, network, proxied, slots);
    for (const slot of slots) rig.#watch(slot, slot.agent);
    const dir = ["--dir", slots[0]?.folder ?? ""];
    await scene.ok(["share", "K0", "K1", "K2", "CONTESTED", ...dir]);
    await scene.ok(["commit", "-m", "share", ...dir]);
    return rig;
  }

  async close(): Promise<void> {
    this.#over = true;
    await this.#network.close();
    await this.scene.close();
  }

  /** Lets people work while the faults of the plan happen, until `durationMs` have passed. */
  async run(seed: number, plan: readonly Fault[], durationMs: number): Promise<void> {
    const working = this.#slots.slice(0, authors).map((slot, index) => this.#author(slot, index, seed));
    const start = performance.now();
    for (const fault of plan) {
      await wait(Math.max(0, fault.atMs - (performance.now() - start)));
      await this.#happen(fault);
      this.done[fault.kind] += 1;
    }
    await wait(Math.max(0, durationMs - (performance.now() - start)));
    this.#over = true;
    this.#network.delayMs = 0;
    this.#network.resume();
    for (const target of ["coordinator", ...this.#slots.keys()] as const) this.#thaw(target);
    await Promise.all([...working, ...this.#background]);
  }

  /** Waits until everybody is at head, and checks everything that must hold. */
  async expectHealed(): Promise<void> {
    expect(this.#failures).toEqual([]);
    await vi.waitFor(() => this.#expectSameRevision(), { timeout: healMs, interval: 200 });
    // Nobody's hand was on the last file: it is the work of its agents alone.
    const untouched = this.#slots[agents - 1]?.folder ?? "";
    await expectFilesAtHead(untouched, await peerDisk(this.scene, untouched));
    for (const { folder } of this.#slots.slice(0, -1)) await this.scene.ok(["discard", "--dir", folder]);
    await vi.waitFor(() => this.#expectVoters(), { timeout: healMs, interval: 200 });
    await this.#commitInPeace();
    await vi.waitFor(() => this.#expectSameRevision(), { timeout: healMs, interval: 200 });
    const witnesses = this.#slots.map(({ folder, said, agent }) => ({
      folder,
      lines: [...said, ...agent.lines],
    }));
    await checkAtRest(this.scene, witnesses, this.told);
    for (const [number, { folder, foreign }] of this.#slots.entries()) {
      const text = await this.scene.read(folder);
      expect(surroundings(text), `the surroundings in p${number}`).toBe(surroundings(template(number)));
      expect([...foreign]).toContain(/FOREIGN=(\w+)/.exec(text)?.[1]);
    }
  }

  /** All works again: a commit passes at once, and everybody votes on it. */
  async #commitInPeace(): Promise<void> {
    const dir = ["--dir", this.#slots[0]?.folder ?? ""];
    await this.scene.ok(["set", "CONTESTED=peace", ...dir]);
    const { lines } = await this.scene.json(["commit", "-m", "in peace", ...dir]);
    expect(lines.at(-1)).toMatchObject({ outcome: "committed" });
    const voters = lines.filter((line) => line.vote === "yes").map((line) => line.peer);
    expect(voters.sort()).toEqual(this.#slots.map(({ name }) => name));
  }

  /** Files at head come before the coordinator has heard of it, and made a voter of whoever was left behind. */
  async #expectVoters(): Promise<void> {
    const [first] = this.#slots;
    const { peers } = await this.scene.ok(["status", "--dir", first?.folder ?? ""]);
    expect(peers).toEqual(
      this.#slots.map(() => expect.objectContaining({ state: "voter", connected: true })),
    );
  }

  async #expectSameRevision(): Promise<void> {
    const head = (await coordinatorLog(this.scene)).length;
    const disks = await Promise.all(this.#slots.map(({ folder }) => peerDisk(this.scene, folder)));
    const at = disks.map(({ appliedRev, prepared }) => ({ appliedRev, prepared }));
    expect(at).toEqual(disks.map(() => ({ appliedRev: head, prepared: undefined })));
  }

  /** One who edits a key and commits it, over and over, and clears up after a refusal as a person would. */
  async #author(slot: Slot, index: number, seed: number): Promise<void> {
    const random = new Random(seed * 100 + index);
    for (let number = 1; !this.#over; number += 1) {
      const key = random.chance(0.7) ? `K${index}` : "CONTESTED";
      const value = `${slot.name}n${number}`;
      if (random.chance(0.5)) await this.#byHand(slot, key, value);
      else await this.#command(["set", `${key}=${value}`, "--dir", slot.folder]);
      const message = `${slot.name} ${number}`;
      const words = ["commit", key, "--dir", slot.folder, "-m", message];
      slot.command = this.scene.start(
        ["--json", ...words, "--timeout", String(commitTimeoutSeconds)],
        this.#proxied,
      );
      const result = await resultOf(slot.command, commandMs);
      slot.command = undefined;
      this.told.push(toldBy(message, result));
      const reason = String(result.lines.at(-1)?.reason ?? "");
      for (const named of this.#slots.filter(({ name }) => reason.includes(name))) {
        await this.#command(["discard", "--dir", named.folder]);
      }
      if (result.code !== 0) await this.#command(["discard", key, "--dir", slot.folder]);
    }
  }

  /** A command whose end is all the same: the faults around it may well make it fail. */
  async #command(args: readonly string[]): Promise<void> {
    await resultOf(this.scene.start(["--json", ...args], this.#proxied), commandMs);
  }

  #byHand(slot: Slot, key: string, value: string): Promise<void> {
    const edit = async () => {
      const path = join(slot.folder, ".env");
      const text = await readFile(path, "utf8");
      await saveByHand(path, text.replace(new RegExp(`\\b${key}=\\w+`), `${key}=${value}`));
    };
    slot.hand = slot.hand.then(edit);
    return slot.hand;
  }

  async #happen(fault: Fault): Promise<void> {
    switch (fault.kind) {
      case "kill":
        return this.#kill(fault.target, fault.downMs);
      case "kill author":
        await this.#slots[fault.peer]?.command?.stop("SIGKILL");
        return;
      case "freeze":
        this.#freeze(fault.target);
        return this.#after(fault.forMs, () => this.#thaw(fault.target));
      case "cut": {
        const random = new Random(fault.atMs);
        return this.#network.cut(() => random.chance(fault.share));
      }
      case "delay":
        this.#network.delayMs = fault.delayMs;
        return this.#after(fault.forMs, () => {
          this.#network.delayMs = 0;
        });
      case "stall":
        this.#network.stall();
        return this.#after(fault.forMs, () => this.#network.resume());
      case "edit":
        return this.#edit(this.#slots[fault.peer], fault.what);
    }
  }

  async #edit(slot: Slot | undefined, what: "foreign" | "shared"): Promise<void> {
    if (!slot) return;
    this.#edits += 1;
    const value = `edit${this.#edits}`;
    if (what === "foreign") slot.foreign.add(value);
    await this.#byHand(slot, what === "foreign" ? "FOREIGN" : "CONTESTED", value);
  }

  /** Does something later, which the end of the run waits for. */
  #after(delayMs: number, act: () => void | Promise<void>): void {
    const done = wait(delayMs).then(act);
    this.#background.add(done);
    done.then(
      () => this.#background.delete(done),
      // The run awaits what is in the set, and fails of it.
      () => undefined,
    );
  }

  async #kill(target: Target, downMs: number): Promise<void> {
    if (target === "coordinator") {
      if (this.#coordinatorDown) return;
      this.#coordinatorDown = true;
      await this.#coordinator.stop("SIGKILL");
      this.#coordinatorFrozen = false;
      this.#after(downMs, async () => {
        const args = ["--listen", this.#listen, "--detach-after", String(detachAfterSeconds)];
        this.#coordinator = (await this.scene.coordinator(args)).running;
        this.#coordinatorDown = false;
      });
      return;
    }
    const slot = this.#slots[target];
    if (!slot || slot.down) return;
    slot.down = true;
    await slot.agent.stop("SIGKILL");
    slot.frozen = false;
    this.#after(downMs, () => this.#revive(slot));
  }

  /** Starts the agent again; while a command takes part for the folder, an agent has to wait. */
  async #revive(slot: Slot): Promise<void> {
    slot.said.push(...slot.agent.lines);
    for (;;) {
      const agent = this.scene.start(["agent", "--json", "--dir", slot.folder], this.#proxied);
      slot.agent = agent;
      const line = await agent
        .waitFor((one) => one.event === "ready" || one.event === "disconnected" || "error" in one, commandMs)
        .catch((error: Error) => ({ error: { code: error.message } }));
      const code = (line as { error?: { code: string } }).error?.code;
      if (code === undefined) break;
      await agent.ended();
      if (code !== "PEER_BUSY") this.#failures.push(`${slot.name}: ${code}`);
    }
    slot.down = false;
    this.#watch(slot, slot.agent);
  }

  #watch(slot: Slot, agent: Running): void {
    agent.ended(24 * 3_600_000).then(
      ({ code, signal }) => {
        if (signal !== "SIGKILL") this.#failures.push(`${slot.name} ended with ${code}: ${agent.stderr}`);
      },
      (error: Error) => this.#failures.push(error.message),
    );
  }

  #freeze(target: Target): void {
    if (target === "coordinator") {
      if (this.#coordinatorDown) return;
      this.#coordinatorFrozen = true;
      process.kill(this.#coordinator.pid, "SIGSTOP");
      return;
    }
    const slot = this.#slots[target];
    if (!slot || slot.down) return;
    slot.frozen = true;
    process.kill(slot.agent.pid, "SIGSTOP");
  }

  #thaw(target: Target): void {
    if (target === "coordinator") {
      if (this.#coordinatorFrozen) process.kill(this.#coordinator.pid, "SIGCONT");
      this.#coordinatorFrozen = false;
      return;
    }
    const slot = this.#slots[target];
    if (slot?.frozen) process.kill(slot.agent.pid, "SIGCONT");
    if (slot) slot.frozen = false;
  }
}

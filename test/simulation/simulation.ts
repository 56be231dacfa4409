import type { Violation } from "../../src/commit/invariants.ts";
import { newDataKey } from "../../src/crypto/seal.ts";
import { Checker } from "./checker.ts";
import { CoordinatorHost } from "./coordinator.ts";
import { coordinatorOf, type Mutant } from "./mutants.ts";
import { Network } from "./network.ts";
import type { PeerHost, Setting } from "./peer.ts";
import { drawPlan, type Plan } from "./plan.ts";
import { Random } from "./random.ts";
import { Users } from "./users.ts";
import { World } from "./world.ts";

/** How a run is made. */
export interface RunOptions {
  /** Keep a trace. */
  readonly traced?: boolean;
  readonly mutant?: Mutant;
  /** Changes to the plan that the seed gives, for shrinking. */
  readonly changes?: Partial<Plan>;
}

/** What a run did, and the first rule that it broke. */
export interface RunResult {
  readonly seed: number;
  readonly steps: number;
  readonly commits: number;
  readonly crashes: number;
  /** Outcomes that people forced, and those that turned out mixed. */
  readonly forced: number;
  readonly mixed: number;
  readonly violation: Violation | undefined;
  readonly trace: readonly string[];
  readonly plan: Plan;
}

/** Longest time that the healed part may need; the slowest backoff and time limit of the protocol twice. */
const healedMs = 150_000;

/** Commits that an absent voter may cost at the end: its keep-alive needs 20 s, a vote's deadline is 15 s. */
const attemptsMax = 3;

const dataKey = newDataKey();

/** Runs one seed: first with faults, then healed, then everything must come to rest and go on. */
export async function run(seed: number, options: RunOptions = {}): Promise<RunResult> {
  // Called from a timer or a message the first `settled` would come before what was promised until then has run: a seed
  // must do the same wherever it is started.
  await Promise.resolve();
  const random = new Random(seed);
  const plan = { ...drawPlan(random), ...options.changes };
  const simulation = new Simulation(new World(random, plan, options.traced ?? false), options.mutant);
  await simulation.run();
  const { world, checker } = simulation;
  return {
    seed,
    steps: world.steps,
    commits: checker.log.records.filter((record) => record.kind === "commit").length,
    crashes: simulation.crashes,
    ...checker.forced.count,
    violation: world.violation,
    trace: world.trace,
    plan,
  };
}

class Simulation {
  readonly world: World;
  readonly checker: Checker;
  readonly #network: Network;
  readonly #coordinator: CoordinatorHost;
  readonly #users: Users;
  /** How much clocks were set back: deadlines are times of day, and come later by that. */
  #setBackMs = 0;
  /** When the last frozen process goes on. */
  #frozenUntil = 0;

  constructor(world: World, mutant: Mutant | undefined) {
    this.world = world;
    this.checker = new Checker(world, dataKey);
    this.#network = new Network(world, this.checker);
    this.#coordinator = new CoordinatorHost(world, this.checker, this.#network, coordinatorOf(mutant));
    const setting: Setting = {
      world,
      checker: this.checker,
      network: this.#network,
      coordinator: this.#coordinator,
      mutant,
      dataKey,
    };
    this.#users = new Users(setting);
  }

  get crashes(): number {
    return this.#users.peers.reduce((sum, peer) => sum + peer.crashes, this.#coordinator.crashes);
  }

  async run(): Promise<void> {
    const { world } = this;
    const members = Array.from({ length: world.plan.peers }, (_, index) => {
      const { role, environments } = this.#users.drawPeer();
      return { role: index === 0 ? ("voter" as const) : role, environments };
    });
    if (world.plan.established) this.#users.establish(members);
    this.#coordinator.start();
    if (!world.plan.established) {
      for (const { role, environments } of members) this.#users.join(role, environments);
    }
    this.#repeat(world.plan.userEveryMs, () => this.#users.act());
    this.#repeat(world.plan.faultEveryMs, () => this.#fault());
    this.#repeat(world.plan.forceEveryMs, () => this.#users.decide());
    await world.run(world.plan.faultyMs);
    if (!world.violation && world.plan.kind === "liveness") await this.#healed();
  }

  #repeat(meanMs: number, act: () => void): void {
    const { world } = this;
    if (!Number.isFinite(meanMs)) return;
    world.schedule(world.random.exponential(meanMs), undefined, () => {
      if (!world.faulty) return;
      act();
      this.#repeat(meanMs, act);
    });
  }

  /** One of the faults that come by time. */
  #fault(): void {
    const { random, plan } = this.world;
    const kinds = [plan.kills, plan.resets, plan.partitions, plan.freezes, plan.clockJumps];
    let draw = random.next() * kinds.reduce((sum, weight) => sum + weight, 0);
    const kind = kinds.findIndex((weight) => {
      draw -= weight;
      return draw < 0;
    });
    const { present } = this.#users;
    const peer = present.length > 0 && random.chance(0.75) ? random.pick(present) : undefined;
    const process = peer ? peer.process : this.#coordinator.running?.process;
    if (kind === 0 && process) this.world.crash(process, "any time");
    else if (kind === 1 && peer) this.#network.reset(peer.id);
    else if (kind === 2 && peer) {
      const oneWay = random.below(3);
      this.#network.partition(peer.id, oneWay !== 1, oneWay !== 2);
    } else if (kind === 3 && process) {
      process.frozenUntil = this.world.now + random.exponential(4_000);
      this.#frozenUntil = Math.max(this.#frozenUntil, process.frozenUntil);
      this.world.note(() => `${process.name}: frozen until ${process.frozenUntil}`);
    } else if (kind === 4) {
      const byMs = random.between(-20_000, 60_000);
      this.#setBackMs += Math.max(0, -byMs);
      this.world.note(() => `${peer?.id ?? "coordinator"}: clock set by ${Math.round(byMs)} ms`);
      (peer ?? this.#coordinator).clock.set(byMs);
    }
  }

  /** Faults are off: everything must come to rest, and the next commit must go through. */
  async #healed(): Promise<void> {
    const { world } = this;
    world.note(() => "healed");
    world.faulty = false;
    this.#network.healAll();
    this.#users.heal();
    this.#reviewAll();
    const absent = world.plan.absentAtEnd ? this.#absent() : undefined;
    absent?.stop();
    // Whoever is frozen has messages to read: without them nothing is at rest.
    await world.run(Math.max(0, this.#frozenUntil - world.now));
    const others = () => this.#users.present.filter((peer) => peer !== absent);
    if (!(await this.#rest(others, "after the faults"))) return;
    if (!(await this.#resyncAll(others))) return;
    if (!(await this.#discardAll(others()))) return;
    if (!(await this.#commitOne(others))) return;
    if (!absent) return;
    absent.resume();
    if (!(await this.#rest(() => this.#users.present, "after the absent one came back"))) return;
    if (!(await this.#resyncAll(() => this.#users.present))) return;
    const state = this.checker.log.stateOf(absent.id);
    if (!world.violation && absent.identity.role === "voter" && state === "syncing") {
      this.#notLive(`${absent.id} came back and is ${state}`);
    }
  }

  #reviewAll(): void {
    this.#users.reviewAll();
    this.world.schedule(1_000, undefined, () => this.#reviewAll());
  }

  #absent(): PeerHost | undefined {
    const { present } = this.#users;
    const anotherVoter = (peer: PeerHost) =>
      present.some((other) => other !== peer && other.identity.role === "voter");
    return present.find((peer) => anotherVoter(peer));
  }

  #notLive(text: string): void {
    this.world.report({ invariant: 100, text: `liveness: ${text}` });
  }

  /** Runs until everyone is at the head and owes nothing; false (and a violation) when that does not come. */
  async #rest(peers: () => readonly PeerHost[], when: string): Promise<boolean> {
    const { world } = this;
    const atRest = () => {
      const running = this.#coordinator.running?.state;
      const { head } = this.checker.log;
      return (
        running !== undefined &&
        running.active === undefined &&
        running.queue.length + running.memberQueue.length + this.#users.joining === 0 &&
        running.head.rev === head.rev &&
        peers().every((peer) => peer.atRest(head.rev)) &&
        !peers().some((peer) => this.checker.log.stateOf(peer.id) === "syncing")
      );
    };
    await world.run(healedMs + this.#setBackMs, atRest);
    if (world.violation) return false;
    if (!atRest()) {
      const state = this.#coordinator.running?.state;
      const active = state?.active ? `active ${state.active.tx}` : "";
      const texts = peers().map((peer) => peer.describe());
      this.#notLive(`no rest ${when}: ${active} queue ${state?.queue.length}\n${texts.join("\n")}`);
      return false;
    }
    // The files are read once more by those who watch them.
    await world.run(1_000);
    for (const peer of peers()) {
      this.checker.files(peer.id, this.checker.log.head.rev);
      if (peer.running) this.checker.wire(`the view of ${peer.id}`, JSON.stringify(peer.running.view));
    }
    return world.violation === undefined;
  }

  /** What was forced has been compared with its outcome and is shown; then everyone takes note of it. */
  async #resyncAll(peers: () => readonly PeerHost[]): Promise<boolean> {
    const { forced } = this.checker;
    const decided = peers().map((peer) => ({ peer, heuristics: peer.journal.written.heuristics ?? [] }));
    for (const { peer, heuristics } of decided) {
      forced.atRest(peer.id, peer.journal.written, peer.running?.view.heuristics ?? []);
      for (const { tx } of heuristics) peer.resync(tx);
    }
    if (!decided.some(({ heuristics }) => heuristics.length > 0)) return this.world.violation === undefined;
    if (!(await this.#rest(peers, "after a resync"))) return false;
    for (const { peer } of decided) {
      const shown = peer.running?.view.heuristics ?? [];
      if (shown.length > 0) this.#notLive(`${peer.id} still shows a decision after its resync`);
    }
    return this.world.violation === undefined;
  }

  /** Everyone takes the committed values; then the files are what the log says, without exception. */
  async #discardAll(peers: readonly PeerHost[]): Promise<boolean> {
    for (const peer of peers) peer.ask("discard all", (running) => running.discard(undefined));
    const staying = () => peers.filter((peer) => !peer.gone);
    if (!(await this.#rest(staying, "after discarding"))) return false;
    for (const peer of staying()) {
      const differing = this.checker.differing(peer.id);
      const told = peer.running?.view.drift ?? [];
      if (differing.length > 0) this.#notLive(`${peer.id} differs after a discard: ${differing.join()}`);
      if (told.length > 0) this.#notLive(`${peer.id} shows drift after a discard: ${JSON.stringify(told)}`);
      if (peer.folder.temporaries().length > 0 && !this.#shared(peer)) {
        this.world.report({ invariant: 12, text: `${peer.id} left ${peer.folder.temporaries().join()}` });
      }
    }
    return this.world.violation === undefined;
  }

  /**
   * Whether others put files into this folder: somebody who left before, or a second window, whose leftovers wait for
   * the next start of the process that takes part.
   */
  #shared(peer: PeerHost): boolean {
    if (this.world.plan.secondWindows > 0) return true;
    return this.#users.peers.some((other) => other !== peer && other.folder === peer.folder);
  }

  /** One commit of a new key by somebody must reach everyone. */
  async #commitOne(peers: () => readonly PeerHost[]): Promise<boolean> {
    const voters = this.checker.log.voters();
    const authors = peers().filter((peer) => Object.keys(peer.identity.environments).length > 0);
    if (authors.length === 0 || !peers().some((peer) => voters.includes(peer.id))) return true;
    const key = `LAST_${this.world.steps}`;
    const author = this.world.random.pick(authors);
    const committed = () =>
      this.checker.log.records.some((record) => record.items.some((item) => item.key === key));
    for (let attempt = 1; !committed(); attempt += 1) {
      // A voter that is gone unnoticed costs the author its attempts, until the keep-alive finds out.
      if (attempt > attemptsMax) this.#notLive(`the last commit did not go through ${attemptsMax} times`);
      else this.#users.commitNew(author, key);
      if (!(await this.#rest(peers, `after commit ${attempt} of ${key}`))) return false;
    }
    for (const peer of peers()) {
      const differing = this.checker.differing(peer.id);
      if (differing.length > 0) this.#notLive(`${peer.id} differs at the end: ${differing.join()}`);
    }
    return this.world.violation === undefined;
  }
}

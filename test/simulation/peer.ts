import { Loop } from "../../src/drivers/loop.ts";
import type { Peer } from "../../src/peer/api.ts";
import { CompanionPeer } from "../../src/peer/companion.ts";
import { ParticipantPeer } from "../../src/peer/participant.ts";
import type { PeerIdentity, PeerPorts } from "../../src/peer/ports.ts";
import { EnvpactError, problemOf } from "../../src/protocol/errors.ts";
import type { Role } from "../../src/protocol/record.ts";
import { type Checker, secretMark } from "./checker.ts";
import type { CoordinatorHost } from "./coordinator.ts";
import type { Folder } from "./folder.ts";
import { space } from "./history.ts";
import { JournalDisk } from "./journal.ts";
import { SimulatedLink } from "./link.ts";
import type { Mutant, ParticipantStep } from "./mutants.ts";
import type { Network } from "./network.ts";
import { PeerStoreDisk } from "./peerStore.ts";
import { Clock, Process, type World } from "./world.ts";

/** What all peers of a run share. */
export interface Setting {
  readonly world: World;
  readonly checker: Checker;
  readonly network: Network;
  readonly coordinator: CoordinatorHost;
  readonly mutant: Mutant | undefined;
  readonly dataKey: string;
}

/** Who takes part, and how. */
interface Who {
  readonly id: string;
  readonly role: Role;
  readonly environments: Readonly<Record<string, string>>;
  readonly reviews: boolean;
}

/** Problems that cannot happen while no store was ever set back. */
const impossible = /^(?:FORKED|STALE_TERM|COORDINATOR_BEHIND|INTERNAL)|BAD_MESSAGE/u;

/** A workspace folder that takes part: its disk, and the production peer in a process when one runs. */
export class PeerHost {
  readonly id: string;
  readonly folder: Folder;
  readonly journal: JournalDisk;
  readonly store: PeerStoreDisk;
  readonly identity: PeerIdentity;
  readonly clock: Clock;
  crashes = 0;
  /** It left, or was refused for good. */
  gone = false;
  /** What the user asked for and has no answer to. */
  readonly #asking = new Map<Promise<unknown>, Process>();
  peer: ParticipantPeer | undefined;
  /** The user keeps it off. */
  #stopped = false;
  readonly #setting: Setting;
  /** Called when a promise was written into the journal. */
  readonly #onPromise: () => void;
  /** A second window on the folder: another process, which speaks for the same peer. */
  #second: { process: Process; peer: CompanionPeer | undefined } | undefined;
  #process: Process | undefined;

  constructor(
    setting: Setting,
    { id, role, environments, reviews }: Who,
    folder: Folder,
    onPromise: () => void,
  ) {
    const { world, checker, dataKey } = setting;
    this.#setting = setting;
    this.#onPromise = onPromise;
    this.id = id;
    this.folder = folder;
    this.clock = new Clock(world);
    this.journal = new JournalDisk(world, `journal of ${id}`);
    this.store = new PeerStoreDisk(world);
    this.identity = { space, peer: id, name: id, role, dataKey, folder: folder.path, environments, reviews };
    checker.watch({ id, environments, folder, journal: this.journal, store: this.store });
  }

  get process(): Process | undefined {
    return this.#process?.alive ? this.#process : undefined;
  }

  /** The peer, when its process runs and has opened it. */
  get running(): ParticipantPeer | undefined {
    return this.process ? this.peer : undefined;
  }

  start(): void {
    if (this.process || this.gone || this.#stopped) return;
    const { world } = this.#setting;
    const process = new Process(this.id, this.clock, (kind) => {
      this.crashes += 1;
      this.peer = undefined;
      this.#forget(process);
      // Whatever takes the machine takes the other window with it.
      if (kind === "power") this.#second?.process.crash("kill");
      this.folder.crash(kind);
      this.journal.crash(kind);
      this.#setting.network.processGone(process, kind);
      world.schedule(world.random.exponential(3_000), undefined, () => this.start());
    });
    this.#process = process;
    world.note(() => `${this.id}: starts`);
    this.#open(process).catch((error: unknown) => this.#failed(process, error));
  }

  /** As `openPeer` of src/runtime/peers.ts. */
  async #open(process: Process): Promise<void> {
    const { checker, world } = this.#setting;
    const journal = this.journal.open(process, (write, before) => {
      checker.appended(this.id, write, before, this.peer === undefined);
      if (write.kind === "prepared") this.#onPromise();
    });
    checker.files(this.id, journal.image.appliedRev);
    checker.forced.opened(this.id, journal.image);
    this.folder.sweep(journal.image.prepared?.staged.map((file) => file.staged) ?? []);
    const peer = await ParticipantPeer.open(this.#ports(process), this.identity, journal);
    if (!process.alive) return;
    this.peer = peer;
    world.note(() => `${this.id}: open at revision ${peer.view.revision}`);
  }

  /** Opens the second window, and again whenever its process ended. */
  openSecondWindow(): void {
    const { world } = this.#setting;
    if (this.gone || this.#stopped || this.#second?.process.alive) return;
    const process = new Process(`${this.id}'`, this.clock, (kind) => {
      if (kind === "power") this.process?.crash("power");
      this.#forget(process);
      this.folder.crash("kill");
      this.#setting.network.processGone(process, kind);
      world.schedule(world.random.exponential(3_000), undefined, () => this.openSecondWindow());
    });
    const second = { process, peer: undefined as CompanionPeer | undefined };
    this.#second = second;
    world.note(() => `${process.name}: starts`);
    CompanionPeer.open(this.#ports(process), this.identity, async () => this.journal.read()).then(
      (peer) => {
        if (process.alive) second.peer = peer;
      },
      (error: unknown) => this.#failed(process, error),
    );
  }

  /** The window that the user is at, and its process. */
  #window(): { readonly peer: Peer; readonly process: Process } | undefined {
    const second = this.#second;
    const { random, faulty } = this.#setting.world;
    if (second?.peer && second.process.alive && faulty && random.chance(0.4)) {
      return { peer: second.peer, process: second.process };
    }
    const { running: peer, process } = this;
    return peer && process ? { peer, process } : undefined;
  }

  #failed(process: Process, error: unknown): void {
    const { world } = this.#setting;
    const { code, message } = problemOf(error);
    world.note(() => `${this.id}: fails: ${code} ${message}`);
    if (code === "INTERNAL") world.report({ invariant: 0, text: `${this.id}: ${message}${stackOf(error)}` });
    // Whoever uses it starts it again.
    world.schedule(world.random.exponential(500), process, () => process.crash("kill"));
  }

  #ports(process: Process): PeerPorts {
    const { world, checker, network, coordinator } = this.#setting;
    const now = () => process.clock.now();
    return {
      files: this.folder.filesOf(process, (...write) => {
        if (process === this.#second?.process) checker.replacedAside(this.id, ...write);
        else checker.replaced(this.id, ...write);
      }),
      store: this.store.storeOf(process),
      connect: (onEvent) => {
        return new SimulatedLink(network, this.id, process, (event) => {
          if (event.kind === "disconnected" && event.final) this.gone = true;
          onEvent(event);
        });
      },
      leave: () => coordinator.leave(this.id, process),
      createLoop: (options) => {
        const inner = options.step as unknown as ParticipantStep;
        const step = (this.#setting.mutant?.participant?.(inner) ?? inner) as unknown as typeof options.step;
        return new Loop({
          step: (input) => (process.alive ? step(input) : []),
          perform: options.perform,
          onFatal: (error) => {
            options.onFatal(error);
            this.#failed(process, error);
          },
        });
      },
      now,
      at: (ms, callback) => {
        let live = true;
        world.timer(ms - now(), process, () => {
          if (live) callback();
        });
        return {
          dispose: () => {
            live = false;
          },
        };
      },
      random: () => world.random.next(),
      token: (bytes) => this.#token(bytes),
      log: (line) => this.#logged(line),
      failpoint: (name) => void world.crashPoint(process, name),
      released: async () => undefined,
    };
  }

  #token(bytes: number): string {
    const { random } = this.#setting.world;
    return Array.from({ length: bytes }, () => random.below(36).toString(36)).join("");
  }

  #logged(line: string): void {
    const { world } = this.#setting;
    world.note(() => `${this.id} logs ${line}`);
    if (impossible.test(line)) world.report({ invariant: 0, text: `${this.id} logs ${line}` });
    if (line.includes(secretMark)) world.report({ invariant: 13, text: `${this.id} logs a value` });
  }

  /** The user does something with the running peer; a refusal is an answer too. */
  ask<T>(what: string, act: (peer: Peer) => Promise<T>, answered?: (result: T | undefined) => void): void {
    const { world } = this.#setting;
    const window = this.#window();
    if (!window) return;
    const { peer, process } = window;
    world.note(() => `${process.name}: user: ${what}`);
    const settle = (result: T | undefined, told: string) => {
      if (!process.alive) return;
      world.note(() => `${process.name}: answer to ${what}: ${told}`);
      this.#asking.delete(asked);
      answered?.(result);
    };
    const asked: Promise<void> = act(peer).then(
      (result) => settle(result, JSON.stringify(result) ?? "done"),
      (error: unknown) => {
        const { code, message } = problemOf(error);
        if (!(error instanceof EnvpactError)) {
          world.report({ invariant: 0, text: `${this.id}: ${what}: ${message}${stackOf(error)}` });
        }
        settle(undefined, `${code} ${message}`);
      },
    );
    // Asking itself may have ended the process.
    if (process.alive) this.#asking.set(asked, process);
  }

  /** The user ends a doubt by force; a second window would only hand that on. */
  force(tx: string, outcome: "commit" | "abort"): void {
    const { checker } = this.#setting;
    this.ask(
      `force ${outcome} of ${tx}`,
      async (peer) => {
        if (peer.mode === "participant") await peer.force(tx, outcome);
        return peer.mode === "participant";
      },
      (done) => {
        if (done) checker.forced.decided(this.id, tx, outcome, this.journal.durable);
      },
    );
  }

  /** The user takes note of what became of a decision; where it was another outcome, the log's values come back. */
  resync(tx: string): void {
    const putBack = this.#setting.checker.resyncing(this.id, tx);
    this.ask(
      `resync ${tx}`,
      async (peer) => {
        if (peer.mode === "participant") await peer.resync(tx);
        return peer.mode === "participant";
      },
      (done) => {
        if (done) putBack();
      },
    );
  }

  /** Nobody waits any more for the answers of a process that is gone. */
  #forget(process: Process): void {
    for (const [asked, by] of this.#asking) if (by === process) this.#asking.delete(asked);
  }

  /** The user ends all of it, and keeps it off until `resume`. */
  stop(): void {
    this.#stopped = true;
    this.process?.crash("kill");
    this.#second?.process.crash("kill");
  }

  resume(): void {
    this.#stopped = false;
    this.start();
  }

  /** It has left, and its local state is removed. */
  left(): void {
    this.gone = true;
    if (this.#process) this.#process.alive = false;
    if (this.#second) this.#second.process.alive = false;
    this.peer = undefined;
  }

  /** Whether it is where the space is, and owes nobody anything. */
  atRest(head: number): boolean {
    const { running } = this;
    if (!running || this.#asking.size > 0) return false;
    // The view is made when it is asked for, and this is asked after every step.
    const { appliedRev, prepared } = this.journal.written;
    if (appliedRev !== head || prepared !== undefined) return false;
    const { view } = running;
    return (
      view.connection === "connected" &&
      view.revision === head &&
      view.transactions.length === 0 &&
      view.inDoubt.length === 0 &&
      this.#isSecondAtRest()
    );
  }

  #isSecondAtRest(): boolean {
    if (!this.#second?.process.alive) return true;
    const view = this.#second.peer?.view;
    return view?.connection === "connected" && view.transactions.length === 0;
  }

  /** What keeps it from rest, for the report. */
  describe(): string {
    const { running, journal, gone } = this;
    if (!running) return `${this.id}: not running${gone ? " (gone)" : ""}`;
    const { connection, revision, head, transactions, inDoubt, problem, fileProblems } = running.view;
    return `${this.id}: ${JSON.stringify({
      connection,
      revision,
      head,
      transactions: transactions.map((one) => `${one.id} ${one.phase}`),
      inDoubt: inDoubt.map((one) => one.tx),
      prepared: journal.written.prepared?.tx,
      asking: this.#asking.size,
      problem: problem?.code,
      files: fileProblems.map((one) => one.code),
    })}`;
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? `\n${error.stack ?? ""}` : "";
}

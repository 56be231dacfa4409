import { Loop } from "../../src/drivers/loop.ts";
import { ParticipantPeer } from "../../src/peer/participant.ts";
import type { PeerIdentity, PeerPorts } from "../../src/peer/ports.ts";
import { EnvpactError, problemOf } from "../../src/protocol/errors.ts";
import type { Role } from "../../src/protocol/record.ts";
import { type Checker, secretMark, space } from "./checker.ts";
import type { CoordinatorHost } from "./coordinator.ts";
import type { Folder } from "./folder.ts";
import { JournalDisk } from "./journal.ts";
import { SimulatedLink } from "./link.ts";
import type { Mutant, ParticipantStep } from "./mutants.ts";
import type { Network } from "./network.ts";
import { PeerStoreDisk } from "./peerStore.ts";
import { Process, type World } from "./world.ts";

/** What all peers of a run share. */
export interface Setting {
  readonly world: World;
  readonly checker: Checker;
  readonly network: Network;
  readonly coordinator: CoordinatorHost;
  readonly mutant: Mutant | undefined;
  readonly dataKey: string;
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
  crashes = 0;
  /** The user keeps it off, until this is false again. */
  stopped = false;
  /** It left, or was refused for good. */
  gone = false;
  /** What the user asked for and has no answer to. */
  readonly asking = new Set<Promise<unknown>>();
  peer: ParticipantPeer | undefined;
  readonly #setting: Setting;
  #process: Process | undefined;
  #link: SimulatedLink | undefined;
  #skewMs = 0;

  constructor(
    setting: Setting,
    id: string,
    role: Role,
    environments: Readonly<Record<string, string>>,
    folder: Folder,
  ) {
    const { world, checker, dataKey } = setting;
    this.#setting = setting;
    this.id = id;
    this.folder = folder;
    this.journal = new JournalDisk(world, `journal of ${id}`);
    this.store = new PeerStoreDisk(world);
    this.identity = { space, peer: id, name: id, role, dataKey, folder: folder.path, environments };
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
    if (this.process || this.gone || this.stopped) return;
    const { world } = this.#setting;
    const process = new Process(this.id, (kind) => {
      this.crashes += 1;
      this.peer = undefined;
      this.asking.clear();
      this.folder.crash(kind);
      this.journal.crash(kind);
      this.#setting.network.processGone(process, kind);
      world.schedule(world.random.exponential(3_000), undefined, () => this.start());
    });
    process.skewMs = this.#skewMs;
    this.#process = process;
    world.note(() => `${this.id}: starts`);
    this.#open(process).catch((error: unknown) => this.#failed(process, error));
  }

  /** As `openPeer` of src/runtime/peers.ts. */
  async #open(process: Process): Promise<void> {
    const { checker, world } = this.#setting;
    const journal = this.journal.open(process, (write, before) => checker.appended(this.id, write, before));
    checker.files(this.id, journal.image.appliedRev);
    this.folder.sweep(journal.image.prepared?.staged.map((file) => file.staged) ?? []);
    const peer = await ParticipantPeer.open(this.#ports(process), this.identity, journal);
    if (!process.alive) return;
    this.peer = peer;
    world.note(() => `${this.id}: open at revision ${peer.view.revision}`);
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
    const now = () => Math.floor(world.now + process.skewMs);
    return {
      files: this.folder.filesOf(process, (...write) => checker.replaced(this.id, ...write)),
      store: this.store.storeOf(process),
      connect: (onEvent) => {
        this.#link = new SimulatedLink(network, this.id, process, (event) => {
          if (event.kind === "disconnected" && event.final) this.gone = true;
          onEvent(event);
        });
        return this.#link;
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
  ask<T>(
    what: string,
    act: (peer: ParticipantPeer) => Promise<T>,
    answered?: (result: T | undefined) => void,
  ): void {
    const { world } = this.#setting;
    const { running: peer, process } = this;
    if (!peer || !process) return;
    world.note(() => `${this.id}: user: ${what}`);
    const settle = (result: T | undefined, told: string) => {
      if (!process.alive) return;
      world.note(() => `${this.id}: answer to ${what}: ${told}`);
      this.asking.delete(asked);
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
    if (process.alive) this.asking.add(asked);
  }

  /** It has left, and its local state is removed. */
  left(): void {
    this.gone = true;
    if (this.#process) this.#process.alive = false;
    this.peer = undefined;
  }

  /** The clock of this machine is set. */
  jump(byMs: number): void {
    this.#skewMs += byMs;
    if (this.#process) this.#process.skewMs = this.#skewMs;
  }

  /** Whether it is where the space is, and owes nobody anything. */
  atRest(head: number): boolean {
    const { running } = this;
    if (!running || this.asking.size > 0) return false;
    const { view } = running;
    return (
      view.connection === "connected" &&
      view.revision === head &&
      view.transactions.length === 0 &&
      view.inDoubt.length === 0 &&
      this.journal.written.prepared === undefined &&
      this.journal.written.appliedRev === head
    );
  }

  /** What keeps it from rest, for the report. */
  describe(): string {
    const { running, asking, journal, gone } = this;
    if (!running) return `${this.id}: not running${gone ? " (gone)" : ""}`;
    const { connection, revision, head, transactions, inDoubt, problem, fileProblems } = running.view;
    return `${this.id}: ${JSON.stringify({
      connection,
      revision,
      head,
      transactions: transactions.map((one) => `${one.id} ${one.phase}`),
      inDoubt: inDoubt.map((one) => one.tx),
      prepared: journal.written.prepared?.tx,
      asking: asking.size,
      problem: problem?.code,
      files: fileProblems.map((one) => one.code),
    })}`;
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? `\n${error.stack ?? ""}` : "";
}

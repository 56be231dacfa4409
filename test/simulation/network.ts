import type { Problem } from "../../src/protocol/errors.ts";
import { limits } from "../../src/protocol/limits.ts";
import {
  type ClientMessage,
  type CoordinatorMessage,
  clientMessageSchema,
} from "../../src/protocol/messages.ts";
import type { Checker } from "./checker.ts";
import { type Frame, frameOf, messageOf } from "./frame.ts";
import { type SimulatedLink, unreachable } from "./link.ts";
import type { CrashKind, Process, World } from "./world.ts";

/** What travels: a frame, the end of the handshake, or the end of the connection with its code. */
export type Parcel =
  | { readonly kind: "frame"; readonly frame: Frame }
  | { readonly kind: "connected" }
  | { readonly kind: "close"; readonly code: number };

/** The coordinator's end of a connection. */
export interface ServerEnd {
  readonly id: string;
  readonly peer: string;
  send(message: CoordinatorMessage): void;
  close(code: number): void;
}

/** The process that listens. */
export interface Listener {
  readonly process: Process;
  admits(peer: string): boolean;
  attach(end: ServerEnd): void;
  receive(end: ServerEnd, message: ClientMessage): void;
  lost(end: ServerEnd): void;
}

/** One direction of a connection: in order, and lost from some point on when the connection breaks. */
class Pipe {
  readonly #world: World;
  readonly #receiver: Process;
  readonly #passes: () => boolean;
  readonly #deliver: (parcel: Parcel) => void;
  readonly #queue: Parcel[] = [];
  #lastAt = 0;
  /** Nothing comes through any more, what is under way included. */
  cut = false;
  /** Nobody sends any more; what is under way may still arrive, long after its sender is gone. */
  closed = false;

  constructor(world: World, receiver: Process, passes: () => boolean, deliver: (parcel: Parcel) => void) {
    this.#world = world;
    this.#receiver = receiver;
    this.#passes = passes;
    this.#deliver = deliver;
  }

  send(parcel: Parcel): void {
    if (this.cut || this.closed) return;
    this.#queue.push(parcel);
    const at = this.#world.now + this.#world.random.exponential(this.#world.plan.latencyMs);
    this.#lastAt = Math.max(this.#lastAt, at);
    this.#world.schedule(this.#lastAt - this.#world.now, this.#receiver, () => this.#pump());
  }

  /** A partition has healed: what waited is sent again. */
  resume(): void {
    for (const _ of this.#queue) this.#world.schedule(0, this.#receiver, () => this.#pump());
  }

  #pump(): void {
    if (this.cut || !this.#passes()) return;
    const parcel = this.#queue.shift();
    if (!parcel) return;
    this.#deliver(parcel);
    const { random, plan, faulty } = this.#world;
    if (parcel.kind !== "frame" || !faulty || !random.chance(plan.duplicates)) return;
    this.#world.schedule(random.exponential(1_000), this.#receiver, () => {
      if (this.#world.faulty) this.#deliver(parcel);
    });
  }
}

/** An established connection; each side learns of its end by itself. */
export class Connection {
  readonly id: string;
  readonly link: SimulatedLink;
  readonly listener: Listener;
  readonly toServer: Pipe;
  readonly toClient: Pipe;
  readonly end: ServerEnd;
  clientOpen = true;
  serverOpen = true;
  readonly #world: World;

  constructor(network: Network, id: string, link: SimulatedLink, listener: Listener) {
    const { world, checker } = network;
    const path = network.path(link.peer);
    this.#world = world;
    this.id = id;
    this.link = link;
    this.listener = listener;
    this.toServer = new Pipe(
      world,
      listener.process,
      () => !path.toServer,
      (parcel) => this.#atServer(parcel),
    );
    this.toClient = new Pipe(
      world,
      link.process,
      () => !path.toClient,
      (parcel) => link.take(this, parcel),
    );
    this.end = {
      id,
      peer: link.peer,
      send: (message) => {
        if (!this.serverOpen) return;
        this.toClient.send({ kind: "frame", frame: frameOf(world, checker, id, message) });
      },
      close: (code) => {
        this.toClient.send({ kind: "close", code });
        this.serverLost();
      },
    };
  }

  #atServer(parcel: Parcel): void {
    if (!this.serverOpen || !this.listener.process.alive) return;
    if (parcel.kind === "close") this.serverLost();
    else if (parcel.kind === "frame") {
      const message = messageOf(this.#world, parcel.frame, clientMessageSchema);
      if (message) this.listener.receive(this.end, message);
    }
  }

  /** The coordinator's side notices the end. */
  serverLost(): void {
    if (!this.serverOpen) return;
    this.serverOpen = false;
    this.toServer.cut = true;
    this.#world.schedule(this.#noticedMs(), this.link.process, () => this.clientLost(unreachable()));
    this.#world.schedule(0, this.listener.process, () => this.listener.lost(this.end));
  }

  /** The client's side notices the end. */
  clientLost(problem: Problem | undefined): void {
    if (!this.clientOpen) return;
    this.clientOpen = false;
    this.#world.schedule(this.#noticedMs(), this.listener.process, () => this.serverLost());
    this.link.lost(problem);
  }

  /** A side that hears nothing any more finds out by its keep-alive. */
  #noticedMs(): number {
    return this.#world.random.between(0, 2 * limits.pingIntervalMs);
  }

  /** Breaks without a word: each side notices when nothing has come for too long. */
  breakSilently(longestMs: number): void {
    const { random } = this.#world;
    for (const pipe of [this.toServer, this.toClient]) {
      if (random.chance(0.5)) pipe.cut = true;
      else pipe.closed = true;
    }
    this.#world.schedule(random.between(0, longestMs), this.link.process, () =>
      this.clientLost(unreachable()),
    );
    this.#world.schedule(random.between(0, longestMs), this.listener.process, () => this.serverLost());
  }
}

/** Which directions of a peer's way to the coordinator let nothing through. */
interface Path {
  toServer: boolean;
  toClient: boolean;
}

/** The network between the peers and the one coordinator. */
export class Network {
  readonly world: World;
  readonly checker: Checker;
  listener: Listener | undefined;
  readonly #paths = new Map<string, Path>();
  #connections: Connection[] = [];
  #count = 0;

  constructor(world: World, checker: Checker) {
    this.world = world;
    this.checker = checker;
  }

  path(peer: string): Path {
    let path = this.#paths.get(peer);
    if (!path) {
      path = { toServer: false, toClient: false };
      this.#paths.set(peer, path);
    }
    return path;
  }

  blocked(peer: string): boolean {
    const path = this.path(peer);
    return path.toServer || path.toClient;
  }

  connect(link: SimulatedLink, listener: Listener): void {
    this.#count += 1;
    const connection = new Connection(this, `s${this.#count}`, link, listener);
    this.#connections = this.#connections.filter((one) => one.clientOpen || one.serverOpen);
    this.#connections.push(connection);
    link.established(connection);
    listener.attach(connection.end);
    connection.toClient.send({ kind: "connected" });
  }

  #of(peer: string): Connection[] {
    return this.#connections.filter((one) => one.link.peer === peer && (one.clientOpen || one.serverOpen));
  }

  /** Lets nothing through in some direction; the ends notice after the keep-alive's time, or it heals before. */
  partition(peer: string, toServer: boolean, toClient: boolean): void {
    const { world } = this;
    const path = this.path(peer);
    path.toServer ||= toServer;
    path.toClient ||= toClient;
    world.note(() => `network: ${peer} cut off (${toServer ? "to" : ""}${toClient ? "from" : ""})`);
    world.schedule(world.random.exponential(8_000), undefined, () => this.heal(peer));
    for (const connection of this.#of(peer)) {
      const noticed = () => world.random.between(limits.pingIntervalMs, 2 * limits.pingIntervalMs);
      world.schedule(noticed(), connection.link.process, () => {
        if (this.blocked(peer)) connection.clientLost(unreachable());
      });
      world.schedule(noticed(), connection.listener.process, () => {
        if (this.blocked(peer)) connection.serverLost();
      });
    }
  }

  heal(peer: string): void {
    const path = this.path(peer);
    path.toServer = false;
    path.toClient = false;
    for (const connection of this.#of(peer)) {
      connection.toServer.resume();
      connection.toClient.resume();
    }
  }

  healAll(): void {
    for (const peer of this.#paths.keys()) this.heal(peer);
  }

  /** The connection of a peer breaks; what is under way is lost. */
  reset(peer: string): void {
    const longestMs = this.world.random.pick([10, 500, 2 * limits.pingIntervalMs]);
    for (const connection of this.#of(peer)) connection.breakSilently(longestMs);
  }

  /** A process is gone: its system says so to the others, or (a power loss) nobody does. */
  processGone(process: Process, kind: CrashKind): void {
    for (const connection of this.#connections) {
      const { link, listener, toServer, toClient } = connection;
      if (link.process !== process && listener.process !== process) continue;
      const far = link.process === process ? toServer : toClient;
      if (kind === "kill") far.send({ kind: "close", code: 1006 });
      else connection.breakSilently(2 * limits.pingIntervalMs);
    }
  }
}

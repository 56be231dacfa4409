import { retryDelayMs } from "../../src/commit/backoff.ts";
import type { Link, LinkEvent } from "../../src/commit/ports.ts";
import { closeProblem, isFinal, toldProblem } from "../../src/drivers/linkProblems.ts";
import type { Problem } from "../../src/protocol/errors.ts";
import { limits } from "../../src/protocol/limits.ts";
import { type ClientMessage, coordinatorMessageSchema } from "../../src/protocol/messages.ts";
import { frameOf, messageOf } from "./frame.ts";
import type { Connection, Network, Parcel } from "./network.ts";
import { summary } from "./trace.ts";
import type { Process } from "./world.ts";

/** A peer's connection as src/drivers/link.ts keeps it: comes back by itself until a final refusal. */
export class SimulatedLink implements Link {
  readonly peer: string;
  readonly process: Process;
  readonly #network: Network;
  readonly #onEvent: (event: LinkEvent) => void;
  #connection: Connection | undefined;
  #usable = false;
  #attempt = 0;
  #ended = false;
  #hungUp: { readonly retry: boolean } | undefined;

  constructor(network: Network, peer: string, process: Process, onEvent: (event: LinkEvent) => void) {
    this.#network = network;
    this.peer = peer;
    this.process = process;
    this.#onEvent = onEvent;
    this.#connectAfter(0);
  }

  get usable(): boolean {
    return this.#usable;
  }

  get ended(): boolean {
    return this.#ended;
  }

  send(message: ClientMessage): boolean {
    const { world, checker } = this.#network;
    if (!this.#connection || !this.#usable || !this.process.alive) return false;
    if (world.crashPoint(this.process, `before ${message.t}`)) return false;
    world.note(() => `${this.process.name} says ${summary(message)}`);
    checker.said(this.peer, message);
    this.#connection.toServer.send({ kind: "frame", frame: frameOf(world, checker, this.peer, message) });
    world.crashPoint(this.process, `after ${message.t}`);
    return true;
  }

  hangUp(retry: boolean): void {
    if (this.#ended) return;
    this.#hungUp = { retry };
    const connection = this.#connection;
    if (connection) {
      connection.toServer.send({ kind: "close", code: 1000 });
      this.#network.world.schedule(1, this.process, () => connection.clientLost(undefined));
    } else if (!retry) this.lost(undefined);
  }

  async close(): Promise<void> {
    this.#ended = true;
    this.#connection?.toServer.send({ kind: "close", code: 1000 });
    if (this.#connection) this.#connection.clientOpen = false;
  }

  established(connection: Connection): void {
    this.#connection = connection;
  }

  /** Something arrives at the client's end of a connection. */
  take(connection: Connection, parcel: Parcel): void {
    if (connection !== this.#connection || !connection.clientOpen) return;
    const { world, checker } = this.#network;
    if (parcel.kind === "close") connection.clientLost(closeProblem("sim", parcel.code));
    else if (parcel.kind === "connected") {
      this.#usable = true;
      this.#attempt = 0;
      this.#tell({ kind: "connected" });
    } else {
      const message = messageOf(world, parcel.frame, coordinatorMessageSchema);
      if (!message) return;
      world.note(() => `${this.process.name} hears ${summary(message)}`);
      checker.heard(this.peer, message);
      this.#tell({ kind: "message", message });
    }
  }

  #connectAfter(delayMs: number): void {
    this.#network.world.schedule(delayMs, this.process, () => this.#dial());
  }

  #dial(): void {
    const { world } = this.#network;
    if (this.#ended) return;
    this.#hungUp = undefined;
    const blocked = this.#network.blocked(this.peer);
    const delayMs = blocked
      ? 2 * limits.authenticationTimeoutMs
      : 3 * world.random.exponential(world.plan.latencyMs);
    world.schedule(delayMs, this.process, () => {
      const { listener } = this.#network;
      if (this.#ended) return;
      if (blocked || !listener?.process.alive || this.#network.blocked(this.peer)) this.lost(unreachable());
      else if (!listener.admits(this.peer)) this.lost(toldProblem("UNAUTHENTICATED", "unknown device"));
      else this.#network.connect(this, listener);
    });
  }

  /** The connection is gone, or could not be made. */
  lost(problem: Problem | undefined): void {
    if (this.#ended) return;
    this.#connection = undefined;
    this.#usable = false;
    const final = this.#hungUp?.retry === false || (problem !== undefined && isFinal(problem));
    if (final) this.#ended = true;
    else {
      const { random } = this.#network.world;
      this.#connectAfter(
        retryDelayMs(this.#attempt, limits.reconnectFirstMs, limits.reconnectMaxMs, random.next()),
      );
      this.#attempt += 1;
    }
    this.#network.world.note(() => `${this.process.name} loses its connection ${problem?.code ?? ""}`);
    this.#onEvent({ kind: "disconnected", problem, final });
  }

  #tell(event: LinkEvent): void {
    if (!this.#ended && this.#hungUp === undefined) this.#onEvent(event);
  }
}

/** What a link says when there is nobody at the other end. */
export function unreachable(): Problem {
  return { code: "UNREACHABLE", message: "The coordinator cannot be reached.", next: "" };
}

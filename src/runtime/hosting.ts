import { type CoordinatorInput, step } from "../commit/coordinator.ts";
import type { CoordinatorEffect } from "../commit/effects.ts";
import type { CoordinatorStore } from "../commit/ports.ts";
import { openSpace, type SpaceState, type StepContext } from "../commit/space.ts";
import { randomToken, systemClock } from "../drivers/clock.ts";
import { Loop } from "../drivers/loop.ts";
import type { ServerSocket } from "../drivers/server.ts";
import { closeCodes } from "../protocol/errors.ts";
import { limits } from "../protocol/limits.ts";
import type { CoordinatorMessage } from "../protocol/messages.ts";
import type { MemberChange } from "../protocol/record.ts";
import type { Disposable } from "../shared/disposable.ts";
import { failpoint } from "./failpoint.ts";

/** Who waits for a membership change to be in the log, and what it is told then. */
interface Waiting {
  readonly change: MemberChange;
  readonly socket: ServerSocket;
  readonly answer: CoordinatorMessage;
}

/** One space that this process coordinates: its state machine, its loop and its connections. */
export class HostedSpace {
  readonly #store: CoordinatorStore;
  readonly #state: SpaceState;
  readonly #loop: Loop<CoordinatorInput, CoordinatorEffect>;
  readonly #sockets = new Map<string, ServerSocket>();
  readonly #log: (entry: Readonly<Record<string, unknown>>) => void;
  #waiting: Waiting[] = [];
  #timer: (Disposable & { readonly atMs: number }) | undefined;

  constructor(
    space: string,
    store: CoordinatorStore,
    detachAfterMs: number,
    log: (entry: Readonly<Record<string, unknown>>) => void,
    onFatal: (error: unknown) => void,
  ) {
    this.#store = store;
    this.#log = log;
    this.#state = openSpace(store.load(space), systemClock.now(), detachAfterMs);
    this.#loop = new Loop({
      step: (input) => this.#step(input),
      perform: (effect) => this.#perform(effect),
      onFatal,
    });
    this.#loop.push({ kind: "start" });
  }

  get name(): string {
    return this.#state.space;
  }

  /** Takes over an authenticated connection of a member's device. */
  attach(socket: ServerSocket): void {
    this.#sockets.set(socket.id, socket);
    socket.onClose(() => {
      this.#sockets.delete(socket.id);
      this.#loop.push({ kind: "disconnected", session: socket.id });
    });
  }

  /** A frame of `socket` for the state machine. */
  receive(socket: ServerSocket, input: Extract<CoordinatorInput, { kind: "message" }>["message"]): void {
    this.#loop.push({ kind: "message", session: socket.id, message: input });
  }

  /** Whether a member that has not left has this name. */
  nameTaken(name: string, peer: string): boolean {
    const members = [...this.#state.members.values(), ...this.#waiting.map((waiting) => waiting.change)];
    return members.some((member) => member.state !== "left" && member.name === name && member.peer !== peer);
  }

  isMember(peer: string): boolean {
    const member = this.#state.members.get(peer);
    return member !== undefined && member.state !== "left";
  }

  get memberCount(): number {
    return [...this.#state.members.values()].filter((member) => member.state !== "left").length;
  }

  member(peer: string): MemberChange | undefined {
    const member = this.#state.members.get(peer);
    return member ? { ...member, reason: "" } : undefined;
  }

  /** Puts a membership change into the log (between transactions) and then answers `socket`. */
  change(change: MemberChange, socket: ServerSocket, answer: CoordinatorMessage): void {
    this.#waiting.push({ change, socket, answer });
    this.#loop.push({ kind: "member", change });
  }

  async stop(): Promise<void> {
    this.#timer?.dispose();
    await this.#loop.stop();
  }

  #step(input: CoordinatorInput): CoordinatorEffect[] {
    const { space } = this.#state;
    const context: StepContext = {
      now: systemClock.now(),
      nonce: randomToken(6),
      requestRevision: (requestId) => this.#store.requestRevision(space, requestId),
      revision: (rev) => this.#store.record(space, rev),
      records: (from) => this.#store.records(space, from, limits.catchupRecordsMax, limits.catchupBytesMax),
    };
    return step(this.#state, input, context);
  }

  #perform(effect: CoordinatorEffect): void {
    switch (effect.type) {
      case "persist": {
        const decides = effect.writes.some(
          (write) => write.kind === "record" && write.record.kind === "commit",
        );
        if (decides) failpoint("coordinator.before-decision");
        this.#store.write(this.#state.space, effect.writes);
        if (decides) failpoint("coordinator.after-decision");
        for (const write of effect.writes) {
          if (write.kind !== "record") continue;
          const { rev, kind, tx, author, members } = write.record;
          this.#log({
            event: "record",
            space: this.name,
            revision: rev,
            kind,
            tx,
            author: author.name,
            members,
          });
          this.#answerWaiting(members);
        }
        break;
      }
      case "send":
        // A slow or vanished reader is cut off by the server and resumes by revision.
        this.#sockets.get(effect.session)?.send(effect.message);
        break;
      case "close":
        this.#sockets.get(effect.session)?.close(effect.code, effect.reason);
        break;
      case "timer":
        this.#wakeAt(effect.atMs);
        break;
    }
  }

  #answerWaiting(members: readonly MemberChange[]): void {
    for (const { peer, state } of members) {
      const done = this.#waiting.filter(({ change }) => change.peer === peer && change.state === state);
      this.#waiting = this.#waiting.filter((waiting) => !done.includes(waiting));
      for (const { socket, answer } of done) socket.send(answer);
      if (state !== "left") continue;
      this.#store.removePeer(this.name, peer);
      this.#sendAway(peer);
    }
  }

  /** Ends the connections of a peer that left: an agent or an editor that still takes part for it learns it so. */
  #sendAway(peer: string): void {
    for (const session of this.#state.sessions.values()) {
      if (session.peer === peer) this.#sockets.get(session.id)?.close(closeCodes.removed, "left the space");
    }
  }

  #wakeAt(atMs: number): void {
    if (this.#timer && this.#timer.atMs <= atMs) return;
    this.#timer?.dispose();
    const timer = systemClock.at(atMs, () => {
      this.#timer = undefined;
      this.#loop.push({ kind: "tick" });
    });
    this.#timer = { atMs, dispose: () => timer.dispose() };
  }
}

import { type CoordinatorInput, step } from "../commit/coordinator.ts";
import type { CoordinatorEffect, CoordinatorWrite } from "../commit/effects.ts";
import type { CoordinatorStore } from "../commit/ports.ts";
import { openSpace, type SpaceState, type StepContext } from "../commit/space.ts";
import { randomToken, systemClock } from "../drivers/clock.ts";
import type { GroupCommit } from "../drivers/groupCommit.ts";
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
  readonly #commits: GroupCommit;
  readonly #state: SpaceState;
  readonly #loop: Loop<CoordinatorInput, CoordinatorEffect>;
  readonly #sockets = new Map<string, ServerSocket>();
  readonly #log: (entry: Readonly<Record<string, unknown>>) => void;
  #waiting: Waiting[] = [];
  #timer: (Disposable & { readonly atMs: number }) | undefined;
  readonly #onFatal: (error: unknown) => void;
  #compaction: Disposable | undefined;

  constructor(
    space: string,
    store: CoordinatorStore,
    commits: GroupCommit,
    detachAfterMs: number,
    log: (entry: Readonly<Record<string, unknown>>) => void,
    onFatal: (error: unknown) => void,
  ) {
    this.#store = store;
    this.#commits = commits;
    this.#log = log;
    this.#onFatal = onFatal;
    this.#state = openSpace(store.load(space), systemClock.now(), detachAfterMs);
    this.#loop = new Loop({
      step: (input) => this.#step(input),
      perform: (effect) => this.#perform(effect),
      onFatal,
    });
    this.#loop.push({ kind: "start" });
    this.#compactSoon();
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
    this.#compaction?.dispose();
    await this.#loop.stop();
  }

  #step(input: CoordinatorInput): CoordinatorEffect[] {
    const { space } = this.#state;
    const context: StepContext = {
      now: systemClock.now(),
      nonce: randomToken(6),
      requestRevision: (requestId) => this.#store.requestRevision(space, requestId),
      revision: (rev) => this.#store.revision(space, rev),
      floor: this.#store.floor(space),
      snapshot: () => this.#store.snapshot(space),
      records: (from) => this.#store.records(space, from, limits.catchupRecordsMax, limits.catchupBytesMax),
    };
    return step(this.#state, input, context);
  }

  #perform(effect: CoordinatorEffect): Promise<void> | void {
    switch (effect.type) {
      case "persist":
        return this.#persist(effect.writes);
      case "send":
        // A slow or vanished reader is cut off by the server and resumes by revision.
        failpoint(`coordinator.before-${effect.message.t}-send`);
        this.#sockets.get(effect.session)?.send(effect.message);
        failpoint(`coordinator.after-${effect.message.t}-send`);
        break;
      case "close":
        this.#sockets.get(effect.session)?.close(effect.code, effect.reason);
        break;
      case "timer":
        this.#wakeAt(effect.atMs);
        break;
    }
  }

  async #persist(writes: readonly CoordinatorWrite[]): Promise<void> {
    const what = new Set(writes.map(writtenName));
    for (const name of what) failpoint(`coordinator.before-${name}`);
    await this.#commits.write(this.name, writes);
    for (const name of what) failpoint(`coordinator.after-${name}`);
    for (const write of writes) {
      if (write.kind !== "record") continue;
      const { rev, kind, tx, author, members } = write.record;
      this.#log({ event: "record", space: this.name, revision: rev, kind, tx, author: author.name, members });
      this.#answerWaiting(members);
    }
    this.#compactSoon();
  }

  /** Drops old bodies when there are too many: after what is being answered now. */
  #compactSoon(): void {
    if (this.#compaction !== undefined || !this.#store.isCompactable(this.name)) return;
    this.#compaction = systemClock.at(systemClock.now(), () => {
      this.#compaction = undefined;
      try {
        failpoint("coordinator.before-compaction");
        this.#store.compact(this.name);
        failpoint("coordinator.after-compaction");
        this.#log({ event: "compacted", space: this.name, floor: this.#store.floor(this.name) });
      } catch (error) {
        // As for any write that failed: what is on disk is unknown, and a new start reads it.
        this.#onFatal(error);
      }
    });
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

/** How failpoints call a write. */
function writtenName(write: CoordinatorWrite): string {
  if (write.kind !== "record") return write.kind;
  return write.record.kind === "commit" ? "decision" : write.record.kind;
}

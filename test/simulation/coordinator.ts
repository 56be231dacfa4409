import type { CoordinatorInput } from "../../src/commit/coordinator.ts";
import type { CoordinatorEffect } from "../../src/commit/effects.ts";
import type { CoordinatorStore } from "../../src/commit/ports.ts";
import { retentionOf } from "../../src/commit/retention.ts";
import { openSpace, type SpaceState, type StepContext } from "../../src/commit/space.ts";
import { createMemoryStore } from "../../src/drivers/memoryStore.ts";
import { closeCodes, type Problem } from "../../src/protocol/errors.ts";
import type { ClientMessage } from "../../src/protocol/messages.ts";
import {
  follows,
  type LogRecord,
  type MemberChange,
  type Role,
  sealRecord,
} from "../../src/protocol/record.ts";
import { err, ok, type Result } from "../../src/shared/result.ts";
import type { Checker } from "./checker.ts";
import { space } from "./history.ts";
import type { CoordinatorMutant } from "./mutants.ts";
import type { Listener, Network, ServerEnd } from "./network.ts";
import { summary } from "./trace.ts";
import { Clock, Process, type World } from "./world.ts";

interface Waiting {
  readonly peer: string;
  readonly state: MemberChange["state"];
  readonly done: () => void;
}

/** A coordinator's process: drives `step` as src/runtime/hosting.ts does, over a store that outlives it. */
class CoordinatorProcess implements Listener {
  readonly process: Process;
  readonly state: SpaceState;
  readonly #host: CoordinatorHost;
  readonly #ends = new Map<string, ServerEnd>();
  #waiting: Waiting[] = [];
  #timer: { readonly atMs: number; live: boolean } | undefined;
  #handling = false;
  #inputs: CoordinatorInput[] = [];

  constructor(host: CoordinatorHost, process: Process) {
    this.#host = host;
    this.process = process;
    const { world, store } = host;
    this.state = openSpace(store.load(space), this.#clock(), world.plan.detachAfterMs);
    this.input({ kind: "start" });
  }

  #clock(): number {
    return this.process.clock.now();
  }

  admits(peer: string): boolean {
    return this.#host.store.deviceOf(space, peer) !== undefined;
  }

  attach(end: ServerEnd): void {
    this.#ends.set(end.id, end);
  }

  receive(end: ServerEnd, message: ClientMessage): void {
    if (message.t === "hello" && !this.admits(message.peer)) {
      end.send({ t: "error", code: "NOT_A_PEER", message: "no member", retryable: false });
      end.close(closeCodes.removed);
      return;
    }
    this.input({ kind: "message", session: end.id, message });
  }

  lost(end: ServerEnd): void {
    this.#ends.delete(end.id);
    this.input({ kind: "disconnected", session: end.id });
  }

  /** Puts a membership change into the log and calls back once it is there. */
  change(change: MemberChange, done: () => void): void {
    this.#waiting.push({ peer: change.peer, state: change.state, done });
    this.input({ kind: "member", change });
  }

  input(input: CoordinatorInput): void {
    this.#inputs.push(input);
    if (this.#handling) return;
    this.#handling = true;
    for (let next = this.#inputs.shift(); next && this.process.alive; next = this.#inputs.shift()) {
      for (const effect of this.#host.mutant.step(this.state, next, this.#context())) {
        if (this.#host.world.crashPoint(this.process, `before ${effect.type}`)) break;
        this.#perform(effect);
        if (!this.process.alive) break;
      }
    }
    this.#handling = false;
  }

  #context(): StepContext {
    const { store, world, mutant } = this.#host;
    return mutant.context(this.state, {
      now: this.#clock(),
      nonce: Math.floor(world.random.next() * 2 ** 32).toString(36),
      requestRevision: (requestId) => store.requestRevision(space, requestId),
      revision: (rev) => store.revision(space, rev),
      floor: store.floor(space),
      snapshot: () => store.snapshot(space),
      records: (from) => store.records(space, from, world.plan.catchupRecords, 2 ** 19),
    });
  }

  #perform(effect: CoordinatorEffect): void {
    const { world, checker } = this.#host;
    switch (effect.type) {
      case "persist":
        this.#persist(effect);
        break;
      case "send":
        // A hint that follows every change: nearly half of all frames, and nothing but a view depends on them.
        if (effect.message.t === "roster" && !world.plan.thorough && world.random.chance(0.9)) break;
        world.note(() => `coordinator says to ${effect.session}: ${summary(effect.message)}`);
        checker.coordinatorSays(this.state.term, effect.message);
        this.#ends.get(effect.session)?.send(effect.message);
        break;
      case "close":
        this.#ends.get(effect.session)?.close(effect.code);
        break;
      case "timer":
        this.#wakeAt(effect.atMs);
        break;
    }
  }

  #persist(effect: Extract<CoordinatorEffect, { type: "persist" }>): void {
    const { world, store, checker, mutant } = this.#host;
    const fails = world.diskFails();
    if (!fails || world.random.chance(0.5)) {
      store.write(space, effect.writes);
      for (const write of effect.writes) {
        world.note(() => `coordinator forces ${summary(write)}`);
        if (write.kind === "term") checker.termForced(write.term);
        else checker.recordForced(write.record);
      }
    }
    if (fails) {
      // Written or not: nobody knows. The process ends, as HostedSpace's onFatal makes it.
      for (const late of mutant.onUnknownWrite(this.state, effect)) this.#perform(late);
      world.crash(this.process, "a failed write");
      return;
    }
    if (world.crashPoint(this.process, "after a forced write")) return;
    for (const write of effect.writes) if (write.kind === "record") this.#answerWaiting(write.record.members);
    if (!store.isCompactable(space)) return;
    world.note(() => "coordinator compacts its log");
    store.compact(space);
  }

  #answerWaiting(members: readonly MemberChange[]): void {
    for (const { peer, state } of members) {
      const done = this.#waiting.filter((one) => one.peer === peer && one.state === state);
      this.#waiting = this.#waiting.filter((one) => !done.includes(one));
      for (const one of done) one.done();
      if (state === "left") this.#host.store.removePeer(space, peer);
    }
  }

  /** As HostedSpace: one timer, the earliest that was asked for. */
  #wakeAt(atMs: number): void {
    if (this.#timer && this.#timer.atMs <= atMs) return;
    if (this.#timer) this.#timer.live = false;
    const timer = { atMs, live: true };
    this.#timer = timer;
    this.#host.world.timer(atMs - this.#clock(), this.process, () => {
      if (!timer.live) return;
      this.#timer = undefined;
      this.input({ kind: "tick" });
    });
  }
}

/** The machine of the coordinator: its store, and its process when one runs. */
export class CoordinatorHost {
  readonly world: World;
  readonly checker: Checker;
  readonly mutant: CoordinatorMutant;
  readonly clock: Clock;
  readonly store: CoordinatorStore;
  readonly #network: Network;
  #running: CoordinatorProcess | undefined;
  crashes = 0;

  constructor(world: World, checker: Checker, network: Network, mutant: CoordinatorMutant) {
    this.world = world;
    this.store = createMemoryStore("of the simulation", retentionOf(world.plan.keptRevisions));
    this.checker = checker;
    this.mutant = mutant;
    this.clock = new Clock(world);
    this.#network = network;
    const invitation = { invite: "i", verifier: "", wrappedKey: "", expiresAt: 0, usedBy: "" };
    this.store.createSpace(space, "owner", invitation, world.plan.policy);
  }

  get running(): CoordinatorProcess | undefined {
    return this.#running?.process.alive ? this.#running : undefined;
  }

  /** Before the first start: the space has these members, as if they had joined and caught up at once. */
  establish(members: readonly { readonly id: string; readonly role: Role }[]): void {
    const { store, checker, world } = this;
    const record = sealRecord({
      rev: 1,
      prevHash: "",
      kind: "membership",
      tx: `${space}:1:1:established`,
      term: 1,
      epoch: 1,
      keyEpoch: 1,
      author: { peer: "", name: "coordinator" },
      requestId: "",
      items: [],
      members: members.map(({ id, role }) => ({ peer: id, name: id, role, state: role, reason: "joined" })),
      participants: [],
      message: "",
      at: Math.floor(world.now),
      signature: "",
    });
    store.write(space, [
      { kind: "term", term: 1 },
      { kind: "record", record },
    ]);
    for (const { id } of members) store.addPeer(space, id, `device of ${id}`);
    checker.termForced(1);
    checker.recordForced(record);
  }

  start(): void {
    if (this.running) return;
    const process = new Process("coordinator", this.clock, (kind) => {
      this.crashes += 1;
      this.#network.processGone(process, kind);
      this.#damageIsFound();
      this.world.schedule(this.world.random.exponential(2_000), undefined, () => this.start());
    });
    this.#running = new CoordinatorProcess(this, process);
    this.#network.listener = this.#running;
  }

  /** Now and then: one flipped bit in the stored log must show in its chain, never be served as something else. */
  #damageIsFound(): void {
    const { random } = this.world;
    const { rev } = this.checker.log.head;
    if (rev === 0 || !random.chance(0.02)) return;
    const bytes = Buffer.from(JSON.stringify(this.store.records(space, 1, rev, Number.POSITIVE_INFINITY)));
    bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
    let head: { readonly rev: number; readonly hash: string } = this.store.snapshot(space);
    try {
      for (const record of JSON.parse(bytes.toString()) as LogRecord[]) {
        if (!follows(head, record)) return;
        head = record;
      }
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof TypeError) return;
      throw error;
    }
    this.world.report({ invariant: 6, text: "the store: a flipped bit was read without complaint" });
  }

  /** Joins a peer; calls back when the coordinator says that it is a member. */
  join(peer: string, role: Role, done: () => void): void {
    this.#ask(peer, (running) => {
      const known = running.state.members.get(peer);
      if (known && known.state !== "left") return done();
      this.store.addPeer(space, peer, `device of ${peer}`);
      const state = role === "observer" ? ("observer" as const) : ("syncing" as const);
      running.change({ peer, name: peer, role, state, reason: "joined" }, done);
    });
  }

  /** Leaves, by a connection of its own. */
  leave(peer: string, process: Process): Promise<Result<void, Problem>> {
    return new Promise((resolve) => {
      const { world } = this;
      const answered = (result: Result<void, Problem>) =>
        world.schedule(world.random.exponential(world.plan.latencyMs), process, () => resolve(result));
      const refuse = (code: Problem["code"]) => answered(err({ code, message: code, next: "" }));
      world.schedule(10_000, process, () => refuse("UNREACHABLE"));
      this.#ask(peer, (running) => {
        const member = running.state.members.get(peer);
        if (!member || !running.admits(peer)) return refuse("UNAUTHENTICATED");
        // The answer may get lost.
        const lost = world.faulty && world.random.chance(0.2);
        const change = { ...member, state: "left" as const, reason: "left" };
        running.change(change, () => (lost ? undefined : answered(ok(undefined))));
      });
    });
  }

  #ask(peer: string, act: (running: CoordinatorProcess) => void): void {
    this.world.schedule(this.world.random.exponential(this.world.plan.latencyMs), undefined, () => {
      if (this.running && !this.#network.blocked(peer)) act(this.running);
    });
  }
}

import type { HeuristicRecord } from "../commit/effects.ts";
import type { EnvironmentFiles, Link, LinkEvent } from "../commit/ports.ts";
import { EnvpactError, type Problem, problemOf } from "../protocol/errors.ts";
import { limits } from "../protocol/limits.ts";
import type { ClientMessage, CoordinatorMessage, Policy, RosterEntry } from "../protocol/messages.ts";
import { type Disposable, DisposableStore, Emitter } from "../shared/disposable.ts";
import { once } from "../shared/once.ts";
import type { InDoubtView, PeerEvent, PeerView } from "./api.ts";
import { withoutKeys } from "./consent.ts";
import type { DriftReport } from "./drift.ts";
import { problemHeard, rowsOf } from "./heard.ts";
import type { LiveState, PeerIdentity, PeerPorts } from "./ports.ts";
import { whenReady } from "./readiness.ts";
import type { Replica } from "./replica.ts";
import { Submissions } from "./submissions.ts";
import { Traces } from "./traces.ts";
import { heuristicView, spreadOf } from "./view.ts";
import { Workspace } from "./workspace.ts";

/** How long after a commit was applied the files are compared again, unless their watch asks for it before. */
const refreshDelayMs = 100;

const noDrift: DriftReport = { items: [], problems: [], absent: new Set() };

/** What a participant and a companion share: connection, view, drift, and their end. */
export abstract class PeerCore {
  protected readonly ports: PeerPorts;
  protected readonly identity: PeerIdentity;
  protected readonly workspace: Workspace;
  protected readonly submissions: Submissions;
  protected readonly timelines: Traces;
  protected readonly disposables = new DisposableStore();
  readonly #events = new Emitter<PeerEvent>();
  protected link: Link | undefined;
  protected connection: PeerView["connection"] = "connecting";
  protected offlineSinceMs: number | undefined;
  protected problem: Problem | undefined;
  protected head = 0;
  protected driftReport: DriftReport = noDrift;
  /** Keys that others may change here although they make programs run other code. */
  #allowed: readonly string[] = [];
  readonly #changes = new Emitter<PeerView>();
  protected roster: readonly RosterEntry[] = [];
  #policy: Policy | undefined;
  #detachAfterMs: number = limits.detachAfterMs;
  #view: PeerView | undefined;
  /** Whether HELLO was said on the present connection. */
  #greeted = false;
  #refreshing: Promise<void> = Promise.resolve();
  #refreshTimer: Disposable | undefined;
  #closed = false;

  constructor(ports: PeerPorts, identity: PeerIdentity, replica: Replica, files: EnvironmentFiles) {
    this.ports = ports;
    this.identity = identity;
    this.workspace = new Workspace(files, ports.store, identity, replica);
    this.timelines = new Traces(ports);
    this.submissions = new Submissions(
      ports,
      (message) => this.send(message),
      () => this.changed(),
      { traces: this.timelines, name: identity.name },
    );
    this.disposables.add(files.watch(this.workspace.fileNames, () => this.refreshSoon()));
  }

  /** The log as this process holds it now. */
  protected abstract get replica(): Replica;
  /** The revision that the files are at. */
  protected abstract get appliedRev(): number;
  protected abstract inDoubt(): readonly InDoubtView[];
  protected abstract receive(event: LinkEvent): void;
  /** What a person forced here. */
  protected abstract get heuristics(): readonly HeuristicRecord[];
  /** What the process that takes part is at. */
  protected abstract live(): LiveState;

  get view(): PeerView {
    this.#view ??= this.#makeView();
    return this.#view;
  }

  onChange(listener: (view: PeerView) => void): Disposable {
    return this.#changes.on(listener);
  }

  onEvent(listener: (event: PeerEvent) => void): Disposable {
    return this.#events.on(listener);
  }

  /** Opens the connection; from here on the coordinator may be heard. */
  protected connect(): void {
    this.link = this.ports.connect((event) => {
      this.#track(event);
      this.receive(event);
      this.changed();
    });
  }

  /**
   * False: not sent, and resumption sends it again. HELLO waits behind what the participant is doing when a connection
   * comes; what was meant for the connection before, or comes from the user meanwhile, must not overtake it.
   */
  protected send(message: ClientMessage): boolean {
    if (message.t !== "hello" && !this.#greeted) return false;
    const sent = this.link?.send(message) ?? false;
    this.#greeted = sent;
    return sent;
  }

  /** Tells an event; whoever looks at the view then sees it as it is now. */
  protected tell(event: PeerEvent): void {
    this.#view = undefined;
    this.#events.emit(event);
  }

  protected changed(): void {
    this.#view = undefined;
    if (!this.#closed && this.#changes.heard) this.#changes.emit(this.view);
  }

  #track(event: LinkEvent): void {
    if (event.kind === "connected") {
      this.problem = undefined;
      this.#greeted = false;
    } else if (event.kind === "message") this.#read(event.message);
    else {
      const was = this.connection;
      this.connection = event.final ? "refused" : "offline";
      this.problem = event.problem ?? this.problem;
      this.offlineSinceMs ??= this.ports.now();
      this.submissions.lost(this.problem, event.final);
      if (was === "connected" || event.final) this.tell({ kind: "disconnected", problem: this.problem });
    }
  }

  #read(message: CoordinatorMessage): void {
    if (message.t === "welcome" || message.t === "roster") this.roster = message.roster;
    if (message.t === "welcome") {
      this.#policy = message.policy;
      this.#detachAfterMs = message.detachAfterMs ?? limits.detachAfterMs;
    }
    if (message.t === "welcome" || message.t === "catchup") {
      this.head = Math.max(this.head, message.t === "welcome" ? message.rev : message.head);
    }
    if (message.t === "commit") this.head = Math.max(this.head, message.record.rev);
    if (message.t === "error") {
      this.problem = problemHeard(message);
      this.ports.log(`coordinator: ${message.code}: ${message.message}`);
    }
    this.timelines.heard(message, this.identity.name);
    this.submissions.receive(message);
  }

  /** WELCOME was taken: the connection counts from here. */
  protected welcomed(): void {
    this.connection = "connected";
    this.offlineSinceMs = undefined;
    this.problem = undefined;
    this.submissions.resend();
    this.tell({ kind: "connected", revision: this.appliedRev });
    this.changed();
  }

  #makeView(): PeerView {
    const { replica, appliedRev } = this;
    const { space, folder, name, peer, role, environments } = this.identity;
    const { transactions, reviews, consents, applyProblem } = this.live();
    const mine = this.submissions.view(name);
    const head = Math.max(this.head, replica.head);
    const { roster } = this;
    // Lists as long as the space has members or keys are made when somebody looks; at most changes nobody does.
    const rows = once(() => rowsOf(roster, peer));
    const shared = once(() => replica.keysAt(appliedRev));
    const spread = once(() => spreadOf(roster, head, (rev) => replica.record(rev)));
    return {
      space,
      folder,
      name,
      peer,
      role,
      environments,
      connection: this.connection,
      offlineSinceMs: this.offlineSinceMs,
      problem: this.problem,
      revision: appliedRev,
      head,
      policy: this.#policy,
      detachAfterMs: this.#detachAfterMs,
      get roster() {
        return rows();
      },
      get shared() {
        return shared();
      },
      drift: this.driftReport.items,
      transactions: [...mine, ...transactions.filter(({ id }) => !mine.some((one) => one.id === id))],
      inDoubt: this.inDoubt(),
      reviews,
      consents: withoutKeys(consents, (key) => this.#allowed.includes(key)),
      heuristics: this.heuristics.map(heuristicView),
      get spread() {
        return spread();
      },
      fileProblems: [...(applyProblem ? [applyProblem] : []), ...this.driftReport.problems],
    };
  }

  ready(timeoutMs: number): Promise<void> {
    return whenReady(this, this.ports, () => this.isReady(), timeoutMs);
  }

  /** Connected and as far as the space is. */
  protected isReady(): boolean {
    return this.connection === "connected" && this.appliedRev >= this.head;
  }

  /** Reads the files again; one run at a time, so that an older reading never replaces a newer one. */
  refresh(): Promise<void> {
    this.#refreshing = this.#refreshing.then(() => this.readDrift());
    const done = this.#refreshing;
    // Whoever asked hears of a failure; the next one starts afresh.
    this.#refreshing = done.catch(() => undefined);
    return done;
  }

  protected async readDrift(): Promise<void> {
    const before = JSON.stringify(this.driftReport.items);
    const marks = await this.ports.store.readMarks();
    this.#allowed = marks.allowed;
    this.driftReport = await this.workspace.drift(this.appliedRev, marks);
    if (JSON.stringify(this.driftReport.items) !== before) this.reportDrift();
    this.changed();
  }

  /** Tells the coordinator how far this workspace differs (names only). */
  protected reportDrift(): void {
    this.send({ t: "drift", items: this.driftReport.items.slice(0, limits.itemsMax) });
  }

  /** A refresh that nobody waits for, a little later: one for all the commits that come close together. */
  protected refreshLater(): void {
    this.#refreshTimer ??= this.ports.at(this.ports.now() + refreshDelayMs, () => this.refreshSoon());
  }

  /** A refresh that nobody waits for. */
  protected refreshSoon(): void {
    this.#refreshTimer?.dispose();
    this.#refreshTimer = undefined;
    this.refresh().catch((error: unknown) => this.fail(error));
  }

  protected fail(error: unknown): void {
    const problem = problemOf(error);
    this.ports.log(`${problem.code}: ${problem.message}`);
    this.tell({ kind: "problem", problem });
  }

  async leave(): Promise<void> {
    const left = await this.ports.leave();
    if (!left.ok) throw new EnvpactError(left.error.code, left.error.message, left.error.next);
    await this.close();
    await this.ports.store.remove();
  }

  dispose(): void {
    this.close().catch((error: unknown) => this.ports.log(problemOf(error).message));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#refreshTimer?.dispose();
    this.submissions.close();
    this.disposables.dispose();
    // What was heard is carried out, and its APPLIED said, before the connection goes.
    await this.drain();
    await this.link?.close();
    await this.timelines.close();
    await this.closeStorage();
    await this.ports.released();
  }

  /** Resolves when every input that was heard is carried out. */
  protected abstract drain(): Promise<void>;
  protected abstract closeStorage(): Promise<void>;
}

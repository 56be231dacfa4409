import type { EnvironmentFiles, Link, LinkEvent } from "../commit/ports.ts";
import { EnvpactError, type Problem, problemOf } from "../protocol/errors.ts";
import { limits } from "../protocol/limits.ts";
import type { ClientMessage, CoordinatorMessage, RosterEntry } from "../protocol/messages.ts";
import { type Disposable, DisposableStore, Emitter } from "../shared/disposable.ts";
import type {
  CommitOptions,
  CommitOutcome,
  InDoubtView,
  KeyRef,
  Peer,
  PeerEvent,
  PeerView,
  RevealedChange,
  RevisionView,
  TransactionView,
} from "./api.ts";
import { Authoring } from "./authoring.ts";
import { problemHeard, rowsOf } from "./heard.ts";
import type { PeerIdentity, PeerPorts, Superseded } from "./ports.ts";
import type { Replica } from "./replica.ts";
import { Submissions } from "./submissions.ts";
import { type DriftReport, Workspace } from "./workspace.ts";

const noDrift: DriftReport = { items: [], problems: [], absent: new Set() };

/** What a participant and a companion share: view, drift, marks, history, and the author's side of a commit. */
export abstract class PeerCore implements Peer {
  abstract readonly mode: "participant" | "companion";
  protected readonly ports: PeerPorts;
  protected readonly identity: PeerIdentity;
  protected readonly workspace: Workspace;
  protected readonly submissions: Submissions;
  protected readonly disposables = new DisposableStore();
  readonly #events = new Emitter<PeerEvent>();
  protected link: Link | undefined;
  protected connection: PeerView["connection"] = "connecting";
  protected offlineSinceMs: number | undefined;
  protected problem: Problem | undefined;
  protected applyProblem: Problem | undefined;
  protected head = 0;
  protected driftReport: DriftReport = noDrift;
  readonly #changes = new Emitter<PeerView>();
  #roster: readonly RosterEntry[] = [];
  #view: PeerView | undefined;
  /** Whether HELLO was said on the present connection. */
  #greeted = false;
  #refreshing: Promise<void> = Promise.resolve();
  #closed = false;
  readonly #authoring: Authoring;

  constructor(ports: PeerPorts, identity: PeerIdentity, replica: Replica, files: EnvironmentFiles) {
    this.ports = ports;
    this.identity = identity;
    this.workspace = new Workspace(files, ports.store, identity, replica);
    this.submissions = new Submissions(
      ports,
      (message) => this.send(message),
      () => this.changed(),
    );
    this.#authoring = new Authoring({
      ports,
      identity,
      replica,
      workspace: this.workspace,
      submissions: this.submissions,
      appliedRev: () => this.appliedRev,
      drift: async () => {
        await this.refresh();
        return this.driftReport;
      },
    });
    this.disposables.add(files.watch(this.workspace.fileNames, () => this.refreshSoon()));
  }

  /** The log as this process holds it now. */
  protected abstract get replica(): Replica;
  /** The revision that the files are at. */
  protected abstract get appliedRev(): number;
  protected abstract inDoubt(): readonly InDoubtView[];
  protected abstract receive(event: LinkEvent): void;
  /** Votes that this peer casts now, for the view. */
  protected abstract foreign(): readonly TransactionView[];

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
    if (!this.#closed) this.#changes.emit(this.view);
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
      this.submissions.lost();
      if (was === "connected" || event.final) this.tell({ kind: "disconnected", problem: this.problem });
    }
  }

  #read(message: CoordinatorMessage): void {
    if (message.t === "welcome" || message.t === "roster") this.#roster = message.roster;
    if (message.t === "welcome" || message.t === "catchup") {
      this.head = Math.max(this.head, message.t === "welcome" ? message.rev : message.head);
    }
    if (message.t === "commit") this.head = Math.max(this.head, message.record.rev);
    if (message.t === "error") {
      this.problem = problemHeard(message);
      this.ports.log(`coordinator: ${message.code}: ${message.message}`);
    }
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
    const { space, folder, name, peer, role, environments } = this.identity;
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
      revision: this.appliedRev,
      head: Math.max(this.head, this.replica.head),
      roster: rowsOf(this.#roster, peer),
      shared: this.replica.keysAt(this.appliedRev),
      drift: this.driftReport.items,
      transactions: [...this.submissions.view(name), ...this.foreign()],
      inDoubt: this.inDoubt(),
      fileProblems: [...(this.applyProblem ? [this.applyProblem] : []), ...this.driftReport.problems],
    };
  }

  ready(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const store = new DisposableStore();
      const settle = (finish: () => void) => {
        store.dispose();
        finish();
      };
      const look = () => {
        if (this.isReady()) settle(resolve);
        else if (this.connection === "refused") settle(() => reject(this.unreachable()));
      };
      store.add(this.onChange(look));
      store.add(this.ports.at(this.ports.now() + timeoutMs, () => settle(() => reject(this.unreachable()))));
      look();
    });
  }

  /** Connected and as far as the space is. */
  protected isReady(): boolean {
    return this.connection === "connected" && this.appliedRev >= this.head;
  }

  protected unreachable(): EnvpactError {
    const { problem } = this;
    if (problem) return new EnvpactError(problem.code, problem.message, problem.next);
    return new EnvpactError(
      "UNREACHABLE",
      "The coordinator could not be reached in time.",
      "Check that the coordinator runs and that its address is right.",
    );
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
    this.driftReport = await this.workspace.drift(this.appliedRev, await this.ports.store.readMarks());
    if (JSON.stringify(this.driftReport.items) !== before) this.reportDrift();
    this.changed();
  }

  /** Tells the coordinator how far this workspace differs (names only). */
  protected reportDrift(): void {
    this.send({ t: "drift", items: this.driftReport.items.slice(0, limits.itemsMax) });
  }

  /** A refresh that nobody waits for. */
  protected refreshSoon(): void {
    this.refresh().catch((error: unknown) => this.fail(error));
  }

  protected fail(error: unknown): void {
    const problem = problemOf(error);
    this.ports.log(`${problem.code}: ${problem.message}`);
    this.tell({ kind: "problem", problem });
  }

  async commit(keys: readonly KeyRef[] | undefined, options: CommitOptions): Promise<CommitOutcome> {
    return this.#settled(await this.#authoring.commit(keys, options));
  }

  /** The author's own files are at the revision, too, when it hears of it. */
  async #settled(outcome: CommitOutcome): Promise<CommitOutcome> {
    if (outcome.outcome === "committed") await this.drain();
    return outcome;
  }

  discard(keys: readonly KeyRef[] | undefined): Promise<readonly KeyRef[]> {
    return this.#authoring.discard(keys);
  }

  share(keys: readonly KeyRef[]): Promise<void> {
    return this.#authoring.share(keys);
  }

  unshare(keys: readonly KeyRef[]): Promise<void> {
    return this.#authoring.mark(keys, "unshare");
  }

  async allow(keys: readonly string[]): Promise<void> {
    const marks = await this.ports.store.readMarks();
    await this.ports.store.writeMarks({ ...marks, allowed: [...new Set([...marks.allowed, ...keys])] });
  }

  async history(limit: number): Promise<readonly RevisionView[]> {
    return this.replica.history(limit);
  }

  async reveal(revision: number): Promise<readonly RevealedChange[]> {
    return this.replica.reveal(this.replica.known(revision));
  }

  async planRevert(
    revision: number,
    keys: readonly KeyRef[] | undefined,
  ): Promise<readonly RevealedChange[]> {
    return this.#authoring.planRevert(revision, keys);
  }

  async revert(
    revision: number,
    keys: readonly KeyRef[] | undefined,
    options: CommitOptions,
  ): Promise<CommitOutcome> {
    return this.#settled(await this.#authoring.revert(revision, keys, options));
  }

  committedValue(ref: KeyRef): string | undefined {
    return this.replica.valueAt(ref, this.appliedRev);
  }

  superseded(): Promise<readonly Superseded[]> {
    return this.ports.store.readSuperseded();
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
    this.submissions.close();
    this.disposables.dispose();
    // What was heard is carried out, and its APPLIED said, before the connection goes.
    await this.drain();
    await this.link?.close();
    await this.closeStorage();
    await this.ports.released();
  }

  /** Resolves when every input that was heard is carried out. */
  protected abstract drain(): Promise<void>;
  protected abstract closeStorage(): Promise<void>;
}

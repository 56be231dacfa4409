import type { ParticipantEffect } from "../commit/effects.ts";
import { stepParticipant } from "../commit/participant.ts";
import { openParticipant, type ParticipantInput, type ParticipantState } from "../commit/participantState.ts";
import type { Journal, LinkEvent } from "../commit/ports.ts";
import { type Problem, problemOf } from "../protocol/errors.ts";
import type { ClientMessage } from "../protocol/messages.ts";
import type { Item } from "../protocol/record.ts";
import type { Disposable } from "../shared/disposable.ts";
import type { InDoubtView, RevealedChange } from "./api.ts";
import { AuthorPeer } from "./author.ts";
import { Decisions } from "./decisions.ts";
import { foreignTransactions, LiveWriter, reviewsOf, underReview } from "./liveState.ts";
import { withoutItems } from "./logView.ts";
import { Notices } from "./notices.ts";
import type { InputLoop, LiveState, PeerIdentity, PeerPorts } from "./ports.ts";
import { Replica } from "./replica.ts";
import { doubtsOf, refsOf } from "./view.ts";
import type { Workspace } from "./workspace.ts";

/** The process that votes and applies for a folder. */
export class ParticipantPeer extends AuthorPeer {
  readonly mode = "participant";
  protected readonly replica: Replica;
  readonly #journal: Journal;
  readonly #state: ParticipantState;
  readonly #loop: InputLoop<ParticipantInput>;
  #timer: (Disposable & { readonly atMs: number }) | undefined;
  readonly #decisions: Decisions;
  readonly #liveWriter: LiveWriter;
  readonly #notices: Notices;
  /** What was staged last, and whether it reached the disk. */
  #staged: { readonly tx: string; readonly forced: Promise<Problem | undefined> } | undefined;
  /** What is said in the place of YES. */
  #refusal: Extract<ClientMessage, { t: "vote" }> | undefined;
  /** Why this process stopped taking part. */
  #failure: unknown;

  private constructor(ports: PeerPorts, identity: PeerIdentity, journal: Journal, replica: Replica) {
    super(ports, identity, replica, ports.files);
    this.replica = replica;
    this.#journal = journal;
    this.#state = openParticipant(identity.peer, journal.image, identity.reviews);
    this.head = replica.head;
    this.#loop = ports.createLoop<ParticipantInput, ParticipantEffect>({
      step: (input) => stepParticipant(this.#state, input, { now: ports.now(), random: ports.random() }),
      perform: (effect) => this.#perform(effect),
      onFatal: (error) => this.#fatal(error),
    });
    this.#decisions = new Decisions({
      ports,
      identity,
      state: this.#state,
      replica,
      workspace: this.workspace,
      push: (input) => this.#loop.push(input),
      carriedOut: () => this.#carriedOut(),
      refresh: () => this.refresh(),
      superseded: (keys) => this.tell({ kind: "superseded", keys }),
    });
    this.#notices = new Notices({
      identity,
      now: () => ports.now(),
      timelines: this.timelines,
      record: (rev) => replica.record(rev),
      head: () => this.head,
      tell: (event) => this.tell(event),
      fail: (error) => this.fail(error),
      welcomed: () => {
        this.welcomed();
        this.reportDrift();
      },
      logged: (record) => this.submissions.committed(record),
      filesChanged: () => this.refreshLater(),
      urgent: () => this.#liveWriter.changed(true),
    });
    this.#liveWriter = new LiveWriter(ports, () => {
      const live = this.live();
      return { ...live, transactions: [...this.submissions.view(identity.name), ...live.transactions] };
    });
  }

  /** Opens the peer: finishes what was committed and not applied, compares the files, and connects. */
  static async open(ports: PeerPorts, identity: PeerIdentity, journal: Journal): Promise<ParticipantPeer> {
    const replica = new Replica(identity, journal.image.records, journal.image.base);
    const peer = new ParticipantPeer(ports, identity, journal, replica);
    peer.#loop.push({ kind: "start" });
    await peer.#loop.idle();
    if (peer.#failure !== undefined) {
      // A journal that failed before the connection stands: connecting would take commits that nobody carries out.
      peer.disposables.dispose();
      await journal.close();
      throw peer.#failure;
    }
    await peer.#adopt();
    await peer.refresh();
    peer.#serve();
    peer.connect();
    return peer;
  }

  /** An environment that the configuration maps anew gets the space's values, as if it had joined now. */
  async #adopt(): Promise<void> {
    const { store } = this.ports;
    const marks = await store.readMarks();
    const mapped = Object.keys(this.identity.environments);
    const fresh = mapped.filter((env) => !marks.adopted.includes(env));
    if (fresh.length === 0) return;
    const refs = this.replica.keysAt(this.appliedRev).filter(({ env }) => fresh.includes(env));
    try {
      await this.workspace.restore(refs, this.appliedRev);
      await store.writeMarks({ ...marks, adopted: mapped });
    } catch (error) {
      // An unreadable file shows as a problem; its environment is adopted at a later start.
      this.fail(error);
    }
  }

  protected get appliedRev(): number {
    return this.#state.applied.rev;
  }

  protected get heuristics(): ParticipantState["heuristics"] {
    return this.#state.heuristics;
  }

  protected inDoubt(): readonly InDoubtView[] {
    const { prepared, welcomed, heuristics } = this.#state;
    return welcomed && this.#notices.doubted !== prepared?.tx ? [] : doubtsOf(prepared, heuristics);
  }

  protected live(): LiveState {
    return {
      transactions: foreignTransactions(this.#state, this.#notices.asked, this.identity.name),
      reviews: reviewsOf(this.#state),
      consents: this.#notices.consents,
      underReview: underReview(this.#state),
      doubted: this.inDoubt()[0]?.tx,
      applyProblem: this.#notices.applyProblem,
    };
  }

  /** Other processes of this peer may ask for what only this one can do. */
  #serve(): void {
    const serving = this.ports.desk?.serve(async (request) => {
      if (request.kind === "force") await this.force(request.tx, request.outcome);
      else await this.resync(request.tx);
      return undefined;
    });
    if (serving) this.disposables.add(serving);
    this.#liveWriter.changed(true);
  }

  protected override changed(): void {
    super.changed();
    this.#liveWriter.changed(false);
  }

  review(tx: string, accept: boolean, reason?: string): Promise<void> {
    return this.#decisions.review(tx, accept, reason);
  }

  async reviewChanges(tx: string): Promise<readonly RevealedChange[]> {
    return this.#decisions.reviewChanges(tx);
  }

  force(tx: string, outcome: "commit" | "abort"): Promise<void> {
    return this.#decisions.force(tx, outcome);
  }

  resync(tx: string): Promise<void> {
    return this.#decisions.resync(tx);
  }

  protected receive(event: LinkEvent): void {
    if (event.kind === "connected") this.#loop.push({ kind: "connected" });
    else if (event.kind === "message") {
      const { message } = event;
      if (message.t === "prepare") {
        this.#notices.heard(message, this.ports.now() + message.deadlineMs);
      }
      this.#loop.push({ kind: "message", message });
    } else this.#loop.push({ kind: "disconnected" });
  }

  async #perform(effect: ParticipantEffect): Promise<void> {
    switch (effect.type) {
      case "persist":
        await this.#persist(effect);
        break;
      case "send":
        this.#send(effect.message);
        break;
      case "stage":
        await this.#stage(effect);
        break;
      case "discardStaged":
        this.ports.failpoint("participant.before-discard");
        await this.ports.files.discard(effect.staged.filter((file) => file.staged !== ""));
        this.ports.failpoint("participant.after-discard");
        this.changed();
        break;
      case "apply":
        await this.#apply(effect);
        break;
      case "force":
        await this.#decisions.carryOut(effect);
        break;
      case "timer":
        this.#wakeAt(effect.atMs);
        break;
      case "notify":
        this.#notices.take(effect.event);
        this.changed();
        break;
      case "hangUp":
        this.problem = effect.problem;
        this.ports.log(`${effect.problem.code}: ${effect.problem.message}`);
        this.link?.hangUp(effect.retry);
        break;
    }
  }

  async #persist(effect: Extract<ParticipantEffect, { type: "persist" }>): Promise<void> {
    for (const { kind } of effect.writes) this.ports.failpoint(`participant.before-${kind}`);
    // The promise and the staged files it speaks of are forced side by side; both before the YES that follows.
    const [problem] = await Promise.all([
      effect.writes.some(({ kind }) => kind === "prepared") ? this.#staged?.forced : undefined,
      this.#journal.append(effect.writes, effect.force),
    ]);
    if (problem && this.#staged) this.#withdraw(this.#staged.tx, problem);
    for (const write of effect.writes) {
      if (write.kind === "committed") this.replica.add(write.record);
      if (write.kind === "snapshot") this.replica.rebase(write);
    }
    for (const { kind } of effect.writes) this.ports.failpoint(`participant.after-${kind}`);
  }

  /** A staged file that never reached the disk: the promise is not given, and NO takes the place of YES. */
  #withdraw(tx: string, problem: Problem): void {
    this.#refusal = { t: "vote", tx, vote: "no", code: problem.code, reason: problem.message };
    this.#loop.push({
      kind: "message",
      message: { t: "abort", tx, code: problem.code, reason: problem.message },
    });
  }

  #send(said: ClientMessage): void {
    const isWithdrawn = said.t === "vote" && said.vote === "yes" && said.tx === this.#refusal?.tx;
    const message = isWithdrawn && this.#refusal ? this.#refusal : said;
    const name = message.t === "vote" && message.vote === "yes" ? "vote" : `${message.t}-send`;
    this.ports.failpoint(`participant.before-${name}`);
    this.send(message);
    this.ports.failpoint(`participant.after-${name}`);
  }

  async #stage(effect: Extract<ParticipantEffect, { type: "stage" }>): Promise<void> {
    const { tx, items, base } = effect;
    this.ports.failpoint("participant.before-stage");
    const result = await this.workspace.stage(tx, items, base);
    this.ports.failpoint("participant.after-stage");
    this.#staged = result.kind === "staged" ? { tx, forced: result.forced } : undefined;
    if (result.kind === "staged") this.#loop.push({ kind: "staged", tx, staged: result.staged });
    else if (result.kind === "readonly") this.#loop.push({ kind: "readonly", tx });
    else this.#loop.push({ kind: "refused", tx, code: result.code, reason: result.reason });
  }

  /** The files without the keys of `spared`, which stay as a person decided. */
  #spare(spared: readonly Item[]): Workspace {
    return spared.length === 0
      ? this.workspace
      : this.workspace.over(withoutItems(this.replica, spared), true);
  }

  async #apply(effect: Extract<ParticipantEffect, { type: "apply" }>): Promise<void> {
    this.ports.failpoint("participant.before-apply");
    let problem: Problem | undefined;
    try {
      const result = await this.#spare(effect.spared).apply(effect.from, effect.to, effect.prepared);
      this.ports.failpoint("participant.after-apply");
      if (result.superseded.length > 0) {
        this.tell({
          kind: "superseded",
          keys: refsOf(result.superseded),
        });
      }
      problem = result.problems[0];
      if (problem) this.tell({ kind: "problem", problem });
      this.#notices.applyProblem = undefined;
      this.#loop.push({ kind: "applied", rev: effect.to });
    } catch (error) {
      problem = problemOf(error);
      this.#loop.push({ kind: "applyFailed", problem });
    }
  }

  #wakeAt(atMs: number): void {
    if (this.#timer && this.#timer.atMs <= atMs) return;
    this.#timer?.dispose();
    const timer = this.ports.at(atMs, () => {
      this.#timer = undefined;
      this.#loop.push({ kind: "tick" });
    });
    this.#timer = { atMs, dispose: () => timer.dispose() };
  }

  /** A write that failed is never retried: this process stops taking part, and a new one redoes from what is on disk. */
  #fatal(error: unknown): void {
    this.#failure = error;
    this.problem = problemOf(error);
    this.connection = "refused";
    this.fail(error);
    this.link?.hangUp(false);
    this.changed();
  }

  protected drain(): Promise<void> {
    return this.#loop.idle();
  }

  /** As `drain`, for whoever was promised that it is on the disk: rejects when a write failed, then or before. */
  async #carriedOut(): Promise<void> {
    await this.#loop.idle();
    if (this.#failure !== undefined) throw this.#failure;
  }

  protected async closeStorage(): Promise<void> {
    this.#timer?.dispose();
    await this.#liveWriter.close();
    await this.#loop.stop();
    await this.#journal.close();
  }
}

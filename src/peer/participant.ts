import type { ParticipantEffect, ParticipantEvent } from "../commit/effects.ts";
import { stepParticipant } from "../commit/participant.ts";
import { openParticipant, type ParticipantInput, type ParticipantState } from "../commit/participantState.ts";
import type { Journal, LinkEvent } from "../commit/ports.ts";
import { EnvpactError, type Problem, problemOf } from "../protocol/errors.ts";
import type { Disposable } from "../shared/disposable.ts";
import type { InDoubtView, KeyRef, TransactionView, VoteView } from "./api.ts";
import { PeerCore } from "./core.ts";
import type { InputLoop, PeerIdentity, PeerPorts } from "./ports.ts";
import { Replica } from "./replica.ts";

/** Outcomes of foreign transactions stay in the view until the next one. */
interface Foreign {
  readonly tx: string;
  readonly author: string;
  readonly vote: VoteView;
}

/** The process that votes and applies for a folder. */
export class ParticipantPeer extends PeerCore {
  readonly mode = "participant";
  protected readonly replica: Replica;
  readonly #journal: Journal;
  readonly #state: ParticipantState;
  readonly #loop: InputLoop<ParticipantInput>;
  #timer: (Disposable & { readonly atMs: number }) | undefined;
  #foreign: Foreign | undefined;
  #doubted: string | undefined;
  /** Why this process stopped taking part. */
  #failure: unknown;

  private constructor(ports: PeerPorts, identity: PeerIdentity, journal: Journal, replica: Replica) {
    super(ports, identity, replica, ports.files);
    this.replica = replica;
    this.#journal = journal;
    this.#state = openParticipant(identity.peer, journal.image);
    this.head = replica.head;
    this.#loop = ports.createLoop<ParticipantInput, ParticipantEffect>({
      step: (input) => stepParticipant(this.#state, input, { now: ports.now(), random: ports.random() }),
      perform: (effect) => this.#perform(effect),
      onFatal: (error) => this.#fatal(error),
    });
  }

  /** Opens the peer: finishes what was committed and not applied, compares the files, and connects. */
  static async open(ports: PeerPorts, identity: PeerIdentity, journal: Journal): Promise<ParticipantPeer> {
    const replica = new Replica(identity, journal.image.records);
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

  protected inDoubt(): readonly InDoubtView[] {
    const { prepared } = this.#state;
    if (!prepared || (this.#state.welcomed && this.#doubted !== prepared.tx)) return [];
    return [
      {
        tx: prepared.tx,
        sinceMs: prepared.sinceMs,
        keys: prepared.items.map(({ env, key }) => ({ env, key })),
      },
    ];
  }

  protected foreign(): readonly TransactionView[] {
    const { prepared, staging } = this.#state;
    const current = staging ?? prepared;
    if (!current) return [];
    if (this.submissions.view("").some((mine) => mine.id === current.tx)) return [];
    const voted = this.#foreign?.tx === current.tx ? this.#foreign : undefined;
    return [
      {
        id: current.tx,
        mine: false,
        author: staging?.author.name ?? voted?.author ?? "",
        message: staging?.message ?? "",
        keys: current.items.map(({ env, key }) => ({ env, key })),
        phase: "preparing",
        waitingFor: [],
        votes: voted ? [voted.vote] : [],
      },
    ];
  }

  protected receive(event: LinkEvent): void {
    if (event.kind === "connected") this.#loop.push({ kind: "connected" });
    else if (event.kind === "message") this.#loop.push({ kind: "message", message: event.message });
    else this.#loop.push({ kind: "disconnected" });
  }

  async #perform(effect: ParticipantEffect): Promise<void> {
    switch (effect.type) {
      case "persist":
        await this.#persist(effect);
        break;
      case "send":
        this.send(effect.message);
        if (effect.message.t === "vote" && effect.message.vote === "yes")
          this.ports.failpoint("participant.after-vote");
        break;
      case "stage":
        await this.#stage(effect);
        break;
      case "discardStaged":
        await this.ports.files.discard(effect.staged.filter((file) => file.staged !== ""));
        this.changed();
        break;
      case "apply":
        await this.#apply(effect);
        break;
      case "timer":
        this.#wakeAt(effect.atMs);
        break;
      case "notify":
        this.#notify(effect.event);
        break;
      case "hangUp":
        this.problem = effect.problem;
        this.ports.log(`${effect.problem.code}: ${effect.problem.message}`);
        this.link?.hangUp(effect.retry);
        break;
    }
  }

  async #persist(effect: Extract<ParticipantEffect, { type: "persist" }>): Promise<void> {
    await this.#journal.append(effect.writes, effect.force);
    for (const write of effect.writes) {
      if (write.kind === "committed") this.replica.add(write.record);
    }
    if (effect.writes.some((write) => write.kind === "prepared"))
      this.ports.failpoint("participant.after-prepared");
    if (effect.writes.some((write) => write.kind === "committed"))
      this.ports.failpoint("participant.after-committed");
  }

  async #stage(effect: Extract<ParticipantEffect, { type: "stage" }>): Promise<void> {
    const { tx, items, base } = effect;
    const result = await this.workspace.stage(tx, items, base);
    if (result.kind === "staged") this.#loop.push({ kind: "staged", tx, staged: result.staged });
    else if (result.kind === "readonly") this.#loop.push({ kind: "readonly", tx });
    else this.#loop.push({ kind: "refused", tx, code: result.code, reason: result.reason });
  }

  async #apply(effect: Extract<ParticipantEffect, { type: "apply" }>): Promise<void> {
    this.ports.failpoint("participant.before-apply");
    let problem: Problem | undefined;
    try {
      const result = await this.workspace.apply(effect.from, effect.to, effect.prepared);
      if (result.superseded.length > 0) {
        this.tell({
          kind: "superseded",
          keys: result.superseded.map(({ env, key }) => ({ env, key })),
        });
      }
      problem = result.problems[0];
      if (problem) this.tell({ kind: "problem", problem });
      this.applyProblem = undefined;
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

  #notify(event: ParticipantEvent): void {
    switch (event.kind) {
      case "welcome":
        this.welcomed();
        this.reportDrift();
        break;
      case "committed":
        this.submissions.committed(event.record);
        break;
      case "applied":
        this.#appliedUpTo(event.from, event.to);
        break;
      case "applyFailed":
        this.applyProblem = event.problem;
        this.fail(
          new EnvpactError(
            event.problem.code,
            `Committed, not applied yet: ${event.problem.message}`,
            event.problem.next,
          ),
        );
        break;
      case "voted": {
        const { tx, author, vote } = event;
        const said = { vote, code: event.code, reason: event.reason };
        this.#foreign = { tx, author, vote: { peer: this.identity.name, ...said } };
        this.tell({ kind: "vote", tx, author, ...said });
        break;
      }
      case "inDoubt":
        this.#doubted = event.tx;
        this.tell({
          kind: "in-doubt",
          tx: event.tx,
          sinceMs: event.sinceMs,
          keys: event.keys.map(refOf),
        });
        break;
      case "resolved":
        if (this.#doubted === event.tx) this.tell({ kind: "resolved", tx: event.tx, outcome: event.outcome });
        this.#doubted = undefined;
        break;
      case "coordinator":
        break;
    }
    this.changed();
  }

  #appliedUpTo(from: number, to: number): void {
    for (let rev = from + 1; rev <= to; rev += 1) {
      const record = this.replica.record(rev);
      if (record?.kind !== "commit") continue;
      this.tell({
        kind: "applied",
        revision: rev,
        author: record.author.name,
        mine: record.author.peer === this.identity.peer,
        message: record.message,
        keys: record.items.map(({ env, key }) => ({ env, key })),
      });
    }
    this.refreshSoon();
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

  protected async closeStorage(): Promise<void> {
    this.#timer?.dispose();
    await this.#loop.stop();
    await this.#journal.close();
  }
}

function refOf(slotName: string): KeyRef {
  const [env = "", key = ""] = slotName.split("\0");
  return { env, key };
}

import type { JournalImage, LinkEvent } from "../commit/ports.ts";
import { addPart, type IncomingSnapshot } from "../commit/snapshot.ts";
import { EnvpactError } from "../protocol/errors.ts";
import type { LogRecord } from "../protocol/record.ts";
import type { InDoubtView, RevealedChange, TransactionView } from "./api.ts";
import { AuthorPeer } from "./author.ts";
import { noReview, proposedChanges } from "./decisions.ts";
import { LiveWriter } from "./liveState.ts";
import type { LiveState, LocalRequest, PeerIdentity, PeerPorts } from "./ports.ts";
import { unreachable, until } from "./readiness.ts";
import { Replica } from "./replica.ts";
import { doubtsOf } from "./view.ts";

/** How long the process that takes part has to answer what it is asked. */
const answerTimeoutMs = 10_000;
const nothingLive: LiveState = {
  transactions: [],
  reviews: [],
  consents: [],
  doubted: undefined,
  applyProblem: undefined,
};

/**
 * Speaks for a peer beside the process that takes part: reads that one's journal, never votes and never applies.
 * Records that the journal does not hold yet are fetched from the coordinator, for history only.
 */
export class CompanionPeer extends AuthorPeer {
  readonly mode = "companion";
  protected readonly replica: Replica;
  readonly #read: () => Promise<JournalImage>;
  #image: JournalImage;
  /** A snapshot whose parts are coming: for a history that is older than what the coordinator keeps. */
  #incoming: IncomingSnapshot | undefined;
  /** What the process that takes part shows; undefined when there is none. */
  #live: LiveState | undefined;
  /** What further processes of this peer have under way. */
  #authors: readonly TransactionView[] = [];
  readonly #liveWriter: LiveWriter;

  private constructor(
    ports: PeerPorts,
    identity: PeerIdentity,
    replica: Replica,
    image: JournalImage,
    read: () => Promise<JournalImage>,
  ) {
    super(ports, identity, replica, ports.files);
    this.replica = replica;
    this.#image = image;
    this.#read = read;
    this.#liveWriter = new LiveWriter(ports, () => {
      const transactions = this.submissions.view(identity.name);
      return transactions.length === 0 ? undefined : { ...nothingLive, transactions };
    });
  }

  /** Reads the journal and connects. */
  static async open(
    ports: PeerPorts,
    identity: PeerIdentity,
    read: () => Promise<JournalImage>,
  ): Promise<CompanionPeer> {
    const image = await read();
    const peer = new CompanionPeer(
      ports,
      identity,
      new Replica(identity, image.records, image.base),
      image,
      read,
    );
    await peer.refresh();
    const watching = ports.desk?.watchLive(() => peer.refreshSoon());
    if (watching) peer.disposables.add(watching);
    peer.connect();
    return peer;
  }

  protected get appliedRev(): number {
    return this.#image.appliedRev;
  }

  protected get heuristics(): NonNullable<JournalImage["heuristics"]> {
    return this.#image.heuristics ?? [];
  }

  /** A promise that the process which takes part is just making good on is no doubt. */
  protected inDoubt(): readonly InDoubtView[] {
    const doubts = doubtsOf(this.#image.prepared, this.heuristics);
    return this.#live ? doubts.filter(({ tx }) => tx === this.#live?.doubted) : doubts;
  }

  protected live(): LiveState {
    const live = this.#live ?? nothingLive;
    const now = this.ports.now();
    // One that was asked for beside the participant is known to both.
    const others = this.#authors.filter(({ id }) => !live.transactions.some((one) => one.id === id));
    const transactions = [...others, ...live.transactions];
    return { ...live, transactions, reviews: live.reviews.filter(({ deadlineAtMs }) => deadlineAtMs > now) };
  }

  async review(tx: string, accept: boolean, reason?: string): Promise<void> {
    await this.refresh();
    const waits = () => this.live().reviews.some((review) => review.tx === tx);
    if (!waits()) throw noReview(tx);
    const said = this.send({ t: "review", tx, accept, ...(reason === undefined ? {} : { reason }) });
    if (!said) throw unreachable(this.problem);
    if (await until(this, this.ports, () => !waits(), answerTimeoutMs)) return;
    throw new EnvpactError(
      "TIMEOUT",
      `Whether ${tx} was decided is not known: the process that takes part does not say.`,
      "See `envpact status`, and whether its agent or editor is connected.",
    );
  }

  async reviewChanges(tx: string): Promise<readonly RevealedChange[]> {
    await this.refresh();
    const asked = this.live().underReview;
    if (asked?.tx !== tx) throw noReview(tx);
    return proposedChanges(this.replica, this.identity, asked);
  }

  force(tx: string, outcome: "commit" | "abort"): Promise<void> {
    return this.#ask({ kind: "force", tx, outcome });
  }

  resync(tx: string): Promise<void> {
    return this.#ask({ kind: "resync", tx });
  }

  async #ask(request: LocalRequest): Promise<void> {
    const problem = await this.ports.desk?.ask(request, answerTimeoutMs);
    if (problem) throw new EnvpactError(problem.code, problem.message, problem.next);
    await this.refresh();
  }

  protected override changed(): void {
    super.changed();
    this.#liveWriter.changed(false);
  }

  /** Its history is complete; the files are the other process's business. */
  protected override isReady(): boolean {
    return this.connection === "connected" && this.replica.head >= this.head;
  }

  protected override async readDrift(): Promise<void> {
    this.#image = await this.#read();
    this.#live = await this.ports.desk?.readLive();
    this.#authors = (await this.ports.desk?.readAuthors()) ?? [];
    this.replica.rebase(this.#image.base);
    this.#take(this.#image.records);
    await super.readDrift();
  }

  /** The participant tells; two voices would contradict each other. */
  protected override reportDrift(): void {
    // Nothing to say.
  }

  protected receive(event: LinkEvent): void {
    if (event.kind === "connected") {
      const { rev, hash } = this.replica.tip;
      this.#incoming = undefined;
      this.send({
        t: "hello",
        peer: this.identity.peer,
        kind: "companion",
        rev,
        hash,
        highestTerm: this.#image.highestTerm,
        prepared: [],
      });
    } else if (event.kind === "message") {
      const { message } = event;
      if (message.t === "roster") {
        // The files changed before the journal said so: whoever looked in between has not seen the revision yet.
        const self = message.roster.find(({ peer }) => peer === this.identity.peer);
        if (self && self.appliedRevision > this.appliedRev) this.refreshSoon();
      } else if (message.t === "welcome") {
        this.welcomed();
        if (message.rev > this.replica.head) this.send({ t: "fetch", from: this.replica.head + 1 });
      } else if (message.t === "snapshot") {
        this.#incoming = addPart(this.#incoming, message);
        if (this.#incoming?.complete) this.replica.rebase(this.#incoming);
        if (message.head > this.replica.head) this.send({ t: "fetch", from: this.replica.head + 1 });
      } else if (message.t === "catchup") {
        this.#take(message.records);
        if (message.head > this.replica.head && message.records.length > 0) {
          this.send({ t: "fetch", from: this.replica.head + 1 });
        }
      }
    }
  }

  #take(records: readonly LogRecord[]): void {
    for (const record of records) {
      this.replica.add(record);
      this.submissions.committed(record);
    }
  }

  protected async drain(): Promise<void> {
    // What it hears is carried out as it comes.
  }

  protected async closeStorage(): Promise<void> {
    // The journal belongs to the participant.
    await this.#liveWriter.close();
  }
}

import type { JournalImage, LinkEvent } from "../commit/ports.ts";
import type { LogRecord } from "../protocol/record.ts";
import type { InDoubtView, TransactionView } from "./api.ts";
import { PeerCore } from "./core.ts";
import type { PeerIdentity, PeerPorts } from "./ports.ts";
import { Replica } from "./replica.ts";

/**
 * Speaks for a peer beside the process that takes part: reads that one's journal, never votes and never applies.
 * Records that the journal does not hold yet are fetched from the coordinator, for history only.
 */
export class CompanionPeer extends PeerCore {
  readonly mode = "companion";
  protected readonly replica: Replica;
  readonly #read: () => Promise<JournalImage>;
  #image: JournalImage;

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
  }

  /** Reads the journal and connects. */
  static async open(
    ports: PeerPorts,
    identity: PeerIdentity,
    read: () => Promise<JournalImage>,
  ): Promise<CompanionPeer> {
    const image = await read();
    const peer = new CompanionPeer(ports, identity, new Replica(identity, image.records), image, read);
    await peer.refresh();
    peer.connect();
    return peer;
  }

  protected get appliedRev(): number {
    return this.#image.appliedRev;
  }

  protected inDoubt(): readonly InDoubtView[] {
    const { prepared } = this.#image;
    if (!prepared) return [];
    return [
      {
        tx: prepared.tx,
        sinceMs: prepared.sinceMs,
        keys: prepared.items.map(({ env, key }) => ({ env, key })),
      },
    ];
  }

  protected foreign(): readonly TransactionView[] {
    return [];
  }

  /** Its history is complete; the files are the other process's business. */
  protected override isReady(): boolean {
    return this.connection === "connected" && this.replica.head >= this.head;
  }

  protected override async readDrift(): Promise<void> {
    this.#image = await this.#read();
    this.#take(this.#image.records);
    await super.readDrift();
  }

  /** The participant tells; two voices would contradict each other. */
  protected override reportDrift(): void {
    // Nothing to say.
  }

  protected receive(event: LinkEvent): void {
    if (event.kind === "connected") {
      const head = this.replica.record(this.replica.head);
      this.send({
        t: "hello",
        peer: this.identity.peer,
        kind: "companion",
        rev: head?.rev ?? 0,
        hash: head?.hash ?? "",
        highestTerm: this.#image.highestTerm,
        prepared: [],
      });
    } else if (event.kind === "message") {
      const { message } = event;
      if (message.t === "welcome") {
        this.welcomed();
        if (message.rev > this.replica.head) this.send({ t: "fetch", from: this.replica.head + 1 });
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
  }
}

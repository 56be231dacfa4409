import type { EnvironmentFiles } from "../commit/ports.ts";
import type {
  CommitOptions,
  CommitOutcome,
  KeyRef,
  Peer,
  RevealedChange,
  RevisionView,
  ThreeWay,
} from "./api.ts";
import { Authoring } from "./authoring.ts";
import { compareRevisions, threeWayOf } from "./comparing.ts";
import { PeerCore } from "./core.ts";
import { rowsOf } from "./heard.ts";
import type { PeerIdentity, PeerPorts, Superseded } from "./ports.ts";
import type { Replica } from "./replica.ts";
import type { TransactionTrace } from "./trace.ts";
import { withLog } from "./traces.ts";

/** What a person does with a peer, whoever takes part: commit, discard, marks, history, comparisons. */
export abstract class AuthorPeer extends PeerCore implements Peer {
  abstract readonly mode: "participant" | "companion";
  readonly #authoring: Authoring;

  constructor(ports: PeerPorts, identity: PeerIdentity, replica: Replica, files: EnvironmentFiles) {
    super(ports, identity, replica, files);
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
      failed: (error) => this.fail(error),
    });
  }

  abstract review(tx: string, accept: boolean, reason?: string): Promise<void>;
  abstract reviewChanges(tx: string): Promise<readonly RevealedChange[]>;
  abstract force(tx: string, outcome: "commit" | "abort"): Promise<void>;
  abstract resync(tx: string): Promise<void>;

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
    await this.refresh();
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

  async compare(from: number, to: number): Promise<readonly RevealedChange[]> {
    return compareRevisions(this.replica, from, to);
  }

  threeWay(ref: KeyRef): Promise<ThreeWay> {
    const { replica, appliedRev, heuristics, workspace } = this;
    return threeWayOf(ref, {
      replica,
      appliedRev,
      heuristics,
      localValue: (one) => workspace.localValue(one),
    });
  }

  async traces(): Promise<readonly TransactionTrace[]> {
    return withLog(await this.timelines.list(), this.replica, rowsOf(this.roster, this.identity.peer));
  }

  superseded(): Promise<readonly Superseded[]> {
    return this.ports.store.readSuperseded();
  }
}

import { EnvpactError } from "../protocol/errors.ts";
import { limits } from "../protocol/limits.ts";
import type { DriftItem } from "../protocol/messages.ts";
import type { Item } from "../protocol/record.ts";
import type { CommitOptions, CommitOutcome, KeyRef, RevealedChange } from "./api.ts";
import type { DriftReport } from "./drift.ts";
import type { PeerIdentity, PeerPorts } from "./ports.ts";
import type { Replica } from "./replica.ts";
import type { Submissions } from "./submissions.ts";
import type { Workspace } from "./workspace.ts";

/** What authoring needs of its peer. */
interface Surroundings {
  readonly ports: Pick<PeerPorts, "store">;
  readonly identity: PeerIdentity;
  readonly replica: Replica;
  readonly workspace: Workspace;
  readonly submissions: Submissions;
  readonly appliedRev: () => number;
  /** The drift, read afresh. */
  readonly drift: () => Promise<DriftReport>;
  /** Shows a problem that is no answer to anybody. */
  readonly failed: (error: unknown) => void;
}

/** What a person does with shared keys: mark, commit, discard, revert. Throws EnvpactError as the Peer interface says. */
export class Authoring {
  readonly #peer: Surroundings;

  constructor(peer: Surroundings) {
    this.#peer = peer;
  }

  async commit(keys: readonly KeyRef[] | undefined, options: CommitOptions): Promise<CommitOutcome> {
    const report = await this.#peer.drift();
    this.#checkShared(keys ?? [], report.items);
    const chosen = report.items.filter((item) => keys === undefined || keys.some((ref) => same(ref, item)));
    if (chosen.length === 0) throw nothingToCommit(report);
    const gone = chosen.find((item) => item.kind === "missing" && report.absent.has(item.env));
    if (gone && keys === undefined) throw this.#fileGone(gone);
    const items: Item[] = [];
    for (const item of chosen) items.push(await this.#propose(item));
    const outcome = await this.#peer.submissions.submit(items, options);
    if (outcome.outcome === "committed") await this.#tidy(items);
    return outcome;
  }

  /** The commit stands, whatever becomes of the marks here: the answer must not turn into a refusal. */
  async #tidy(items: readonly Item[]): Promise<void> {
    try {
      await this.#unmark(items);
      await this.#peer.drift();
    } catch (error) {
      this.#peer.failed(error);
    }
  }

  #checkShared(keys: readonly KeyRef[], drift: readonly DriftItem[]): void {
    const base = this.#peer.appliedRev();
    const unshared = keys.find(
      (ref) => !this.#peer.replica.holds(ref, base) && !drift.some((item) => same(ref, item)),
    );
    if (!unshared) return;
    const { env, key } = unshared;
    throw new EnvpactError(
      "NOT_SHARED",
      `${key} (${env}) is not shared.`,
      `Share it first: envpact share ${key}`,
    );
  }

  #fileGone(item: KeyRef): EnvpactError {
    const file = this.#peer.identity.environments[item.env] ?? item.env;
    return new EnvpactError(
      "FILE_MISSING",
      `${file} is not there; committing now would delete its shared keys everywhere.`,
      "Put the values back with `envpact discard`, or name the keys that shall be deleted.",
    );
  }

  async #propose(item: DriftItem): Promise<Item> {
    const { replica, workspace } = this.#peer;
    const { env, key } = item;
    const base = this.#peer.appliedRev();
    if (item.kind === "released") return { env, key, op: "release", expected: replica.versionAt(item, base) };
    const value = await workspace.localValue(item);
    if (value !== undefined && Buffer.byteLength(value) > limits.valueBytesMax) {
      throw new EnvpactError(
        "LIMIT",
        `${key} (${env}) is longer than ${limits.valueBytesMax} bytes.`,
        "Keep large data in a file of its own and share its path.",
      );
    }
    return replica.propose(item, value, base);
  }

  async #unmark(refs: readonly KeyRef[]): Promise<void> {
    const { store } = this.#peer.ports;
    const marks = await store.readMarks();
    const others = (ref: KeyRef) => !refs.some((one) => same(one, ref));
    await store.writeMarks({
      ...marks,
      shared: marks.shared.filter(others),
      released: marks.released.filter(others),
    });
  }

  async discard(keys: readonly KeyRef[] | undefined): Promise<readonly KeyRef[]> {
    const { items } = await this.#peer.drift();
    const chosen = items.filter((item) => keys === undefined || keys.some((ref) => same(ref, item)));
    await this.#unmark(chosen);
    // A key that was to be released may differ as well: it gets the committed value as the others do.
    const edited = chosen.filter((item) => item.kind !== "new");
    await this.#peer.workspace.restore(edited, this.#peer.appliedRev());
    await this.#peer.drift();
    return chosen.map(({ env, key }) => ({ env, key }));
  }

  async share(keys: readonly KeyRef[]): Promise<void> {
    for (const ref of keys) {
      if ((await this.#peer.workspace.localValue(ref)) !== undefined) continue;
      throw new EnvpactError(
        "KEY_NOT_FOUND",
        `${ref.key} is not in the file of the environment ${ref.env}.`,
        "Set it first, or name another environment.",
      );
    }
    await this.mark(keys, "share");
  }

  /** Marks keys; one that is in the log already is only unmarked by `share`, and marked to be released by `unshare`. */
  async mark(keys: readonly KeyRef[], what: "share" | "unshare"): Promise<void> {
    const { replica, ports } = this.#peer;
    await this.#unmark(keys);
    const marks = await ports.store.readMarks();
    const base = this.#peer.appliedRev();
    const isHeld = (ref: KeyRef) => replica.holds(ref, base);
    const shared = what === "share" ? keys.filter((ref) => !isHeld(ref)) : [];
    const released = what === "unshare" ? keys.filter(isHeld) : [];
    await ports.store.writeMarks({
      ...marks,
      shared: [...marks.shared, ...shared],
      released: [...marks.released, ...released],
    });
    await this.#peer.drift();
  }

  planRevert(revision: number, keys: readonly KeyRef[] | undefined): RevealedChange[] {
    const { replica } = this.#peer;
    const plan: RevealedChange[] = [];
    for (const { env, key, before: after } of replica.reveal(replica.known(revision))) {
      if (keys && !keys.some((ref) => same(ref, { env, key }))) continue;
      const before = replica.valueAt({ env, key }, this.#peer.appliedRev());
      if (before !== after)
        plan.push({ env, key, op: after === undefined ? "delete" : "set", before, after });
    }
    return plan;
  }

  async revert(
    revision: number,
    keys: readonly KeyRef[] | undefined,
    options: CommitOptions,
  ): Promise<CommitOutcome> {
    const plan = this.planRevert(revision, keys);
    if (plan.length === 0) {
      throw new EnvpactError(
        "NOTHING_TO_COMMIT",
        `Nothing to revert: the keys of revision ${revision} have the values from before it.`,
        "Choose another revision: envpact log",
      );
    }
    const base = this.#peer.appliedRev();
    const items = plan.map((change) => this.#peer.replica.propose(change, change.after, base));
    const message = options.message === "" ? `Revert revision ${revision}` : options.message;
    return this.#peer.submissions.submit(items, { ...options, message }, revision);
  }
}

function nothingToCommit(report: DriftReport): EnvpactError {
  const problem = report.problems[0];
  if (problem) return new EnvpactError(problem.code, problem.message, problem.next);
  return new EnvpactError(
    "NOTHING_TO_COMMIT",
    "Nothing to commit: every shared key is as the space has it.",
    "Edit a shared key, or share another one.",
  );
}

/** Whether both name the same key of the same environment. */
function same(a: KeyRef, b: KeyRef): boolean {
  return a.env === b.env && a.key === b.key;
}

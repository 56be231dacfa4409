import type { HeuristicRecord, ParticipantEffect, PreparedRecord } from "../commit/effects.ts";
import type { ParticipantInput, ParticipantState } from "../commit/participantState.ts";
import { EnvpactError, problemOf } from "../protocol/errors.ts";
import { slot } from "../protocol/record.ts";
import type { KeyRef, RevealedChange } from "./api.ts";
import { type LogView, withItems } from "./logView.ts";
import type { InputLoop, PeerIdentity, PeerPorts, ProposedItems } from "./ports.ts";
import type { Replica } from "./replica.ts";
import type { Workspace } from "./workspace.ts";

/** What decisions need of the participant that they are made for. */
interface Surroundings {
  readonly ports: PeerPorts;
  readonly identity: PeerIdentity;
  readonly state: ParticipantState;
  readonly replica: Replica;
  readonly workspace: Workspace;
  readonly push: InputLoop<ParticipantInput>["push"];
  /** Resolves when what was pushed is done; rejects when this process could not write it and stopped taking part. */
  readonly carriedOut: () => Promise<void>;
  /** Reads the files again. */
  readonly refresh: () => Promise<void>;
  /** Local values were replaced, and kept before. */
  readonly superseded: (keys: readonly KeyRef[]) => void;
}

/** What a person decides for the process that takes part: reviews, forced outcomes, and putting the log's values back. */
export class Decisions {
  readonly #peer: Surroundings;

  constructor(peer: Surroundings) {
    this.#peer = peer;
  }

  /** Throws NOT_IN_DOUBT when the change waits for nobody here (any more). */
  async review(tx: string, accept: boolean, reason: string | undefined): Promise<void> {
    const { state, push, carriedOut } = this.#peer;
    if (state.review?.prepare.tx !== tx) throw noReview(tx);
    push({ kind: "reviewed", tx, accept, ...(reason === undefined ? {} : { reason }) });
    await carriedOut();
  }

  /** What a change that waits for the person would do to the keys of this folder's environments. Throws NOT_IN_DOUBT. */
  reviewChanges(tx: string): RevealedChange[] {
    const { state, replica, identity } = this.#peer;
    const prepare = state.review?.prepare;
    if (prepare?.tx !== tx) throw noReview(tx);
    return proposedChanges(replica, identity, prepare);
  }

  /** Throws NOT_IN_DOUBT when the outcome of the transaction is known, or the coordinator is there to tell it. */
  async force(tx: string, outcome: "commit" | "abort"): Promise<void> {
    const { push, carriedOut } = this.#peer;
    if (this.#heuristic(tx)) throw alreadyForced(tx);
    push({ kind: "force", tx, outcome });
    // In the state alone it is nothing yet: after a restart only what was forced to the disk was ever decided.
    await carriedOut();
    if (!this.#heuristic(tx)) throw notInDoubt(tx);
  }

  /** Throws NOT_IN_DOUBT when nothing was forced there, FORCED while its outcome is still unknown. */
  async resync(tx: string): Promise<void> {
    const { push, carriedOut, refresh } = this.#peer;
    const heuristic = this.#heuristic(tx);
    if (!heuristic) {
      const text = `No outcome was forced for ${tx} here.`;
      throw new EnvpactError("NOT_IN_DOUBT", text, "See `envpact status` for what was forced.");
    }
    if (heuristic.status === "pending") {
      throw new EnvpactError(
        "FORCED",
        `The true outcome of ${tx} is not known yet.`,
        "Resync when the coordinator is back and has told it.",
      );
    }
    // An apply under way leaves the keys out: before it is done they would count as coming with it.
    await carriedOut();
    if (heuristic.status === "mixed") await this.#restore(heuristic);
    push({ kind: "resynced", tx });
    await carriedOut();
    await refresh();
  }

  #heuristic(tx: string): HeuristicRecord | undefined {
    return this.#peer.state.heuristics.find((one) => one.tx === tx);
  }

  /**
   * The log's values come back. A key that the log does not hold goes when its deletion was committed after all, or while
   * it still has the value that was forced; what the user made of it since stays.
   */
  async #restore({ items, revision }: HeuristicRecord): Promise<void> {
    const { replica, workspace, state } = this.#peer;
    const { rev } = state.applied;
    // What a revision changes that is held and not in the files yet (a locked file), it brings in itself, once the
    // decision that keeps it out is forgotten.
    const coming = new Set(
      replica.changedKeys(rev, state.committed.rev).map(({ env, key }) => slot(env, key)),
    );
    const left = new Map(
      items.map((item) => [slot(item.env, item.key), item] as const).filter(([name]) => !coming.has(name)),
    );
    await workspace.restore([...left.values()], rev, (ref, now) => {
      const item = left.get(slot(ref.env, ref.key));
      if (!item || replica.valueAt(ref, rev) !== undefined) return true;
      if (item.op === "delete" && revision !== undefined) return true;
      return now === (item.op === "set" ? replica.open(item) : undefined);
    });
  }

  /** Carries out what a person forced; answers by an input. */
  async carryOut(effect: Extract<ParticipantEffect, { type: "force" }>): Promise<void> {
    const { ports, push, refresh } = this.#peer;
    const { prepared, outcome } = effect;
    ports.failpoint("participant.before-force");
    try {
      if (outcome === "commit") await this.#bringIn(prepared);
      else await ports.files.discard(prepared.staged.filter(({ staged }) => staged !== ""));
    } catch (error) {
      push({ kind: "forceFailed", problem: problemOf(error) });
      return;
    }
    ports.failpoint("participant.after-force");
    push({ kind: "forced", tx: prepared.tx });
    await refresh();
  }

  /** As an apply: staged files are renamed, what changed meanwhile is done by key; what is replaced is kept first. */
  async #bringIn(prepared: PreparedRecord): Promise<void> {
    const { workspace, replica, superseded } = this.#peer;
    const { base, items } = prepared;
    const forced = workspace.over(withItems(replica, base, items), false);
    const result = await forced.apply(base, base + 1, prepared);
    if (result.superseded.length > 0) superseded(result.superseded.map(({ env, key }) => ({ env, key })));
  }
}

/** What a change would do to the keys of the folder's environments, on top of the log. */
export function proposedChanges(
  log: LogView,
  { environments }: Pick<PeerIdentity, "environments">,
  { base, items }: ProposedItems,
): RevealedChange[] {
  const after = withItems(log, base, items);
  return items
    .filter(({ env }) => Object.hasOwn(environments, env))
    .map(({ env, key, op }) => ({
      env,
      key,
      op,
      before: log.valueAt({ env, key }, base),
      after: after.valueAt({ env, key }, base + 1),
    }));
}

/** The change waits for no review here. */
export function noReview(tx: string): EnvpactError {
  return new EnvpactError(
    "NOT_IN_DOUBT",
    `No change ${tx} waits for a review here.`,
    "It was decided, or its time is over. See `envpact review`.",
  );
}

/** The transaction cannot be forced. */
export function notInDoubt(tx: string): EnvpactError {
  return new EnvpactError(
    "NOT_IN_DOUBT",
    `${tx} is not in doubt here.`,
    "Its outcome is known, or the coordinator is connected and tells it. See `envpact status`.",
  );
}

function alreadyForced(tx: string): EnvpactError {
  return new EnvpactError(
    "NOT_IN_DOUBT",
    `The outcome of ${tx} was forced here before.`,
    "See `envpact status`; when it turns out mixed, `envpact resync` puts the log's values back.",
  );
}

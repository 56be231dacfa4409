import type { HeuristicRecord, ParticipantEffect, PreparedRecord } from "../commit/effects.ts";
import type { ParticipantInput, ParticipantState } from "../commit/participantState.ts";
import { EnvpactError, problemOf } from "../protocol/errors.ts";
import type { KeyRef, RevealedChange } from "./api.ts";
import { withItems } from "./logView.ts";
import type { InputLoop, PeerIdentity, PeerPorts } from "./ports.ts";
import type { Replica } from "./replica.ts";
import { Workspace } from "./workspace.ts";

/** What decisions need of the participant that they are made for. */
interface Surroundings {
  readonly ports: PeerPorts;
  readonly identity: PeerIdentity;
  readonly state: ParticipantState;
  readonly replica: Replica;
  readonly workspace: Workspace;
  readonly push: InputLoop<ParticipantInput>["push"];
  readonly idle: InputLoop<ParticipantInput>["idle"];
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
    const { state, push, idle } = this.#peer;
    if (state.review?.prepare.tx !== tx) throw noReview(tx);
    push({ kind: "reviewed", tx, accept, ...(reason === undefined ? {} : { reason }) });
    await idle();
  }

  /** What a change that waits for the person would do to the keys of this folder's environments. Throws NOT_IN_DOUBT. */
  reviewChanges(tx: string): RevealedChange[] {
    const { state, replica, identity } = this.#peer;
    const prepare = state.review?.prepare;
    if (prepare?.tx !== tx) throw noReview(tx);
    const after = withItems(replica, prepare.base, prepare.items);
    return prepare.items
      .filter(({ env }) => Object.hasOwn(identity.environments, env))
      .map(({ env, key, op }) => ({
        env,
        key,
        op,
        before: replica.valueAt({ env, key }, prepare.base),
        after: after.valueAt({ env, key }, prepare.base + 1),
      }));
  }

  /** Throws NOT_IN_DOUBT when the outcome of the transaction is known, or the coordinator is there to tell it. */
  async force(tx: string, outcome: "commit" | "abort"): Promise<void> {
    const { push, idle } = this.#peer;
    if (this.#heuristic(tx)) throw alreadyForced(tx);
    push({ kind: "force", tx, outcome });
    await idle();
    if (!this.#heuristic(tx)) throw notInDoubt(tx);
  }

  /** Throws NOT_IN_DOUBT when nothing was forced there, FORCED while its outcome is still unknown. */
  async resync(tx: string): Promise<void> {
    const { push, idle, refresh } = this.#peer;
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
    if (heuristic.status === "mixed") await this.#restore(heuristic);
    push({ kind: "resynced", tx });
    await idle();
    await refresh();
  }

  #heuristic(tx: string): HeuristicRecord | undefined {
    return this.#peer.state.heuristics.find((one) => one.tx === tx);
  }

  /** The log's values come back. A key that the log does not hold goes only while it still has the forced value. */
  async #restore({ items }: HeuristicRecord): Promise<void> {
    const { replica, workspace, state } = this.#peer;
    const { rev } = state.applied;
    const refs: KeyRef[] = [];
    for (const item of items) {
      const isHeld = replica.valueAt(item, rev) !== undefined;
      const forced = item.op === "set" ? replica.open(item) : undefined;
      if (isHeld || (await workspace.localValue(item)) === forced)
        refs.push({ env: item.env, key: item.key });
    }
    await workspace.restore(refs, rev);
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
    const { ports, identity, replica, superseded } = this.#peer;
    const { base, items } = prepared;
    const log = withItems(replica, base, items);
    const workspace = new Workspace(ports.files, ports.store, identity, log);
    const result = await workspace.apply(base, base + 1, prepared);
    if (result.superseded.length > 0) superseded(result.superseded.map(({ env, key }) => ({ env, key })));
  }
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

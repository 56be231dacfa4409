import { limits } from "../protocol/limits.ts";
import type { Item, LogRecord } from "../protocol/record.ts";
import type { HeuristicRecord, ParticipantEffect, ParticipantWrite } from "./effects.ts";
import type { ParticipantContext, ParticipantState } from "./participantState.ts";

/**
 * Heuristic decisions (the term of Mohan, Lindsay and Obermarck 1986): a person ends a doubt here without the
 * coordinator's word. What is told to the coordinator stays as it was: the YES stands, HELLO goes on naming the
 * transaction, and its outcome is compared with what was forced. Only the files of this peer are at stake.
 */

/** A person forces an outcome. Empty when the transaction is not in doubt here: the coordinator is there and asked. */
export function force(
  state: ParticipantState,
  tx: string,
  outcome: "commit" | "abort",
  context: ParticipantContext,
): ParticipantEffect[] {
  const { prepared } = state;
  if (prepared?.tx !== tx || state.welcomed || isForced(state, tx)) return [];
  const heuristic: HeuristicRecord = {
    tx,
    base: prepared.base,
    items: prepared.items,
    forced: outcome,
    atMs: context.now,
    done: false,
    status: "pending",
  };
  replace(state, heuristic);
  return [
    // Before anything is done: a file must never say what nobody is recorded to have decided.
    { type: "persist", writes: [{ kind: "heuristic", heuristic }], force: true },
    told(heuristic),
    ...carryOut(state),
  ];
}

/** Whether the outcome of the transaction was forced here and is not known yet. */
export function isForced(state: ParticipantState, tx: string): boolean {
  return state.heuristics.some((one) => one.tx === tx && one.status === "pending");
}

/** Brings the files to what was forced, where that is not done yet: after the decision, a restart, or a locked file. */
export function carryOut(state: ParticipantState): ParticipantEffect[] {
  const { prepared } = state;
  // Also when its outcome came while the file was locked: a time that stays in the past would wake it for ever.
  state.retryForceAt = Number.POSITIVE_INFINITY;
  const undone = state.heuristics.find((one) => one.status === "pending" && !one.done);
  if (!prepared || undone?.tx !== prepared.tx) return [];
  return [{ type: "force", outcome: undone.forced, prepared }];
}

/** The files are as the decision says; the staged ones are used up. */
export function carriedOut(state: ParticipantState, tx: string): ParticipantEffect[] {
  const { prepared } = state;
  const undone = state.heuristics.find((one) => one.tx === tx && one.status === "pending");
  // The outcome came in between: it was compared without this, and judged by what it then did to the files.
  if (!undone || prepared?.tx !== tx) return [];
  const heuristic = { ...undone, done: true };
  replace(state, heuristic);
  state.prepared = { ...prepared, staged: [] };
  return [{ type: "persist", writes: [{ kind: "heuristic", heuristic }], force: false }];
}

/** A file cannot be replaced now. */
export function carryOutLater(state: ParticipantState, context: ParticipantContext): ParticipantEffect[] {
  state.retryForceAt = context.now + limits.lockedRetryMs;
  return [{ type: "timer", atMs: state.retryForceAt }];
}

/** What the arrival of the truth adds: a write beside the one that settles the transaction, and a notice after it. */
export interface Comparison {
  readonly writes: readonly ParticipantWrite[];
  readonly notices: readonly ParticipantEffect[];
}

/**
 * The outcome of the prepared transaction is known: `rev` is the revision that it became, undefined when it was
 * aborted. Nothing when it was not forced here.
 */
export function compare(state: ParticipantState, tx: string, rev: number | undefined): Comparison {
  const pending = state.heuristics.find((one) => one.tx === tx && one.status === "pending");
  if (!pending) return { writes: [], notices: [] };
  const same = (pending.forced === "commit") === (rev !== undefined);
  const heuristic: HeuristicRecord = {
    ...pending,
    status: same ? "same" : "mixed",
    ...(rev === undefined ? {} : { revision: rev }),
  };
  replace(state, heuristic);
  return { writes: [{ kind: "heuristic", heuristic }], notices: [told(heuristic)] };
}

/** As {@link compare}, for records that were just taken: one at base+1 settles a prepared transaction. */
export function compareRecords(state: ParticipantState, fresh: readonly LogRecord[]): Comparison {
  const { prepared } = state;
  const decided = prepared && fresh.find((record) => record.rev === prepared.base + 1);
  if (!prepared || !decided) return { writes: [], notices: [] };
  return compare(state, prepared.tx, decided.tx === prepared.tx ? decided.rev : undefined);
}

/**
 * Items of the revisions after `from` up to `to` whose keys the files keep as they are: a person decided about them
 * here. A forced abort is left to `resync`; a forced commit has been in the files once, and what differs now is a
 * later edit of the user.
 */
export function sparedItems(state: ParticipantState, from: number, to: number): readonly Item[] {
  return state.heuristics
    .filter(({ revision = 0, forced, done }) => {
      const isDecided = forced === "abort" || done;
      return isDecided && revision > from && revision <= to;
    })
    .flatMap(({ items }) => items);
}

/** The log's values are back in the files, or the note was read: the decision is forgotten. A pending one stays. */
export function resynced(state: ParticipantState, tx: string): ParticipantEffect[] {
  const found = state.heuristics.find((one) => one.tx === tx && one.status !== "pending");
  if (!found) return [];
  state.heuristics = state.heuristics.filter((one) => one !== found);
  return [{ type: "persist", writes: [{ kind: "resynced", tx }], force: true }];
}

/** The list with `heuristic` in the place of the one of its transaction; the oldest settled notes go first. */
export function withHeuristic(
  list: readonly HeuristicRecord[],
  heuristic: HeuristicRecord,
): readonly HeuristicRecord[] {
  const known = list.some(({ tx }) => tx === heuristic.tx);
  if (known) return list.map((one) => (one.tx === heuristic.tx ? heuristic : one));
  const note = list.length < limits.heuristicsMax ? -1 : list.findIndex(({ status }) => status === "same");
  return [...list.filter((_, index) => index !== note), heuristic];
}

function replace(state: ParticipantState, heuristic: HeuristicRecord): void {
  state.heuristics = withHeuristic(state.heuristics, heuristic);
}

function told(heuristic: HeuristicRecord): ParticipantEffect {
  return { type: "notify", event: { kind: "heuristic", heuristic } };
}

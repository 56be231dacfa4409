import type { ParticipantWrite } from "../commit/effects.ts";
import { nextFloor, type Retention } from "../commit/retention.ts";
import { advanceSnapshot, settledOf } from "../commit/snapshot.ts";
import { headerLine, headOf, type JournalState, writesLine } from "./journalFormat.ts";

/** What is kept of compacted revisions, by lines of so many. */
const settledPerLine = 1_000;

/** The revision up to which bodies can be dropped: never one that the files have not reached. */
function floorOf(state: JournalState, retention: Retention): number {
  return Math.min(state.appliedRev, nextFloor(retention, state.base.rev, headOf(state).rev));
}

/** Whether so many bodies are held that some can be dropped. */
export function isCompactable(state: JournalState, retention: Retention): boolean {
  return floorOf(state, retention) > state.base.rev;
}

/**
 * Drops the bodies that need not be kept: the state that they led to becomes the base, and their transactions, hashes
 * and requests stay for ever, so that a lost coordinator can be rebuilt with every outcome.
 */
export function compactState(state: JournalState, retention: Retention): void {
  const droppable = floorOf(state, retention) - state.base.rev;
  if (droppable <= 0) return;
  const dropped = state.records.splice(0, droppable);
  state.settled = [...state.settled, ...dropped.map(settledOf)];
  state.base = advanceSnapshot(state.base, dropped);
}

/** The lines of a new journal that says what the state says. */
export function linesOf(state: JournalState): Buffer[] {
  const { base, settled, records, appliedRev, highestTerm, prepared, heuristics = [] } = state;
  const lines = [headerLine()];
  let bytes = lines[0]!.length;
  const add = (writes: readonly ParticipantWrite[]) => {
    const line = writesLine(writes, bytes);
    bytes += line.length;
    lines.push(line);
  };
  for (let from = 0; from < settled.length; from += settledPerLine)
    add([{ kind: "settled", revisions: settled.slice(from, from + settledPerLine) }]);
  if (base.rev > 0) add([{ kind: "snapshot", ...base }]);
  for (const record of records) add([{ kind: "committed", record }]);
  add([
    { kind: "term", term: highestTerm },
    { kind: "applied", rev: appliedRev },
  ]);
  if (prepared !== undefined) add([{ kind: "prepared", prepared }]);
  for (const heuristic of heuristics) add([{ kind: "heuristic", heuristic }]);
  return lines;
}

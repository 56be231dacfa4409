import type { HeuristicRecord, PreparedRecord } from "../commit/effects.ts";
import type { RosterEntry } from "../protocol/messages.ts";
import type { LogRecord } from "../protocol/record.ts";
import type { HeuristicView, InDoubtView, KeyRef, SpreadView } from "./api.ts";

/** The newest revisions that a view tells the spread of: whoever is farther behind is catching up. */
const spreadRevisionsMax = 50;

/** Environment and key alone, of anything that holds them. */
export function refsOf(items: readonly KeyRef[]): KeyRef[] {
  return items.map(({ env, key }) => ({ env, key }));
}

/** A prepared transaction as one that is in doubt; none when a person has forced its outcome. */
export function doubtsOf(
  prepared: PreparedRecord | undefined,
  heuristics: readonly HeuristicRecord[],
): InDoubtView[] {
  if (!prepared || heuristics.some(({ tx }) => tx === prepared.tx)) return [];
  return [{ tx: prepared.tx, sinceMs: prepared.sinceMs, keys: refsOf(prepared.items) }];
}

/** A heuristic decision without its sealed values. */
export function heuristicView(record: HeuristicRecord): HeuristicView {
  const { tx, forced, atMs, items, status, revision } = record;
  return { tx, forced, atMs, keys: refsOf(items), status, revision };
}

/**
 * The newest commits up to `head` that some voter of theirs has yet to apply, oldest first. `record` gives a revision that
 * is held; a voter that has left waits for nothing any more.
 */
export function spreadOf(
  roster: readonly RosterEntry[],
  head: number,
  record: (rev: number) => LogRecord | undefined,
): SpreadView[] {
  // A coordinator that has just started knows nothing yet of those that have not come back to it.
  const isKnown = ({ connected, appliedRevision }: RosterEntry) => connected || appliedRevision > 0;
  const present = roster.filter((row) => row.state !== "left" && isKnown(row));
  const last = present.reduce((least, row) => Math.min(least, row.appliedRevision), head);
  if (last >= head) return [];
  const rows = new Map(present.map((row) => [row.peer, row]));
  const spread: SpreadView[] = [];
  for (let rev = Math.max(last, head - spreadRevisionsMax) + 1; rev <= head; rev += 1) {
    const found = record(rev);
    if (found?.kind !== "commit") continue;
    const voters = found.participants.flatMap((peer) => rows.get(peer) ?? []);
    const behind = voters.filter(({ appliedRevision }) => appliedRevision < rev);
    if (behind.length === 0) continue;
    spread.push({
      revision: rev,
      applied: voters.length - behind.length,
      of: voters.length,
      waitingFor: behind.map(({ name }) => name),
    });
  }
  return spread;
}

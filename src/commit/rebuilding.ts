import type { LogRecord } from "../protocol/record.ts";
import { type SettledRevision, type Snapshot, settledOf } from "./snapshot.ts";

/** A copy of a space's log: a peer's journal, or what is left of a coordinator's store. */
export interface LogCopy {
  /** For people: the file that holds it. */
  readonly name: string;
  readonly base: Snapshot;
  readonly settled: readonly SettledRevision[];
  /** Contiguous from base.rev + 1; its chain has been checked. */
  readonly records: readonly LogRecord[];
}

/** The log that several copies of it give together. */
export interface RebuiltLog {
  readonly base: Snapshot;
  /** What is known of revisions up to the base, ascending. */
  readonly settled: readonly SettledRevision[];
  readonly records: readonly LogRecord[];
}

/** Two copies that say different things at revision `rev`. */
export interface Fork {
  readonly rev: number;
  readonly copies: readonly [LogCopy, LogCopy];
}

/** The last revision of a copy. */
export function headOfCopy(copy: Omit<LogCopy, "name">): { readonly rev: number; readonly hash: string } {
  return copy.records.at(-1) ?? copy.base;
}

function revisionsOf(copy: LogCopy): Map<number, SettledRevision> {
  const { base, settled, records } = copy;
  const known = new Map<number, SettledRevision>();
  if (base.rev > 0) known.set(base.rev, { rev: base.rev, tx: "", hash: base.hash, requests: [] });
  for (const one of settled) known.set(one.rev, one);
  for (const record of records) known.set(record.rev, settledOf(record));
  return known;
}

type Known = ReadonlyMap<number, SettledRevision>;

/** The highest revision that both know; 0 when there is none. The chain vouches for everything before it. */
function highestCommon(one: Known, other: Known): number {
  const [small, large] = one.size < other.size ? [one, other] : [other, one];
  let highest = 0;
  for (const rev of small.keys()) if (rev > highest && large.has(rev)) highest = rev;
  return highest;
}

/**
 * The longest log that the copies give, with everything that shorter copies of it add (older bodies, outcomes and
 * requests), or the first two of them that are no prefixes of each other: then nobody but a person can choose.
 * `copies` holds at least one.
 */
export function rebuildLog(copies: readonly LogCopy[]): RebuiltLog | Fork {
  const known = copies.map((copy) => ({ copy, revisions: revisionsOf(copy) }));
  for (const [at, one] of known.entries()) {
    for (const other of known.slice(at + 1)) {
      const rev = highestCommon(one.revisions, other.revisions);
      if (one.revisions.get(rev)?.hash !== other.revisions.get(rev)?.hash)
        return { rev, copies: [one.copy, other.copy] };
    }
  }
  const longest = known.reduce((best, one) =>
    headOfCopy(one.copy).rev > headOfCopy(best.copy).rev ? one : best,
  );
  const settled = new Map<number, SettledRevision>();
  const records = new Map<number, LogRecord>();
  const bases: Snapshot[] = [];
  for (const { copy, revisions } of known) {
    // Beyond the last revision that both know nothing says that it is the same log.
    const trusted =
      copy === longest.copy ? Number.POSITIVE_INFINITY : highestCommon(revisions, longest.revisions);
    for (const one of revisions.values()) {
      if (one.rev <= trusted && (settled.get(one.rev)?.tx ?? "") === "") settled.set(one.rev, one);
    }
    for (const record of copy.records) if (record.rev <= trusted) records.set(record.rev, record);
    if (copy.base.rev <= trusted) bases.push(copy.base);
  }
  return joined(bases, records, settled, headOfCopy(longest.copy).rev);
}

function joined(
  bases: readonly Snapshot[],
  records: ReadonlyMap<number, LogRecord>,
  settled: Known,
  head: number,
): RebuiltLog {
  let first = head + 1;
  while (records.has(first - 1)) first -= 1;
  const base = bases
    .filter(({ rev }) => rev >= first - 1)
    .reduce((best, one) => (one.rev < best.rev ? one : best));
  const kept: LogRecord[] = [];
  for (let rev = base.rev + 1; rev <= head; rev += 1) kept.push(records.get(rev)!);
  const before = [...settled.values()].filter(({ rev }) => rev <= base.rev);
  return { base, settled: before.sort((a, b) => a.rev - b.rev), records: kept };
}

/** A transaction that a peer has promised and whose outcome the log does not say. */
export interface OpenPromise {
  readonly tx: string;
  readonly base: number;
}

/**
 * Of the transactions that peers hold promises for on top of revision `head`, the only one that the lost coordinator
 * can have committed: the last one that it began (`space:term:counter:random`). It began none before the one before
 * was decided, and a commit would have moved the head.
 */
export function lastPromise<P extends OpenPromise>(promises: readonly P[], head: number): P | undefined {
  const order = ({ tx }: P) => tx.split(":").slice(-3, -1).map(Number) as [number, number];
  return promises
    .filter(({ base }) => base === head)
    .sort((a, b) => order(a)[0] - order(b)[0] || order(a)[1] - order(b)[1])
    .at(-1);
}

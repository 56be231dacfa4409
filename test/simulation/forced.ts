import type { HeuristicRecord, ParticipantWrite } from "../../src/commit/effects.ts";
import {
  checkComparisons,
  type HeldForced,
  type OutcomeAudit,
  type Violation,
} from "../../src/commit/invariants.ts";
import type { HeuristicView } from "../../src/peer/api.ts";
import type { Item } from "../../src/protocol/record.ts";

type Forced = HeuristicRecord["forced"];

/**
 * Invariant 15: what people forced while it was in doubt. It is durable before anything follows from it, is compared
 * with the true outcome, stays visible until its person takes note of it, and concerns nobody else.
 */
export class ForcedOutcomes {
  readonly #outcomes: OutcomeAudit;
  readonly #report: (...found: readonly Violation[]) => void;
  /** What people were told to be forced and have not taken note of, by peer and transaction. */
  readonly #told = new Map<string, Map<string, Forced>>();
  /** Decisions that people made, and those that turned out mixed. */
  readonly count = { forced: 0, mixed: 0 };

  constructor(outcomes: OutcomeAudit, report: (...found: readonly Violation[]) => void) {
    this.#outcomes = outcomes;
    this.#report = report;
  }

  #broken(text: string): void {
    this.#report({ invariant: 15, text });
  }

  #of(peer: string): Map<string, Forced> {
    const told = this.#told.get(peer) ?? new Map<string, Forced>();
    this.#told.set(peer, told);
    return told;
  }

  /** A person was told that their decision stands. */
  decided(peer: string, tx: string, forced: Forced, durable: HeldForced): void {
    const record = durable.heuristics?.find((one) => one.tx === tx);
    if (record?.forced !== forced) this.#broken(`${peer} told ${tx} as forced before that was on the disk`);
    this.#of(peer).set(tx, forced);
    this.count.forced += 1;
  }

  /** A peer appends to its journal. */
  appended(peer: string, write: ParticipantWrite, before: HeldForced): void {
    if (write.kind === "heuristic") {
      const { heuristic } = write;
      const known = before.heuristics?.find(({ tx }) => tx === heuristic.tx);
      if (known && (known.forced !== heuristic.forced || isBack(known, heuristic)))
        this.#broken(`${peer} changed what was forced of ${heuristic.tx}`);
      if (heuristic.status !== "pending" && known?.status !== heuristic.status) {
        this.#report(...this.#outcomes.compared(peer, heuristic));
        if (heuristic.status === "mixed") this.count.mixed += 1;
      }
    } else if (write.kind === "resynced") {
      const known = before.heuristics?.find(({ tx }) => tx === write.tx);
      if (known?.status === "pending")
        this.#broken(`${peer} forgot ${write.tx} before its outcome was known`);
      this.#of(peer).delete(write.tx);
    }
  }

  /** A peer starts from this journal. */
  opened(peer: string, journal: HeldForced): void {
    this.#report(...checkComparisons(peer, journal));
    for (const [tx, forced] of this.#of(peer)) {
      const found = journal.heuristics?.find((one) => one.tx === tx);
      if (found?.forced !== forced) this.#broken(`${peer} starts and has lost that ${tx} was forced`);
    }
  }

  /** Everything is known: each decision has been compared, in the journal and in the view alike. */
  atRest(peer: string, journal: HeldForced, shown: readonly HeuristicView[]): void {
    this.#report(...checkComparisons(peer, journal));
    for (const record of journal.heuristics ?? []) this.#report(...this.#outcomes.compared(peer, record));
    const lines = (list: readonly Pick<HeuristicView, "tx" | "forced" | "status">[]) =>
      list.map(({ tx, forced, status }) => `${tx} ${forced} ${status}`).join();
    if (lines(shown) !== lines(journal.heuristics ?? []))
      this.#broken(`${peer} shows ${lines(shown)}, its journal holds ${lines(journal.heuristics ?? [])}`);
    for (const tx of this.#of(peer).keys()) {
      if (!shown.some((one) => one.tx === tx)) this.#broken(`${peer} no longer shows that ${tx} was forced`);
    }
  }
}

function isBack(known: HeuristicRecord, next: HeuristicRecord): boolean {
  return (known.done && !next.done) || (known.status !== "pending" && known.status !== next.status);
}

/** The items of an environment that durable decisions of a person bring into its file; `mixed`: and a resync takes out. */
export function forcedItems(durable: HeldForced, env: string, mixed = false): readonly Item[] {
  return (durable.heuristics ?? [])
    .filter(({ forced, status }) => forced === "commit" && (!mixed || status === "mixed"))
    .flatMap(({ items }) => items.filter((item) => item.env === env));
}

/** Whether the change that `item` is stays out of the files, because a person decided about it. */
export function isSpared(journal: HeldForced, item: Item | undefined): boolean {
  return (journal.heuristics ?? []).some(
    ({ revision, forced, done, items }) =>
      revision !== undefined &&
      (forced === "abort" || done) &&
      items.some(({ env, key, expected }) => {
        return env === item?.env && key === item.key && expected === item.expected;
      }),
  );
}

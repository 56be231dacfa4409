import type { ParticipantState, Prepare } from "../commit/participantState.ts";
import { problemOf } from "../protocol/errors.ts";
import type { Disposable } from "../shared/disposable.ts";
import type { ReviewView, TransactionView, VoteView } from "./api.ts";
import type { LiveState, PeerPorts, ProposedItems } from "./ports.ts";
import { refsOf } from "./view.ts";

/** A transaction that is over sooner is not shown to other processes. */
const showAfterMs = 500;

/** What the participant heard of the transaction that it votes on. */
export interface Asked {
  readonly prepare: Prepare;
  /** When the coordinator stops waiting for votes, by this machine's clock. */
  readonly deadlineAtMs: number;
  readonly vote: VoteView | undefined;
}

/** The transaction of somebody else that this peer votes on now, for the view. */
export function foreignTransactions(
  state: ParticipantState,
  asked: Asked | undefined,
  name: string,
): TransactionView[] {
  const { prepared, staging, review, heuristics } = state;
  const current = staging ?? review?.prepare ?? prepared;
  if (!current || heuristics.some(({ tx }) => tx === current.tx)) return [];
  const known = asked?.prepare.tx === current.tx ? asked : undefined;
  const isReviewed = current === review?.prepare;
  // Promised, and nobody to ask: its deadline is the coordinator's business, and it may be decided already.
  const isUnknown = current === prepared && !state.welcomed;
  return [
    {
      id: current.tx,
      mine: false,
      author: known?.prepare.author.name ?? "",
      message: known?.prepare.message ?? "",
      keys: refsOf(current.items),
      phase: isReviewed ? "reviewing" : isUnknown ? "unknown" : "preparing",
      waitingFor: isReviewed ? [name] : [],
      votes: known?.vote ? [known.vote] : [],
      deadlineAtMs: isReviewed ? review?.deadlineAt : isUnknown ? undefined : known?.deadlineAtMs,
    },
  ];
}

/** What waits for this peer's person. */
export function reviewsOf({ review }: ParticipantState): ReviewView[] {
  if (!review) return [];
  const { tx, author, message, items } = review.prepare;
  return [{ tx, author: author.name, message, keys: refsOf(items), deadlineAtMs: review.deadlineAt }];
}

/** The change that this peer's person is asked about, for whoever holds the space's key. */
export function underReview({ review }: ParticipantState): ProposedItems | undefined {
  return review && { tx: review.prepare.tx, base: review.prepare.base, items: review.prepare.items };
}

/** Shows the other processes of the peer what this one is at, when that lasts. */
export class LiveWriter {
  readonly #ports: Pick<PeerPorts, "now" | "at" | "log" | "desk">;
  readonly #look: () => LiveState | undefined;
  #seen = new Set<string>();
  #written = "";
  #timer: Disposable | undefined;
  #writing: Promise<void> = Promise.resolve();
  #closed = false;

  /** `look`: what there is to be shown now; undefined: nothing. */
  constructor(ports: Pick<PeerPorts, "now" | "at" | "log" | "desk">, look: () => LiveState | undefined) {
    this.#ports = ports;
    this.#look = look;
  }

  /** Something changed; `now`: others should see it at once. */
  changed(now: boolean): void {
    if (!this.#ports.desk || this.#closed) return;
    if (now) this.#write();
    else this.#timer ??= this.#ports.at(this.#ports.now() + showAfterMs, () => this.#write());
  }

  /** Takes back what was shown. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.dispose();
    await this.#writing;
    if (this.#written !== "") await this.#ports.desk?.writeLive(undefined);
  }

  #write(): void {
    this.#timer?.dispose();
    this.#timer = undefined;
    const shown = this.#lasting(this.#look());
    const text = shown ? JSON.stringify(shown) : "";
    if (text === this.#written) return;
    this.#written = text;
    this.#writing = this.#writing
      .then(() => this.#ports.desk?.writeLive(shown))
      .catch((error: unknown) => this.#ports.log(`live state: ${problemOf(error).message}`));
  }

  /** Without the transactions that were not there at the last look: most are over before the next one. */
  #lasting(state: LiveState | undefined): LiveState | undefined {
    const transactions = state?.transactions ?? [];
    const lasting = transactions.filter(({ id, phase }) => phase === "reviewing" || this.#seen.has(id));
    this.#seen = new Set(transactions.map(({ id }) => id));
    if (lasting.length < transactions.length) this.changed(false);
    return state && { ...state, transactions: lasting };
  }
}

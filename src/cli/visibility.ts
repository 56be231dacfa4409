import type {
  ConsentView,
  HeuristicView,
  InDoubtView,
  PeerRow,
  PeerView,
  ReviewView,
  SpreadView,
  TransactionView,
} from "../peer/api.ts";
import { limits } from "../protocol/limits.ts";
import { keysText, refOf } from "./peers.ts";

/** What blocks, for how long, on whom it waits, and what a person can do: as data and as text, without a value. */

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}

/** Seconds, minutes or hours, whichever reads best. */
export function ageText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

/** `text` as one word of a command that is to be typed: a space's name, and so a transaction, may hold blanks. */
export function typed(text: string): string {
  return /^[\w.:@+/=-]+$/u.test(text) ? text : `"${text}"`;
}

const doubtWaitsFor = "the coordinator, which alone knows the outcome";

function doubtNext(tx: string): readonly string[] {
  return [
    "Start the coordinator again, or wait until it can be reached: it resolves by itself.",
    `If you cannot wait: envpact force ${typed(tx)} --commit --confirm ${typed(tx)}, or with --abort.`,
  ];
}

/** A transaction in doubt, with `next` steps. */
export function doubtData({ tx, sinceMs, keys }: InDoubtView, now: number): object {
  return {
    tx,
    since: isoOf(sinceMs),
    ageSeconds: Math.max(0, Math.round((now - sinceMs) / 1_000)),
    keys: keys.map(({ key }) => key),
    items: keys.map(refOf),
    waitsFor: doubtWaitsFor,
    next: doubtNext(tx),
  };
}

export function doubtText({ tx, sinceMs, keys }: InDoubtView, now: number): string {
  return [
    `In doubt since ${isoOf(sinceMs)} (${ageText(now - sinceMs)}): ${keysText(keys)}. The file stays as it was.`,
    `  Transaction ${tx} waits for ${doubtWaitsFor}.`,
    ...doubtNext(tx).map((step) => `  ${step}`),
  ].join("\n");
}

/** An outcome that was forced here. */
export function heuristicData({ tx, forced, atMs, keys, status, revision }: HeuristicView): object {
  return {
    tx,
    forced,
    at: isoOf(atMs),
    keys: keys.map(({ key }) => key),
    items: keys.map(refOf),
    status,
    ...(revision === undefined ? {} : { revision }),
    next: heuristicNext(tx, status),
  };
}

function heuristicNext(tx: string, status: HeuristicView["status"]): string {
  if (status === "pending") return "It is compared with the true outcome when the coordinator is back.";
  if (status === "same") return `Nothing is to be done; envpact resync ${typed(tx)} takes the note away.`;
  return `envpact resync ${typed(tx)} puts the log's values back.`;
}

export function heuristicText({ tx, forced, keys, status, revision }: HeuristicView): string {
  const truth = revision === undefined ? "was aborted" : `was committed as revision ${revision}`;
  const told = {
    pending: `${forced} was forced here; the true outcome is not known yet`,
    same: `${forced} was forced here, and it ${truth}: the same`,
    mixed: `HEURISTIC MIXED: ${forced} was forced here, but it ${truth}; the files differ from the space`,
  }[status];
  return `${told}. ${keysText(keys)} (${tx}). ${heuristicNext(tx, status)}`;
}

/** A change that waits for this peer's person. */
export function reviewData({ tx, author, message, keys, deadlineAtMs }: ReviewView): object {
  return {
    tx,
    author,
    message,
    keys: keys.map(({ key }) => key),
    items: keys.map(refOf),
    deadline: isoOf(deadlineAtMs),
    next: reviewNext(tx),
  };
}

/** How a review is answered. */
export function reviewNext(tx: string): string {
  return `envpact review ${typed(tx)} --accept, or --decline`;
}

export function reviewText({ tx, author, message, keys, deadlineAtMs }: ReviewView, now: number): string {
  const about = message === "" ? "" : ` "${message}"`;
  return `Review: ${author} changes ${keysText(keys)}${about}; ${ageText(deadlineAtMs - now)} left. ${reviewNext(tx)}`;
}

/** A change of others that was refused here for want of consent. */
export function consentData({ tx, author, atMs, keys }: ConsentView): object {
  return {
    tx,
    author,
    at: isoOf(atMs),
    keys: keys.map(({ key }) => key),
    items: keys.map(refOf),
    next: consentNext(keys),
  };
}

function consentNext(keys: ConsentView["keys"]): string {
  return `envpact allow ${[...new Set(keys.map(({ key }) => key))].join(" ")}`;
}

function consentText({ author, atMs, keys }: ConsentView): string {
  return `Refused at ${isoOf(atMs)}: ${author} may not change ${keysText(keys)} here, which can make programs run other code. To let others change it: ${consentNext(keys)}`;
}

export function spreadText({ revision, applied, of, waitingFor }: SpreadView): string {
  const get = waitingFor.length === 1 ? "gets" : "get";
  return `Committed r${revision}, applied by ${applied} of ${of}; ${waitingFor.join(", ")} ${get} it on return.`;
}

/** Since when a peer is waited for, and when it is left out, where the policy is to do so. */
function waitedFor(name: string, roster: readonly PeerRow[], detachAfterMs: number | undefined): object {
  const since = roster.find((one) => one.name === name)?.absentSinceMs;
  if (since === undefined) return { name };
  return {
    name,
    since: isoOf(since),
    ...(detachAfterMs === undefined ? {} : { detachAt: isoOf(since + detachAfterMs) }),
  };
}

/** A transaction under way: on whom it waits, since when, and what happens then. */
export function transactionData(
  transaction: TransactionView,
  view: Pick<PeerView, "roster" | "policy" | "detachAfterMs">,
): object {
  const { id, author, message, keys, phase, waitingFor, votes, deadlineAtMs, mine } = transaction;
  const { detachAfterMs = limits.detachAfterMs } = view;
  const detaches = (transaction.policy ?? view.policy ?? "detach") === "detach";
  return {
    tx: id,
    author,
    mine,
    message,
    keys: keys.map(({ key }) => key),
    phase,
    waitingFor,
    waits: waitingFor.map((name) => waitedFor(name, view.roster, detaches ? detachAfterMs : undefined)),
    votes: votes.map(({ peer, vote, code, reason }) => ({ peer, vote, code, reason })),
    ...(deadlineAtMs === undefined ? {} : { deadline: isoOf(deadlineAtMs) }),
    outcome: thenText(transaction, view),
  };
}

/** What becomes of it when nothing else happens. */
function thenText(
  { phase, deadlineAtMs, policy }: TransactionView,
  view: Pick<PeerView, "policy" | "detachAfterMs">,
): string {
  const until = deadlineAtMs === undefined ? "its deadline" : isoOf(deadlineAtMs);
  switch (phase) {
    case "waiting":
      return (policy ?? view.policy ?? "detach") === "detach"
        ? `Whoever is absent for ${(view.detachAfterMs ?? limits.detachAfterMs) / 1_000} s is left out by name and catches up on return (policy detach).`
        : `It is aborted at ${until} when they have not come back by then (policy wait).`;
    case "reviewing":
      return `Without an answer it is aborted at ${until}.`;
    case "preparing":
      return `Without all votes it is aborted at ${until}.`;
    case "unknown":
      return "The outcome is asked for as soon as the coordinator is back.";
    default:
      return `It is aborted when it is not decided by ${until}.`;
  }
}

export function transactionText(
  transaction: TransactionView,
  view: Pick<PeerView, "roster" | "policy" | "detachAfterMs">,
): string {
  const { id, author, phase, waitingFor } = transaction;
  const names = waitingFor.map((name) => {
    const since = view.roster.find((row) => row.name === name)?.absentSinceMs;
    return since === undefined ? name : `${name} (absent since ${isoOf(since)})`;
  });
  const waits = names.length === 0 ? "" : `, waiting for ${names.join(", ")}`;
  return `Under way: ${author}, ${phase}${waits} (${id}). ${thenText(transaction, view)}`;
}

/** Everything of the view that blocks or needs a person, for people. */
export function attentionText(view: PeerView, now: number): readonly string[] {
  return [
    ...view.inDoubt.map((doubt) => doubtText(doubt, now)),
    ...view.heuristics.map(heuristicText),
    ...view.reviews.map((review) => reviewText(review, now)),
    ...view.consents.map(consentText),
    ...view.transactions
      .filter(({ id }) => !view.inDoubt.some(({ tx }) => tx === id))
      .map((transaction) => transactionText(transaction, view)),
    ...view.spread.map(spreadText),
    ...view.fileProblems.map(({ message, next }) => `${message} ${next}`),
  ];
}

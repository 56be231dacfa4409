/** Pure: the rows of transactions under way, with each vote as it comes. */
import type { PeerView, TransactionView, VoteView } from "../../peer/api.ts";
import { limits } from "../../protocol/limits.ts";
import type { Conflict } from "../../protocol/messages.ts";
import { spaceCommandIds } from "../spaceIds.ts";
import { editorText } from "./problemWords.ts";
import type { LastSubmission } from "./spaceModel.ts";
import { actionRow, failure, noteRow, passed, quiet, row, type SpaceRow, warning } from "./spaceRow.ts";
import { counted, keyName, keyNames, preciseTimeWord, timeWord } from "./spaceWords.ts";

/** The section of transactions under way. */
export function transactionsRow(
  id: string,
  transactions: readonly TransactionView[],
  view: PeerView,
  nowMs: number,
): SpaceRow {
  return row({
    id: `${id}#transactions`,
    kind: "transactions",
    folder: id,
    label: "Under Way",
    description: counted(transactions.length, "transaction"),
    icon: "sync",
    children: transactions.map((transaction) => transactionRow(id, view, transaction, nowMs)),
    expanded: true,
  });
}

/** Where a transaction is, in words. */
export function phaseWords({ phase, waitingFor, votes }: TransactionView): string {
  switch (phase) {
    case "sending":
      return "sending…";
    case "queued":
      return "queued behind another one";
    case "waiting":
      return `waiting for ${waitingFor.join(", ") || "a peer"}`;
    case "preparing":
      return `${counted(votes.length, "vote")}${waitingFor.length === 0 ? "" : `, asking ${waitingFor.join(", ")}`}`;
    case "reviewing":
      return `waiting for the review of ${waitingFor.join(", ") || "a person"}`;
    case "unknown":
      return "outcome unknown, checking";
  }
}

function transactionRow(id: string, view: PeerView, transaction: TransactionView, nowMs: number): SpaceRow {
  const { author, message, keys, mine, phase } = transaction;
  const by = mine ? "mine" : `by ${author}`;
  const self = { id: `${id}#transaction:${transaction.id}`, folder: id, tx: transaction.id };
  const waits = waitRows(self, view, transaction, nowMs);
  return row({
    ...self,
    kind: "transaction",
    label: message === "" ? keyNames(keys) : message,
    description: `${by} · ${phaseWords(transaction)}`,
    tooltip: [
      [message, by, phaseWords(transaction), ...keys.map(keyName)].filter((text) => text !== "").join("\n"),
      ...waits.map(({ label, description }) => `${label}: ${description}`),
    ].join("\n"),
    icon: transactionIcons[phase] ?? "loading~spin",
    color: phase === "unknown" || phase === "waiting" || phase === "reviewing" ? warning : undefined,
    children: [
      ...transaction.votes.map((vote) => voteRow(id, transaction.id, vote)),
      ...waits,
      ...ownActions(self, view, transaction),
    ],
    expanded: true,
    words: [
      phase,
      ...(mine && isUndecided(phase) ? ["mine"] : []),
      ...((transaction.policy ?? view.policy) === "detach" ? ["detach"] : []),
    ],
  });
}

const transactionIcons: Partial<Record<TransactionView["phase"], string>> = {
  unknown: "question",
  waiting: "watch",
  reviewing: "eye",
};

function isUndecided(phase: TransactionView["phase"]): boolean {
  return phase !== "unknown";
}

type Parent = Pick<SpaceRow, "id" | "folder" | "tx">;

/** Whom a transaction waits for, since when, and what happens when the wait ends. */
function waitRows(
  self: Parent,
  view: PeerView,
  transaction: TransactionView,
  nowMs: number,
): readonly SpaceRow[] {
  const { phase, waitingFor } = transaction;
  if (phase !== "waiting" && phase !== "reviewing") return [];
  const { id, folder } = self;
  const waits = waitingFor.map((name) => {
    const peer = view.roster.find((each) => each.name === name);
    const since = peer?.absentSinceMs;
    const absent = since === undefined ? "absent" : `absent since ${timeWord(since, nowMs)}`;
    return row({
      id: `${id}:wait:${name}`,
      kind: "wait",
      folder,
      label: `Waits for ${name}`,
      description: phase === "reviewing" ? "a person there looks at the change" : absent,
      icon: phase === "reviewing" ? "eye" : "circle-outline",
      color: warning,
    });
  });
  const next = endWords(view, transaction, nowMs);
  if (next === undefined) return waits;
  return [
    ...waits,
    noteRow({ id: `${id}:until`, folder, label: next[0], description: next[1], icon: "watch" }),
  ];
}

/** When a transaction's wait ends by itself, and what happens then; undefined when it has no end of its own. */
export function endWords(
  view: PeerView,
  { phase, waitingFor, deadlineAtMs, policy = view.policy }: TransactionView,
  nowMs: number,
): readonly [label: string, detail: string] | undefined {
  const until = (atMs: number): string => `Until ${preciseTimeWord(atMs, nowMs)}`;
  if (phase === "waiting" && policy === "detach") {
    const ends = view.roster
      .filter(({ name, absentSinceMs }) => waitingFor.includes(name) && absentSinceMs !== undefined)
      .map(({ absentSinceMs = 0 }) => absentSinceMs + (view.detachAfterMs ?? limits.detachAfterMs));
    const names = waitingFor.join(", ");
    const get = waitingFor.length === 1 ? "gets" : "get";
    if (ends.length > 0)
      return [until(Math.max(...ends)), `then it goes on without ${names}, who ${get} it on return`];
  }
  if (deadlineAtMs === undefined) return undefined;
  return [
    until(deadlineAtMs),
    phase === "reviewing"
      ? "without an answer it is refused, and nothing is changed anywhere"
      : "then it is given up, and nothing is changed anywhere",
  ];
}

function ownActions(
  self: Parent,
  view: PeerView,
  { mine, phase, waitingFor, policy = view.policy }: TransactionView,
): readonly SpaceRow[] {
  const timeline = actionRow(self, "Show Timeline", "pulse", spaceCommandIds.showTimeline);
  if (!mine || !isUndecided(phase)) return [timeline];
  const cancel = actionRow(self, "Cancel", "circle-slash", spaceCommandIds.cancelCommit, {
    description: "nothing is changed anywhere",
  });
  if (phase !== "waiting" || policy === "detach") return [timeline, cancel];
  const without = actionRow(
    self,
    `Go On Without ${waitingFor.join(", ") || "Them"}`,
    "debug-continue",
    spaceCommandIds.goOnWithout,
    {
      description: `after ${(view.detachAfterMs ?? limits.detachAfterMs) / 1_000} s of absence; applied there on return`,
    },
  );
  return [without, cancel, timeline];
}

const voteIcons: Readonly<Record<VoteView["vote"], readonly [string, string, string]>> = {
  yes: ["check", passed, "yes"],
  no: ["close", failure, "no"],
  readonly: ["dash", quiet, "not concerned"],
  reviewing: ["eye", warning, "being reviewed"],
};

function voteRow(id: string, tx: string, vote: VoteView): SpaceRow {
  const [icon, color, word] = voteIcons[vote.vote];
  const reason = vote.reason ?? vote.code;
  return row({
    id: `${id}#vote:${tx}:${vote.peer}`,
    kind: "vote",
    folder: id,
    label: vote.peer,
    description: reason === undefined ? word : `${word} · ${editorText(reason)}`,
    icon,
    color,
    words: [vote.vote],
  });
}

const endings: Readonly<
  Record<LastSubmission["ended"], readonly [label: string, icon: string, color: string]>
> = {
  committed: ["Committed", "pass", passed],
  refused: ["Refused", "error", failure],
  cancelled: ["Cancelled", "circle-slash", quiet],
  aborted: ["Not committed", "circle-slash", quiet],
  unknown: ["Outcome unknown", "question", warning],
};

/** The last change that was sent from this window, with its votes and conflicts; open when it was refused. */
export function lastRow(id: string, last: LastSubmission, nowMs: number): SpaceRow {
  const [label, icon, color] = endings[last.ended];
  return row({
    id: `${id}#last:${last.ended}`,
    kind: "last",
    folder: id,
    label,
    description: last.message === "" ? keyNames(last.keys) : last.message,
    tooltip: [last.outcome, ...last.keys.map(keyName)].join("\n"),
    icon,
    color,
    children: [
      ...last.votes.map((vote) => voteRow(id, "last", vote)),
      ...last.conflicts.map((conflict) => conflictRow(id, conflict, nowMs)),
    ],
    expanded: last.ended === "refused",
    words: [last.ended],
    tx: last.tx,
  });
}

/** The other's version of a key: who made it, when, and which one it is. */
export function conflictWords({ author, at, current, expected }: Conflict, nowMs: number): string {
  return `changed by ${author} at ${timeWord(at, nowMs)} · version ${current} there, you started from ${expected}`;
}

function conflictRow(id: string, conflict: Conflict, nowMs: number): SpaceRow {
  const { env, key } = conflict;
  const words = conflictWords(conflict, nowMs);
  return row({
    id: `${id}#conflict:${env}/${key}`,
    kind: "conflict",
    folder: id,
    label: `Conflict: ${keyName(conflict)}`,
    description: words,
    tooltip: `${keyName(conflict)}: ${words}.\n\nClick to compare what you started from, the space's value and yours.`,
    icon: "git-merge",
    color: failure,
    ref: { env, key },
    command: spaceCommandIds.compareThreeWays,
  });
}

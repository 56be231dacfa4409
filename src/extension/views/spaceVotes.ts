/** Pure: the rows of transactions under way, with each vote as it comes. */
import type { PeerView, TransactionView, VoteView } from "../../peer/api.ts";
import type { LastSubmission } from "./spaceModel.ts";
import { failure, passed, quiet, row, type SpaceRow, warning } from "./spaceRow.ts";
import { counted, keyName, keyNames } from "./spaceWords.ts";

/** The section of transactions under way. */
export function transactionsRow(id: string, view: PeerView): SpaceRow {
  return row({
    id: `${id}#transactions`,
    kind: "transactions",
    folder: id,
    label: "Under Way",
    description: counted(view.transactions.length, "transaction"),
    icon: "sync",
    children: view.transactions.map((transaction) => transactionRow(id, transaction)),
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
    case "unknown":
      return "outcome unknown, checking";
  }
}

function transactionRow(id: string, transaction: TransactionView): SpaceRow {
  const { author, message, keys, mine } = transaction;
  const by = mine ? "mine" : `by ${author}`;
  return row({
    id: `${id}#transaction:${transaction.id}`,
    kind: "transaction",
    folder: id,
    label: message === "" ? keyNames(keys) : message,
    description: `${by} · ${phaseWords(transaction)}`,
    tooltip: [message, by, phaseWords(transaction), ...keys.map(keyName)]
      .filter((text) => text !== "")
      .join("\n"),
    icon: transaction.phase === "unknown" ? "question" : "loading~spin",
    color: transaction.phase === "unknown" ? warning : undefined,
    children: transaction.votes.map((vote) => voteRow(id, transaction.id, vote)),
    expanded: true,
  });
}

const voteIcons: Readonly<Record<VoteView["vote"], readonly [string, string, string]>> = {
  yes: ["check", passed, "yes"],
  no: ["close", failure, "no"],
  readonly: ["dash", quiet, "not concerned"],
};

function voteRow(id: string, tx: string, vote: VoteView): SpaceRow {
  const [icon, color, word] = voteIcons[vote.vote];
  const reason = vote.reason ?? vote.code;
  return row({
    id: `${id}#vote:${tx}:${vote.peer}`,
    kind: "vote",
    folder: id,
    label: vote.peer,
    description: reason === undefined ? word : `${word} · ${reason}`,
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
  unknown: ["Outcome unknown", "question", warning],
};

/** The last change that was sent from this window, with its votes; open when it was refused. */
export function lastRow(id: string, last: LastSubmission): SpaceRow {
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
    children: last.votes.map((vote) => voteRow(id, "last", vote)),
    expanded: last.ended === "refused",
    words: [last.ended],
  });
}

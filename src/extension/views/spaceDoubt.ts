/** Pure: the rows of what needs a person: doubt, forced outcomes, reviews, consent, and commits that are not applied everywhere. */
import type { HeuristicView, InDoubtView, KeyRef, PeerView, ReviewView, SpreadView } from "../../peer/api.ts";
import { limits } from "../../protocol/limits.ts";
import { spaceCommandIds } from "../spaceIds.ts";
import { consentRow } from "./spaceConsent.ts";
import { actionRow, failure, noteRow, passed, quiet, row, type SpaceRow, warning } from "./spaceRow.ts";
import { keyName, keyNames, timeWord } from "./spaceWords.ts";

const secondMs = 1_000;

/** All of these rows of a folder, the most urgent first. */
export function urgentRows(id: string, view: PeerView, nowMs: number): readonly SpaceRow[] {
  const mixedFirst = [...view.heuristics].sort(
    (a, b) => Number(b.status === "mixed") - Number(a.status === "mixed"),
  );
  return [
    ...mixedFirst.map((heuristic) => heuristicRow(id, heuristic, nowMs)),
    ...view.inDoubt.map((doubt) => inDoubtRow(id, view, doubt, nowMs)),
    ...view.reviews.map((review) => reviewRow(id, review, nowMs)),
    ...view.consents.map((consent) => consentRow(id, consent, nowMs)),
    ...spreadsOf(view).map((spread) => spreadRow(id, view, spread)),
  ];
}

/** What the coordinator, whose answer a doubt waits for, is doing: its state, and what happens next. */
export function coordinatorWords(view: PeerView, nowMs: number): readonly [state: string, next: string] {
  switch (view.connection) {
    case "connected":
      return ["connected again", "it has been asked for the outcome"];
    case "connecting":
      return ["connecting now", "then it is asked for the outcome"];
    case "refused":
      return ["refuses this peer", "see the reason above"];
    case "offline": {
      const since =
        view.offlineSinceMs === undefined
          ? "offline"
          : `offline since ${timeWord(view.offlineSinceMs, nowMs)}`;
      return [since, `asked again by itself, at least every ${limits.reconnectMaxMs / secondMs} s`];
    }
  }
}

/** What a doubt waits for, in one sentence without its full stop. */
export function doubtSentence(view: PeerView, nowMs: number): string {
  const [state, next] = coordinatorWords(view, nowMs);
  return `Waits for the coordinator's answer: ${state}, ${next}`;
}

function inDoubtRow(id: string, view: PeerView, doubt: InDoubtView, nowMs: number): SpaceRow {
  const since = `In doubt since ${timeWord(doubt.sinceMs, nowMs)}`;
  const [state, next] = coordinatorWords(view, nowMs);
  const known = view.transactions.find((transaction) => transaction.id === doubt.tx);
  const whose =
    known === undefined || known.author === ""
      ? "A commit was prepared here"
      : `${known.mine ? "Your commit" : `A commit by ${known.author}`} was prepared here`;
  const self = { id: `${id}#indoubt:${doubt.tx}`, folder: id, tx: doubt.tx };
  return row({
    ...self,
    kind: "indoubt",
    label: since,
    description: keyNames(doubt.keys),
    tooltip: [
      `${since}: ${doubt.keys.map(keyName).join(", ")}`,
      `${whose}: this peer agreed to it and then lost the coordinator, which alone knows whether it was decided.`,
      `${doubtSentence(view, nowMs)}.`,
      "Until then the file stays as it is, and no other commit can be made from or to this folder. The other peers are not held up by it.",
      "Nothing has to be done. If you cannot wait, the outcome can be forced for this folder alone.",
    ].join("\n\n"),
    icon: "question",
    color: warning,
    expanded: true,
    children: [
      noteRow({ id: `${self.id}:what`, folder: id, label: whose, icon: "info" }),
      noteRow({
        id: `${self.id}:waits`,
        folder: id,
        label: "Waits for the coordinator",
        description: "decided or not, only it knows",
        icon: "watch",
      }),
      noteRow({
        id: `${self.id}:coordinator`,
        folder: id,
        label: `Coordinator ${state}`,
        description: next,
        icon: view.connection === "connected" ? "plug" : "debug-disconnect",
        color: view.connection === "connected" ? passed : warning,
      }),
      noteRow({
        id: `${self.id}:file`,
        folder: id,
        label: "The file stays as it is",
        description: "and this folder commits nothing else until then",
        icon: "file",
      }),
      ...keyRows(self.id, id, "indoubt", doubt.keys),
      actionRow(self, "Retry Now", "debug-restart", spaceCommandIds.retryConnection),
      actionRow(self, "Show Timeline", "pulse", spaceCommandIds.showTimeline),
      actionRow(self, "Force Outcome Locally…", "law", spaceCommandIds.forceOutcome, {
        description: "for this folder alone, if you cannot wait",
      }),
      actionRow(self, "What Is This?", "lightbulb", spaceCommandIds.whatIsThis, { words: ["in-doubt"] }),
    ],
  });
}

function keyRows(
  parent: string,
  folder: string,
  kind: SpaceRow["kind"],
  keys: readonly KeyRef[],
): readonly SpaceRow[] {
  return keys.map((ref) =>
    row({
      id: `${parent}:${ref.env}/${ref.key}`,
      kind,
      folder,
      label: ref.key,
      description: ref.env,
      icon: "key",
      words: ["key"],
    }),
  );
}

/** What became of a forced outcome, in words. */
export function heuristicWords(heuristic: HeuristicView): string {
  const { forced, status, revision } = heuristic;
  const here = forced === "commit" ? "committed here by force" : "aborted here by force";
  if (status === "pending") return `${here}; the coordinator's word is awaited`;
  const there = revision === undefined ? "aborted" : `committed r${revision}`;
  return status === "same" ? `${here}; the space ${there} too` : `${here}, but the space ${there}`;
}

const heuristicLooks = {
  pending: ["Forced outcome", "law", warning],
  same: ["Forced outcome was the same", "pass", passed],
  mixed: ["Heuristic mixed", "error", failure],
} as const;

function heuristicRow(id: string, heuristic: HeuristicView, nowMs: number): SpaceRow {
  const { tx, status, keys, atMs } = heuristic;
  const [label, icon, color] = heuristicLooks[status];
  const words = heuristicWords(heuristic);
  // Another id when the status changes: a row that was closed as a note opens as an alarm.
  const self = { id: `${id}#heuristic:${tx}:${status}`, folder: id, tx };
  const mixed = status === "mixed";
  return row({
    ...self,
    kind: "heuristic",
    label,
    description: `${keyNames(keys)} · ${words}`,
    tooltip: [
      `${label}: ${keys.map(keyName).join(", ")}`,
      `At ${timeWord(atMs, nowMs)} the outcome of a transaction in doubt was forced in this folder: ${words}.`,
      ...(mixed
        ? [
            "So the file here and the space's log may say different things. “Resync To The Space” writes the log's values into the file; your own are kept for “Restore My Value”.",
          ]
        : []),
    ].join("\n\n"),
    icon,
    color,
    expanded: mixed,
    words: [status],
    children: [
      noteRow({
        id: `${self.id}:what`,
        folder: id,
        label: `Forced at ${timeWord(atMs, nowMs)}`,
        description: words,
        icon: "info",
      }),
      ...keyRows(self.id, id, "heuristic", keys),
      ...(mixed
        ? [
            actionRow(self, "Resync To The Space", "sync", spaceCommandIds.resyncSpace, {
              description: "writes the space's values into the file",
            }),
          ]
        : []),
      ...(status === "same"
        ? [
            actionRow(self, "Dismiss", "check", spaceCommandIds.resyncSpace, {
              description: "nothing differs",
            }),
          ]
        : []),
      actionRow(self, "Show Timeline", "pulse", spaceCommandIds.showTimeline),
      actionRow(self, "What Is This?", "lightbulb", spaceCommandIds.whatIsThis, { words: ["forced"] }),
    ],
  });
}

function reviewRow(id: string, review: ReviewView, nowMs: number): SpaceRow {
  const { tx, author, message, keys, deadlineAtMs } = review;
  const until = timeWord(deadlineAtMs, nowMs);
  const self = { id: `${id}#review:${tx}`, folder: id, tx };
  return row({
    ...self,
    kind: "review",
    label: `${author} asks for review`,
    description: `${keyNames(keys)} · answer until ${until}`,
    tooltip: [
      `${author} asks you to look at a change of ${keys.map(keyName).join(", ")}${message === "" ? "" : `: ${message}`}`,
      `Accept it, and it is committed once everybody has agreed. Decline it, or leave it until ${until}, and nothing is changed anywhere.`,
    ].join("\n\n"),
    icon: "eye",
    color: warning,
    expanded: true,
    children: [
      ...(message === ""
        ? []
        : [noteRow({ id: `${self.id}:message`, folder: id, label: message, icon: "comment" })]),
      ...keyRows(self.id, id, "review", keys),
      noteRow({
        id: `${self.id}:until`,
        folder: id,
        label: `Waits for your answer until ${until}`,
        description: "without one the change is refused, and nothing is changed anywhere",
        icon: "watch",
      }),
      actionRow(self, "Compare", "diff", spaceCommandIds.compareReview),
      actionRow(self, "Accept", "check", spaceCommandIds.acceptReview),
      actionRow(self, "Decline…", "close", spaceCommandIds.declineReview),
      actionRow(self, "What Is This?", "lightbulb", spaceCommandIds.whatIsThis, { words: ["review"] }),
    ],
  });
}

/** Revisions in a row that the same peers have yet to apply. */
export interface Spread extends SpreadView {
  readonly firstRevision: number;
}

/** What is not applied everywhere, oldest first; revisions in a row that wait for the same peers are one. */
export function spreadsOf(view: PeerView): readonly Spread[] {
  const spreads: Spread[] = [];
  for (const spread of view.spread) {
    const last = spreads.at(-1);
    const isSame =
      last !== undefined &&
      last.applied === spread.applied &&
      last.waitingFor.join("\0") === spread.waitingFor.join("\0");
    if (isSame) spreads.pop();
    spreads.push({ ...spread, firstRevision: isSame ? last.firstRevision : spread.revision });
  }
  return spreads;
}

/** `Committed r42, applied by 4 of 5`. */
export function spreadLabel({ firstRevision, revision, applied, of }: Spread): string {
  const which = firstRevision === revision ? `r${revision}` : `r${firstRevision} to r${revision}`;
  return `Committed ${which}, applied by ${applied} of ${of}`;
}

/** `Ana applies on return`, or that it is at it when it is there. */
export function spreadWords(view: PeerView, { waitingFor }: SpreadView): string {
  const away = (name: string): boolean =>
    !view.roster.some((peer) => (peer.name === name || peer.peer === name) && peer.connected);
  const gone = waitingFor.filter(away);
  const here = waitingFor.filter((name) => !away(name));
  return [
    ...(gone.length === 0 ? [] : [`${gone.join(", ")} ${gone.length === 1 ? "applies" : "apply"} on return`]),
    ...(here.length === 0 ? [] : [`${here.join(", ")} ${here.length === 1 ? "is" : "are"} applying it`]),
  ].join("; ");
}

function spreadRow(id: string, view: PeerView, spread: Spread): SpaceRow {
  const { revision } = spread;
  const words = spreadWords(view, spread);
  const label = spreadLabel(spread);
  return row({
    id: `${id}#spread:${revision}`,
    kind: "spread",
    folder: id,
    label,
    description: words,
    tooltip: [
      label,
      `${words === "" ? "" : `${words}. `}The commit is decided and cannot be lost: whoever is away has agreed to it and gets it first on return. Nobody else waits for it.`,
    ].join("\n\n"),
    icon: "broadcast",
    color: quiet,
    words: [],
    revision,
    command: spaceCommandIds.showTimeline,
  });
}

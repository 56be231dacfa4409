/** Pure: what the status bar says of the workspace's spaces. */
import type { PeerView } from "../../peer/api.ts";
import { doubtSentence, heuristicWords, spreadLabel, spreadsOf, spreadWords } from "./spaceDoubt.ts";
import { connectionWords, type FolderModel } from "./spaceModel.ts";
import { peersWords, presenceWords } from "./spacePeers.ts";
import { phaseWords } from "./spaceVotes.ts";
import { counted, keyNames, problemText, timeWord } from "./spaceWords.ts";

export interface SpaceStatus {
  readonly text: string;
  /** Markdown; names are escaped. */
  readonly tooltip: string;
  readonly spoken: string;
  /** The background: something keeps the space from working, or files say something else than the space. */
  readonly alarm: "none" | "warning" | "error";
}

/** A forced outcome that turned out to be another one than the space's. */
const mixedUrgency = 4;

interface Part {
  readonly icon: string;
  readonly text: string;
  /** The most urgent part is the one that is shown; 0 is calm. */
  readonly urgency: 0 | 1 | 2 | 3 | 4;
}

/** The status of all folders, or undefined when none of them takes part in a space. */
export function spaceStatus(folders: readonly FolderModel[], nowMs: number): SpaceStatus | undefined {
  const parts = folders.flatMap((folder) => {
    const part = partOf(folder, nowMs);
    return part === undefined ? [] : [{ folder, part }];
  });
  const [first, ...others] = parts.sort((a, b) => b.part.urgency - a.part.urgency);
  if (first === undefined) return undefined;
  const more = others.length === 0 ? "" : ` · +${counted(others.length, "space")}`;
  const lines = parts.flatMap(({ folder }) => tooltipLines(folder, nowMs));
  return {
    text: `$(${first.part.icon}) ${first.part.text}${more}`,
    tooltip: lines.join("\n\n"),
    spoken: `Envpact space: ${first.part.text.replaceAll(" · ", ", ")}${more}`,
    alarm: first.part.urgency === mixedUrgency ? "error" : first.part.urgency > 0 ? "warning" : "none",
  };
}

function partOf({ condition }: FolderModel, nowMs: number): Part | undefined {
  switch (condition.kind) {
    case "untrusted":
    case "stranger":
      return undefined;
    case "opening":
      return { icon: "loading~spin", text: "opening space…", urgency: 0 };
    case "failed":
      return { icon: "error", text: "space not open", urgency: 2 };
    case "open":
      return viewPart(condition.view, nowMs);
  }
}

function viewPart(view: PeerView, nowMs: number): Part {
  const place = `${view.space} r${view.revision}`;
  const part = (icon: string, text: string, urgency: Part["urgency"]): Part => ({
    icon,
    text: `${place} · ${text}`,
    urgency,
  });
  if (view.heuristics.some(({ status }) => status === "mixed")) {
    return part("error", "heuristic mixed, resync", mixedUrgency);
  }
  const [doubt] = view.inDoubt;
  if (doubt !== undefined) return part("question", `in doubt since ${timeWord(doubt.sinceMs, nowMs)}`, 3);
  if (view.connection === "refused") return part("error", "refused", 2);
  const [review] = view.reviews;
  if (review !== undefined) return part("eye", `${review.author} asks for review`, 2);
  if (view.fileProblems.length > 0) {
    const locked = view.fileProblems.some(({ code }) => code === "FILE_LOCKED");
    return locked ? part("lock", "file locked", 2) : part("warning", "file problem", 2);
  }
  if (view.connection === "offline") return part("debug-disconnect", "offline", 1);
  if (view.connection === "connecting") return part("loading~spin", "connecting", 0);
  const [consent] = view.consents;
  if (consent !== undefined) return part("shield", `${consent.author} needs consent`, 1);
  return part(...calmWords(view), 0);
}

function calmWords(view: PeerView): readonly [icon: string, text: string] {
  const waits = view.transactions.find(({ phase }) => phase === "waiting" || phase === "reviewing");
  if (waits !== undefined) {
    const names = waits.waitingFor.join(", ") || "a peer";
    return waits.phase === "waiting"
      ? ["watch", `waiting for ${names}`]
      : ["eye", `waiting for the review of ${names}`];
  }
  if (view.transactions.length > 0) return ["sync~spin", "committing"];
  const spread = spreadsOf(view).at(-1);
  if (spread !== undefined) return ["broadcast", `applied by ${spread.applied} of ${spread.of}`];
  return ["link", peersWords(view)];
}

function tooltipLines({ name, condition }: FolderModel, nowMs: number): readonly string[] {
  if (condition.kind === "failed") return [`**${escaped(name)}**`, escaped(problemText(condition.problem))];
  if (condition.kind !== "open") return [`**${escaped(name)}**: opening`];
  const { view } = condition;
  const lines = [
    `**${escaped(view.space)}** r${view.revision}${view.head > view.revision ? ` of r${view.head}` : ""}, ${escaped(connectionWords(view, nowMs))}`,
    `${presenceWords(view)} · ${counted(view.shared.length, "shared key")} · ${counted(view.drift.length, "change")}`,
  ];
  for (const doubt of view.inDoubt) {
    lines.push(
      `**In doubt since ${timeWord(doubt.sinceMs, nowMs)}**: ${escaped(keyNames(doubt.keys))}. A commit was prepared here. ${escaped(doubtSentence(view, nowMs))}. The file stays as it is until then.`,
    );
  }
  for (const heuristic of view.heuristics) {
    lines.push(`${escaped(keyNames(heuristic.keys))}: ${escaped(heuristicWords(heuristic))}`);
  }
  for (const { author, keys, deadlineAtMs } of view.reviews) {
    lines.push(
      `${escaped(author)} asks for review of ${escaped(keyNames(keys))} until ${timeWord(deadlineAtMs, nowMs)}`,
    );
  }
  for (const { author, keys } of view.consents) {
    lines.push(`${escaped(author)} wants to change ${escaped(keyNames(keys))}, which needs consent here`);
  }
  for (const transaction of view.transactions) {
    lines.push(`${escaped(keyNames(transaction.keys))}: ${escaped(phaseWords(transaction))}`);
  }
  for (const spread of spreadsOf(view)) {
    lines.push(`${escaped(spreadLabel(spread))}: ${escaped(spreadWords(view, spread))}`);
  }
  if (view.problem !== undefined) lines.push(escaped(problemText(view.problem)));
  for (const problem of view.fileProblems) lines.push(escaped(problemText(problem)));
  return lines;
}

/** Names come from other people: nothing in them may become markup or a link. */
function escaped(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-.!|<>~$&:/]/g, "\\$&").replace(/\s+/g, " ");
}

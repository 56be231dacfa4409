/** Pure: what the status bar says of the workspace's spaces. */
import type { PeerView } from "../../peer/api.ts";
import { connectionWords, type FolderModel } from "./spaceModel.ts";
import { peersWords } from "./spacePeers.ts";
import { counted, keyNames, problemText, timeWord } from "./spaceWords.ts";

export interface SpaceStatus {
  readonly text: string;
  /** Markdown; names are escaped. */
  readonly tooltip: string;
  readonly spoken: string;
  /** Something keeps the space from working: it is shown on the warning background. */
  readonly warning: boolean;
}

interface Part {
  readonly icon: string;
  readonly text: string;
  /** The most urgent part is the one that is shown; 0 is calm. */
  readonly urgency: 0 | 1 | 2 | 3;
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
    warning: first.part.urgency > 0,
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
  const [doubt] = view.inDoubt;
  if (doubt !== undefined) {
    return {
      icon: "question",
      text: `${place} · in doubt since ${timeWord(doubt.sinceMs, nowMs)}`,
      urgency: 3,
    };
  }
  switch (view.connection) {
    case "refused":
      return { icon: "error", text: `${place} · refused`, urgency: 2 };
    case "offline":
      return { icon: "debug-disconnect", text: `${place} · offline`, urgency: 1 };
    case "connecting":
      return { icon: "loading~spin", text: `${place} · connecting`, urgency: 0 };
    case "connected":
      return { icon: "link", text: `${place} · ${peersWords(view)}`, urgency: 0 };
  }
}

function tooltipLines({ name, condition }: FolderModel, nowMs: number): readonly string[] {
  if (condition.kind === "failed") return [`**${escaped(name)}**`, escaped(problemText(condition.problem))];
  if (condition.kind !== "open") return [`**${escaped(name)}**: opening`];
  const { view } = condition;
  const lines = [
    `**${escaped(view.space)}** r${view.revision}${view.head > view.revision ? ` of r${view.head}` : ""}, ${escaped(connectionWords(view, nowMs))}`,
    `${peersWords(view)} connected · ${counted(view.shared.length, "shared key")} · ${counted(view.drift.length, "change")}`,
  ];
  for (const doubt of view.inDoubt) {
    lines.push(`In doubt since ${timeWord(doubt.sinceMs, nowMs)}: ${escaped(keyNames(doubt.keys))}`);
  }
  if (view.problem !== undefined) lines.push(escaped(problemText(view.problem)));
  for (const problem of view.fileProblems) lines.push(escaped(problemText(problem)));
  return lines;
}

/** Names come from other people: nothing in them may become markup or a link. */
function escaped(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-.!|<>~$&:/]/g, "\\$&").replace(/\s+/g, " ");
}

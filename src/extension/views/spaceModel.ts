/** Pure: the rows of the "Space" view, made from what the peers of the workspace folders say. */
import type { KeyRef, PeerView, VoteView } from "../../peer/api.ts";
import type { Problem } from "../../protocol/errors.ts";
import { limits } from "../../protocol/limits.ts";
import type { Conflict } from "../../protocol/messages.ts";
import { spaceCommandIds } from "../spaceIds.ts";
import { editorProblem } from "./problemWords.ts";
import { urgentRows } from "./spaceDoubt.ts";
import { peersRow } from "./spacePeers.ts";
import { failure, passed, row, type SpaceRow, warning } from "./spaceRow.ts";
import { lastRow, transactionsRow } from "./spaceVotes.ts";
import { counted, driftWord, timeWord, withStop } from "./spaceWords.ts";

/** What is known of a workspace folder that has a `.envpact.json`. */
export type FolderCondition =
  | { readonly kind: "untrusted" }
  /** The folder names a space, but this machine is no peer of it. */
  | { readonly kind: "stranger" }
  | { readonly kind: "opening" }
  | { readonly kind: "failed"; readonly problem: Problem }
  | { readonly kind: "open"; readonly companion: boolean; readonly view: PeerView };

/** What became of the last change that was sent from this window. */
export interface LastSubmission {
  readonly message: string;
  readonly keys: readonly KeyRef[];
  readonly votes: readonly VoteView[];
  /** What was changed by others in between, when that is why it was refused. */
  readonly conflicts: readonly Conflict[];
  /** The transaction, when it came to be one. */
  readonly tx: string | undefined;
  readonly ended: "committed" | "refused" | "cancelled" | "unknown" | "aborted";
  /** In words: the revision, or who refused which key and why. */
  readonly outcome: string;
}

export interface FolderModel {
  /** URI of the workspace folder. */
  readonly id: string;
  readonly name: string;
  readonly condition: FolderCondition;
  readonly last: LastSubmission | undefined;
}

/** The first level: the sections of the one folder, or a row for each of several. */
export function rootRows(folders: readonly FolderModel[], nowMs: number): readonly SpaceRow[] {
  const [only] = folders;
  if (folders.length === 1 && only !== undefined) return folderRows(only, nowMs);
  return folders.map((folder) => {
    const children = folderRows(folder, nowMs);
    const [first] = children;
    const { condition } = folder;
    return row({
      id: `${folder.id}#folder`,
      kind: "folder",
      folder: folder.id,
      label: folder.name,
      icon: "root-folder",
      description:
        condition.kind === "open"
          ? `${condition.view.space} · ${connectionWords(condition.view, nowMs)}`
          : (first?.label ?? ""),
      children,
      expanded: true,
    });
  });
}

function folderRows({ id, condition, last }: FolderModel, nowMs: number): readonly SpaceRow[] {
  const state = (label: string, description: string, icon: string, color?: string, word?: string): SpaceRow =>
    row({
      id: `${id}#state`,
      kind: "state",
      folder: id,
      label,
      description,
      icon,
      color,
      words: word === undefined ? [] : [word],
    });
  switch (condition.kind) {
    case "untrusted":
      return [state("Restricted Mode", "trust this workspace to take part", "shield", warning, "untrusted")];
    case "stranger":
      return [state("No peer on this machine", "join with an invitation", "person-add", undefined, "join")];
    case "opening":
      return [state("Opening…", "", "loading~spin")];
    case "failed": {
      const { message, next } = editorProblem(condition.problem);
      const what = withStop(withoutFolder(message, id));
      const tooltip = [what, next, "Click to try again."].join("\n");
      return [{ ...state("Space not open", `${what} ${next}`, "error", failure, "retry"), tooltip }];
    }
    case "open":
      return spaceRows(id, condition, last, nowMs);
  }
}

/** The text with paths below the workspace folder relative to it: a row shows only the first words of a line. */
function withoutFolder(text: string, id: string): string {
  const path = URL.canParse(id) ? decodeURIComponent(new URL(id).pathname) : "";
  return path.length > 1 ? text.replaceAll(`${path}/`, "") : text;
}

function spaceRows(
  id: string,
  { view, companion }: Extract<FolderCondition, { kind: "open" }>,
  last: LastSubmission | undefined,
  nowMs: number,
): readonly SpaceRow[] {
  // What is in doubt has rows of its own, which say more.
  const underWay = view.transactions.filter(({ id: tx }) => !view.inDoubt.some((doubt) => doubt.tx === tx));
  return [
    connectionRow(id, view, companion, nowMs),
    ...urgentRows(id, view, nowMs),
    ...view.fileProblems.map((problem, index) => problemRow(id, `file${index}`, problem)),
    ...(underWay.length === 0 ? [] : [transactionsRow(id, underWay, view, nowMs)]),
    changesRow(id, view),
    ...(last === undefined || view.transactions.some(({ mine }) => mine) ? [] : [lastRow(id, last, nowMs)]),
    peersRow(id, view, nowMs),
    sharedKeysRow(id, view),
    row({
      id: `${id}#history`,
      kind: "history",
      folder: id,
      label: "History",
      description: `r${view.head}`,
      icon: "history",
      children: [],
    }),
  ];
}

/** State of the connection in words: `connected`, `offline since 14:02`, … */
export function connectionWords(view: PeerView, nowMs: number): string {
  switch (view.connection) {
    case "connected":
      return "connected";
    case "connecting":
      return "connecting…";
    case "refused":
      return "refused by the coordinator";
    case "offline":
      return view.offlineSinceMs === undefined
        ? "offline"
        : `offline since ${timeWord(view.offlineSinceMs, nowMs)}`;
  }
}

const connectionIcons: Readonly<Record<PeerView["connection"], readonly [string, string | undefined]>> = {
  connected: ["plug", passed],
  connecting: ["loading~spin", undefined],
  offline: ["debug-disconnect", warning],
  refused: ["error", failure],
};

function connectionRow(id: string, view: PeerView, companion: boolean, nowMs: number): SpaceRow {
  const [icon, color] = connectionIcons[view.connection];
  const revision = view.head > view.revision ? `r${view.revision} of r${view.head}` : `r${view.revision}`;
  const words = [revision, connectionWords(view, nowMs), ...(companion ? ["beside another process"] : [])];
  const { problem } = view;
  const files = Object.entries(view.environments).map(([name, file]) => `${name} = ${file}`);
  return row({
    // Another id once it says why: VS Code keeps a row that had nothing below it closed.
    id: `${id}#connection:${problem === undefined ? "calm" : "problem"}`,
    kind: "connection",
    folder: id,
    label: view.space,
    description: words.join(" · "),
    icon,
    color,
    tooltip: [`${view.space}: ${words.join(", ")}`, `this peer: ${view.name}, ${view.role}`, ...files].join(
      "\n",
    ),
    words: [view.connection],
    ...(problem === undefined ? {} : { children: [problemRow(id, "connection", problem)], expanded: true }),
  });
}

function problemRow(id: string, name: string, told: Problem): SpaceRow {
  const problem = editorProblem(told);
  const locked = problem.code === "FILE_LOCKED";
  return row({
    id: `${id}#problem:${name}`,
    kind: "problem",
    folder: id,
    label: locked ? "Committed, file locked" : problem.message,
    description: locked ? problem.message : problem.next,
    tooltip: [
      withStop(problem.message),
      problem.next,
      ...(locked
        ? [
            `The commit stands, and no other peer waits for this file. It is tried again by itself every ${limits.lockedRetryMs / 1_000} s.`,
          ]
        : []),
      problem.code,
    ].join("\n"),
    words: locked ? ["locked"] : [],
    command: locked ? spaceCommandIds.whatIsThis : undefined,
    icon: locked ? "lock" : "warning",
    color: warning,
  });
}

function changesRow(id: string, view: PeerView): SpaceRow {
  const count = view.drift.length;
  return row({
    // Another id once there is something in it: VS Code keeps a row that was empty closed.
    id: `${id}#changes:${count === 0 ? "empty" : "filled"}`,
    kind: "changes",
    folder: id,
    label: "Changes",
    description: count === 0 ? "none, as in the space" : counted(count, "key"),
    icon: "git-compare",
    words: count === 0 ? ["empty"] : ["filled"],
    ...(count === 0 ? {} : { expanded: true }),
    children: view.drift.map((item) => {
      const words = [item.env, driftWord(item.kind)];
      return row({
        id: `${id}#change:${item.env}/${item.key}`,
        kind: "change",
        folder: id,
        label: item.key,
        description: words.join(" · "),
        tooltip: `${item.key}\n${view.environments[item.env] ?? item.env}\n${driftWord(item.kind)}`,
        icon: changeIcons[item.kind],
        color: "gitDecoration.modifiedResourceForeground",
        words: [item.kind],
        ref: { env: item.env, key: item.key },
      });
    }),
  });
}

const changeIcons = {
  changed: "diff-modified",
  missing: "diff-removed",
  new: "diff-added",
  released: "diff-ignored",
} as const;

function sharedKeysRow(id: string, view: PeerView): SpaceRow {
  const count = view.shared.length;
  return row({
    id: `${id}#sharedKeys`,
    kind: "sharedKeys",
    folder: id,
    label: "Shared Keys",
    description: count === 0 ? "none yet" : counted(count, "key"),
    icon: "key",
    children: view.shared.map((key) =>
      row({
        id: `${id}#sharedKey:${key.env}/${key.key}`,
        kind: "sharedKey",
        folder: id,
        label: key.key,
        description: `${key.env} · r${key.revision}`,
        icon: "link",
        ref: { env: key.env, key: key.key },
        revision: key.revision,
      }),
    ),
  });
}

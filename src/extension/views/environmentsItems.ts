import * as vscode from "vscode";
import { effectiveEntry } from "../../dotenv/document.ts";
import { environmentCommandIds } from "../ids.ts";
import { mask, revealedText } from "../services/environmentMask.ts";
import { unreadableWord } from "../services/environmentProblems.ts";
import type { RevealedKeys } from "../services/environmentReveal.ts";
import { isAssigned, type RowState, wordsOf } from "../services/environmentRows.ts";
import type { EnvironmentSummary } from "../services/environmentSummaries.ts";
import { rowUri } from "./environmentsDecorations.ts";
import type { FileNode, FolderNode, KeyNode, MoreNode } from "./environmentsNodes.ts";

const icons: Readonly<Record<RowState, readonly [icon: string, color: string | undefined]>> = {
  drift: ["git-compare", "gitDecoration.modifiedResourceForeground"],
  problem: ["warning", "problemsWarningIcon.foreground"],
  duplicate: ["versions", "problemsWarningIcon.foreground"],
  commented: ["comment", "disabledForeground"],
  missing: ["circle-large-outline", "disabledForeground"],
  shared: ["link", "charts.blue"],
  plain: ["key", undefined],
};

/** The row of a directory. */
export function folderItem(node: FolderNode, empty: boolean, open: boolean): vscode.TreeItem {
  const inRoot = node.directoryPath === "";
  const item = new vscode.TreeItem(inRoot ? node.folder.name : node.directoryPath);
  const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;
  item.id = node.id;
  item.collapsibleState = empty ? None : open ? Expanded : Collapsed;
  item.iconPath = new vscode.ThemeIcon(inRoot ? "root-folder" : "package");
  item.contextValue = "folder";
  item.tooltip = vscode.workspace.asRelativePath(node.directory, true);
  const several = (vscode.workspace.workspaceFolders?.length ?? 0) > 1;
  if (empty) item.description = "no .env file";
  else if (several && !inRoot) item.description = node.folder.name;
  const words = [`${inRoot ? "workspace folder" : "package"} ${String(item.label)}`, item.description ?? ""];
  item.accessibilityInformation = { label: words.filter((word) => word !== "").join(", ") };
  return item;
}

/** The row of an environment. */
export function fileItem(
  node: FileNode,
  summary: EnvironmentSummary,
  revealed: RevealedKeys,
  open: boolean,
): vscode.TreeItem {
  const { file } = node;
  const item = new vscode.TreeItem(file.name);
  const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;
  item.id = node.id;
  const words = fileWords(node, summary, revealed);
  item.description = words.join(" · ");
  item.iconPath = fileIcon(node, summary);
  item.collapsibleState = summary.rows.length === 0 ? None : open ? Expanded : Collapsed;
  item.contextValue = fileContext(node, summary, revealed);
  const path = vscode.workspace.asRelativePath(file.uri);
  item.tooltip = [path, ...words].join("\n");
  const place = file.directoryPath === "" ? file.folder.name : file.directoryPath;
  const kind = file.kind === "example" ? "example" : "environment";
  item.accessibilityInformation = { label: [`${file.name} in ${place}`, kind, ...words].join(", ") };
  return item;
}

/** The row of a key. The only place where a value may show is the description of a revealed key. */
export function keyItem(node: KeyNode, revealed: RevealedKeys): vscode.TreeItem {
  const { row, file, summary } = node;
  const item = new vscode.TreeItem(row.key, vscode.TreeItemCollapsibleState.None);
  const words = wordsOf(row);
  const isShown = isAssigned(row) && revealed.isRevealed(file.uri, row.key);
  item.id = node.id;
  item.resourceUri = rowUri(node);
  item.description = [...(row.lines.length === 0 ? [] : [shownValue(node, isShown)]), ...words].join(" · ");
  const [icon, color] = icons[row.states[0] ?? "plain"];
  item.iconPath = new vscode.ThemeIcon(icon, color === undefined ? undefined : new vscode.ThemeColor(color));
  item.contextValue = keyContext(node, isShown);
  item.tooltip = keyTooltip(node, words, summary.exampleName);
  const hidden = isAssigned(row) ? [isShown ? "value revealed" : "value hidden"] : [];
  item.accessibilityInformation = { label: [row.key, ...hidden, ...words].join(", ") };
  return item;
}

/** The row that stands for the keys beyond the limit. */
export function moreItem(node: MoreNode): vscode.TreeItem {
  const item = new vscode.TreeItem(`${node.hidden} more keys`, vscode.TreeItemCollapsibleState.None);
  item.id = node.id;
  item.description = "open the file to see them";
  item.iconPath = new vscode.ThemeIcon("ellipsis");
  item.contextValue = "more";
  item.tooltip = `Open ${node.file.name} in the text editor`;
  item.command = { command: environmentCommandIds.openEnvironment, title: "Open File", arguments: [node] };
  return item;
}

function fileWords(node: FileNode, summary: EnvironmentSummary, revealed: RevealedKeys): readonly string[] {
  const { content, rows } = summary;
  if (!content.ok) return [unreadableWord(content.reason)];
  const count = (state: RowState): number => rows.filter((row) => row.states.includes(state)).length;
  const keys = rows.filter(isAssigned).length;
  const words = [keys === 0 ? "no keys" : keys === 1 ? "1 key" : `${keys} keys`];
  const counted: readonly [RowState, string][] = [
    ["missing", "missing"],
    ["drift", "drift"],
    ["problem", "problem"],
  ];
  for (const [state, word] of counted) {
    const many = count(state);
    if (many > 0) words.push(`${many} ${word}${state === "problem" && many > 1 ? "s" : ""}`);
  }
  if (content.outside) words.push("link out of the workspace, read-only");
  if (content.open?.isDirty) words.push("unsaved");
  if (revealed.isEnvironmentRevealed(node.file.uri)) words.push("revealed");
  return words;
}

function fileIcon(node: FileNode, summary: EnvironmentSummary): vscode.ThemeIcon {
  if (!summary.content.ok) {
    return new vscode.ThemeIcon("circle-slash", new vscode.ThemeColor("disabledForeground"));
  }
  if (node.file.kind === "example") return new vscode.ThemeIcon("book");
  return new vscode.ThemeIcon("server-environment");
}

/** Words that the `when` clauses of the menus look for with `viewItem =~ /\bword\b/`. */
function fileContext(node: FileNode, summary: EnvironmentSummary, revealed: RevealedKeys): string {
  const { content, rows } = summary;
  if (!content.ok) return "file unreadable";
  const words = ["file", node.file.kind, content.outside ? "readonly" : "writable"];
  words.push(revealed.isEnvironmentRevealed(node.file.uri) ? "revealed" : "hidden");
  if (revealed.hasRevealed(node.file.uri)) words.push("peeked");
  if (rows.some(isAssigned)) words.push("filled");
  if (rows.some((row) => row.states.includes("missing"))) words.push("lacking");
  return words.join(" ");
}

function shownValue({ summary: { content }, row }: KeyNode, isShown: boolean): string {
  const entry = isShown && content.ok ? effectiveEntry(content.document, row.key) : undefined;
  return entry === undefined ? mask : revealedText(entry.value);
}

function keyContext(node: KeyNode, isShown: boolean): string {
  const { content } = node.summary;
  const writable = content.ok && !content.outside;
  const words = ["key", ...node.row.states, writable ? "writable" : "readonly"];
  if (isAssigned(node.row)) words.push("assigned", isShown ? "revealed" : "hidden");
  return words.join(" ");
}

function keyTooltip(node: KeyNode, words: readonly string[], exampleName: string | undefined): string {
  const { row, file } = node;
  const line = row.lines.at(-1);
  const lines = [
    row.key,
    line === undefined ? `not in ${file.name}` : `${file.name}, line ${line}`,
    ...words,
  ];
  if (row.states.includes("missing") && exampleName !== undefined) lines.push(`named in ${exampleName}`);
  if (row.states.includes("drift")) lines.push("differs from what the space holds");
  if (row.states.includes("problem")) lines.push("open the file to see the problem and its fixes");
  return lines.join("\n");
}

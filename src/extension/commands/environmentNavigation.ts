import * as vscode from "vscode";
import { type DotenvDocument, effectiveEntry, parseDocument, type Span } from "../../dotenv/document.ts";
import { readTextFile } from "../services/environmentBytes.ts";
import { caughtUp, isBehind } from "../services/environmentDocuments.ts";
import { type EnvironmentFile, shownName } from "../services/environmentFile.ts";
import { keyGoneProblem, unreadableProblem } from "../services/environmentProblems.ts";
import { isAssigned } from "../services/environmentRows.ts";
import {
  type CommandArguments,
  type EnvironmentCommandContext,
  inform,
  type KeyTarget,
  report,
  selectedNodes,
} from "./environmentContext.ts";
import { filesForPicking, pickFile, targetFile, targetKeys } from "./environmentPickers.ts";

/** Opens the file of a key with the key selected. */
export async function goToKey(context: EnvironmentCommandContext, args: CommandArguments): Promise<void> {
  const [target] = await targetKeys(context, args, {
    title: "Go To Key",
    accepts: () => true,
    none: "has no key.",
  });
  if (target !== undefined) await goToTarget(context, target);
}

/** Opens a key in the text editor; a missing key is shown where the example has it. */
export async function goToTarget(context: EnvironmentCommandContext, target: KeyTarget): Promise<void> {
  const isMissing = target.row.lines.length === 0;
  const example = isMissing ? await context.services.summaries.exampleOf(target.file) : undefined;
  const uri = example?.uri ?? target.file.uri;
  const document = await openText(context, target.file, uri);
  if (document === undefined) return;
  const span = spanOf(parseDocument(document.getText()), target.row.key);
  if (span === undefined) report(context, keyGoneProblem(shownName(target.file), target.row.key));
  const selection = span && new vscode.Range(document.positionAt(span.start), document.positionAt(span.end));
  await vscode.window.showTextDocument(document, selection === undefined ? {} : { selection });
}

/** Opens an environment in the text editor. */
export async function openEnvironment(
  context: EnvironmentCommandContext,
  args: CommandArguments,
): Promise<void> {
  const file = await targetFile(context, args, "Open Environment");
  if (file === undefined) return;
  const document = await openText(context, file, file.uri);
  if (document !== undefined) await vscode.window.showTextDocument(document);
}

/** Shows the values of the selected keys or of whole environments, until they are hidden or the window reloads. */
export async function reveal(context: EnvironmentCommandContext, args: CommandArguments): Promise<void> {
  await eachScope(context, args, "Reveal", (file, key) => context.services.revealed.reveal(file.uri, key));
}

/** Hides the values of the selected keys or of whole environments again. */
export async function hide(context: EnvironmentCommandContext, args: CommandArguments): Promise<void> {
  await eachScope(context, args, "Hide", (file, key) => context.services.revealed.hide(file.uri, key));
}

/** Looks through the workspace again and reads every file anew. */
export async function refresh(context: EnvironmentCommandContext): Promise<void> {
  const { contents, index } = context.services;
  contents.forgetAll();
  await index.refresh();
}

async function eachScope(
  context: EnvironmentCommandContext,
  args: CommandArguments,
  title: string,
  act: (file: EnvironmentFile, key: string | undefined) => void,
): Promise<void> {
  const nodes = selectedNodes(context, args);
  let acted = false;
  for (const node of nodes) {
    if (node.kind === "file") act(node.file, undefined);
    else if (node.kind === "key" && isAssigned(node.row)) act(node.file, node.row.key);
    else continue;
    acted = true;
  }
  if (!acted) await pickScope(context, title, act);
}

interface ScopeItem extends vscode.QuickPickItem {
  readonly key: string | undefined;
}

async function pickScope(
  context: EnvironmentCommandContext,
  title: string,
  act: (file: EnvironmentFile, key: string | undefined) => void,
): Promise<void> {
  const { summaries, revealed } = context.services;
  const files = await filesForPicking(context);
  const isHiding = title === "Hide";
  const fitting = isHiding ? files.filter((file) => revealed.hasRevealed(file.uri)) : files;
  if (isHiding && fitting.length === 0) return inform(context, "No value is revealed.");
  const file = await pickFile(context, title, fitting);
  if (file === undefined) return;
  const { rows } = await summaries.summaryOf(file);
  const keys = rows.filter((row) => isAssigned(row) && revealed.isRevealed(file.uri, row.key) === isHiding);
  if (keys.length === 0) return inform(context, `${shownName(file)} has no value to ${title.toLowerCase()}.`);
  const items: ScopeItem[] = [
    { label: `All keys of ${shownName(file)}`, key: undefined, iconPath: new vscode.ThemeIcon("list-flat") },
    ...keys.map((row) => ({ label: row.key, key: row.key })),
  ];
  const picked = await vscode.window.showQuickPick(items, { title, placeHolder: "Key" });
  if (picked !== undefined) act(file, picked.key);
}

async function openText(
  context: EnvironmentCommandContext,
  file: EnvironmentFile,
  uri: vscode.Uri,
): Promise<vscode.TextDocument | undefined> {
  // Asked first: the text editor itself would open a pipe and wait for its writer for ever.
  const content = await context.services.contents.readNow(uri);
  const openable = ["too-large", "utf-16", "not-utf-8", "binary"];
  if (!content.ok && !openable.includes(content.reason)) {
    report(context, unreadableProblem(content.reason, shownName(file)));
    return undefined;
  }
  if (!content.ok) {
    await vscode.commands.executeCommand("vscode.open", uri);
    return undefined;
  }
  const document = await vscode.workspace.openTextDocument(uri);
  // Places are counted in the text that will be shown, which may still be on its way into the editor.
  if (content.realPath !== undefined && (await isBehindDisk(document, content.realPath))) {
    await caughtUp(document);
  }
  return document;
}

async function isBehindDisk(document: vscode.TextDocument, path: string): Promise<boolean> {
  const onDisk = await readTextFile(path);
  return onDisk.ok && isBehind(document, onDisk.text);
}

function spanOf(document: DotenvDocument, key: string): Span | undefined {
  const entry = effectiveEntry(document, key);
  return (entry ?? document.commented.find((commented) => commented.key === key))?.keySpan;
}

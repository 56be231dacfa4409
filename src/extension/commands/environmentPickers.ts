import * as vscode from "vscode";
import { type EnvironmentFile, shownName } from "../services/environmentFile.ts";
import { mask } from "../services/environmentMask.ts";
import { isAssigned, type KeyRow, wordsOf } from "../services/environmentRows.ts";
import {
  type CommandArguments,
  type EnvironmentCommandContext,
  inform,
  type KeyTarget,
  selectedNodes,
} from "./environmentContext.ts";

interface FileItem extends vscode.QuickPickItem {
  readonly file: EnvironmentFile;
}

interface KeyItem extends vscode.QuickPickItem {
  readonly row: KeyRow;
}

/** What a picker asks for. */
export interface KeyQuestion {
  /** Title of the command. */
  readonly title: string;
  /** Keys that the command can act on. */
  readonly accepts: (row: KeyRow) => boolean;
  /** What to say when a file has no such key, after the file's name. */
  readonly none: string;
}

/** Known files, the one in the active editor first, then in shown order. Starts the discovery if need be. */
export async function filesForPicking(
  context: EnvironmentCommandContext,
): Promise<readonly EnvironmentFile[]> {
  const files = await context.services.index.files();
  const active = vscode.window.activeTextEditor?.document.uri.toString();
  const isActive = (file: EnvironmentFile): boolean => file.uri.toString() === active;
  return [...files.filter(isActive), ...files.filter((file) => !isActive(file))];
}

/** The file that a command was called on, else the one that the user picks; the only one is not asked for. */
export async function targetFile(
  context: EnvironmentCommandContext,
  args: CommandArguments,
  title: string,
): Promise<EnvironmentFile | undefined> {
  const node = selectedNodes(context, args).find((each) => each.kind !== "folder");
  if (node !== undefined) return node.file;
  return pickFile(context, title, await filesForPicking(context));
}

/** Lets the user pick one of several files. Says so when there is none. */
export async function pickFile(
  context: EnvironmentCommandContext,
  title: string,
  files: readonly EnvironmentFile[],
): Promise<EnvironmentFile | undefined> {
  if (files.length === 0) {
    inform(context, "There is no .env file in this workspace. Use “Envpact: New Environment” to make one.");
    return undefined;
  }
  if (files.length === 1) return files[0];
  const picked = await vscode.window.showQuickPick(files.map(fileItem), {
    title,
    placeHolder: "Environment",
    matchOnDescription: true,
  });
  return picked?.file;
}

/** Lets the user pick any number of files. */
export async function pickFiles(
  title: string,
  placeHolder: string,
  files: readonly EnvironmentFile[],
): Promise<readonly EnvironmentFile[]> {
  const picked = await vscode.window.showQuickPick(files.map(fileItem), {
    title,
    placeHolder,
    matchOnDescription: true,
    canPickMany: true,
  });
  return (picked ?? []).map((item) => item.file);
}

/** The keys that a command was called on, else one that the user picks. Empty when cancelled. */
export async function targetKeys(
  context: EnvironmentCommandContext,
  args: CommandArguments,
  question: KeyQuestion,
): Promise<readonly KeyTarget[]> {
  const nodes = selectedNodes(context, args);
  const selected = nodes.flatMap((node) => (node.kind === "key" ? [{ file: node.file, row: node.row }] : []));
  const accepted = selected.filter((target) => question.accepts(target.row));
  if (accepted.length > 0) return accepted;
  const file = await targetFile(context, selected.length > 0 ? [] : args, question.title);
  if (file === undefined) return [];
  const row = await pickKey(context, file, question);
  return row === undefined ? [] : [{ file, row }];
}

/** Lets the user pick a key of a file; values stay masked. */
export async function pickKey(
  context: EnvironmentCommandContext,
  file: EnvironmentFile,
  question: KeyQuestion,
): Promise<KeyRow | undefined> {
  const { rows } = await context.services.summaries.summaryOf(file);
  const fitting = rows.filter(question.accepts);
  if (fitting.length === 0) {
    inform(context, `${shownName(file)} ${question.none}`);
    return undefined;
  }
  const picked = await vscode.window.showQuickPick(fitting.map(keyItem), {
    title: question.title,
    placeHolder: `Key of ${shownName(file)}`,
  });
  return picked?.row;
}

function fileItem(file: EnvironmentFile): FileItem {
  const several = (vscode.workspace.workspaceFolders?.length ?? 0) > 1;
  const place = [several ? file.folder.name : "", file.directoryPath].filter((part) => part !== "");
  const icon = new vscode.ThemeIcon(file.kind === "example" ? "book" : "server-environment");
  return { label: file.name, description: place.join("/"), iconPath: icon, file };
}

function keyItem(row: KeyRow): KeyItem {
  const words = [...(isAssigned(row) ? [mask] : []), ...wordsOf(row)];
  return { label: row.key, description: words.join(" · "), row };
}

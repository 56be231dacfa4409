import * as vscode from "vscode";
import { kindOfName, offeredEnvironmentNames, refuseNewName } from "../../dotenv/fileNames.ts";
import { type EnvironmentFile, environmentFileOf, shownName } from "../services/environmentFile.ts";
import { noFolderProblem, unreadableProblem } from "../services/environmentProblems.ts";
import { fileNodeOf } from "../views/environmentsNodes.ts";
import {
  type CommandArguments,
  confirmDone,
  type EnvironmentCommandContext,
  report,
  selectedNodes,
} from "./environmentContext.ts";
import { filesForPicking } from "./environmentPickers.ts";

interface Place {
  readonly directory: vscode.Uri;
  readonly files: readonly EnvironmentFile[];
}

/** What a new environment begins with. */
interface StartItem extends vscode.QuickPickItem {
  readonly start: { readonly file: EnvironmentFile; readonly whole: boolean } | undefined;
}

const title = "New Environment";

/** Makes a new `.env` file, empty or with the keys of a file beside it, and shows it in the view. */
export async function newEnvironment(
  context: EnvironmentCommandContext,
  args: CommandArguments,
): Promise<void> {
  const place = await choosePlace(context, args);
  if (place === undefined) return;
  const name = await chooseName(place);
  if (name === undefined) return;
  const start = await chooseStart(place, name);
  if (start === undefined) return;
  const text = await startText(context, start);
  if (text === undefined) return;
  const uri = vscode.Uri.joinPath(place.directory, name);
  const problem = await context.services.editor.create(uri, text);
  if (problem !== undefined) return report(context, problem);
  context.services.index.add(uri);
  context.services.watch.touch(uri);
  confirmDone(`Made ${vscode.workspace.asRelativePath(uri)}.`);
  const file = environmentFileOf(uri);
  if (file !== undefined && context.view.visible) {
    await context.view.reveal(fileNodeOf(file), { select: true, focus: true, expand: true });
  }
}

async function choosePlace(
  context: EnvironmentCommandContext,
  args: CommandArguments,
): Promise<Place | undefined> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.length === 0) {
    report(context, noFolderProblem());
    return undefined;
  }
  const files = await filesForPicking(context);
  const placeOf = (directory: vscode.Uri): Place => ({
    directory,
    files: files.filter((file) => file.directory.toString() === directory.toString()),
  });
  const [node] = selectedNodes(context, args);
  if (node !== undefined) return placeOf(node.kind === "folder" ? node.directory : node.file.directory);
  const directories = new Map(
    [...folders.map((folder) => folder.uri), ...files.map((file) => file.directory)].map((uri) => [
      uri.toString(),
      uri,
    ]),
  );
  const items = [...directories.values()].map((uri) => directoryItem(uri, folders.length > 1));
  const picked =
    items.length === 1
      ? items[0]
      : await vscode.window.showQuickPick(items, { title, placeHolder: "Folder of the new environment" });
  return picked === undefined ? undefined : placeOf(picked.directory);
}

function directoryItem(
  directory: vscode.Uri,
  several: boolean,
): vscode.QuickPickItem & { directory: vscode.Uri } {
  const folder = vscode.workspace.getWorkspaceFolder(directory);
  const isRoot = folder?.uri.toString() === directory.toString();
  const label = isRoot ? (folder?.name ?? "") : vscode.workspace.asRelativePath(directory, several);
  const iconPath = new vscode.ThemeIcon(isRoot ? "root-folder" : "package");
  return { label, iconPath, directory, ...(isRoot ? { description: "workspace folder" } : {}) };
}

async function chooseName(place: Place): Promise<string | undefined> {
  const siblings = new Set(place.files.map((file) => file.name));
  const other = "Other Name…";
  const offered = offeredEnvironmentNames.filter((name) => !siblings.has(name));
  const folder = vscode.workspace.getWorkspaceFolder(place.directory);
  const isRoot = folder?.uri.toString() === place.directory.toString();
  const where = isRoot ? folder?.name : vscode.workspace.asRelativePath(place.directory);
  const placeHolder = `Name of the new environment in ${where}`;
  const picked = await vscode.window.showQuickPick([...offered, other], { title, placeHolder });
  if (picked !== other) return picked;
  const typed = await vscode.window.showInputBox({
    title,
    value: ".env.",
    valueSelection: [5, 5],
    prompt: "Name of the new environment, such as .env.staging",
    ignoreFocusOut: true,
    validateInput: (text) => refuseNewName(text.trim(), siblings),
  });
  return typed?.trim();
}

async function chooseStart(place: Place, name: string): Promise<StartItem | undefined> {
  const isExample = kindOfName(name) === "example";
  const items: StartItem[] = [];
  for (const file of place.files) {
    const whole = file.kind === "example";
    if (whole && isExample) continue;
    items.push({
      label: whole ? `Copy ${file.name}` : `Copy the keys of ${file.name}`,
      description: whole ? "keys, values and comments" : "without values and comments",
      start: { file, whole },
    });
  }
  items.sort((a, b) => Number(b.start?.whole) - Number(a.start?.whole));
  const empty: StartItem = { label: "Start empty", start: undefined };
  if (items.length === 0) return empty;
  return vscode.window.showQuickPick([...items, empty], { title, placeHolder: `What ${name} begins with` });
}

/** The first text of the new file; `undefined` after telling the user why the chosen file cannot be copied. */
async function startText(
  context: EnvironmentCommandContext,
  { start }: StartItem,
): Promise<string | undefined> {
  if (start === undefined) return "";
  const content = await context.services.contents.readNow(start.file.uri);
  if (!content.ok) {
    report(context, unreadableProblem(content.reason, shownName(start.file)));
    return undefined;
  }
  const { document } = content;
  if (start.whole) return document.text;
  // Built from the names alone: comments of a real environment may hold commented-out secrets.
  const keys = new Set(document.entries.map((entry) => entry.key));
  return [...keys].map((key) => `${key}=${document.eol}`).join("");
}

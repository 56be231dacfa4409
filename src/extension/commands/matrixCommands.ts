import * as vscode from "vscode";
import { comparisonCommandIds } from "../ids.ts";
import { type EnvironmentFile, environmentFileOf } from "../services/environmentFile.ts";
import { isAssigned } from "../services/environmentRows.ts";
import { Explanations } from "../views/explainPanel.ts";
import { directoriesOf, Matrices } from "../views/matrixPanel.ts";
import { type CommandArguments, type EnvironmentCommandContext, inform } from "./environmentContext.ts";
import { targetKeys } from "./environmentPickers.ts";
import { MatrixCommands } from "./matrixActions.ts";

/** Comparing environments and explaining values. */
export interface Comparing extends vscode.Disposable {
  readonly matrices: Matrices;
  readonly explanations: Explanations;
}

/** Registers "Open Environment Matrix" and "Explain Value" with their panels. */
export function registerComparing(context: EnvironmentCommandContext, extensionUri: vscode.Uri): Comparing {
  const { services } = context;
  const explanations = new Explanations(services, extensionUri);
  const actions = new MatrixCommands(context, (file, key) => explanations.show(file, key));
  const matrices = new Matrices(services, actions, extensionUri);
  const { registerCommand } = vscode.commands;
  const owned = vscode.Disposable.from(
    explanations,
    matrices,
    registerCommand(comparisonCommandIds.openMatrix, (...args: unknown[]) =>
      openMatrix(context, matrices, args),
    ),
    registerCommand(comparisonCommandIds.explainValue, (...args: unknown[]) =>
      explainValue(context, explanations, args),
    ),
  );
  return { matrices, explanations, dispose: () => owned.dispose() };
}

/** Opens the matrix of a folder: of the row or URI it was called on, of the active file, or of one that the user picks. */
async function openMatrix(
  context: EnvironmentCommandContext,
  matrices: Matrices,
  args: readonly unknown[],
): Promise<void> {
  const directory = directoryOf(args[0]) ?? (await pickDirectory(context));
  if (directory !== undefined) matrices.show(directory);
}

function directoryOf(argument: unknown): vscode.Uri | undefined {
  const uri = uriOf(argument);
  if (uri !== undefined) return environmentFileOf(uri)?.directory ?? uri;
  if (typeof argument !== "object" || argument === null) return undefined;
  const { directory, file } = argument as { directory?: unknown; file?: { directory?: unknown } };
  return uriOf(directory) ?? uriOf(file?.directory);
}

async function pickDirectory(context: EnvironmentCommandContext): Promise<vscode.Uri | undefined> {
  await context.services.index.files();
  const directories = directoriesOf(context.services);
  if (directories.length === 0) {
    inform(context, "There is no .env file in this workspace. Use “Envpact: New Environment” to make one.");
    return undefined;
  }
  const active = vscode.window.activeTextEditor?.document.uri;
  const current = active && environmentFileOf(active)?.directory.toString();
  const meant =
    directories.find(({ id }) => id === current) ?? (directories.length === 1 ? directories[0] : undefined);
  if (meant !== undefined) return meant.uri;
  const items = directories.map(({ label, uri }) => ({
    label,
    uri,
    iconPath: new vscode.ThemeIcon("folder"),
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: "Open Environment Matrix",
    placeHolder: "Folder whose environments are compared",
  });
  return picked?.uri;
}

/**
 * Explains a key: of the row it was called on, of `(key, uri)`, of the cursor in a `.env` file, or of one that the
 * user picks.
 */
async function explainValue(
  context: EnvironmentCommandContext,
  explanations: Explanations,
  args: readonly unknown[],
): Promise<void> {
  const named = await namedKey(context, args);
  if (named !== undefined) return explanations.show(named.file, named.key);
  const isRow = typeof args[0] === "object" && args[0] !== null && "kind" in args[0];
  const [target] = await targetKeys(context, (isRow ? args : []) as CommandArguments, {
    title: "Explain Value",
    accepts: (row) => isAssigned(row) || row.states.includes("missing"),
    none: "has no key that could be explained.",
  });
  if (target !== undefined) await explanations.show(target.file, target.row.key);
}

async function namedKey(
  context: EnvironmentCommandContext,
  [first, second]: readonly unknown[],
): Promise<{ readonly file: EnvironmentFile; readonly key: string } | undefined> {
  const uri = uriOf(second);
  const file = uri && environmentFileOf(uri);
  if (typeof first === "string" && file !== undefined) return { file, key: first };
  // From the palette or the editor's menu, which passes the file's URI alone.
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined || (first !== undefined && uriOf(first) === undefined)) return undefined;
  const own = environmentFileOf(editor.document.uri);
  const content = own && (await context.services.contents.readNow(own.uri));
  if (own === undefined || content?.ok !== true) return undefined;
  const offset = editor.document.offsetAt(editor.selection.active) + (content.document.bom ? 1 : 0);
  const entry = content.document.entries.find(({ span }) => span.start <= offset && offset <= span.end);
  return entry && { file: own, key: entry.key };
}

/** A URI, also one that came as text, as commands from outside pass it. */
function uriOf(value: unknown): vscode.Uri | undefined {
  if (value instanceof vscode.Uri) return value;
  return typeof value === "string" && /^[a-z][\w+.-]+:\//i.test(value) ? vscode.Uri.parse(value) : undefined;
}

import * as vscode from "vscode";
import type { LayerConvention } from "../../dotenv/layers.ts";
import {
  type ExtendedSchema,
  extendSchema,
  inferSchema,
  isTooMuch,
  type NamedDocument,
  sourceAssignmentsMax,
  sourceUnitsMax,
} from "../../dotenv/schema/infer.ts";
import { dotenvLanguageId, schemaCommandIds } from "../ids.ts";
import { type EnvironmentFile, shownName } from "../services/environmentFile.ts";
import { type EnvironmentProblem, unreadableProblem } from "../services/environmentProblems.ts";
import { schemaFileName } from "../services/schemas.ts";
import {
  type CommandArguments,
  type EnvironmentCommandContext,
  inform,
  report,
  selectedNodes,
} from "./environmentContext.ts";
import { filesForPicking } from "./environmentPickers.ts";

const title = "Create Schema From Environments";

/** Registers the commands about schemas. */
export function registerSchemaCommands(context: EnvironmentCommandContext): vscode.Disposable {
  return vscode.commands.registerCommand(schemaCommandIds.createSchema, async (...args: unknown[]) => {
    try {
      await createSchema(context, args as unknown as CommandArguments);
    } catch (error) {
      // A defect, not a refusal. Its message may quote a text, so the log gets the stack's places only.
      const stack = error instanceof Error ? (error.stack ?? "").replace(/^[^\n]*\n/, "") : "";
      context.services.log.error(`${schemaCommandIds.createSchema} failed.\n${stack}`);
      throw new Error("Envpact could not make a schema; no file was changed. See the Envpact log.");
    }
  });
}

/**
 * Proposes a `.env.schema` for the environments of a folder, unsaved, so that it is looked at before it becomes a
 * file. Where there is one already, the proposal is that text with the keys that it lacks behind it, shown beside it.
 */
async function createSchema(context: EnvironmentCommandContext, args: CommandArguments): Promise<void> {
  const directory = await chooseDirectory(context, args);
  if (directory === undefined) return;
  const files = (await context.services.index.files()).filter(
    (file) => file.directory.toString() === directory.toString(),
  );
  const chosen = await chooseFiles(files);
  if (chosen.length === 0) return;
  const documents = await readAll(context, chosen);
  if (documents === undefined) return;
  const uri = vscode.Uri.joinPath(directory, schemaFileName);
  const layers = await context.services.layers.conventionOf(chosen[0]!);
  const sources: Sources = { uri, name: vscode.workspace.asRelativePath(uri), documents, layers };
  const present = await context.services.contents.readNow(uri);
  if (present.ok) return extend(context, sources);
  if (present.reason !== "vanished") return report(context, unreadableProblem(present.reason, sources.name));
  if (isTooMuch(documents.map(({ document }) => document))) return report(context, tooMuchProblem);
  await propose(uri, inferSchema(documents, layers));
}

/** What a schema is made from, and where it belongs. */
interface Sources {
  readonly uri: vscode.Uri;
  /** The schema's name for people. */
  readonly name: string;
  readonly documents: readonly NamedDocument[];
  readonly layers: LayerConvention;
}

const tooMuchProblem: EnvironmentProblem = {
  code: "FILE_TOO_LARGE",
  message: `The files hold more than ${sourceAssignmentsMax.toLocaleString("en")} assignments or ${sourceUnitsMax / 1024 / 1024} MiB of text, too much to make a schema from.`,
  next: "Choose fewer files.",
};

/** The folder of the row that was clicked, the only one with environments, else the one that the user picks. */
async function chooseDirectory(
  context: EnvironmentCommandContext,
  args: CommandArguments,
): Promise<vscode.Uri | undefined> {
  const [node] = selectedNodes(context, args);
  if (node !== undefined) return node.kind === "folder" ? node.directory : node.file.directory;
  const files = await filesForPicking(context);
  const directories = new Map(files.map((file) => [file.directory.toString(), file]));
  if (directories.size === 0) {
    inform(context, "There is no .env file in this workspace. Use “Envpact: New Environment” to make one.");
  }
  const items = [...directories.values()].map((file) => ({ label: shownDirectory(file), file }));
  const placeHolder = "Folder whose environments the schema is for";
  const picked =
    items.length < 2 ? items[0] : await vscode.window.showQuickPick(items, { title, placeHolder });
  return picked?.file.directory;
}

function shownDirectory({ directory, folder }: EnvironmentFile): string {
  const several = (vscode.workspace.workspaceFolders?.length ?? 0) > 1;
  const isRoot = directory.toString() === folder.uri.toString();
  return isRoot ? folder.name : vscode.workspace.asRelativePath(directory, several);
}

async function chooseFiles(files: readonly EnvironmentFile[]): Promise<readonly EnvironmentFile[]> {
  if (files.length < 2) return files;
  const items = files.map((file) => ({
    label: file.name,
    description: file.kind === "example" ? "describes keys" : "",
    picked: true,
    file,
  }));
  const placeHolder = "Environments to make the schema from; no value goes into it";
  const picked = await vscode.window.showQuickPick(items, { title, placeHolder, canPickMany: true });
  return (picked ?? []).map(({ file }) => file);
}

/** The documents of all files; undefined after telling the user which one cannot be read. */
async function readAll(
  context: EnvironmentCommandContext,
  files: readonly EnvironmentFile[],
): Promise<readonly NamedDocument[] | undefined> {
  const documents: NamedDocument[] = [];
  for (const file of files) {
    const content = await context.services.contents.readNow(file.uri);
    if (!content.ok) {
      report(context, unreadableProblem(content.reason, shownName(file)));
      return undefined;
    }
    documents.push({ name: file.name, document: content.document });
  }
  return documents;
}

/** Opens the text as a new file that nobody has saved yet; saving puts it where it belongs. */
async function propose(uri: vscode.Uri, text: string): Promise<void> {
  if (uri.scheme !== "file") {
    // Only files of this machine have unsaved namesakes.
    const document = await vscode.workspace.openTextDocument({ content: text, language: dotenvLanguageId });
    await vscode.window.showTextDocument(document);
    return;
  }
  const document = await vscode.workspace.openTextDocument(uri.with({ scheme: "untitled" }));
  await vscode.window.showTextDocument(document);
  const before = document.getText();
  if (before === text || (before !== "" && !(await mayReplace()))) return;
  const edit = new vscode.WorkspaceEdit();
  edit.replace(
    document.uri,
    new vscode.Range(document.positionAt(0), document.positionAt(before.length)),
    text,
  );
  await vscode.workspace.applyEdit(edit);
}

async function mayReplace(): Promise<boolean> {
  const replace = "Replace Its Text";
  const answer = await vscode.window.showWarningMessage(
    `An unsaved ${schemaFileName} of this folder is open already. Replace its text by the new proposal?`,
    { modal: true, detail: "You can undo it in the editor." },
    replace,
  );
  return answer === replace;
}

/** Shows what is there on the left and with the keys that it lacks on the right, and adds them when the user says so. */
async function extend(context: EnvironmentCommandContext, sources: Sources): Promise<void> {
  const extended = await extendedNow(context, sources);
  if (extended === undefined) return;
  const { uri, name } = sources;
  const { length } = extended.added;
  if (length === 0)
    return inform(context, `${name} has every key of these files already; it was left as it is.`);
  const language = dotenvLanguageId;
  const proposal = await vscode.workspace.openTextDocument({ content: extended.text, language });
  await vscode.commands.executeCommand("vscode.diff", uri, proposal.uri, `${name} ↔ with the keys it lacks`);
  const keys = length === 1 ? "1 key" : `${length} keys`;
  const add = length === 1 ? "Add the Key" : `Add ${length} Keys`;
  const text = `${name} lacks ${keys}. What it says stays as it is; the proposal beside it is not saved anywhere.`;
  if ((await vscode.window.showInformationMessage(text, add)) !== add) return;
  // The schema may have been edited since.
  const now = await extendedNow(context, sources);
  if (now === undefined) return;
  const document = await vscode.workspace.openTextDocument(uri);
  const edit = new vscode.WorkspaceEdit();
  edit.insert(uri, document.positionAt(document.getText().length), now.text.slice(now.presentUnits));
  await vscode.workspace.applyEdit(edit);
  await vscode.window.showTextDocument(document);
}

/** The schema as it is now with the keys that it lacks; undefined after telling the user why there is none. */
async function extendedNow(
  context: EnvironmentCommandContext,
  { uri, name, documents, layers }: Sources,
): Promise<(ExtendedSchema & { readonly presentUnits: number }) | undefined> {
  const present = await context.services.contents.readNow(uri);
  let problem: EnvironmentProblem | undefined;
  if (!present.ok) problem = unreadableProblem(present.reason, name);
  else if (isTooMuch([present.document, ...documents.map(({ document }) => document)]))
    problem = tooMuchProblem;
  else {
    const extended = extendSchema(present.document, documents, layers);
    if (extended) return { ...extended, presentUnits: present.document.text.length };
    problem = {
      code: "VALUE_NOT_WRITABLE",
      message: `Keys added to ${name} would change how its last lines are read.`,
      next: "Close the quotes left open in it, then try again.",
    };
  }
  report(context, problem);
  return undefined;
}

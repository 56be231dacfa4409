import * as vscode from "vscode";
import { inferSchema, type NamedDocument } from "../../dotenv/schema/infer.ts";
import { dotenvLanguageId, schemaCommandIds } from "../ids.ts";
import { type EnvironmentFile, shownName } from "../services/environmentFile.ts";
import { unreadableProblem } from "../services/environmentProblems.ts";
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
 * file. Where there is one already, it is left alone and the proposal is shown beside it.
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
  const present = await context.services.contents.readNow(uri);
  const text = inferSchema(documents);
  if (present.ok) return compare(context, uri, text);
  const name = vscode.workspace.asRelativePath(uri);
  if (present.reason !== "vanished") return report(context, unreadableProblem(present.reason, name));
  await propose(uri, text);
}

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

/** Shows what is there on the left and the proposal on the right. */
async function compare(context: EnvironmentCommandContext, uri: vscode.Uri, text: string): Promise<void> {
  const proposal = await vscode.workspace.openTextDocument({ content: text, language: dotenvLanguageId });
  const name = vscode.workspace.asRelativePath(uri);
  await vscode.commands.executeCommand("vscode.diff", uri, proposal.uri, `${name} ↔ proposed schema`);
  inform(
    context,
    `${name} exists already and was left as it is. The proposal beside it is not saved anywhere.`,
  );
}

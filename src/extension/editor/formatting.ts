import * as vscode from "vscode";
import { formatEdits } from "../../dotenv/formatting.ts";
import { readsSame } from "../../dotenv/sameReading.ts";
import { DisposableStore } from "../../shared/disposable.ts";
import { editorCommandIds, editorSettingIds } from "../ids.ts";
import type { EnvironmentServices } from "../services/environments.ts";
import { rangeIn } from "../services/keyKnowledge.ts";
import { isLintable, lintableSelector } from "./lintable.ts";
import { parsedDocument } from "./parsedDocuments.ts";

/** How long "nothing to format" stays in the status bar, in milliseconds. */
const statusMs = 5_000;

/** Edits that change nothing which any reader in force reads. */
async function formattingOf(
  { dialects }: EnvironmentServices,
  document: vscode.TextDocument,
): Promise<vscode.TextEdit[]> {
  const { version } = document;
  const readers = await dialects.dialectsFor(document.uri);
  // Typed in meanwhile: the places would be another text's.
  if (document.version !== version) return [];
  const parsed = parsedDocument(document);
  const edits = formatEdits(parsed, (before, after) => readsSame(before, after, readers));
  return edits.map((edit) => new vscode.TextEdit(rangeIn(parsed, edit), edit.text));
}

/** VS Code's "Format Document" and formatting on save, where the setting asks for it. */
class DotenvFormatting implements vscode.DocumentFormattingEditProvider {
  readonly #services: EnvironmentServices;

  constructor(services: EnvironmentServices) {
    this.#services = services;
  }

  async provideDocumentFormattingEdits(document: vscode.TextDocument): Promise<vscode.TextEdit[]> {
    return isLintable(document) && isEnabled(document.uri) ? formattingOf(this.#services, document) : [];
  }
}

/**
 * "Envpact: Format Document", for who has not set up a formatter: VS Code's own command would only say that there is
 * none. The first time in a window it says how to have Envpact as the formatter.
 */
class FormatCommand {
  readonly #services: EnvironmentServices;
  #hasHinted = false;

  constructor(services: EnvironmentServices) {
    this.#services = services;
  }

  async run(): Promise<void> {
    const document = vscode.window.activeTextEditor?.document;
    if (document === undefined || !isLintable(document)) return;
    const edits = await formattingOf(this.#services, document);
    if (edits.length === 0) vscode.window.setStatusBarMessage("$(check) Nothing to format", statusMs);
    else {
      const edit = new vscode.WorkspaceEdit();
      edit.set(document.uri, edits);
      await vscode.workspace.applyEdit(edit);
    }
    if (this.#hasHinted || isEnabled(document.uri)) return;
    this.#hasHinted = true;
    this.#hint().catch((error: unknown) => {
      this.#services.log.error(`The formatter could not be enabled: ${String(error)}`);
    });
  }

  async #hint(): Promise<void> {
    const enable = "Enable";
    const question =
      "Shall Format Document and format on save use Envpact for .env files? It changes no value.";
    if ((await vscode.window.showInformationMessage(question, enable)) !== enable) return;
    const configuration = vscode.workspace.getConfiguration();
    await configuration.update(editorSettingIds.format, true, vscode.ConfigurationTarget.Global);
  }
}

/**
 * Registers the formatter while the setting asks for it anywhere: a registered one counts as the formatter of a
 * language, also where it makes no edits.
 */
class OptionalFormatting implements vscode.Disposable {
  readonly #services: EnvironmentServices;
  readonly #store = new DisposableStore();
  #registered: vscode.Disposable | undefined;

  constructor(services: EnvironmentServices) {
    this.#services = services;
    this.#store.add(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(editorSettingIds.format)) this.#follow();
      }),
    );
    this.#store.add(vscode.workspace.onDidChangeWorkspaceFolders(() => this.#follow()));
    this.#follow();
  }

  dispose(): void {
    this.#registered?.dispose();
    this.#store.dispose();
  }

  #follow(): void {
    const folders = vscode.workspace.workspaceFolders ?? [];
    const isWanted = isEnabled(undefined) || folders.some(({ uri }) => isEnabled(uri));
    if (isWanted && this.#registered === undefined) {
      const provider = new DotenvFormatting(this.#services);
      this.#registered = vscode.languages.registerDocumentFormattingEditProvider(lintableSelector, provider);
    } else if (!isWanted) {
      this.#registered?.dispose();
      this.#registered = undefined;
    }
  }
}

function isEnabled(scope: vscode.Uri | undefined): boolean {
  return vscode.workspace.getConfiguration(undefined, scope).get<boolean>(editorSettingIds.format) === true;
}

/** Offers the formatter of `.env` documents where the setting asks for it, and the command that needs no setting. */
export function registerFormatting(services: EnvironmentServices): vscode.Disposable {
  const command = new FormatCommand(services);
  return vscode.Disposable.from(
    new OptionalFormatting(services),
    vscode.commands.registerCommand(editorCommandIds.formatDocument, () => command.run()),
  );
}

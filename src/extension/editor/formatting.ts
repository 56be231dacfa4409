import * as vscode from "vscode";
import { formatEdits } from "../../dotenv/formatting.ts";
import { readsSame } from "../../dotenv/sameReading.ts";
import { DisposableStore } from "../../shared/disposable.ts";
import { editorSettingIds } from "../ids.ts";
import type { EnvironmentServices } from "../services/environments.ts";
import { rangeIn } from "../services/keyKnowledge.ts";
import { isLintable, lintableSelector } from "./lintable.ts";
import { parsedDocument } from "./parsedDocuments.ts";

/** Formats a document by edits that change nothing which any reader in force reads. */
class DotenvFormatting implements vscode.DocumentFormattingEditProvider {
  readonly #services: EnvironmentServices;

  constructor(services: EnvironmentServices) {
    this.#services = services;
  }

  async provideDocumentFormattingEdits(document: vscode.TextDocument): Promise<vscode.TextEdit[]> {
    if (!isLintable(document) || !isEnabled(document.uri)) return [];
    const { version } = document;
    const dialects = await this.#services.dialects.dialectsFor(document.uri);
    // Typed in meanwhile: the places would be another text's.
    if (document.version !== version) return [];
    const parsed = parsedDocument(document);
    const edits = formatEdits(parsed, (before, after) => readsSame(before, after, dialects));
    return edits.map((edit) => new vscode.TextEdit(rangeIn(parsed, edit), edit.text));
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

/** Offers the formatter of `.env` documents where the setting asks for it. */
export function registerFormatting(services: EnvironmentServices): vscode.Disposable {
  return new OptionalFormatting(services);
}

import * as vscode from "vscode";
import { type Occurrence, occurrencesOf } from "../../dotenv/occurrences.ts";
import { refuseName, renameEverywhere } from "../../dotenv/renaming.ts";
import type { EnvironmentServices } from "../services/environments.ts";
import { rangeIn } from "../services/keyKnowledge.ts";
import { lintableSelector } from "./lintable.ts";
import { isPieceOfValue, occurrenceUnder } from "./occurrenceUnder.ts";
import { parsedDocument } from "./parsedDocuments.ts";
import { relatedDocuments } from "./relatedDocuments.ts";

const noKeyHere = "There is no key here. Put the cursor on a key or on a ${KEY}.";

/** Who hears that a key was renamed in the environments beside a file, and in nothing else. */
export interface RenameListener {
  keyRenamed(near: vscode.Uri, from: string, to: string): void;
}

/** Renames a key in all environments of the folder, its example and its schema, as one edit, or not at all. */
class DotenvRename implements vscode.RenameProvider, vscode.Disposable {
  readonly #services: EnvironmentServices;
  readonly #listener: RenameListener;
  /** Waits for the edit of the last rename: VS Code may show it for review first, and the user may discard it. */
  #applied: vscode.Disposable | undefined;

  constructor(services: EnvironmentServices, listener: RenameListener) {
    this.#services = services;
    this.#listener = listener;
  }

  dispose(): void {
    this.#applied?.dispose();
  }

  async prepareRename(
    document: vscode.TextDocument,
    position: vscode.Position,
  ): Promise<{ range: vscode.Range; placeholder: string }> {
    const parsed = parsedDocument(document);
    const found = nameAt(document, position);
    const facts = await this.#services.knowledge.factsOf(found.name, document.uri);
    // The box would show a part of a value, also of a cloaked one.
    if (isPieceOfValue(parsed, found, facts)) throw new Error(noKeyHere);
    return { range: rangeIn(parsed, found.span), placeholder: found.name };
  }

  async provideRenameEdits(
    document: vscode.TextDocument,
    position: vscode.Position,
    newName: string,
  ): Promise<vscode.WorkspaceEdit> {
    const from = nameAt(document, position).name;
    const { documents, leftOut } = await relatedDocuments(this.#services, document, { fresh: true });
    const workspace = new vscode.WorkspaceEdit();
    if (from === newName) return workspace;
    for (const related of documents) {
      const refused = refuseName(related.document, from, newName, related.name);
      if (refused) throw new Error(`${refused.message} ${refused.next}`);
    }
    for (const { uri, name, document: related } of documents) {
      const result = renameEverywhere(related, from, newName, name);
      if (!result.ok) throw new Error(`${result.refusal.message} ${result.refusal.next}`);
      for (const { start, end, text } of result.edits) {
        workspace.replace(uri, rangeIn(related, { start, end }), text);
      }
    }
    this.#tell(leftOut);
    this.#awaitApplied(document, from, newName);
    return workspace;
  }

  /** The next change of the document is the rename's, or there is none any more. */
  #awaitApplied(document: vscode.TextDocument, from: string, to: string): void {
    this.#applied?.dispose();
    this.#applied = vscode.workspace.onDidChangeTextDocument((event) => {
      if (event.document !== document || event.contentChanges.length === 0) return;
      this.#applied?.dispose();
      const parsed = parsedDocument(document);
      const isRenamed = occurrencesOf(parsed, from).length === 0 && occurrencesOf(parsed, to).length > 0;
      if (isRenamed) this.#listener.keyRenamed(document.uri, from, to);
    });
  }

  /** Nobody should believe that a file was looked through which could not be. */
  #tell(leftOut: readonly string[]): void {
    if (leftOut.length === 0) return;
    const message = `Not renamed in ${leftOut.join(", ")}, which cannot be read as UTF-8 text or lies outside the workspace.`;
    vscode.window.showWarningMessage(message).then(undefined, (error: unknown) => {
      this.#services.log.error(`A notification could not be shown: ${String(error)}`);
    });
  }
}

function nameAt(document: vscode.TextDocument, position: vscode.Position): Occurrence {
  const found = occurrenceUnder(document, position);
  if (!found) throw new Error(noKeyHere);
  return found;
}

/** Registers the rename of keys. */
export function registerRename(services: EnvironmentServices, listener: RenameListener): vscode.Disposable {
  const rename = new DotenvRename(services, listener);
  return vscode.Disposable.from(rename, vscode.languages.registerRenameProvider(lintableSelector, rename));
}

import * as vscode from "vscode";
import type { Occurrence } from "../../dotenv/occurrences.ts";
import { refuseName, renameEverywhere } from "../../dotenv/renaming.ts";
import type { EnvironmentServices } from "../services/environments.ts";
import { rangeIn } from "../services/keyKnowledge.ts";
import { lintableSelector } from "./lintable.ts";
import { occurrenceUnder } from "./occurrenceUnder.ts";
import { parsedDocument } from "./parsedDocuments.ts";
import { relatedDocuments } from "./relatedDocuments.ts";

/** Renames a key in all environments of the folder, its example and its schema, as one edit, or not at all. */
class DotenvRename implements vscode.RenameProvider {
  readonly #services: EnvironmentServices;

  constructor(services: EnvironmentServices) {
    this.#services = services;
  }

  prepareRename(
    document: vscode.TextDocument,
    position: vscode.Position,
  ): { range: vscode.Range; placeholder: string } {
    const found = nameAt(document, position);
    return { range: rangeIn(parsedDocument(document), found.span), placeholder: found.name };
  }

  async provideRenameEdits(
    document: vscode.TextDocument,
    position: vscode.Position,
    newName: string,
  ): Promise<vscode.WorkspaceEdit> {
    const from = nameAt(document, position).name;
    const { documents, leftOut } = await relatedDocuments(this.#services, document);
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
    return workspace;
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
  if (!found) throw new Error("There is no key here. Put the cursor on a key or on a ${KEY}.");
  return found;
}

/** Registers the rename of keys. */
export function registerRename(services: EnvironmentServices): vscode.Disposable {
  return vscode.languages.registerRenameProvider(lintableSelector, new DotenvRename(services));
}

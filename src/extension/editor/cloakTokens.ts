import * as vscode from "vscode";
import { cloakedTokenType } from "../ids.ts";
import { lintableSelector } from "./lintable.ts";

/** What says which values are covered now. */
export interface CoveredValues {
  /** Fires when other values are covered than before. */
  readonly onDidChange: vscode.Event<void>;
  coveredIn(document: vscode.TextDocument): readonly vscode.Range[];
}

const legend = new vscode.SemanticTokensLegend([cloakedTokenType]);

/**
 * Gives covered values a transparent token colour as well. Decorations belong to an editor and are gone for the
 * moments in which it gets another file; tokens belong to the text, so they are there at once when its tab comes
 * back, and count in the minimap and in peek views.
 */
class CloakTokens implements vscode.DocumentSemanticTokensProvider {
  readonly onDidChangeSemanticTokens: vscode.Event<void>;
  readonly #covered: CoveredValues;

  constructor(covered: CoveredValues) {
    this.#covered = covered;
    this.onDidChangeSemanticTokens = covered.onDidChange;
  }

  provideDocumentSemanticTokens(document: vscode.TextDocument): vscode.SemanticTokens {
    const builder = new vscode.SemanticTokensBuilder(legend);
    for (const { start, end } of this.#covered.coveredIn(document)) {
      for (let line = start.line; line <= end.line; line++) {
        const from = line === start.line ? start.character : 0;
        const to = line === end.line ? end.character : document.lineAt(line).range.end.character;
        if (to > from) builder.push(line, from, to - from, 0);
      }
    }
    return builder.build();
  }
}

/** Registers the transparent colour of covered values; package.json gives the token type that colour. */
export function registerCloakTokens(covered: CoveredValues): vscode.Disposable {
  const provider = new CloakTokens(covered);
  return vscode.languages.registerDocumentSemanticTokensProvider(lintableSelector, provider, legend);
}

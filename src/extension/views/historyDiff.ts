import * as vscode from "vscode";
import { comparisonRevealedKey, comparisonScheme } from "../spaceIds.ts";
import { type ComparisonSide, type ComparisonSubject, comparisonText } from "./historyComparison.ts";

/** Comparisons that keep their values at the same time; the oldest go first. */
const comparisonsMax = 32;

interface Comparison {
  readonly subject: ComparisonSubject;
  revealed: boolean;
}

/**
 * Read-only documents for comparisons. Values live in memory only, and only while the comparison is open; the
 * documents are masked until the user reveals them.
 */
export class Comparisons implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.#changed.event;
  readonly #open = new Map<string, Comparison>();
  readonly #listening: vscode.Disposable;
  #count = 0;

  constructor() {
    this.#listening = vscode.Disposable.from(
      vscode.workspace.registerTextDocumentContentProvider(comparisonScheme, this),
      vscode.workspace.onDidCloseTextDocument((document) => this.#forget(document.uri)),
      vscode.window.onDidChangeActiveTextEditor(() => this.#updateContext()),
    );
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    const comparison = this.#open.get(idOf(uri));
    if (comparison === undefined) return "This comparison has ended. Open it again from the history.\n";
    return comparisonText(comparison.subject, sideOf(uri), comparison.revealed);
  }

  /** Opens a diff editor over both sides, masked. Returns the comparison's id. */
  async show(title: string, subject: ComparisonSubject): Promise<string> {
    this.#count += 1;
    const id = String(this.#count);
    this.#open.set(id, { subject, revealed: false });
    const [oldest] = this.#open.keys();
    if (this.#open.size > comparisonsMax && oldest !== undefined) this.#open.delete(oldest);
    await vscode.commands.executeCommand("vscode.diff", uriOf(id, "before"), uriOf(id, "after"), title, {
      preview: true,
    });
    return id;
  }

  /** Shows or masks the values of a comparison; without an id, of the one in the active editor. */
  setRevealed(revealed: boolean, id = activeId()): void {
    const comparison = id === undefined ? undefined : this.#open.get(id);
    if (id === undefined || comparison === undefined) return;
    comparison.revealed = revealed;
    this.#changed.fire(uriOf(id, "before"));
    this.#changed.fire(uriOf(id, "after"));
    this.#updateContext();
  }

  dispose(): void {
    this.#open.clear();
    this.#listening.dispose();
    this.#changed.dispose();
  }

  #forget(uri: vscode.Uri): void {
    if (uri.scheme === comparisonScheme) this.#open.delete(idOf(uri));
  }

  #updateContext(): void {
    const id = activeId();
    const revealed = id !== undefined && this.#open.get(id)?.revealed === true;
    void vscode.commands.executeCommand("setContext", comparisonRevealedKey, revealed);
  }
}

function activeId(): string | undefined {
  const uri = vscode.window.activeTextEditor?.document.uri;
  return uri?.scheme === comparisonScheme ? idOf(uri) : undefined;
}

function uriOf(id: string, side: ComparisonSide): vscode.Uri {
  return vscode.Uri.from({ scheme: comparisonScheme, path: `/${id}/${side}` });
}

function idOf(uri: vscode.Uri): string {
  return uri.path.split("/")[1] ?? "";
}

function sideOf(uri: vscode.Uri): ComparisonSide {
  return uri.path.endsWith("/after") ? "after" : "before";
}

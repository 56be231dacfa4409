import * as vscode from "vscode";
import type { PlacedUsage } from "../../code/places.ts";
import { silencedIn } from "../../code/silencing.ts";
import { isWellKnown } from "../../code/wellKnown.ts";
import { DisposableStore } from "../../shared/disposable.ts";
import { codeCommandIds, codeSettingIds } from "../ids.ts";
import type { EnvironmentServices } from "../services/environments.ts";
import { codeSelector, familyOfDocument, isSearched, rangeOf, scanOfDocument } from "./codeFiles.ts";
import { codeFinding, hidingOf, isCodeFinding } from "./codeFindings.ts";
import type { CodeIndex } from "./codeIndex.ts";
import { severityOf } from "./codeSettings.ts";

/** How long typing must pause before a document is looked at, in milliseconds. */
const typingPauseMs = 300;
/** Findings that one document gets. */
const findingsMax = 500;

/**
 * Says of open code which variables it reads that no environment near it, no example and no schema has. Names that
 * systems and tools set are known, and a read that gives a default is left alone.
 */
export class CodeDiagnostics implements vscode.Disposable {
  readonly #services: EnvironmentServices;
  readonly #index: CodeIndex;
  readonly #collection = vscode.languages.createDiagnosticCollection("envpact-code");
  readonly #pending = new Map<vscode.TextDocument, NodeJS.Timeout>();
  readonly #store = new DisposableStore();

  constructor(services: EnvironmentServices, index: CodeIndex) {
    this.#services = services;
    this.#index = index;
    const { workspace } = vscode;
    const all = (): void => this.#all();
    for (const each of [
      this.#collection,
      workspace.onDidOpenTextDocument((document) => this.#schedule(document, 0)),
      workspace.onDidChangeTextDocument(({ document }) => this.#schedule(document, typingPauseMs)),
      workspace.onDidCloseTextDocument((document) => this.#close(document)),
      workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(codeSettingIds.undefinedVariable)) this.#all();
      }),
      services.index.onDidChange(all),
      services.index.onDidSearch(all),
      services.watch.onDidChangeContent(all),
      services.schemas.onDidChange(all),
      index.onDidChange(() => this.#allWithImports()),
    ]) {
      this.#store.add(each);
    }
    this.#all();
  }

  dispose(): void {
    for (const timer of this.#pending.values()) clearTimeout(timer);
    this.#pending.clear();
    this.#store.dispose();
  }

  #all(): void {
    for (const document of vscode.workspace.textDocuments) this.#schedule(document, 0);
  }

  /** What other files export decides about usages of what a document imports from them. */
  #allWithImports(): void {
    for (const document of vscode.workspace.textDocuments) {
      const family = familyOfDocument(document);
      const usages = family === undefined ? [] : scanOfDocument(document, family).usages;
      if (usages.some(({ through }) => through !== undefined)) this.#schedule(document, 0);
    }
  }

  #schedule(document: vscode.TextDocument, pauseMs: number): void {
    if (familyOfDocument(document) === undefined || !isSearched(document.uri)) return;
    clearTimeout(this.#pending.get(document));
    const timer = setTimeout(() => {
      this.#pending.delete(document);
      this.#publish(document).catch((error: unknown) => {
        this.#services.log.error(`Code could not be checked: ${String(error)}`);
      });
    }, pauseMs);
    this.#pending.set(document, timer);
  }

  #close(document: vscode.TextDocument): void {
    clearTimeout(this.#pending.get(document));
    this.#pending.delete(document);
    this.#collection.delete(document.uri);
  }

  async #publish(document: vscode.TextDocument): Promise<void> {
    const { version } = document;
    const findings = await this.#findings(document);
    // Typing or closing in the meantime has its own check under way or needs none.
    if (!document.isClosed && document.version === version) this.#collection.set(document.uri, findings);
  }

  async #findings(document: vscode.TextDocument): Promise<vscode.Diagnostic[]> {
    const severity = severityOf(codeSettingIds.undefinedVariable, document.uri);
    const family = familyOfDocument(document);
    if (severity === undefined || family === undefined) return [];
    if (!scanOfDocument(document, family).usages.some(isBareRead)) return [];
    const keys = new Set(await this.#services.knowledge.keysNear(document.uri));
    // Without any environment every variable would be amiss, and nothing would be said by it.
    if (keys.size === 0) return [];
    const reads = (await this.#index.usagesIn(document, family)).filter(isBareRead);
    const isSilenced = silencedIn(document.getText(), "undefined-variable");
    return reads
      .filter(
        ({ name }) => !keys.has(name) && !Object.hasOwn(process.env, name) && !isWellKnown(name, family),
      )
      .filter(({ line }) => !isSilenced(line))
      .slice(0, findingsMax)
      .map((usage) => {
        const message = `${usage.name} is in no environment, example or schema near this file.`;
        return codeFinding("undefined-variable", rangeOf(usage), message, severity);
      });
  }
}

/** Whether something is amiss when the variable is not set. */
function isBareRead({ kind, hasDefault }: PlacedUsage): boolean {
  return kind === "read" && !hasDefault;
}

/** Offers to add an undefined variable to environments, and to show none any more. */
class CodeFixes implements vscode.CodeActionProvider {
  provideCodeActions(
    document: vscode.TextDocument,
    _range: vscode.Range,
    { diagnostics }: vscode.CodeActionContext,
  ): vscode.CodeAction[] {
    const own = diagnostics.filter((each) => isCodeFinding(each, "undefined-variable"));
    if (own.length === 0) return [];
    const adding = own.map((diagnostic) => {
      const name = document.getText(diagnostic.range);
      const action = new vscode.CodeAction(`Add ${name} to environment…`, vscode.CodeActionKind.QuickFix);
      action.diagnostics = [diagnostic];
      action.command = {
        command: codeCommandIds.addKeyToEnvironment,
        title: action.title,
        arguments: [document.uri.toString(), name],
      };
      return action;
    });
    return [...adding, hidingOf("undefined-variable", document.uri, own)];
  }
}

/** Registers the quick fix of {@link CodeDiagnostics}. */
export function registerCodeFixes(): vscode.Disposable {
  const metadata = { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] };
  return vscode.languages.registerCodeActionsProvider(codeSelector, new CodeFixes(), metadata);
}

import * as vscode from "vscode";
import type { TextEdit } from "../../dotenv/edit.ts";
import { type Fix, fixAll, fixesFor } from "../../lint/fixes.ts";
import { type Ignoring, ignoringsOf } from "../../lint/ignoring.ts";
import type { Finding } from "../../lint/rule.ts";
import { type DiagnosticsService, diagnosticOf, type Linted } from "./diagnostics.ts";
import { lintableSelector } from "./lintable.ts";

const fixAllKind = vscode.CodeActionKind.SourceFixAll.append("envpact");

/** Findings at one place that get quick fixes; a cursor on a broken file may touch hundreds. */
const findingsAtPlaceMax = 20;

/** Of those in a large text, where each fix takes its time to prove. */
const findingsInLargeTextMax = 3;
/** UTF-16 units from which on a text is large. */
const largeTextUnits = 500_000;

/** VS Code's own picker of an encoding to reopen or save with. */
const changeEncodingCommand = "workbench.action.editor.changeEncoding";

/** Offers the proven fixes of a finding, and comments that silence it, as quick fixes, and all that change no reading as `source.fixAll.envpact`. */
class DotenvCodeActions implements vscode.CodeActionProvider {
  static readonly metadata: vscode.CodeActionProviderMetadata = {
    providedCodeActionKinds: [vscode.CodeActionKind.QuickFix, fixAllKind],
  };
  readonly #diagnostics: DiagnosticsService;

  constructor(diagnostics: DiagnosticsService) {
    this.#diagnostics = diagnostics;
  }

  async provideCodeActions(
    document: vscode.TextDocument,
    range: vscode.Range,
    { only }: vscode.CodeActionContext,
  ): Promise<vscode.CodeAction[]> {
    const linted = await this.#diagnostics.current(document);
    if (!linted) return [];
    const actions: vscode.CodeAction[] = [];
    if (!only || only.contains(vscode.CodeActionKind.QuickFix)) {
      actions.push(...quickFixes(document, range, linted));
    }
    if (only?.contains(fixAllKind)) actions.push(...fixAllActions(document, linted));
    return actions;
  }
}

/** Registers the code actions for every document that is checked. */
export function registerCodeActions(diagnostics: DiagnosticsService): vscode.Disposable {
  const provider = new DotenvCodeActions(diagnostics);
  return vscode.languages.registerCodeActionsProvider(lintableSelector, provider, DotenvCodeActions.metadata);
}

function quickFixes(document: vscode.TextDocument, range: vscode.Range, linted: Linted): vscode.CodeAction[] {
  const start = document.offsetAt(range.start);
  const end = document.offsetAt(range.end);
  const touched = linted.findings.filter(({ span }) => span.start <= end && span.end >= start);
  const actions = new Map<string, vscode.CodeAction>();
  const max = linted.document.text.length < largeTextUnits ? findingsAtPlaceMax : findingsInLargeTextMax;
  for (const finding of touched.slice(0, max)) {
    const diagnostic = diagnosticOf(finding, document);
    for (const action of actionsOf(finding, document, linted)) {
      // "Add all missing keys" mends several findings of one place: it is one action, linked to each.
      const what = `${action.title} ${JSON.stringify(action.edit?.entries())}`;
      const same = actions.get(what);
      if (same) same.diagnostics?.push(diagnostic);
      else actions.set(what, Object.assign(action, { diagnostics: [diagnostic] }));
    }
  }
  return [...actions.values()];
}

function actionsOf(finding: Finding, document: vscode.TextDocument, linted: Linted): vscode.CodeAction[] {
  const fixes = fixesFor(finding, linted.document, linted.context).map((fix) => fixAction(fix, document));
  const ignorings = ignoringsOf(finding, linted.document, linted.context).map((ignoring) =>
    ignoreAction(ignoring, document),
  );
  if (fixes.length > 0 || (finding.rule !== "byte-order-mark" && finding.rule !== "not-utf8")) {
    return [...fixes, ...ignorings];
  }
  const action = new vscode.CodeAction("Change the encoding of the file…", vscode.CodeActionKind.QuickFix);
  action.command = { command: changeEncodingCommand, title: action.title };
  return [action, ...ignorings];
}

function ignoreAction({ title, edits }: Ignoring, document: vscode.TextDocument): vscode.CodeAction {
  const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
  action.edit = workspaceEdit(edits, document);
  return action;
}

function fixAction(fix: Fix, document: vscode.TextDocument): vscode.CodeAction {
  const action = new vscode.CodeAction(fix.title, vscode.CodeActionKind.QuickFix);
  action.edit = workspaceEdit(fix.edits, document);
  if (fix.automatic) action.isPreferred = true;
  return action;
}

function fixAllActions(document: vscode.TextDocument, linted: Linted): vscode.CodeAction[] {
  const { edits, fixed } = fixAll(linted.findings, linted.document, linted.context);
  if (edits.length === 0) return [];
  const action = new vscode.CodeAction("Fix all that changes no value (Envpact)", fixAllKind);
  action.edit = workspaceEdit(edits, document);
  action.diagnostics = fixed.map((finding) => diagnosticOf(finding, document));
  return [action];
}

function workspaceEdit(edits: readonly TextEdit[], document: vscode.TextDocument): vscode.WorkspaceEdit {
  const workspace = new vscode.WorkspaceEdit();
  for (const { start, end, text } of edits) {
    const range = new vscode.Range(document.positionAt(start), document.positionAt(end));
    workspace.replace(document.uri, range, text);
  }
  return workspace;
}

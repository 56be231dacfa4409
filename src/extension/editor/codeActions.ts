import * as vscode from "vscode";
import type { TextEdit } from "../../dotenv/edit.ts";
import { type Fix, fixAll, fixesFor } from "../../lint/fixes.ts";
import { type Ignoring, ignoringsOf } from "../../lint/ignoring.ts";
import { largeTextUnits } from "../../lint/missing.ts";
import type { Finding } from "../../lint/rule.ts";
import { type DiagnosticsService, diagnosticOf, type Linted } from "./diagnostics.ts";
import { lintableSelector } from "./lintable.ts";

const fixAllKind = vscode.CodeActionKind.SourceFixAll.append("envpact");

/** Findings at one place that get quick fixes; a cursor on a broken file may touch hundreds. */
const findingsAtPlaceMax = 20;

/** Of those in a large text, where each fix takes its time to prove. */
const findingsInLargeTextMax = 3;

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
  const max = linted.document.text.length < largeTextUnits ? findingsAtPlaceMax : findingsInLargeTextMax;
  const found = touched.slice(0, max);
  // What mends any of the findings stands before what only silences one of them.
  return distinctActions(
    [
      ...found.map((finding) => ({ finding, actions: fixActions(finding, document, linted) })),
      ...found.map((finding) => ({ finding, actions: ignoreActions(finding, document, linted) })),
    ],
    document,
  );
}

/** The actions of findings in their order. One that serves several findings stands there once, linked to each. */
function distinctActions(
  groups: readonly { readonly finding: Finding; readonly actions: readonly vscode.CodeAction[] }[],
  document: vscode.TextDocument,
): vscode.CodeAction[] {
  const distinct = new Map<string, vscode.CodeAction>();
  for (const { finding, actions } of groups) {
    const diagnostic = diagnosticOf(finding, document);
    for (const action of actions) {
      const what = `${action.title} ${JSON.stringify(action.edit?.entries())}`;
      const same = distinct.get(what);
      if (same) same.diagnostics?.push(diagnostic);
      else distinct.set(what, Object.assign(action, { diagnostics: [diagnostic] }));
    }
  }
  return [...distinct.values()];
}

function fixActions(finding: Finding, document: vscode.TextDocument, linted: Linted): vscode.CodeAction[] {
  const fixes = fixesFor(finding, linted.document, linted.context).map((fix) => fixAction(fix, document));
  if (fixes.length > 0 || (finding.rule !== "byte-order-mark" && finding.rule !== "not-utf8")) return fixes;
  const action = new vscode.CodeAction("Change the encoding of the file…", vscode.CodeActionKind.QuickFix);
  action.command = { command: changeEncodingCommand, title: action.title };
  return [action];
}

function ignoreActions(finding: Finding, document: vscode.TextDocument, linted: Linted): vscode.CodeAction[] {
  return ignoringsOf(finding, linted.document, linted.context).map((ignoring) =>
    ignoreAction(ignoring, document),
  );
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

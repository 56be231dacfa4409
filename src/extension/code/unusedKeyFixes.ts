import * as vscode from "vscode";
import { ignoringsOf } from "../../lint/ignoring.ts";
import { lintableSelector } from "../editor/lintable.ts";
import { parsedDocument } from "../editor/parsedDocuments.ts";
import type { EnvironmentServices } from "../services/environments.ts";
import { hidingOf, isCodeFinding } from "./codeFindings.ts";

/** Findings at one place that get quick fixes: in a large text each takes its time to prove. */
const findingsAtPlaceMax = 3;

/** Registers the quick fixes of keys that no code names: comments that silence the finding, and the setting. */
export function registerUnusedKeyFixes({ dialects }: EnvironmentServices): vscode.Disposable {
  const provider: vscode.CodeActionProvider = {
    async provideCodeActions(document, _range, { diagnostics }) {
      const unused = diagnostics.filter((each) => isCodeFinding(each, "unused-key"));
      if (unused.length === 0) return [];
      const { version } = document;
      const readers = await dialects.dialectsFor(document.uri);
      if (document.version !== version) return [];
      const ignorings = unused
        .slice(0, findingsAtPlaceMax)
        .flatMap((diagnostic) => ignoringActions(document, diagnostic, { dialects: readers }));
      return [...ignorings, hidingOf("unused-key", document.uri, unused)];
    },
  };
  const metadata = { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] };
  return vscode.languages.registerCodeActionsProvider(lintableSelector, provider, metadata);
}

function ignoringActions(
  document: vscode.TextDocument,
  diagnostic: vscode.Diagnostic,
  context: Parameters<typeof ignoringsOf>[2],
): vscode.CodeAction[] {
  const { range } = diagnostic;
  const span = { start: document.offsetAt(range.start), end: document.offsetAt(range.end) };
  const choices = ignoringsOf({ rule: "unused-key", span }, parsedDocument(document), context);
  return choices.map(({ title, edits }) => {
    const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
    action.diagnostics = [diagnostic];
    action.edit = new vscode.WorkspaceEdit();
    for (const { start, end, text } of edits) {
      const place = new vscode.Range(document.positionAt(start), document.positionAt(end));
      action.edit.replace(document.uri, place, text);
    }
    return action;
  });
}

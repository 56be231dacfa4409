import * as vscode from "vscode";
import { documentationOf } from "../../lint/catalog.ts";
import { type CodeFindingId, isCodeFindingId } from "../../lint/codeFindings.ts";
import { confirmDone } from "../commands/environmentContext.ts";
import { codeSettingIds } from "../ids.ts";

/** Takes a finding about code off everywhere; only quick fixes run it. */
const hideCommand = "envpact.hideCodeFinding";

const settings: Readonly<Record<CodeFindingId, { readonly id: string; readonly shown: string }>> = {
  "undefined-variable": { id: codeSettingIds.undefinedVariable, shown: "undefined variables" },
  "unused-key": { id: codeSettingIds.unusedKey, shown: "unused keys" },
};

/** A diagnostic whose code leads to its section in docs/DIAGNOSTICS.md. */
export function codeFinding(
  id: CodeFindingId,
  range: vscode.Range,
  message: string,
  severity: vscode.DiagnosticSeverity,
): vscode.Diagnostic {
  const diagnostic = new vscode.Diagnostic(range, message, severity);
  diagnostic.source = "envpact";
  diagnostic.code = { value: id, target: vscode.Uri.parse(documentationOf(id), true) };
  return diagnostic;
}

/** Whether a diagnostic is Envpact's of this id. */
export function isCodeFinding({ source, code }: vscode.Diagnostic, id: CodeFindingId): boolean {
  return source === "envpact" && typeof code === "object" && code.value === id;
}

/** Offers to show no finding of this kind any more. */
export function hidingOf(
  id: CodeFindingId,
  uri: vscode.Uri,
  diagnostics: readonly vscode.Diagnostic[],
): vscode.CodeAction {
  const title = `Do not show ${settings[id].shown}`;
  const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
  action.diagnostics = [...diagnostics];
  action.command = { command: hideCommand, title, arguments: [id, uri.toString()] };
  return action;
}

/** Registers what {@link hidingOf} runs: it sets the finding's setting to `off` for the workspace. */
export function registerHiding(): vscode.Disposable {
  return vscode.commands.registerCommand(hideCommand, async (id: unknown, near: unknown) => {
    if (typeof id !== "string" || !isCodeFindingId(id) || typeof near !== "string") return;
    const { id: setting, shown } = settings[id];
    const configuration = vscode.workspace.getConfiguration(undefined, vscode.Uri.parse(near, true));
    await configuration.update(setting, "off", vscode.ConfigurationTarget.Workspace);
    confirmDone(`Envpact shows no ${shown} in this workspace any more (${setting}).`);
  });
}

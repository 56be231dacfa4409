import * as vscode from "vscode";

const severities: Readonly<Record<string, vscode.DiagnosticSeverity>> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
  hint: vscode.DiagnosticSeverity.Hint,
};

/** What a setting with a severity says for a file; undefined for `off`, a hint for anything unknown. */
export function severityOf(setting: string, uri: vscode.Uri): vscode.DiagnosticSeverity | undefined {
  const choice = vscode.workspace.getConfiguration(undefined, uri).get<unknown>(setting);
  if (choice === "off") return undefined;
  return severities[String(choice)] ?? vscode.DiagnosticSeverity.Hint;
}

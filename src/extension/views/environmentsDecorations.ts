import * as vscode from "vscode";
import { isAssigned } from "../services/environmentRows.ts";
import type { KeyNode } from "./environmentsNodes.ts";

/** Scheme of the made-up URIs by which VS Code asks for the colour of a row. */
const rowScheme = "envpact-row";

/** The URI of a row: says whether it is dimmed, and nothing else about the key. */
export function rowUri(node: KeyNode): vscode.Uri {
  return vscode.Uri.from({ scheme: rowScheme, path: isAssigned(node.row) ? "/assigned" : "/absent" });
}

/** Greys the rows of keys that have no value in the file: missing and commented-out ones. */
export class EnvironmentsDecorations implements vscode.FileDecorationProvider {
  provideFileDecoration(uri: vscode.Uri): vscode.FileDecoration | undefined {
    if (uri.scheme !== rowScheme || uri.path !== "/absent") return undefined;
    return { color: new vscode.ThemeColor("disabledForeground") };
  }
}

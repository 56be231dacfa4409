import { randomBytes } from "node:crypto";
import type * as vscode from "vscode";
import { Uri } from "vscode";
import { webviewPage } from "./webviewPage.ts";

/** The whole page of a panel, with the extension's style, and script and further style of these names from `media`. */
export function pageOf(
  panel: vscode.WebviewPanel,
  media: vscode.Uri,
  script: string,
  body: string,
  ownStyle?: string,
): string {
  const { webview, title } = panel;
  const resource = (name: string): string => webview.asWebviewUri(Uri.joinPath(media, name)).toString();
  return webviewPage({
    title,
    cspSource: webview.cspSource,
    nonce: randomBytes(16).toString("hex"),
    styleUri: resource("webview.css"),
    ownStyleUri: ownStyle === undefined ? undefined : resource(ownStyle),
    scriptUri: resource(script),
    body,
  });
}

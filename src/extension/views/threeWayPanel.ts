import * as vscode from "vscode";
import { threeWayViewType } from "../spaceIds.ts";
import { keyNames } from "./spaceWords.ts";
import { type ThreeWaySubject, threeWayHtml } from "./threeWayHtml.ts";
import { pageOf } from "./webviewPanel.ts";

/** What the page's buttons ask for. */
export interface ThreeWayActions {
  /** Reads the three sides, at first and after each action. */
  readonly read: () => Promise<ThreeWaySubject>;
  readonly mine: () => Promise<void>;
  readonly theirs: () => Promise<void>;
  readonly failed: (error: unknown) => void;
}

/**
 * A panel that shows keys three ways, masked at first. Values go to the page only while they are revealed, are not
 * kept over a reload, and go with the panel.
 */
export class ThreeWayPanels implements vscode.Disposable {
  readonly #media: vscode.Uri;
  readonly #panels = new Set<vscode.WebviewPanel>();

  constructor(extensionUri: vscode.Uri) {
    this.#media = vscode.Uri.joinPath(extensionUri, "media");
  }

  /** Opens a panel. */
  async show(actions: ThreeWayActions): Promise<vscode.WebviewPanel> {
    let subject = await actions.read();
    const title = `${keyNames(subject.keys)}: three ways`;
    const panel = vscode.window.createWebviewPanel(threeWayViewType, title, vscode.ViewColumn.Active, {
      enableScripts: true,
      localResourceRoots: [this.#media],
    });
    this.#panels.add(panel);
    panel.onDidDispose(() => this.#panels.delete(panel));
    let revealed = false;
    const body = (): string => threeWayHtml(subject, revealed, Date.now());
    // Masked: VS Code keeps this text, also while the panel is hidden. Revealed values travel by message only.
    panel.webview.html = pageOf(panel, this.#media, "three-way.js", body());
    panel.webview.onDidReceiveMessage(async ({ ask }: { readonly ask?: unknown }) => {
      try {
        if (ask === "mine" || ask === "theirs") {
          await actions[ask]();
          subject = await actions.read();
        } else if (ask === "reveal" || ask === "hide" || ask === "ready") {
          // A page that starts, at first or because it was hidden, starts masked.
          revealed = ask === "reveal";
        } else return;
        if (this.#panels.has(panel)) await panel.webview.postMessage({ kind: "threeWay", html: body() });
      } catch (error) {
        actions.failed(error);
      }
    });
    return panel;
  }

  dispose(): void {
    for (const panel of [...this.#panels]) panel.dispose();
  }
}

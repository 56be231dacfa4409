import * as vscode from "vscode";
import type { PeerService } from "../services/peerService.ts";
import { spaceCommandIds } from "../spaceIds.ts";
import { spaceStatus } from "./spaceStatus.ts";

/** Puts the item nearer to the branch of version control than to what languages show. */
const priority = 40;

/** The status bar item: space, revision, connected peers; offline and in doubt on the warning background. */
export class SpaceStatusBar implements vscode.Disposable {
  readonly item: vscode.StatusBarItem;
  readonly #peers: PeerService;
  readonly #listening: vscode.Disposable;

  constructor(peers: PeerService) {
    this.#peers = peers;
    this.item = vscode.window.createStatusBarItem("envpact.status", vscode.StatusBarAlignment.Left, priority);
    this.item.name = "Envpact Space";
    this.item.command = spaceCommandIds.showSpace;
    this.#listening = peers.onDidChange(() => this.#update());
    this.#update();
  }

  dispose(): void {
    this.#listening.dispose();
    this.item.dispose();
  }

  #update(): void {
    const status = spaceStatus(this.#peers.models(), Date.now());
    if (status === undefined) {
      this.item.hide();
      return;
    }
    this.item.text = status.text;
    this.item.tooltip = new vscode.MarkdownString(status.tooltip);
    this.item.accessibilityInformation = { label: status.spoken, role: "button" };
    this.item.backgroundColor =
      status.alarm === "none" ? undefined : new vscode.ThemeColor(`statusBarItem.${status.alarm}Background`);
    this.item.show();
  }
}

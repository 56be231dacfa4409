import * as vscode from "vscode";
import { cloakedContextKey, editorCommandIds } from "../ids.ts";

/** The item of the status bar that says whether values of the active `.env` editor are cloaked. */
export class CloakStatus implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem(
    "envpact.cloak",
    vscode.StatusBarAlignment.Right,
    /* left of VS Code's own items about the text */ 200,
  );
  #told: boolean | undefined;

  constructor() {
    this.#item.name = "Envpact Cloaking";
    this.#item.command = editorCommandIds.toggleCloaking;
  }

  /** `undefined` where the active editor holds no values. */
  show(state: "on" | "off" | undefined): void {
    this.#tell(state === "on");
    if (state === undefined) {
      this.#item.hide();
      return;
    }
    const isOn = state === "on";
    this.#item.text = isOn ? "$(eye-closed) Cloaked" : "$(eye) Not cloaked";
    const label = isOn ? "Values are cloaked in this window" : "Values are shown in this window";
    this.#item.tooltip = `${label}. Click to ${isOn ? "show" : "cloak"} them; no setting is changed.`;
    this.#item.accessibilityInformation = { label, role: "button" };
    this.#item.show();
  }

  dispose(): void {
    this.#item.dispose();
  }

  #tell(isOn: boolean): void {
    if (this.#told === isOn) return;
    this.#told = isOn;
    // Only a menu entry hangs on it: should it not arrive, the command palette still has the command.
    vscode.commands.executeCommand("setContext", cloakedContextKey, isOn).then(undefined, () => {
      this.#told = undefined;
    });
  }
}

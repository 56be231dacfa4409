import * as vscode from "vscode";
import type { RuleId } from "../../lint/catalog.ts";
import { lintBytesMax } from "../../lint/lint.ts";
import { DisposableStore } from "../../shared/disposable.ts";

/** The finding that stands in every file that is checked in part, unless the user turned it off. */
const partialRule: RuleId = "file-too-large";

/** Opens the list of findings, which says what is looked for all the same. */
const showProblemsCommand = "workbench.actions.view.problems";

/** The item of the status bar that says that the active file is too large to be checked in full. */
class PartialCheckStatus implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem(
    "envpact.partialCheck",
    vscode.StatusBarAlignment.Right,
    /* beside the item about cloaking */ 199,
  );
  readonly #store = new DisposableStore();

  constructor() {
    const label = `Checked in part: larger than ${lintBytesMax / 1024 / 1024} MB`;
    this.#item.name = "Envpact Partial Check";
    this.#item.text = "$(info) Checked in part";
    this.#item.tooltip = `${label}. Envpact only looks for lines that are not read, quotes that are not closed and another encoding.`;
    this.#item.accessibilityInformation = { label, role: "button" };
    this.#item.command = showProblemsCommand;
    this.#store.add(this.#item);
    this.#store.add(vscode.window.onDidChangeActiveTextEditor(() => this.#update()));
    this.#store.add(
      vscode.languages.onDidChangeDiagnostics(({ uris }) => {
        const active = vscode.window.activeTextEditor?.document.uri.toString();
        if (uris.some((uri) => uri.toString() === active)) this.#update();
      }),
    );
    this.#update();
  }

  dispose(): void {
    this.#store.dispose();
  }

  #update(): void {
    const active = vscode.window.activeTextEditor?.document;
    const isPartial = active !== undefined && vscode.languages.getDiagnostics(active.uri).some(isPartialNote);
    if (isPartial) this.#item.show();
    else this.#item.hide();
  }
}

function isPartialNote({ source, code }: vscode.Diagnostic): boolean {
  return source === "envpact" && typeof code === "object" && code.value === partialRule;
}

/** Shows, for as long as such a file is the active one, that it is checked in part. */
export function registerPartialCheckStatus(): vscode.Disposable {
  return new PartialCheckStatus();
}

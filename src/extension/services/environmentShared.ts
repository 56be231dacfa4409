import * as vscode from "vscode";

/** What the space knows about a key of a file. */
export interface SharedState {
  /** `shared`: the space holds the key and the file agrees; `drift`: the file differs; else `undefined`. */
  stateOf(file: vscode.Uri, key: string): "shared" | "drift" | undefined;
  readonly onDidChange: vscode.Event<void>;
}

/** A socket for the space: nothing is shared until a space is connected. */
export class SharedStateSocket implements SharedState, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  #state: SharedState | undefined;

  stateOf(file: vscode.Uri, key: string): "shared" | "drift" | undefined {
    return this.#state?.stateOf(file, key);
  }

  /** Takes the space's knowledge as the source until the result is disposed. */
  connect(state: SharedState): vscode.Disposable {
    const listening = state.onDidChange(() => this.#changed.fire());
    this.#state = state;
    this.#changed.fire();
    return new vscode.Disposable(() => {
      listening.dispose();
      if (this.#state !== state) return;
      this.#state = undefined;
      this.#changed.fire();
    });
  }

  dispose(): void {
    this.#changed.dispose();
  }
}

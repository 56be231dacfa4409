import * as vscode from "vscode";

/**
 * Which values the user asked to see. Kept in memory only, so everything is hidden again when the window
 * reloads. Keys and whole environments are apart: hiding one key of a revealed environment works.
 */
export class RevealedKeys implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  /** Fires with the file whose rows show more or less. */
  readonly onDidChange = this.#changed.event;
  readonly #environments = new Map<string, Set<string>>();
  readonly #keys = new Map<string, Set<string>>();

  /** True when the value of a key may be shown. */
  isRevealed(file: vscode.Uri, key: string): boolean {
    const id = file.toString();
    const exceptions = this.#environments.get(id);
    if (exceptions !== undefined) return !exceptions.has(key);
    return this.#keys.get(id)?.has(key) ?? false;
  }

  /** True when the whole environment was revealed (single keys may have been hidden again). */
  isEnvironmentRevealed(file: vscode.Uri): boolean {
    return this.#environments.has(file.toString());
  }

  /** True when anything of the file may be shown. */
  hasRevealed(file: vscode.Uri): boolean {
    return this.isEnvironmentRevealed(file) || (this.#keys.get(file.toString())?.size ?? 0) > 0;
  }

  /** Shows one key, or the whole environment when no key is given. */
  reveal(file: vscode.Uri, key?: string): void {
    const id = file.toString();
    const exceptions = this.#environments.get(id);
    if (key === undefined) this.#environments.set(id, new Set());
    else if (exceptions !== undefined) exceptions.delete(key);
    else this.#keys.set(id, (this.#keys.get(id) ?? new Set()).add(key));
    this.#changed.fire(file);
  }

  /** Hides one key, or everything of the file when no key is given. */
  hide(file: vscode.Uri, key?: string): void {
    const id = file.toString();
    if (key === undefined) {
      this.#environments.delete(id);
      this.#keys.delete(id);
    } else {
      this.#environments.get(id)?.add(key);
      this.#keys.get(id)?.delete(key);
    }
    this.#changed.fire(file);
  }

  dispose(): void {
    this.#changed.dispose();
  }
}

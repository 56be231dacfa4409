import type * as vscode from "vscode";
import type { Policy } from "../../protocol/messages.ts";

/** A change that this window sent and that is not answered yet. */
export interface Running {
  readonly signal: AbortSignal;
  /** The policy with which it is sent again once it was cancelled, when that was asked for. */
  readonly again: Policy | undefined;
  cancel(): void;
  /** Cancels it and sends it again with another policy for absent voters. */
  retryWith(policy: Policy): void;
  end(): void;
}

/** The changes that this window sent and that are not answered yet, so that rows of the view can cancel them. */
export class Submissions {
  readonly #running = new Map<string, Running[]>();

  /** Registers one; its `end` takes it out again. */
  begin(folder: vscode.WorkspaceFolder): Running {
    const id = folder.uri.toString();
    const abort = new AbortController();
    let again: Policy | undefined;
    const running: Running = {
      signal: abort.signal,
      get again() {
        return again;
      },
      cancel: () => abort.abort(),
      retryWith: (policy) => {
        again = policy;
        abort.abort();
      },
      end: () => {
        this.#running.set(
          id,
          this.of(id).filter((each) => each !== running),
        );
      },
    };
    this.#running.set(id, [...this.of(id), running]);
    return running;
  }

  /** Those of a workspace folder (its URI), oldest first. */
  of(folder: string): readonly Running[] {
    return this.#running.get(folder) ?? [];
  }
}

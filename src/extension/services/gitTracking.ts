import * as vscode from "vscode";
import { DisposableStore } from "../../shared/disposable.ts";

/** The part of the API of VS Code's git extension that is used here (its `git.d.ts`, version 1). */
interface GitRepository {
  readonly state: { readonly onDidChange: vscode.Event<void> };
  /** With an empty tree asks the index; rejects for a path that the index does not have. */
  getObjectDetails(treeish: string, path: string): Promise<unknown>;
}

interface GitApi {
  readonly repositories: readonly GitRepository[];
  readonly onDidOpenRepository: vscode.Event<GitRepository>;
  readonly onDidCloseRepository: vscode.Event<GitRepository>;
  getRepository(uri: vscode.Uri): GitRepository | null;
}

interface GitExports {
  readonly enabled: boolean;
  readonly onDidChangeEnablement: vscode.Event<boolean>;
  getAPI(version: 1): GitApi;
}

const gitExtensionId = "vscode.git";

/** Files whose answer is remembered; with more, all are asked anew. */
const answersMax = 500;

/**
 * Knows which files git has in its index. Asks VS Code's git extension in the background and answers with what is known
 * by then, false at first, so that nobody waits for git, or misses it where there is none.
 */
export class GitTracking implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  /** Fires when an answer is another than the one that was given. */
  readonly onDidChange = this.#changed.event;
  readonly #log: vscode.LogOutputChannel;
  readonly #store = new DisposableStore();
  readonly #answers = new Map<string, { readonly uri: vscode.Uri; tracked: boolean }>();
  #api: Promise<GitApi | undefined> | undefined;
  #asking = false;
  #isStale = false;

  constructor(log: vscode.LogOutputChannel) {
    this.#log = log;
    this.#store.add(this.#changed);
  }

  dispose(): void {
    this.#answers.clear();
    this.#store.dispose();
  }

  /** Whether git has the file, as far as is known by now. */
  isTracked(uri: vscode.Uri): boolean {
    if (uri.scheme !== "file") return false;
    const known = this.#answers.get(uri.toString());
    if (known) return known.tracked;
    if (this.#answers.size >= answersMax) this.#answers.clear();
    this.#answers.set(uri.toString(), { uri, tracked: false });
    this.#askAgain();
    return false;
  }

  /** Asks for all files; when it is asked for meanwhile, once more behind that. */
  #askAgain(): void {
    this.#isStale = true;
    if (this.#asking) return;
    this.#asking = true;
    this.#askAll()
      .catch((error: unknown) => {
        this.#log.warn(`Git could not be asked for the files that it tracks: ${String(error)}`);
      })
      .finally(() => {
        this.#asking = false;
      });
  }

  async #askAll(): Promise<void> {
    this.#api ??= this.#open();
    const api = await this.#api;
    while (api !== undefined && this.#isStale) {
      this.#isStale = false;
      let news = false;
      for (const answer of [...this.#answers.values()]) {
        const tracked = await isInIndex(api, answer.uri);
        news ||= tracked !== answer.tracked;
        answer.tracked = tracked;
      }
      if (news) this.#changed.fire();
    }
  }

  async #open(): Promise<GitApi | undefined> {
    const extension = vscode.extensions.getExtension<GitExports>(gitExtensionId);
    if (extension === undefined) return undefined;
    const exports = await extension.activate();
    if (!exports.enabled) {
      this.#waitFor(exports);
      return undefined;
    }
    const api = exports.getAPI(1);
    const watch = (repository: GitRepository): void => {
      this.#store.add(repository.state.onDidChange(() => this.#askAgain()));
      this.#askAgain();
    };
    this.#store.add(api.onDidOpenRepository(watch));
    this.#store.add(api.onDidCloseRepository(() => this.#askAgain()));
    for (const repository of api.repositories) watch(repository);
    return api;
  }

  /** The user may have turned git off, or it was not found yet. */
  #waitFor({ onDidChangeEnablement }: GitExports): void {
    const waiting = onDidChangeEnablement((enabled) => {
      if (!enabled) return;
      waiting.dispose();
      this.#api = undefined;
      this.#askAgain();
    });
    this.#store.add(waiting);
  }
}

async function isInIndex(api: GitApi, uri: vscode.Uri): Promise<boolean> {
  const repository = api.getRepository(uri);
  if (repository === null) return false;
  // What git does not know, and a repository that is just being closed, are refused alike: neither is tracked.
  return repository.getObjectDetails("", uri.fsPath).then(
    () => true,
    () => false,
  );
}

import { lstat } from "node:fs/promises";
import * as vscode from "vscode";
import { isExcludedPath, kindOfName } from "../../dotenv/fileNames.ts";
import type { EnvironmentContents } from "./environmentContents.ts";
import { environmentFileOf, relativePathIn } from "./environmentFile.ts";
import type { EnvironmentIndex } from "./environmentIndex.ts";

/** How long changes are gathered before the views hear of them, in milliseconds. */
const gatherMs = 120;
/**
 * How long after a search its files are looked at again, in milliseconds. VS Code drops a creation and a deletion
 * that follow closely: a file that the search found before its creation was told would stay for ever.
 */
const confirmAfterMs = 500;
/** Appeared paths that are looked at one by one; more than that and the folders are walked again. */
const appearedPathsMax = 100;
/** Vanished paths that are compared with the known files; more than that and the folders are walked again. */
const vanishedPathsMax = 2_000;

/**
 * Keeps index and contents true to the disk and to the editors: file events, typing, opened and closed
 * documents, folders that come and go. Installs nothing before `start`.
 */
export class EnvironmentWatch implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<readonly vscode.Uri[]>();
  /** Fires with the files whose text changed, some milliseconds after the first of several changes. */
  readonly onDidChangeContent = this.#changed.event;
  readonly #index: EnvironmentIndex;
  readonly #contents: EnvironmentContents;
  readonly #log: vscode.LogOutputChannel;
  readonly #disposables: vscode.Disposable[] = [];
  readonly #touched = new Map<string, vscode.Uri>();
  readonly #appeared = new Map<string, vscode.Uri>();
  readonly #vanished = new Map<string, vscode.Uri>();
  #timer: NodeJS.Timeout | undefined;
  #confirmTimer: NodeJS.Timeout | undefined;
  #started = false;

  constructor(index: EnvironmentIndex, contents: EnvironmentContents, log: vscode.LogOutputChannel) {
    this.#index = index;
    this.#contents = contents;
    this.#log = log;
  }

  /** Begins to watch; further calls do nothing. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    const { workspace } = vscode;
    // One watcher for the files, one that also sees folders: a folder that is moved in or removed is
    // reported as itself, not as the files in it.
    const files = workspace.createFileSystemWatcher("**/.env*");
    const folders = workspace.createFileSystemWatcher("**/*", false, true, false);
    const touchDocument = (document: vscode.TextDocument): void => this.#touch(document.uri);
    this.#disposables.push(
      files,
      folders,
      // A deletion and a creation in quick succession are told as one change.
      files.onDidChange((uri) => this.#appear(uri)),
      files.onDidCreate((uri) => this.#appear(uri)),
      files.onDidDelete((uri) => this.#vanish(uri)),
      folders.onDidCreate((uri) => this.#appear(uri)),
      folders.onDidDelete((uri) => this.#vanish(uri)),
      // Without content too: whether a document has unsaved edits is told apart from the edits, and later.
      workspace.onDidChangeTextDocument((event) => touchDocument(event.document)),
      workspace.onDidOpenTextDocument(touchDocument),
      workspace.onDidCloseTextDocument(touchDocument),
      workspace.onDidSaveTextDocument(touchDocument),
      workspace.onDidChangeWorkspaceFolders(() => this.#rescan()),
      this.#index.onDidSearch(() => this.#confirmLater()),
    );
  }

  /** Says that a file was changed by Envpact itself, so that nobody waits for the file event. */
  touch(uri: vscode.Uri): void {
    this.#touch(uri);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#confirmTimer);
    for (const disposable of this.#disposables.splice(0)) disposable.dispose();
    this.#changed.dispose();
  }

  #touch(uri: vscode.Uri): void {
    if (environmentFileOf(uri) === undefined) return;
    // Forgotten at once: whoever reads before the views are told must not get the old text.
    this.#contents.forget(uri);
    this.#touched.set(uri.toString(), uri);
    this.#gather();
  }

  #appear(uri: vscode.Uri): void {
    if (!isOfInterest(uri)) return;
    this.#vanished.delete(uri.toString());
    this.#appeared.set(uri.toString(), uri);
    this.#touch(uri);
    this.#gather();
  }

  #vanish(uri: vscode.Uri): void {
    if (!isOfInterest(uri)) return;
    this.#appeared.delete(uri.toString());
    this.#vanished.set(uri.toString(), uri);
    this.#touch(uri);
    this.#gather();
  }

  #gather(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#deliver().catch((error: unknown) => {
        this.#log.error(`File events could not be handled: ${String(error)}`);
      });
    }, gatherMs);
  }

  #confirmLater(): void {
    clearTimeout(this.#confirmTimer);
    this.#confirmTimer = setTimeout(() => {
      const known = this.#index.known().slice(0, vanishedPathsMax);
      this.#letGo(known.map(({ uri }) => uri)).catch((error: unknown) => {
        this.#log.error(`Files could not be looked at again: ${String(error)}`);
      });
    }, confirmAfterMs);
  }

  async #deliver(): Promise<void> {
    const touched = drain(this.#touched);
    const vanished = drain(this.#vanished);
    const appeared = drain(this.#appeared);
    if (vanished.length > vanishedPathsMax || appeared.length > appearedPathsMax) {
      this.#rescan();
    } else {
      await this.#letGo(vanished);
      await this.#takeUp(appeared);
    }
    if (touched.length > 0) this.#changed.fire(touched);
  }

  /** The word of an event may be older than the disk: what was deleted may be back by now. */
  async #letGo(vanished: readonly vscode.Uri[]): Promise<void> {
    const back = await Promise.all(vanished.map(isThere));
    this.#index.remove(vanished.filter((_, at) => !back[at]));
    for (const uri of vanished.filter((_, at) => back[at])) {
      // Of a folder that was made again nobody says which of its files are the same.
      if (environmentFileOf(uri) === undefined) return this.#rescan();
      this.#index.add(uri);
    }
  }

  async #takeUp(appeared: readonly vscode.Uri[]): Promise<void> {
    for (const uri of appeared) {
      if (kindOfName(uri.path.slice(uri.path.lastIndexOf("/") + 1)) !== undefined) {
        if (await isThere(uri)) this.#index.add(uri);
      } else if (await isFolder(uri)) await this.#index.explore(uri);
    }
  }

  #rescan(): void {
    this.#contents.forgetAll();
    this.#index.refresh().catch((error: unknown) => {
      this.#log.error(`The folders could not be searched: ${String(error)}`);
    });
  }
}

function drain(uris: Map<string, vscode.Uri>): readonly vscode.Uri[] {
  const all = [...uris.values()];
  uris.clear();
  return all;
}

/** True for an environment file and for whatever may be a folder that holds one. */
function isOfInterest(uri: vscode.Uri): boolean {
  if (environmentFileOf(uri) !== undefined) return true;
  const folder = vscode.workspace.getWorkspaceFolder(uri);
  return folder !== undefined && !isExcludedPath(`${relativePathIn(folder, uri)}/.env`);
}

/** Whether a name is taken, be it by a link to nothing: the row of such a link says what it is. */
async function isThere(uri: vscode.Uri): Promise<boolean> {
  const seen: Promise<unknown> =
    uri.scheme === "file" ? lstat(uri.fsPath) : Promise.resolve(vscode.workspace.fs.stat(uri));
  return seen.then(
    () => true,
    () => false,
  );
}

async function isFolder(uri: vscode.Uri): Promise<boolean> {
  try {
    // A link to a folder has another type, and links are not entered.
    return (await vscode.workspace.fs.stat(uri)).type === vscode.FileType.Directory;
  } catch (error) {
    // Gone again already, or not ours to see: in both cases there is nothing to take up.
    if (error instanceof vscode.FileSystemError) return false;
    throw error;
  }
}

import * as vscode from "vscode";
import { compareNames } from "../../dotenv/fileNames.ts";
import { type Discovery, discover, type FolderEntry } from "./environmentDiscovery.ts";
import { type EnvironmentFile, environmentFileOf } from "./environmentFile.ts";

/**
 * Which `.env` files the workspace has. Walks the folders itself, because `findFiles` with an exclude
 * pattern of one's own still hides what the user's `files.exclude` hides, and sees no pipes or folders.
 * Nothing runs before the first call of `files`.
 */
export class EnvironmentIndex implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  /** Fires when files came or went. */
  readonly onDidChange = this.#changed.event;
  readonly #started = new vscode.EventEmitter<void>();
  /** Fires once, when somebody asks for the files for the first time. */
  readonly onDidStart = this.#started.event;
  readonly #searched = new vscode.EventEmitter<void>();
  /** Fires when all folders have been searched. */
  readonly onDidSearch = this.#searched.event;
  readonly #log: vscode.LogOutputChannel;
  #files = new Map<string, EnvironmentFile>();
  #sorted: readonly EnvironmentFile[] | undefined;
  #truncated = false;
  #scan: Promise<void> | undefined;
  #abort = new AbortController();
  #disposed = false;
  /** File events seen while a discovery runs; its result may be older than they are. */
  #during: ((files: Map<string, EnvironmentFile>) => boolean)[] | undefined;

  constructor(log: vscode.LogOutputChannel) {
    this.#log = log;
  }

  /** All files, by workspace folder, directory and name. Starts the discovery the first time. */
  async files(): Promise<readonly EnvironmentFile[]> {
    let scan = this.#scan ?? this.#start();
    // A newer scan may replace the one being waited for; the answer is always the newest one's.
    for (;;) {
      await scan;
      if (this.#scan === undefined || this.#scan === scan) return this.known();
      scan = this.#scan;
    }
  }

  /** The files found so far, in shown order, without starting anything. */
  known(): readonly EnvironmentFile[] {
    this.#sorted ??= [...this.#files.values()].sort(compareFiles);
    return this.#sorted;
  }

  /** True when a limit of the discovery left files out. */
  get truncated(): boolean {
    return this.#truncated;
  }

  /** Looks through all folders again; a discovery under way is cancelled. */
  async refresh(): Promise<void> {
    if (this.#disposed) return;
    await this.#start();
    this.#changed.fire();
  }

  /** Takes up a file that appeared. */
  add(uri: vscode.Uri): void {
    this.#apply((files) => {
      const file = environmentFileOf(uri);
      if (file === undefined || files.has(uri.toString())) return false;
      files.set(uri.toString(), file);
      return true;
    });
  }

  /** Looks for files in a folder that appeared as a whole. */
  async explore(start: vscode.Uri): Promise<void> {
    const folder = vscode.workspace.getWorkspaceFolder(start);
    if (folder === undefined) return;
    const { signal } = this.#abort;
    try {
      const discovery = await this.#discoverBelow(folder, start, signal);
      for (const path of discovery.paths) this.add(vscode.Uri.joinPath(start, path));
    } catch (error) {
      // Aborted by a search of all folders, which finds what this one would have found.
      if (!signal.aborted) throw error;
    }
  }

  /** Drops files that vanished: those at a URI and those below it, should it have been a folder. */
  remove(uris: readonly vscode.Uri[]): void {
    const isGone = (file: EnvironmentFile): boolean =>
      uris.some(
        (uri) =>
          uri.authority === file.uri.authority &&
          (file.uri.path === uri.path || file.uri.path.startsWith(`${uri.path}/`)),
      );
    this.#apply((files) => {
      const gone = [...files].filter(([, file]) => isGone(file));
      for (const [id] of gone) files.delete(id);
      return gone.length > 0;
    });
  }

  /** The known file of a URI. */
  get(uri: vscode.Uri): EnvironmentFile | undefined {
    return this.#files.get(uri.toString());
  }

  /** Names of the known files in a directory. */
  siblings(directory: vscode.Uri): ReadonlySet<string> {
    const id = directory.toString();
    return new Set(this.known().flatMap((file) => (file.directory.toString() === id ? [file.name] : [])));
  }

  dispose(): void {
    this.#disposed = true;
    this.#abort.abort();
    this.#started.dispose();
    this.#searched.dispose();
    this.#changed.dispose();
  }

  #apply(change: (files: Map<string, EnvironmentFile>) => boolean): void {
    this.#during?.push(change);
    if (!change(this.#files)) return;
    this.#sorted = undefined;
    this.#changed.fire();
  }

  #start(): Promise<void> {
    if (this.#scan === undefined) this.#started.fire();
    this.#abort.abort();
    const abort = new AbortController();
    this.#abort = abort;
    this.#during = [];
    const scan = this.#discoverAll(abort.signal);
    this.#scan = scan;
    return scan;
  }

  async #discoverAll(signal: AbortSignal): Promise<void> {
    const found = new Map<string, EnvironmentFile>();
    let truncated = false;
    try {
      for (const folder of vscode.workspace.workspaceFolders ?? []) {
        const discovery = await this.#discoverBelow(folder, folder.uri, signal);
        truncated ||= discovery.truncated;
        for (const path of discovery.paths) {
          const file = environmentFileOf(vscode.Uri.joinPath(folder.uri, path));
          if (file !== undefined) found.set(file.uri.toString(), file);
        }
      }
    } catch (error) {
      // Only a newer scan or the end of the extension aborts; its own result counts, not this one's.
      if (signal.aborted) return;
      throw error;
    }
    if (signal.aborted) return;
    for (const change of this.#during ?? []) change(found);
    this.#during = undefined;
    this.#files = found;
    this.#sorted = undefined;
    this.#truncated = truncated;
    this.#searched.fire();
  }

  async #discoverBelow(
    folder: vscode.WorkspaceFolder,
    start: vscode.Uri,
    signal: AbortSignal,
  ): Promise<Discovery> {
    const at = (path: string): vscode.Uri => (path === "" ? start : vscode.Uri.joinPath(start, path));
    const discovery = await discover({
      signal,
      readFolder: async (path) => (await vscode.workspace.fs.readDirectory(at(path))).map(entryOf),
      isForeign: (path) => vscode.workspace.getWorkspaceFolder(at(path))?.index !== folder.index,
    });
    for (const path of discovery.unreadable) {
      this.#log.warn(`Folder ${at(path).toString(true)} could not be read and was left out.`);
    }
    return discovery;
  }
}

function entryOf([name, type]: [string, vscode.FileType]): FolderEntry {
  return {
    name,
    link: (type & vscode.FileType.SymbolicLink) !== 0,
    type:
      (type & vscode.FileType.Directory) !== 0
        ? "folder"
        : (type & vscode.FileType.File) !== 0
          ? "file"
          : "other",
  };
}

function compareFiles(a: EnvironmentFile, b: EnvironmentFile): number {
  return (
    a.folder.index - b.folder.index ||
    (a.directoryPath < b.directoryPath ? -1 : a.directoryPath > b.directoryPath ? 1 : 0) ||
    compareNames(a.name, b.name)
  );
}

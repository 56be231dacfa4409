import * as vscode from "vscode";
import type { EnvironmentFile } from "../services/environmentFile.ts";
import type { EnvironmentIndex } from "../services/environmentIndex.ts";
import type { RevealedKeys } from "../services/environmentReveal.ts";
import { keyRowsMax } from "../services/environmentRows.ts";
import type { SharedState } from "../services/environmentShared.ts";
import type { EnvironmentSummaries } from "../services/environmentSummaries.ts";
import type { EnvironmentWatch } from "../services/environmentWatch.ts";
import { fileItem, folderItem, keyItem, moreItem } from "./environmentsItems.ts";
import {
  type EnvironmentNode,
  type FileNode,
  type FolderNode,
  fileNodeOf,
  folderNodeOf,
  keyNodeOf,
  moreNodeOf,
} from "./environmentsNodes.ts";

/** Directories that are open at first; with more of them they start closed, so nothing below is read. */
const openDirectoriesMax = 8;

/** What the tree shows and listens to. */
export interface EnvironmentsTreeSources {
  readonly index: EnvironmentIndex;
  readonly watch: EnvironmentWatch;
  readonly summaries: EnvironmentSummaries;
  readonly revealed: RevealedKeys;
  readonly shared: SharedState;
}

/**
 * Workspace folder or package, environment, key. The first level is left out when the one workspace folder
 * holds all files itself. A level is read when it is opened.
 */
export class EnvironmentsTree implements vscode.TreeDataProvider<EnvironmentNode>, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<EnvironmentNode | EnvironmentNode[] | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #loaded = new vscode.EventEmitter<void>();
  /** Fires whenever the first level was read. */
  readonly onDidLoadRoots = this.#loaded.event;
  readonly #sources: EnvironmentsTreeSources;
  /** VS Code recognises a row to refresh by the object it was given, so there is one object an id. */
  readonly #nodes = new Map<string, FileNode | FolderNode>();
  readonly #listening: vscode.Disposable[];

  constructor(sources: EnvironmentsTreeSources) {
    this.#sources = sources;
    this.#listening = [
      sources.index.onDidChange(() => this.refresh()),
      sources.watch.onDidChangeContent((uris) => this.#refreshDirectoriesOf(uris)),
      sources.shared.onDidChange(() => this.#refreshFiles(() => true)),
      sources.summaries.onDidChange(() => this.#refreshFiles(() => true)),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration("envpact.lint")) this.#refreshFiles(() => true);
      }),
      sources.revealed.onDidChange((uri) => this.#refreshFiles((file) => isSame(file.uri, uri))),
    ];
  }

  /** Asks for everything anew; what is open stays open. */
  refresh(): void {
    this.#changed.fire(undefined);
  }

  async getChildren(node?: EnvironmentNode): Promise<EnvironmentNode[]> {
    if (node === undefined) return this.#roots();
    if (node.kind === "folder") {
      const files = await this.#sources.index.files();
      return files
        .filter((file) => isSame(file.directory, node.directory))
        .map((file) => this.#fileNode(file));
    }
    if (node.kind !== "file") return [];
    const summary = await this.#sources.summaries.summaryOf(node.file);
    const { rows } = summary;
    const shown = rows.slice(0, keyRowsMax).map((row) => keyNodeOf(node.file, row, summary));
    return rows.length > keyRowsMax ? [...shown, moreNodeOf(node.file, rows.length - keyRowsMax)] : shown;
  }

  async getParent(node: EnvironmentNode): Promise<EnvironmentNode | undefined> {
    if (node.kind === "folder") return undefined;
    if (node.kind !== "file") return this.#fileNode(node.file);
    const files = await this.#sources.index.files();
    return isGrouped(files) ? this.#folderNode(folderNodeOf(node.file)) : undefined;
  }

  async getTreeItem(node: EnvironmentNode): Promise<vscode.TreeItem> {
    const { summaries, revealed, index } = this.#sources;
    switch (node.kind) {
      case "folder": {
        const files = await index.files();
        const empty = !files.some((file) => isSame(file.directory, node.directory));
        return folderItem(node, empty, directoriesOf(files).length <= openDirectoriesMax);
      }
      case "file": {
        const files = await index.files();
        return fileItem(node, await summaries.summaryOf(node.file), revealed, files.length === 1);
      }
      case "key":
        return keyItem(node, revealed);
      case "more":
        return moreItem(node);
    }
  }

  dispose(): void {
    for (const disposable of this.#listening) disposable.dispose();
    this.#changed.dispose();
    this.#loaded.dispose();
  }

  async #roots(): Promise<EnvironmentNode[]> {
    const files = await this.#sources.index.files();
    this.#loaded.fire();
    const live = new Set(files.map((file) => fileNodeOf(file).id));
    for (const [id, node] of this.#nodes) if (node.kind === "file" && !live.has(id)) this.#nodes.delete(id);
    if (!isGrouped(files)) return files.map((file) => this.#fileNode(file));
    return directoriesOf(files).map((node) => this.#folderNode(node));
  }

  #fileNode(file: EnvironmentFile): FileNode {
    const fresh = fileNodeOf(file);
    const known = this.#nodes.get(fresh.id);
    if (known?.kind === "file" && known.file.folder.index === file.folder.index) return known;
    this.#nodes.set(fresh.id, fresh);
    return fresh;
  }

  #folderNode(fresh: FolderNode): FolderNode {
    const known = this.#nodes.get(fresh.id);
    if (known?.kind === "folder" && known.folder.name === fresh.folder.name) return known;
    this.#nodes.set(fresh.id, fresh);
    return fresh;
  }

  /** An example or an overridden file decides what is missing in its neighbours, so they are asked anew too. */
  #refreshDirectoriesOf(uris: readonly vscode.Uri[]): void {
    const directories = new Set(uris.map((uri) => vscode.Uri.joinPath(uri, "..").toString()));
    this.#refreshFiles((file) => directories.has(file.directory.toString()));
  }

  #refreshFiles(isMeant: (file: EnvironmentFile) => boolean): void {
    const nodes = [...this.#nodes.values()].filter((node) => node.kind === "file" && isMeant(node.file));
    if (nodes.length > 0) this.#changed.fire(nodes);
  }
}

/** Directories with files, and every workspace folder when there are several, in shown order. */
function directoriesOf(files: readonly EnvironmentFile[]): readonly FolderNode[] {
  const nodes = new Map<string, FolderNode>();
  const folders = vscode.workspace.workspaceFolders ?? [];
  const add = (node: FolderNode): void => {
    if (!nodes.has(node.id)) nodes.set(node.id, node);
  };
  for (const folder of folders) {
    if (folders.length > 1) add(folderNodeOf({ folder, directory: folder.uri, directoryPath: "" }));
    for (const file of files) if (file.folder.index === folder.index) add(folderNodeOf(file));
  }
  return [...nodes.values()];
}

function isGrouped(files: readonly EnvironmentFile[]): boolean {
  if (files.length === 0) return false;
  return (
    (vscode.workspace.workspaceFolders?.length ?? 0) > 1 || files.some((file) => file.directoryPath !== "")
  );
}

function isSame(a: vscode.Uri, b: vscode.Uri): boolean {
  return a.toString() === b.toString();
}

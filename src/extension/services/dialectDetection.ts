import * as vscode from "vscode";
import {
  chosenDialects,
  detectReaders,
  type MarkerFile,
  type MarkerFolder,
  markerBytesMax,
  markerFoldersMax,
  markerGlob,
  markerNames,
  type Readers,
} from "../../dotenv/dialectDetection.ts";
import type { DialectId } from "../../dotenv/dialects.ts";
import { DisposableStore } from "../../shared/disposable.ts";
import { dialectsSettingId } from "../ids.ts";
import { watchMarkers } from "./markerWatch.ts";

/** Folders whose dialects are remembered; with more, all are found anew. */
const rememberedFoldersMax = 2_000;

/**
 * Says who reads a `.env` file: the setting, else what the package, module and Compose files in its folder and above
 * it tell, up to the workspace folder. Watches those files from the first question on.
 */
export class DialectDetection implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  /** Fires when files may have other readers than was answered before. */
  readonly onDidChange = this.#changed.event;
  readonly #log: vscode.LogOutputChannel;
  readonly #store = new DisposableStore();
  readonly #byFolder = new Map<string, Promise<Readers>>();
  #watching = false;

  constructor(log: vscode.LogOutputChannel) {
    this.#log = log;
    this.#store.add(this.#changed);
  }

  dispose(): void {
    this.#store.dispose();
  }

  /** The dialects in force for a file, dotenv always among them, in the order of `dialectIds`. Never fails. */
  async dialectsFor(uri: vscode.Uri): Promise<readonly DialectId[]> {
    this.#watch();
    const chosen = chosenDialects(vscode.workspace.getConfiguration(undefined, uri).get(dialectsSettingId));
    return chosen ?? (await this.#readersOf(uri)).dialects;
  }

  /** Whether a package expands references for who reads the file as dotenv or Node do. Never fails. */
  async expandsFor(uri: vscode.Uri): Promise<boolean> {
    this.#watch();
    return (await this.#readersOf(uri)).expands;
  }

  #readersOf(uri: vscode.Uri): Promise<Readers> {
    const folder = vscode.Uri.joinPath(uri, "..");
    const id = folder.toString();
    let readers = this.#byFolder.get(id);
    if (readers === undefined) {
      if (this.#byFolder.size >= rememberedFoldersMax) this.#byFolder.clear();
      readers = this.#detect(folder);
      this.#byFolder.set(id, readers);
    }
    return readers;
  }

  #watch(): void {
    if (this.#watching) return;
    this.#watching = true;
    this.#store.add(watchMarkers(markerGlob, () => this.#forgetAll()));
    this.#store.add(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(dialectsSettingId)) this.#changed.fire();
      }),
    );
  }

  #forgetAll(): void {
    if (this.#byFolder.size === 0) return;
    this.#byFolder.clear();
    this.#changed.fire();
  }

  async #detect(start: vscode.Uri): Promise<Readers> {
    const root = vscode.workspace.getWorkspaceFolder(start)?.uri ?? start;
    const folders: MarkerFolder[] = [];
    try {
      for (let at = start; folders.length < markerFoldersMax; at = vscode.Uri.joinPath(at, "..")) {
        const below = start.path.slice(at.path.length).replace(/^\//, "");
        folders.push({ below, files: await markersOf(at) });
        if (at.path === root.path || at.path === "/") break;
      }
    } catch (error) {
      this.#log.warn(
        `The files that tell who reads the .env files in ${start.path} could not be read: ${error}`,
      );
    }
    return detectReaders(folders);
  }
}

async function markersOf(folder: vscode.Uri): Promise<MarkerFile[]> {
  const entries = await vscode.workspace.fs.readDirectory(folder);
  const files = entries.filter(([, type]) => (type & vscode.FileType.File) !== 0);
  return Promise.all(
    markerNames(files.map(([name]) => name)).map(async (name) => ({
      name,
      text: await textOf(vscode.Uri.joinPath(folder, name)),
    })),
  );
}

/** Empty for a file that is too large or is gone again. */
async function textOf(uri: vscode.Uri): Promise<string> {
  try {
    const { size } = await vscode.workspace.fs.stat(uri);
    if (size > markerBytesMax) return "";
    return Buffer.from(await vscode.workspace.fs.readFile(uri)).toString("utf8");
  } catch (error) {
    if (error instanceof vscode.FileSystemError) return "";
    throw error;
  }
}

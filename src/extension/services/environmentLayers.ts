import * as vscode from "vscode";
import { manifestNames } from "../../dotenv/conventions.ts";
import { type LayerConvention, layersBelow } from "../../dotenv/layers.ts";
import { DisposableStore } from "../../shared/disposable.ts";
import { conventionSettingId } from "../ids.ts";
import { conventionFor } from "./conventionChoice.ts";
import type { EnvironmentFile } from "./environmentFile.ts";
import type { EnvironmentIndex } from "./environmentIndex.ts";
import { watchMarkers } from "./markerWatch.ts";

/** Directories whose convention is remembered; with more, all are found anew. */
const rememberedDirectoriesMax = 2_000;

/**
 * Says which files lie under an environment, so that what they set is not missing in it: the same answer for the tree,
 * the matrix, diagnostics and commands. Watches the files that tell the convention from the first question on.
 */
export class EnvironmentLayers implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  /** Fires when other files may lie under an environment than was answered before. */
  readonly onDidChange = this.#changed.event;
  readonly #index: EnvironmentIndex;
  readonly #store = new DisposableStore();
  readonly #byDirectory = new Map<string, Promise<LayerConvention>>();
  #watching = false;

  constructor(index: EnvironmentIndex) {
    this.#index = index;
    this.#store.add(this.#changed);
  }

  dispose(): void {
    this.#store.dispose();
  }

  /** Names of the files in the same directory that lie under a file, the nearest first. */
  async below(file: EnvironmentFile): Promise<readonly string[]> {
    await this.#index.files();
    return layersBelow(file.name, this.#index.siblings(file.directory), await this.conventionOf(file));
  }

  /** The convention that decides about the layers of a file's directory. */
  conventionOf(file: EnvironmentFile): Promise<LayerConvention> {
    this.#watch();
    const id = file.directory.toString();
    let found = this.#byDirectory.get(id);
    if (found === undefined) {
      if (this.#byDirectory.size >= rememberedDirectoriesMax) this.#byDirectory.clear();
      found = conventionFor(file, undefined).then(({ convention, by }) => ({
        convention,
        isChosen: by === "setting",
      }));
      this.#byDirectory.set(id, found);
      // Whoever asked hears of a failure; the next one asks the disk again.
      found.then(undefined, () => this.#byDirectory.delete(id));
    }
    return found;
  }

  #watch(): void {
    if (this.#watching) return;
    this.#watching = true;
    this.#store.add(watchMarkers(`**/{${manifestNames.join(",")}}`, () => this.#forgetAll()));
    this.#store.add(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(conventionSettingId)) this.#forgetAll();
      }),
    );
  }

  #forgetAll(): void {
    if (this.#byDirectory.size === 0) return;
    this.#byDirectory.clear();
    this.#changed.fire();
  }
}

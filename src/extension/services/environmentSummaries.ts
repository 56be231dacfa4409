import * as vscode from "vscode";
import type { DotenvDocument } from "../../dotenv/document.ts";
import { exampleNameFor } from "../../dotenv/fileNames.ts";
import type { EnvironmentContent, EnvironmentContents } from "./environmentContents.ts";
import { type EnvironmentFile, environmentFileOf } from "./environmentFile.ts";
import { problemKeysOf } from "./environmentFindings.ts";
import type { EnvironmentIndex } from "./environmentIndex.ts";
import type { EnvironmentLayers } from "./environmentLayers.ts";
import { type KeyRow, missingKeys, rowsOf } from "./environmentRows.ts";
import type { SharedState } from "./environmentShared.ts";

/** The example that documents an environment. */
export interface Example {
  readonly uri: vscode.Uri;
  readonly name: string;
  readonly document: DotenvDocument;
}

/** What the tree and the pickers show of one environment. */
export interface EnvironmentSummary {
  readonly content: EnvironmentContent;
  /** Empty when the file cannot be read. */
  readonly rows: readonly KeyRow[];
  /** Name of the example that the file is held against. */
  readonly exampleName: string | undefined;
}

/** Puts a file together with its example, the files beside it, findings and the space's knowledge. */
export class EnvironmentSummaries {
  readonly #index: EnvironmentIndex;
  readonly #contents: EnvironmentContents;
  readonly #shared: SharedState;
  readonly #layers: EnvironmentLayers;
  /** Fires when rows may differ though no file did: other files lie under an environment now. */
  readonly onDidChange: vscode.Event<void>;

  constructor(
    index: EnvironmentIndex,
    contents: EnvironmentContents,
    shared: SharedState,
    layers: EnvironmentLayers,
  ) {
    this.#index = index;
    this.#contents = contents;
    this.#shared = shared;
    this.#layers = layers;
    this.onDidChange = layers.onDidChange;
  }

  /** The rows of a file as it is now. */
  async summaryOf(file: EnvironmentFile): Promise<EnvironmentSummary> {
    const [content, example, inheritedKeys, known] = await Promise.all([
      this.#contents.read(file.uri),
      this.exampleOf(file),
      this.inheritedKeys(file),
      this.knownNames(file.uri),
    ]);
    if (!content.ok) return { content, rows: [], exampleName: example?.name };
    const rows = rowsOf(content.document, {
      exampleKeys: example === undefined ? [] : keysOf(example.document),
      inheritedKeys,
      problemKeys: problemKeysOf(file.uri, content.document, { known, isExample: file.kind === "example" }),
      stateOf: (key) => this.#shared.stateOf(file.uri, key),
    });
    return { content, rows, exampleName: example?.name };
  }

  /** Keys that the file lacks against its example, in the example's order. */
  async missingIn(file: EnvironmentFile): Promise<readonly string[]> {
    const example = await this.exampleOf(file);
    const content = await this.#contents.read(file.uri);
    if (example === undefined || !content.ok) return [];
    return missingKeys(content.document, {
      exampleKeys: keysOf(example.document),
      inheritedKeys: await this.inheritedKeys(file),
    });
  }

  /** The example beside a file, when there is a readable one. */
  async exampleOf(file: EnvironmentFile): Promise<Example | undefined> {
    const name = exampleNameFor(file.name, await this.#siblings(file));
    if (name === undefined) return undefined;
    const uri = vscode.Uri.joinPath(file.directory, name);
    const content = await this.#contents.read(uri);
    return content.ok ? { uri, name, document: content.document } : undefined;
  }

  /** Names that a program has from elsewhere: this machine's environment and the other files of the directory. */
  async knownNames(uri: vscode.Uri): Promise<ReadonlySet<string>> {
    const names = new Set(Object.keys(process.env));
    const file = environmentFileOf(uri);
    if (file === undefined) return names;
    for (const name of await this.#siblings(file)) {
      if (name !== file.name) for (const key of await this.#keysBeside(file, name)) names.add(key);
    }
    return names;
  }

  async #siblings(file: EnvironmentFile): Promise<ReadonlySet<string>> {
    await this.#index.files();
    return this.#index.siblings(file.directory);
  }

  /** Keys that a file need not set, because a file under it does. */
  async inheritedKeys(file: EnvironmentFile): Promise<ReadonlySet<string>> {
    const keys = new Set<string>();
    for (const name of await this.#layers.below(file)) {
      for (const key of await this.#keysBeside(file, name)) keys.add(key);
    }
    return keys;
  }

  async #keysBeside(file: EnvironmentFile, name: string): Promise<readonly string[]> {
    const content = await this.#contents.read(vscode.Uri.joinPath(file.directory, name));
    return content.ok ? keysOf(content.document) : [];
  }
}

function keysOf(document: DotenvDocument): readonly string[] {
  return document.entries.map((entry) => entry.key);
}

import * as vscode from "vscode";
import type { CellState } from "../../dotenv/comparison.ts";
import { type DotenvDocument, effectiveEntry, lineOf, type Span } from "../../dotenv/document.ts";
import { kindOfName, overriddenNames } from "../../dotenv/fileNames.ts";
import type { SchemaItem } from "../../dotenv/schema/model.ts";
import type { EnvironmentContents } from "./environmentContents.ts";
import type { EnvironmentFile } from "./environmentFile.ts";
import type { EnvironmentIndex } from "./environmentIndex.ts";
import type { Schemas } from "./schemas.ts";

/** How a place's value compares with the one that the facts are told against. */
export type PlaceState = Exclude<CellState, "missing">;

/** One file in which a key is assigned. Holds no value. */
export interface KeyPlace {
  readonly uri: vscode.Uri;
  /** `.env.local`; with its folder when environments of several folders are meant. */
  readonly name: string;
  /** The key of the effective entry. */
  readonly range: vscode.Range;
  readonly kind: EnvironmentFile["kind"];
  /** Against the file asked about when it has the key, else against the first environment that has it. */
  readonly state: PlaceState;
}

/** What is known of a key around a file. Holds no value. */
export interface KeyFacts {
  readonly key: string;
  /** Environments first, then examples, in the order of the "Environments" view. */
  readonly places: readonly KeyPlace[];
  /** Names of the environments that neither have the key nor override one that has it. */
  readonly missingIn: readonly string[];
  readonly schema: SchemaItem | undefined;
}

/** A readable environment or example near a file, as its text is now. */
export interface NearDocument {
  readonly file: EnvironmentFile;
  /** As {@link KeyPlace.name}. */
  readonly name: string;
  readonly document: DotenvDocument;
}

/**
 * What the environments near a file know about keys. "Near" is the file's own folder when that has environments,
 * else the nearest folder above it that has, else the whole workspace folder.
 */
export class KeyKnowledge {
  readonly #index: EnvironmentIndex;
  readonly #contents: EnvironmentContents;
  readonly #schemas: Schemas;

  constructor(index: EnvironmentIndex, contents: EnvironmentContents, schemas: Schemas) {
    this.#index = index;
    this.#contents = contents;
    this.#schemas = schemas;
  }

  /** The environments and examples near a file, in the order of the "Environments" view. */
  async filesNear(uri: vscode.Uri): Promise<readonly EnvironmentFile[]> {
    const folder = vscode.workspace.getWorkspaceFolder(uri);
    if (folder === undefined) return [];
    const files = await this.#index.files();
    const root = folder.uri.path.replace(/\/$/, "");
    let directory = uri.path.slice(0, uri.path.lastIndexOf("/"));
    while (directory.startsWith(root)) {
      const beside = files.filter(
        (file) => file.uri.authority === uri.authority && pathOf(file.directory) === directory,
      );
      if (beside.length > 0) return beside;
      if (directory === root) break;
      directory = directory.slice(0, directory.lastIndexOf("/"));
    }
    return files.filter((file) => file.folder.uri.toString() === folder.uri.toString());
  }

  /** The files near a file that can be read, as they are in the editor or on disk. */
  async documentsNear(uri: vscode.Uri): Promise<readonly NearDocument[]> {
    const files = await this.filesNear(uri);
    const severalFolders = new Set(files.map((file) => file.directoryPath)).size > 1;
    const read = await Promise.all(
      files.map(async (file): Promise<NearDocument[]> => {
        const content = await this.#contents.read(file.uri);
        if (!content.ok) return [];
        const name = severalFolders && file.directoryPath ? `${file.directoryPath}/${file.name}` : file.name;
        return [{ file, name, document: content.document }];
      }),
    );
    return read.flat();
  }

  /** Where a key is assigned near a file, where it is missing, and what the schema says of it. */
  async factsOf(key: string, near: vscode.Uri): Promise<KeyFacts> {
    const [facts] = await this.factsOfAll([key], near);
    return facts!;
  }

  /** As {@link factsOf}, for several keys at once, in their order. */
  async factsOfAll(keys: readonly string[], near: vscode.Uri): Promise<readonly KeyFacts[]> {
    const documents = await this.documentsNear(near);
    const schema = await this.#schemaNear(near, documents);
    const ordered = byKind(documents);
    return keys.map((key) => ({
      key,
      places: placesOf(key, ordered, near),
      missingIn: missingIn(key, documents),
      schema: schema?.get(key),
    }));
  }

  /** Every key that an environment, an example or the schema near a file has, each once, in the order of the files. */
  async keysNear(uri: vscode.Uri): Promise<readonly string[]> {
    const documents = await this.documentsNear(uri);
    const schema = await this.#schemaNear(uri, documents);
    const keys = new Set<string>();
    for (const { document } of byKind(documents)) {
      for (const key of document.effectiveEntries.keys()) keys.add(key);
    }
    for (const key of schema?.keys() ?? []) keys.add(key);
    return [...keys];
  }

  async #schemaNear(
    near: vscode.Uri,
    documents: readonly NearDocument[],
  ): Promise<ReadonlyMap<string, SchemaItem> | undefined> {
    // A file of code has no schema of its own: the environments' near it counts.
    const isOwn = kindOfName(near.path.slice(near.path.lastIndexOf("/") + 1)) !== undefined;
    const found = await this.#schemas.schemaFor(isOwn ? near : (documents[0]?.file.uri ?? near));
    return found?.schema.items;
  }
}

/** The place of a span of a document in the editor, which shows no byte order mark. */
export function rangeIn(document: DotenvDocument, { start, end }: Span): vscode.Range {
  const position = (offset: number): vscode.Position => {
    const { line, column } = lineOf(document, offset);
    return new vscode.Position(line - 1, Math.max(0, column - 1 - (line === 1 && document.bom ? 1 : 0)));
  };
  return new vscode.Range(position(start), position(end));
}

function pathOf(uri: vscode.Uri): string {
  return uri.path.replace(/\/$/, "");
}

function byKind(documents: readonly NearDocument[]): readonly NearDocument[] {
  return documents.toSorted(
    (one, other) => Number(one.file.kind === "example") - Number(other.file.kind === "example"),
  );
}

function placesOf(key: string, documents: readonly NearDocument[], near: vscode.Uri): KeyPlace[] {
  const holders = documents.filter(({ document }) => effectiveEntry(document, key));
  const here = holders.find(({ file }) => file.uri.toString() === near.toString());
  const first = here ?? holders[0];
  const against = first && effectiveEntry(first.document, key)?.value;
  return holders.map(({ file, name, document }): KeyPlace => {
    const { value, keySpan } = effectiveEntry(document, key)!;
    const state = value === "" ? "empty" : value === against ? "equal" : "differs";
    return { uri: file.uri, name, range: rangeIn(document, keySpan), kind: file.kind, state };
  });
}

function missingIn(key: string, documents: readonly NearDocument[]): string[] {
  const environments = documents.filter(({ file }) => file.kind === "environment");
  return environments
    .filter(({ file, document }) => {
      if (effectiveEntry(document, key)) return false;
      const beside = environments.filter((other) => pathOf(other.file.directory) === pathOf(file.directory));
      const overridden = overriddenNames(file.name, new Set(beside.map((other) => other.file.name)));
      return !beside.some(
        (other) => overridden.includes(other.file.name) && effectiveEntry(other.document, key),
      );
    })
    .map(({ name }) => name);
}

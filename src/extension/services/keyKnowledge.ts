import * as vscode from "vscode";
import type { ValueState } from "../../dotenv/comparison.ts";
import { type DotenvDocument, effectiveEntry, lineOf, type Span } from "../../dotenv/document.ts";
import { kindOfName } from "../../dotenv/fileNames.ts";
import type { SchemaItem } from "../../dotenv/schema/model.ts";
import type { EnvironmentContents } from "./environmentContents.ts";
import type { EnvironmentFile } from "./environmentFile.ts";
import type { EnvironmentIndex } from "./environmentIndex.ts";
import type { EnvironmentLayers } from "./environmentLayers.ts";
import type { Schemas } from "./schemas.ts";

/** One file in which a key is assigned. Holds no value. */
export interface KeyPlace {
  readonly uri: vscode.Uri;
  /** `.env.local`; with its folder when environments of several folders are meant. */
  readonly name: string;
  /** The key of the effective entry. */
  readonly range: vscode.Range;
  readonly kind: EnvironmentFile["kind"];
  /** Against the file asked about when it has the key, else against the first environment that has it. */
  readonly state: ValueState;
}

/** What is known of a key around a file. Holds no value. */
export interface KeyFacts {
  readonly key: string;
  /** Environments first, then examples, in the order of the "Environments" view. */
  readonly places: readonly KeyPlace[];
  /** Names of the environments that neither have the key nor lie over one that has it. */
  readonly missingIn: readonly string[];
  /** The environments that do not have the key and get it from a file under them. */
  readonly inheritedIn: readonly KeyInheritance[];
  readonly schema: SchemaItem | undefined;
}

/** An environment without a key, and the file that gives it one; names as {@link KeyPlace.name}. */
export interface KeyInheritance {
  readonly name: string;
  readonly from: string;
}

/** A readable environment or example near a file, as its text is now. */
export interface NearDocument {
  readonly file: EnvironmentFile;
  /** As {@link KeyPlace.name}. */
  readonly name: string;
  readonly document: DotenvDocument;
  /** Names of the files in the same directory that give it what it does not set, the nearest first. */
  readonly overrides: readonly string[];
}

/**
 * What the environments near a file know about keys. "Near" is the file's own folder when that has environments,
 * else the nearest folder above it that has, else the whole workspace folder.
 */
export class KeyKnowledge {
  readonly #index: EnvironmentIndex;
  readonly #contents: EnvironmentContents;
  readonly #schemas: Schemas;
  readonly #layers: EnvironmentLayers;

  constructor(
    index: EnvironmentIndex,
    contents: EnvironmentContents,
    schemas: Schemas,
    layers: EnvironmentLayers,
  ) {
    this.#index = index;
    this.#contents = contents;
    this.#schemas = schemas;
    this.#layers = layers;
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
        return [{ file, name, document: content.document, overrides: await this.#layers.below(file) }];
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
      ...withoutKey(key, documents),
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

/** The nearest of the documents under one that has a key. */
export function inheritedFrom(
  key: string,
  { file, overrides }: NearDocument,
  documents: readonly NearDocument[],
): NearDocument | undefined {
  const holders = overrides.map((name) =>
    documents.find(
      (other) =>
        other.file.name === name &&
        pathOf(other.file.directory) === pathOf(file.directory) &&
        effectiveEntry(other.document, key),
    ),
  );
  return holders.find((holder) => holder !== undefined);
}

function withoutKey(
  key: string,
  documents: readonly NearDocument[],
): Pick<KeyFacts, "missingIn" | "inheritedIn"> {
  const missingIn: string[] = [];
  const inheritedIn: KeyInheritance[] = [];
  for (const near of documents) {
    if (near.file.kind !== "environment" || effectiveEntry(near.document, key)) continue;
    const from = inheritedFrom(key, near, documents);
    if (from === undefined) missingIn.push(near.name);
    else inheritedIn.push({ name: near.name, from: from.name });
  }
  return { missingIn, inheritedIn };
}

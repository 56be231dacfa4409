import * as vscode from "vscode";
import type { DotenvDocument } from "../../dotenv/document.ts";
import { exampleNameFor, kindOfName } from "../../dotenv/fileNames.ts";
import type { Schema } from "../../dotenv/schema/model.ts";
import { parseSchema } from "../../dotenv/schema/parse.ts";
import type { EnvironmentContents } from "./environmentContents.ts";
import type { EnvironmentIndex } from "./environmentIndex.ts";

/** The file of a folder that says what its environments must look like. */
export const schemaFileName = ".env.schema";

/** A schema and the file that holds it. */
export interface SchemaFile {
  readonly uri: vscode.Uri;
  /** The file's name, for messages. */
  readonly name: string;
  readonly document: DotenvDocument;
  readonly schema: Schema;
}

/** Schemas that are remembered; the least recently made go first. */
const schemasMax = 64;

/** Finds what the environments of a folder must look like, as it stands in the editor or else on disk. */
export class Schemas implements vscode.Disposable {
  readonly #index: EnvironmentIndex;
  readonly #contents: EnvironmentContents;
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  /** Fires with a `.env.schema` that was typed in, opened, closed, saved, made or deleted. */
  readonly onDidChange = this.#changed.event;
  readonly #read = new Map<string, SchemaFile>();
  readonly #listening: vscode.Disposable[] = [];

  constructor(index: EnvironmentIndex, contents: EnvironmentContents) {
    this.#index = index;
    this.#contents = contents;
  }

  /**
   * The schema that counts for a file: the `.env.schema` in its folder, else the example of that environment
   * when decorators stand in it. For a schema or an example itself, what it says. Undefined when there is none
   * or it cannot be read.
   */
  async schemaFor(uri: vscode.Uri): Promise<SchemaFile | undefined> {
    this.#listen();
    const directory = vscode.Uri.joinPath(uri, "..");
    const beside = await this.#schemaAt(vscode.Uri.joinPath(directory, schemaFileName));
    if (beside !== undefined) return beside;
    await this.#index.files();
    const name = nameOf(uri);
    const example =
      kindOfName(name) === "example" ? name : exampleNameFor(name, this.#index.siblings(directory));
    if (example === undefined) return undefined;
    const found = await this.#schemaAt(vscode.Uri.joinPath(directory, example));
    return found?.schema.decorated ? found : undefined;
  }

  dispose(): void {
    for (const listening of this.#listening.splice(0)) listening.dispose();
    this.#changed.dispose();
  }

  /** Read anew each time, because nobody tells of every change on disk; parsed anew only when the text is another. */
  async #schemaAt(uri: vscode.Uri): Promise<SchemaFile | undefined> {
    const content = await this.#contents.readNow(uri);
    const id = uri.toString();
    const known = this.#read.get(id);
    this.#read.delete(id);
    if (!content.ok) return undefined;
    const same = known !== undefined && known.document.text === content.document.text;
    const { document } = content;
    const file = same ? known : { uri, name: nameOf(uri), document, schema: parseSchema(document) };
    this.#read.set(id, file);
    const oldest = this.#read.keys().next().value;
    if (this.#read.size > schemasMax && oldest !== undefined) this.#read.delete(oldest);
    return file;
  }

  #listen(): void {
    if (this.#listening.length > 0) return;
    const { workspace } = vscode;
    const told = (uri: vscode.Uri): void => {
      if (nameOf(uri) === schemaFileName) this.#changed.fire(uri);
    };
    const watcher = workspace.createFileSystemWatcher(`**/${schemaFileName}`);
    this.#listening.push(
      watcher,
      watcher.onDidChange(told),
      watcher.onDidCreate(told),
      watcher.onDidDelete(told),
      workspace.onDidChangeTextDocument(({ document }) => told(document.uri)),
      workspace.onDidOpenTextDocument((document) => told(document.uri)),
      workspace.onDidCloseTextDocument((document) => told(document.uri)),
    );
  }
}

function nameOf(uri: vscode.Uri): string {
  return uri.path.slice(uri.path.lastIndexOf("/") + 1);
}

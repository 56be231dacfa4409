import * as vscode from "vscode";
import type { DotenvDocument } from "../../dotenv/document.ts";
import { occurrencesOf } from "../../dotenv/occurrences.ts";
import { isNoFile } from "../services/environmentProblems.ts";
import type { EnvironmentServices } from "../services/environments.ts";
import { rangeIn } from "../services/keyKnowledge.ts";
import { nameOf } from "./lintable.ts";
import { parsedDocument } from "./parsedDocuments.ts";

/** A document whose keys are the same symbols as those of the one at hand. */
export interface RelatedDocument {
  readonly uri: vscode.Uri;
  readonly name: string;
  readonly document: DotenvDocument;
}

/** The documents that belong together, and the names of files that do but cannot be read or changed. */
export interface RelatedDocuments {
  /** The document at hand first. */
  readonly documents: readonly RelatedDocument[];
  readonly leftOut: readonly string[];
}

/**
 * The document at hand, the environments and examples in its folder, and the schema that counts for it. `fresh` reads
 * files as they are on disk now, for who changes them: word of a change may still be on its way.
 */
export async function relatedDocuments(
  services: EnvironmentServices,
  here: vscode.TextDocument,
  { fresh = false } = {},
): Promise<RelatedDocuments> {
  const own: RelatedDocument = { uri: here.uri, name: nameOf(here.uri), document: parsedDocument(here) };
  const documents = new Map([[here.uri.toString(), own]]);
  const leftOut: string[] = [];
  const directory = directoryOf(here.uri);
  for (const file of await services.knowledge.filesNear(here.uri)) {
    if (documents.has(file.uri.toString()) || directoryOf(file.uri) !== directory) continue;
    const { contents } = services;
    const content = await (fresh ? contents.readNow(file.uri) : contents.read(file.uri));
    if (content.ok && !content.outside) {
      documents.set(file.uri.toString(), { uri: file.uri, name: file.name, document: content.document });
    } else if (content.ok || !isNoFile(content.reason)) leftOut.push(file.name);
  }
  const schema = await services.schemas.schemaFor(here.uri);
  if (schema && !documents.has(schema.uri.toString())) documents.set(schema.uri.toString(), schema);
  return { documents: [...documents.values()], leftOut };
}

/** Where a name is set, commented out and referred to in a document; without a declaration, all but where it is set. */
export function referenceLocations(
  { uri, document }: Pick<RelatedDocument, "uri" | "document">,
  name: string,
  { includeDeclaration }: vscode.ReferenceContext,
): vscode.Location[] {
  return occurrencesOf(document, name)
    .filter(({ kind }) => includeDeclaration || kind !== "assignment")
    .map(({ span }) => new vscode.Location(uri, rangeIn(document, span)));
}

function directoryOf(uri: vscode.Uri): string {
  return vscode.Uri.joinPath(uri, "..").toString();
}

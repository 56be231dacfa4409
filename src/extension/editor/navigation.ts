import * as vscode from "vscode";
import { effectiveEntry } from "../../dotenv/document.ts";
import { kindOfName } from "../../dotenv/fileNames.ts";
import { type Occurrence, occurrencesOf } from "../../dotenv/occurrences.ts";
import type { EnvironmentServices } from "../services/environments.ts";
import { rangeIn } from "../services/keyKnowledge.ts";
import { schemaFileName } from "../services/schemas.ts";
import { lintableSelector } from "./lintable.ts";
import { occurrenceUnder } from "./occurrenceUnder.ts";
import { parsedDocument } from "./parsedDocuments.ts";
import { type RelatedDocument, referenceLocations, relatedDocuments } from "./relatedDocuments.ts";

/**
 * Where a name is set. For a reference: here, else in the environments beside, else in an example or the schema; for a
 * key: here, in the schema and the example.
 */
class DotenvDefinitions implements vscode.DefinitionProvider {
  readonly #services: EnvironmentServices;

  constructor(services: EnvironmentServices) {
    this.#services = services;
  }

  async provideDefinition(
    document: vscode.TextDocument,
    position: vscode.Position,
  ): Promise<vscode.DefinitionLink[]> {
    const found = occurrenceUnder(document, position);
    if (!found) return [];
    const { documents } = await relatedDocuments(this.#services, document);
    const origin = rangeIn(parsedDocument(document), found.span);
    return definersOf(found, documents).map((definer): vscode.DefinitionLink => {
      const { span, keySpan } = effectiveEntry(definer.document, found.name)!;
      return {
        originSelectionRange: origin,
        targetUri: definer.uri,
        targetRange: rangeIn(definer.document, span),
        targetSelectionRange: rangeIn(definer.document, keySpan),
      };
    });
  }
}

function definersOf(found: Occurrence, documents: readonly RelatedDocument[]): readonly RelatedDocument[] {
  const holders = documents.filter((document) => effectiveEntry(document.document, found.name));
  const here = holders.filter((holder) => holder === documents[0]);
  const documented = holders.filter((holder) => holder !== documents[0] && isDocumentation(holder));
  if (found.kind === "assignment") return [...here, ...documented];
  if (here.length > 0) return here;
  const real = holders.filter((holder) => !documented.includes(holder));
  return real.length > 0 ? real : documented;
}

function isDocumentation({ name }: RelatedDocument): boolean {
  return kindOfName(name) === "example" || name === schemaFileName;
}

/** Every place where a name is set or referred to, in this file and those that belong to it. */
class DotenvReferences implements vscode.ReferenceProvider {
  readonly #services: EnvironmentServices;

  constructor(services: EnvironmentServices) {
    this.#services = services;
  }

  async provideReferences(
    document: vscode.TextDocument,
    position: vscode.Position,
    context: vscode.ReferenceContext,
  ): Promise<vscode.Location[]> {
    const found = occurrenceUnder(document, position);
    if (!found) return [];
    const { documents } = await relatedDocuments(this.#services, document);
    return documents.flatMap((related) => referenceLocations(related, found.name, context));
  }
}

/** The same name elsewhere in the file. */
class DotenvHighlights implements vscode.DocumentHighlightProvider {
  provideDocumentHighlights(
    document: vscode.TextDocument,
    position: vscode.Position,
  ): vscode.DocumentHighlight[] {
    const found = occurrenceUnder(document, position);
    if (!found) return [];
    const parsed = parsedDocument(document);
    const { Read, Write, Text } = vscode.DocumentHighlightKind;
    const kinds = { assignment: Write, reference: Read, commented: Text };
    return occurrencesOf(parsed, found.name).map(
      ({ span, kind }) => new vscode.DocumentHighlight(rangeIn(parsed, span), kinds[kind]),
    );
  }
}

/** Registers definition, references and highlights of keys. */
export function registerNavigation(services: EnvironmentServices): vscode.Disposable {
  const { languages } = vscode;
  return vscode.Disposable.from(
    languages.registerDefinitionProvider(lintableSelector, new DotenvDefinitions(services)),
    languages.registerReferenceProvider(lintableSelector, new DotenvReferences(services)),
    languages.registerDocumentHighlightProvider(lintableSelector, new DotenvHighlights()),
  );
}

import type * as vscode from "vscode";
import { type DotenvDocument, effectiveEntry } from "../../dotenv/document.ts";
import { type Occurrence, occurrenceAt } from "../../dotenv/occurrences.ts";
import type { KeyFacts } from "../services/keyKnowledge.ts";
import { isLintable } from "./lintable.ts";
import { parsedDocument } from "./parsedDocuments.ts";

/** The name under the cursor in a document that is read as a `.env` file; undefined where there is none. */
export function occurrenceUnder(
  document: vscode.TextDocument,
  position: vscode.Position,
): Occurrence | undefined {
  return isLintable(document)
    ? occurrenceAt(parsedDocument(document), document.offsetAt(position))
    : undefined;
}

/**
 * Whether a name is rather a piece of a secret than a reference: it stands behind a `$` without braces, and nothing
 * near the file has a key or a schema's word of that name. `facts` are those of the name.
 */
export function isPieceOfValue(
  document: DotenvDocument,
  { name, kind, span }: Occurrence,
  { places, schema }: KeyFacts,
): boolean {
  if (kind !== "reference" || document.text.charAt(span.start - 1) !== "$") return false;
  return places.length === 0 && schema === undefined && !effectiveEntry(document, name);
}

import type * as vscode from "vscode";
import { type Occurrence, occurrenceAt } from "../../dotenv/occurrences.ts";
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

import type * as vscode from "vscode";
import { type DotenvDocument, parseDocument, reparseDocument } from "../../dotenv/document.ts";

interface Parsed {
  readonly version: number;
  readonly document: DotenvDocument;
}

/** The last reading of each open document; it goes when the editor lets go of the document. */
const parsed = new WeakMap<vscode.TextDocument, Parsed>();

/** An open document as dotenv reads it now. Read once a version, and after an edit only where that reaches. */
export function parsedDocument(document: vscode.TextDocument): DotenvDocument {
  const { version } = document;
  const last = parsed.get(document);
  if (last?.version === version) return last.document;
  const text = document.getText();
  const read = last ? reparseDocument(last.document, text).document : parseDocument(text);
  parsed.set(document, { version, document: read });
  return read;
}

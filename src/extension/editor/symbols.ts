import * as vscode from "vscode";
import type { Span } from "../../dotenv/document.ts";
import { type OutlineNode, outlineOf } from "../../dotenv/outline.ts";
import { isLintable, lintableSelector } from "./lintable.ts";
import { parsedDocument } from "./parsedDocuments.ts";

/** Keys and headings for the outline, the breadcrumbs and "Go to Symbol". Names only. */
class DotenvSymbols implements vscode.DocumentSymbolProvider {
  provideDocumentSymbols(document: vscode.TextDocument): vscode.DocumentSymbol[] {
    if (!isLintable(document)) return [];
    return outlineOf(parsedDocument(document)).map((node) => symbolOf(node, document));
  }
}

function symbolOf(node: OutlineNode, document: vscode.TextDocument): vscode.DocumentSymbol {
  const rangeOf = ({ start, end }: Span) =>
    new vscode.Range(document.positionAt(start), document.positionAt(end));
  if (node.kind === "key") {
    const { key, span, keySpan, effective } = node.entry;
    const detail = effective ? "" : "a later line wins";
    return new vscode.DocumentSymbol(key, detail, vscode.SymbolKind.Key, rangeOf(span), rangeOf(keySpan));
  }
  const { title, span, headingSpan, children } = node;
  const kind = vscode.SymbolKind.Namespace;
  const symbol = new vscode.DocumentSymbol(title, "", kind, rangeOf(span), rangeOf(headingSpan));
  symbol.children = children.map((child) => symbolOf(child, document));
  return symbol;
}

/** Registers the outline of `.env` documents. */
export function registerSymbols(): vscode.Disposable {
  return vscode.languages.registerDocumentSymbolProvider(lintableSelector, new DotenvSymbols(), {
    label: "Envpact",
  });
}

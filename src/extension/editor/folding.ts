import * as vscode from "vscode";
import { type Fold, foldsOf } from "../../dotenv/folding.ts";
import { isLintable, lintableSelector } from "./lintable.ts";
import { parsedDocument } from "./parsedDocuments.ts";

const kinds: Readonly<Record<Fold["kind"], vscode.FoldingRangeKind | undefined>> = {
  section: undefined,
  value: undefined,
  comment: vscode.FoldingRangeKind.Comment,
  region: vscode.FoldingRangeKind.Region,
};

/** Folding by headings, values of several lines, comments and regions. */
class DotenvFolding implements vscode.FoldingRangeProvider {
  provideFoldingRanges(document: vscode.TextDocument): vscode.FoldingRange[] {
    if (!isLintable(document)) return [];
    return foldsOf(parsedDocument(document)).map(
      ({ start, end, kind }) => new vscode.FoldingRange(start, end, kinds[kind]),
    );
  }
}

/** Registers the folding of `.env` documents. */
export function registerFolding(): vscode.Disposable {
  return vscode.languages.registerFoldingRangeProvider(lintableSelector, new DotenvFolding());
}

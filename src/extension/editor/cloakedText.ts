import type * as vscode from "vscode";
import { cloakedSpans, spansBetween } from "../../dotenv/cloaking.ts";
import type { DotenvDocument, Span } from "../../dotenv/document.ts";
import { rangeIn } from "../services/keyKnowledge.ts";
import { parsedDocument } from "./parsedDocuments.ts";

/** Where the values of one version of a text are; offsets become places in the editor only where those are wanted. */
export class CloakedText {
  readonly version: number;
  readonly #parsed: DotenvDocument;
  readonly #spans: readonly Span[];
  #ranges: readonly vscode.Range[] | undefined;

  constructor(document: vscode.TextDocument) {
    this.version = document.version;
    this.#parsed = parsedDocument(document);
    this.#spans = cloakedSpans(this.#parsed);
  }

  /** How many values there are. */
  get count(): number {
    return this.#spans.length;
  }

  /** All values, in order. */
  get ranges(): readonly vscode.Range[] {
    this.#ranges ??= this.#spans.map((span) => rangeIn(this.#parsed, span));
    return this.#ranges;
  }

  /** The values that reach into some lines; both line numbers count from 0 and are meant with what stands on them. */
  between(firstLine: number, lastLine: number): readonly vscode.Range[] {
    const { lineStarts, text } = this.#parsed;
    const start = lineStarts[Math.max(0, firstLine)] ?? text.length;
    const end = lineStarts[lastLine + 1] ?? text.length;
    return spansBetween(this.#spans, { start, end })
      .map((span) => rangeIn(this.#parsed, span))
      .filter((range) => range.start.line <= lastLine && range.end.line >= firstLine);
  }
}

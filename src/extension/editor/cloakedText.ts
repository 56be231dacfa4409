import type * as vscode from "vscode";
import { cloakedSpans, spansBetween } from "../../dotenv/cloaking.ts";
import type { DotenvDocument, Span } from "../../dotenv/document.ts";
import { rangeIn } from "../services/keyKnowledge.ts";
import { parsedDocument } from "./parsedDocuments.ts";

/**
 * Values up to which an editor has decorations on all of them, drawn again at every keystroke. A hundred thousand keep
 * VS Code busy for seconds, in which all stand in clear; of more values those around the screen are decorated, and the
 * colour of the text covers the others (cloakTokens.ts).
 */
export const valuesAtOnceMax = 1_000;
/** Lines above and below the screen whose values are decorated in a document with more values. */
const marginLines = 400;

/** Lines of a document, from 0; the last one included. */
export interface Lines {
  readonly first: number;
  readonly last: number;
}

/** The lines whose values an editor decorates, of a document with so many values and lines. */
export function linesToCloak(values: number, lineCount: number, screen: Lines): Lines {
  if (values <= valuesAtOnceMax) return { first: 0, last: lineCount - 1 };
  return {
    first: Math.max(0, screen.first - marginLines),
    last: Math.min(lineCount - 1, screen.last + marginLines),
  };
}

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

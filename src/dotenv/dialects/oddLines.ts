import { isSpace } from "../characters.ts";
import type { DotenvDocument } from "../document.ts";
import type { Rescan } from "../rescanning.ts";
import type { Span } from "../scanner.ts";
import { recordFrom, recordLength, startField, valueEndField } from "../statements.ts";
import { type DollarLine, dollarLinesAfter, isDollarLine, readDollarLines } from "./dollarLines.ts";
import { emptyLineEnd, plainLineEnd } from "./plain.ts";
import { afterLine } from "./reader.ts";
import type { OtherDialect } from "./readers.ts";

/**
 * The whole lines of a document that some dialect may read otherwise than dotenv; of the lines outside of them each
 * dialect gets what dotenv gets, unless a statement inside of a span goes on over its end. Kept from one keystroke to
 * the next.
 */
export class OddLines {
  readonly #document: DotenvDocument;
  /** By whether `$` is a character like others. */
  readonly #found = new Map<boolean, readonly Span[]>();
  readonly #dollarLines = new Map<OtherDialect, readonly DollarLine[]>();
  #areAllOdd: boolean | undefined;

  private constructor(document: DotenvDocument) {
    this.#document = document;
  }

  /** Those of a whole document, looked for when they are asked for. */
  static of(document: DotenvDocument): OddLines {
    return new OddLines(document);
  }

  /** Those of a document that was made from the one of these, looked for only where it changed. */
  after(change: Rescan, document: DotenvDocument): OddLines {
    const next = new OddLines(document);
    if (this.#areAllOdd !== false) return next;
    const { statements, text } = document;
    const start = change.firstRecord === 0 ? 0 : statements[change.firstRecord + startField]!;
    next.#areAllOdd = hasOddBreaks(document, start, statements[change.rest + startField] ?? text.length);
    if (next.#areAllOdd) return next;
    for (const [dollars, spans] of this.#found) {
      next.#found.set(dollars, followed(spans, change, document, dollars));
    }
    for (const [dialect, lines] of this.#dollarLines) {
      const after = dollarLinesAfter(lines, this.#document, change, document, dialect);
      if (after !== undefined) next.#dollarLines.set(dialect, after);
    }
    return next;
  }

  /** In file order, none touching the next. `dollars`: to the dialects in question `$` is a character like others. */
  spans(dollars: boolean): readonly Span[] {
    const { length } = this.#document.text;
    this.#areAllOdd ??= hasOddBreaks(this.#document, 0, length);
    if (this.#areAllOdd) return [{ start: 0, end: length }];
    let spans = this.#found.get(dollars);
    if (spans === undefined) {
      spans = oddBetween(this.#document, -recordLength, this.#document.statements.length, dollars);
      this.#found.set(dollars, spans);
    }
    return spans;
  }

  /** The assignments of whose lines only a `$` is odd, as a dialect reads them; in file order. */
  dollarLines(dialect: OtherDialect): readonly DollarLine[] {
    let lines = this.#dollarLines.get(dialect);
    if (lines === undefined) {
      const odd = Array.from(recordsIn(this.#document, this.spans(false)));
      const records = this.#areAllOdd ? [] : odd.filter((record) => isDollarLine(this.#document, record));
      lines = readDollarLines(this.#document, dialect, records);
      this.#dollarLines.set(dialect, lines);
    }
    return lines;
  }
}

/** The records that start in spans of a document. */
function* recordsIn({ statements }: DotenvDocument, spans: readonly Span[]): Generator<number> {
  for (const { start, end } of spans) {
    for (
      let record = recordFrom(statements, start);
      record < statements.length && statements[record + startField]! < end;
      record += recordLength
    ) {
      yield record;
    }
  }
}

/** Whether a text has ends of lines, between offsets where one that changed may stand, that not all take for such. */
function hasOddBreaks({ text, quirks }: DotenvDocument, start: number, end: number): boolean {
  return quirks.lineSeparators || (quirks.carriageReturns && /\r(?!\n)/.test(text.slice(start, end)));
}

/**
 * The spans of a document by those of the one it was made from. From one plain assignment to another, what is odd
 * depends on the lines between them only, but for spans that touch where one of the two starts. The assignment where
 * the changed lines end may have lost or got what stands before it on its line, so the plain one is behind it.
 */
function followed(
  before: readonly Span[],
  { firstRecord, rest, delta }: Rescan,
  document: DotenvDocument,
  dollars: boolean,
): readonly Span[] {
  const { text, statements } = document;
  let from = firstRecord - recordLength;
  while (from >= 0 && plainLineEnd(document, from, dollars) === -1) from -= recordLength;
  let to = rest + recordLength;
  while (to < statements.length && plainLineEnd(document, to, dollars) === -1) to += recordLength;
  const start = from < 0 ? 0 : lineStartOf(document, from);
  const end = to < statements.length ? lineStartOf(document, to) : text.length;
  const spans: { start: number; end: number }[] = [];
  const add = (span: Span) => {
    const last = spans.at(-1);
    if (last?.end === span.start) last.end = span.end;
    else spans.push({ ...span });
  };
  for (const span of before) {
    if (span.start >= start) break;
    add({ start: span.start, end: Math.min(span.end, start) });
  }
  for (const span of oddBetween(document, from, Math.min(to, statements.length), dollars)) add(span);
  for (const span of before) {
    if (span.end + delta > end) add({ start: Math.max(span.start + delta, end), end: span.end + delta });
  }
  return spans;
}

/**
 * The odd lines behind one assignment and before another, both plain; a record below 0 stands for the text's start,
 * the length of the list for its end.
 */
function oddBetween(document: DotenvDocument, from: number, to: number, dollars: boolean): readonly Span[] {
  const { text, statements } = document;
  const lines = new Gathered(text);
  let at = 0;
  if (from >= 0) {
    lines.plain(lineStartOf(document, from));
    at = plainLineEnd(document, from, dollars);
  }
  for (let record = from + recordLength; record < to; record += recordLength) {
    const start = lineStartOf(document, record);
    if (start > at) lines.between(at, start);
    const end = plainLineEnd(document, record, dollars);
    if (end !== -1) {
      lines.plain(start);
      at = end;
      continue;
    }
    at = afterLine(text, statements[record + valueEndField]!);
    lines.odd(start, at);
  }
  lines.between(at, to < statements.length ? lineStartOf(document, to) : text.length);
  return lines.spans;
}

/** Gathers the lines that are not plain; lines side by side become one span. */
class Gathered {
  readonly spans: { start: number; end: number }[] = [];
  readonly #text: string;
  /** Where the line of the last plain assignment starts, -1 for none. */
  #lastPlain = -1;

  constructor(text: string) {
    this.#text = text;
  }

  plain(start: number): void {
    this.#lastPlain = start;
  }

  odd(start: number, end: number): void {
    const last = this.spans.at(-1);
    // What Node takes an indented line for depends on what stands before it.
    const indented = isSpace(this.#text.charCodeAt(start)) && this.#lastPlain >= (last?.end ?? 0);
    const from = indented ? this.#lastPlain : start;
    if (last !== undefined && from <= last.end) last.end = Math.max(last.end, end);
    else this.spans.push({ start: from, end });
  }

  /** The lines between two assignments. */
  between(start: number, end: number): void {
    for (let at = start; at < end; ) {
      const empty = emptyLineEnd(this.#text, at);
      const behind = afterLine(this.#text, at);
      if (empty === -1) this.odd(at, behind);
      at = empty === -1 ? behind : empty;
    }
  }
}

function lineStartOf({ text, statements }: DotenvDocument, record: number): number {
  const start = statements[record + startField]!;
  return start === 0 ? 0 : text.lastIndexOf("\n", start - 1) + 1;
}

import { afterLineBreak, isLineBreak, lineEnd, lineStart } from "./characters.ts";
import { isQuoted, type Quirks, readValue } from "./reading.ts";
import {
  eachOtherLine,
  type InvalidReason,
  invalidReason,
  type Span,
  separatorAt,
  statementEnd,
} from "./scanner.ts";
import {
  commentField,
  keyEndField,
  keyStartField,
  recordLength,
  type Statements,
  startField,
  valueEndField,
  valueStartField,
} from "./statements.ts";

export type Quote = '"' | "'" | "`";

/** One assignment as its own lines tell it, whatever else the file holds. */
export interface LocalEntry {
  readonly key: string;
  readonly keySpan: Span;
  /** The raw value with its quotes; empty where there is none. */
  readonly valueSpan: Span;
  /** What dotenv reads: a secret, never to be shown or logged unasked. */
  readonly value: string;
  /** The pair of quotes that dotenv takes off. */
  readonly quote: Quote | undefined;
  /** The value starts with a quote that nothing closes, so the quote is part of what is read. */
  readonly unclosed: boolean;
  /** Written `export KEY=`. */
  readonly exported: boolean;
  readonly separator: "=" | ":";
  /** From `export` or the key to the end of the value and the inline comment. */
  readonly span: Span;
  /** The whole lines of {@link span}, with the newline behind it and without a byte order mark. */
  readonly lineSpan: Span;
  /** The inline comment from its `#`. */
  readonly comment: Span | undefined;
}

/** One assignment that dotenv reads, a duplicate that a later one hides included. */
export interface Entry extends LocalEntry {
  /** False when a later entry has the same key. */
  readonly effective: boolean;
}

/** A line that dotenv takes nothing from though it is neither blank nor a comment. */
export interface InvalidLine {
  /** The line without the space around it. */
  readonly span: Span;
  /** `unclosed-quote` marks the lines that follow a quote nobody closed. */
  readonly reason: InvalidReason;
}

/** A text whose assignments are known; what single records are read from. */
export interface ScannedText {
  readonly text: string;
  readonly statements: Statements;
  readonly quirks: Quirks;
  readonly bom: boolean;
}

/** dotenv assigns to a plain object, where this key changes nothing. */
export const droppedKey = "__proto__";

/** The key of a record. */
export function keyAt({ text, statements }: ScannedText, record: number): string {
  return text.slice(statements[record + keyStartField], statements[record + keyEndField]);
}

/** Whether dotenv reads nothing for a record: its key is `__proto__`. */
export function isDropped({ text, statements }: ScannedText, record: number): boolean {
  const start = statements[record + keyStartField]!;
  return (
    statements[record + keyEndField]! - start === droppedKey.length && text.startsWith(droppedKey, start)
  );
}

/** What dotenv reads for a record. */
export function valueAt({ text, statements, quirks }: ScannedText, record: number): string {
  return readValue(text, statements[record + valueStartField]!, statements[record + valueEndField]!, quirks);
}

/** The entry of a record, but for what depends on other assignments. */
export function localEntryOf(document: ScannedText, record: number): LocalEntry {
  const { text, statements } = document;
  const start = statements[record + startField]!;
  const keyStart = statements[record + keyStartField]!;
  const keyEnd = statements[record + keyEndField]!;
  const valueStart = statements[record + valueStartField]!;
  const valueEnd = statements[record + valueEndField]!;
  const commentStart = statements[record + commentField]!;
  const end = statementEnd(text, statements, record);
  const quoted = isQuoted(text, valueStart, valueEnd);
  return {
    key: keyAt(document, record),
    keySpan: { start: keyStart, end: keyEnd },
    valueSpan: { start: valueStart, end: valueEnd },
    value: valueAt(document, record),
    quote: quoted ? (text.charAt(valueStart) as Quote) : undefined,
    unclosed: !quoted && opensQuote(text, valueStart, valueEnd),
    exported: keyStart > start,
    separator: text.charAt(separatorAt(text, keyEnd)) as "=" | ":",
    span: { start, end },
    lineSpan: {
      start: Math.max(document.bom ? 1 : 0, lineStart(text, start)),
      end: afterLineBreak(text, lineEnd(text, end)),
    },
    comment: commentStart === -1 ? undefined : { start: commentStart, end },
  };
}

/** Whether the raw value starts with a quote of which no second one follows in it. */
function opensQuote(text: string, start: number, end: number): boolean {
  if (start === end || !`"'\``.includes(text.charAt(start))) return false;
  const second = text.indexOf(text.charAt(start), start + 1);
  return second === -1 || second >= end;
}

/**
 * What dotenv takes nothing from in a record and in the lines behind it up to the next one; record -1 stands for
 * the lines before the first.
 */
export function invalidAt(document: ScannedText, record: number): InvalidLine[] {
  const { text, statements } = document;
  const found: InvalidLine[] = [];
  let afterUnclosed = false;
  if (record >= 0) {
    const start = statements[record + keyStartField]!;
    if (isDropped(document, record)) {
      found.push({ span: { start, end: statements[record + keyEndField]! }, reason: "bad-key" });
    } else {
      afterUnclosed = isUnclosed(document, record);
    }
  }
  const [from, to] = linesBehind(document, record);
  eachOtherLine(text, from, to, (kind, start, end) => {
    if (kind === "comment") {
      if (start > 0 && isLineBreak(text.charCodeAt(start - 1))) afterUnclosed = false;
      return;
    }
    const reason = afterUnclosed ? "unclosed-quote" : invalidReason(text.slice(start, end));
    found.push({ span: { start, end }, reason });
  });
  return found;
}

/** The offsets between the end of a record and the start of the next; record -1 stands for the text's start. */
export function linesBehind({ text, statements }: ScannedText, record: number): [number, number] {
  const next = record < 0 ? 0 : record + recordLength;
  const to = next < statements.length ? statements[next + startField]! : text.length;
  return [record < 0 ? 0 : statementEnd(text, statements, record), to];
}

/** Whether the value of a record starts with a quote that nothing closes. */
export function isUnclosed({ text, statements }: ScannedText, record: number): boolean {
  const start = statements[record + valueStartField]!;
  const end = statements[record + valueEndField]!;
  return !isQuoted(text, start, end) && opensQuote(text, start, end);
}

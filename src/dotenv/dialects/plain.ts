import { isSpace } from "../characters.ts";
import type { DotenvDocument } from "../document.ts";
import type { Span } from "../scanner.ts";
import {
  commentField,
  keyEndField,
  keyStartField,
  recordLength,
  startField,
  valueEndField,
  valueStartField,
} from "../statements.ts";
import { afterLine } from "./reader.ts";

/** What an ASCII character may be on a line that all readers read alike. */
const inKey = 1;
const inQuotes = 2;
const unquoted = 4;
/** The same for readers to whom `$` is a character like others. */
const inQuotesWithDollar = 8;
const unquotedWithDollar = 16;

const exportAndSpace = "export ";
const classes = new Uint8Array(128);
for (let code = 32; code < 127; code++) {
  const character = String.fromCharCode(code);
  if (/[\\"'`]/.test(character)) continue;
  classes[code] = inQuotesWithDollar | (character === "#" ? 0 : unquotedWithDollar);
  if (character !== "$") classes[code]! |= inQuotes | (character === "#" ? 0 : unquoted);
  if (/\w/.test(character)) classes[code]! |= inKey;
}

const space = 32;
const tab = 9;
const lineFeed = 10;
const carriageReturn = 13;
const hash = 35;

function holdsOnly(text: string, start: number, end: number, kind: number): boolean {
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code < 128) {
      if ((classes[code]! & kind) === 0) return false;
    } else if (kind === inKey || code < 0xa1 || isSpace(code)) {
      return false;
    }
  }
  return true;
}

/** The offset behind the LF or CRLF at `at`, or at the text's end; -1 where something else stands. */
function behindLine(text: string, at: number): number {
  if (at === text.length) return at;
  const code = text.charCodeAt(at);
  if (code === lineFeed) return at + 1;
  return code === carriageReturn && text.charCodeAt(at + 1) === lineFeed ? at + 2 : -1;
}

/** Whether every reader takes a value, its quotes included, as it stands. */
function isPlainValue(text: string, start: number, end: number, dollars: boolean): boolean {
  const quote = text.charAt(start);
  if (quote === '"' || quote === "'") {
    const kind = dollars ? inQuotesWithDollar : inQuotes;
    return end - start > 1 && text.charAt(end - 1) === quote && holdsOnly(text, start + 1, end - 1, kind);
  }
  return holdsOnly(text, start, end, dollars ? unquotedWithDollar : unquoted);
}

/** Whether nothing stands before a key, or one `export` that no reader trips over. */
function startsPlainly(text: string, start: number, keyStart: number, valueLength: number): boolean {
  if (start === keyStart) return true;
  return (
    valueLength > 0 && keyStart - start === exportAndSpace.length && text.startsWith(exportAndSpace, start)
  );
}

/** Whether one space or more, and no other white space, of which some readers know less, stands between offsets. */
function holdsOnlySpaces(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (text.charCodeAt(at) !== space) return false;
  return start < end;
}

/** The end of the line of an assignment that every reader reads alike, -1 for one that some may read otherwise. */
function plainLineEnd({ text, statements }: DotenvDocument, record: number, dollars: boolean): number {
  const start = statements[record + startField]!;
  const keyStart = statements[record + keyStartField]!;
  const keyEnd = statements[record + keyEndField]!;
  const valueStart = statements[record + valueStartField]!;
  const valueEnd = statements[record + valueEndField]!;
  const comment = statements[record + commentField]!;
  if (!startsPlainly(text, start, keyStart, valueEnd - valueStart)) return -1;
  if (valueStart !== keyEnd + 1 || text.charAt(keyEnd) !== "=") return -1;
  if (start > 0 && text.charCodeAt(start - 1) !== lineFeed) return -1;
  if (!holdsOnly(text, keyStart, keyEnd, inKey) || !isPlainValue(text, valueStart, valueEnd, dollars))
    return -1;
  if (comment === -1) return behindLine(text, valueEnd);
  // A comment behind nothing belongs to some readers' value, and godotenv looks for the last ` #` of the line.
  if (valueEnd === valueStart || !holdsOnlySpaces(text, valueEnd, comment)) return -1;
  let end = comment + 1;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code === hash) return -1;
    if (code === lineFeed || code === carriageReturn) break;
  }
  return behindLine(text, end);
}

/** The end of a blank line, or of one that starts with `#`; -1 for any other. */
function emptyLineEnd(text: string, start: number): number {
  let at = start;
  if (text.charCodeAt(at) === hash) return afterLine(text, at);
  while (text.charCodeAt(at) === space || text.charCodeAt(at) === tab) at++;
  return behindLine(text, at);
}

/** Gathers the lines that are not plain; lines side by side become one span. */
class OddLines {
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
    const indented = isSpace(this.#text.charCodeAt(start)) && this.#lastPlain > (last?.start ?? -1);
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

/**
 * The whole lines of a document that some dialect may read otherwise than dotenv; of the lines outside of them each
 * dialect gets what dotenv gets, unless a statement inside of a span goes on over its end. In file order.
 * `dollars`: to the dialects in question `$` is a character like others.
 */
export function oddSpans(document: DotenvDocument, dollars = false): readonly Span[] {
  const { text, statements, quirks } = document;
  if (text === "") return [];
  if (quirks.lineSeparators || (quirks.carriageReturns && /\r(?!\n)/.test(text))) {
    return [{ start: 0, end: text.length }];
  }
  const lines = new OddLines(text);
  let at = 0;
  for (let record = 0; record < statements.length; record += recordLength) {
    const start = lineStartAt(text, statements[record + startField]!);
    if (start > at) lines.between(at, start);
    const end = document.bom && at === 0 ? -1 : plainLineEnd(document, record, dollars);
    if (end !== -1) {
      lines.plain(start);
      at = end;
      continue;
    }
    at = afterLine(text, statements[record + valueEndField]!);
    lines.odd(start, at);
  }
  lines.between(at, text.length);
  return lines.spans;
}

function lineStartAt(text: string, offset: number): number {
  return offset === 0 ? 0 : text.lastIndexOf("\n", offset - 1) + 1;
}

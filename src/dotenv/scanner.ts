import {
  afterLineBreak,
  byteOrderMark,
  equalsSign,
  hash,
  isKeyCode,
  isSpace,
  lineEnd,
  skipSpace,
  skipSpaceInLine,
} from "./characters.ts";
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

/** `invalid` is a line, without the space around it, that dotenv skips though it is no comment. */
export type TokenKind =
  | "bom"
  | "space"
  | "newline"
  | "export"
  | "key"
  | "separator"
  | "value"
  | "comment"
  | "invalid";

/** A part of a text by UTF-16 offsets, the end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** One piece of the text; the pieces of a document cover it without a gap. */
export interface Token extends Span {
  readonly kind: TokenKind;
  readonly text: string;
}

const exportLength = "export".length;

/**
 * Visits the comments and the lines that no reader takes in between two offsets with no assignment between them,
 * each without the space around it.
 */
export function eachOtherLine(
  text: string,
  from: number,
  to: number,
  visit: (kind: "comment" | "invalid", start: number, end: number) => void,
): void {
  for (let at = skipSpace(text, from); at < to; at = skipSpace(text, at)) {
    const start = at;
    at = lineEnd(text, start);
    if (text.charCodeAt(start) === hash) {
      visit("comment", start, at);
      continue;
    }
    let last = at;
    while (isSpace(text.charCodeAt(last - 1))) last--;
    visit("invalid", start, last);
  }
}

/** Where an assignment ends, with the comment behind it. */
export function statementEnd(text: string, statements: Statements, record: number): number {
  const comment = statements[record + commentField]!;
  return comment === -1 ? statements[record + valueEndField]! : lineEnd(text, comment);
}

/** Cuts a text into tokens in order; joining their texts gives the text back. */
class Tokenizer {
  readonly tokens: Token[] = [];
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Adds everything from the last token's end to `end` as one token; nothing when that is empty. */
  push(kind: TokenKind, end: number): void {
    const start = this.#at;
    if (end <= start) return;
    this.tokens.push({ kind, start, end, text: this.#text.slice(start, end) });
    this.#at = end;
  }

  /** Adds space and newlines up to `end`. */
  pushBlank(end: number): void {
    while (this.#at < end) {
      const behind = afterLineBreak(this.#text, this.#at);
      if (behind > this.#at) this.push("newline", behind);
      else this.push("space", Math.min(end, skipSpaceInLine(this.#text, this.#at)));
    }
  }

  /** Adds the lines up to `end` that hold no assignment. */
  pushOtherLines(end: number): void {
    eachOtherLine(this.#text, this.#at, end, (kind, start, stop) => {
      this.pushBlank(start);
      this.push(kind, stop);
    });
    this.pushBlank(end);
  }

  pushStatement(statements: Statements, record: number): void {
    const start = statements[record + startField]!;
    const keyStart = statements[record + keyStartField]!;
    const keyEnd = statements[record + keyEndField]!;
    this.pushOtherLines(start);
    if (keyStart > start) this.push("export", start + exportLength);
    this.pushBlank(keyStart);
    this.push("key", keyEnd);
    const separator = separatorAt(this.#text, keyEnd);
    this.pushBlank(separator);
    this.push("separator", separator + 1);
    this.pushBlank(statements[record + valueStartField]!);
    this.push("value", statements[record + valueEndField]!);
    const end = statementEnd(this.#text, statements, record);
    if (end === this.#at) return;
    this.pushBlank(statements[record + commentField]!);
    this.push("comment", end);
  }
}

/** The offset of an assignment's `=` or `:`, given where its key ends. */
export function separatorAt(text: string, keyEnd: number): number {
  return text.charCodeAt(keyEnd) === equalsSign ? keyEnd : skipSpace(text, keyEnd);
}

/** Every token of a text whose assignments are known; their texts joined are the text, for any text. */
export function tokenize(text: string, statements: Statements): Token[] {
  const tokenizer = new Tokenizer(text);
  if (text.charCodeAt(0) === byteOrderMark) tokenizer.push("bom", 1);
  for (let record = 0; record < statements.length; record += recordLength) {
    tokenizer.pushStatement(statements, record);
  }
  tokenizer.pushOtherLines(text.length);
  return tokenizer.tokens;
}

/** Why dotenv takes nothing from a line that is neither blank nor a comment. */
export type InvalidReason = "no-separator" | "bad-key" | "unclosed-quote" | "garbage";

/**
 * Names what is wrong with the text of an `invalid` token: a key without `=`, an `=` behind what is no key,
 * or neither.
 */
export function invalidReason(line: string): InvalidReason {
  let start = 0;
  if (/^export\s/.test(line)) start = skipSpace(line, exportLength);
  let end = start;
  while (end < line.length && isKeyCode(line.charCodeAt(end))) end++;
  if (end > start && (end === line.length || line.charAt(end) === ":")) return "no-separator";
  return line.includes("=") ? "bad-key" : "garbage";
}

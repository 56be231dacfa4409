import {
  afterLineBreak,
  backslash,
  carriageReturn,
  colon,
  equalsSign,
  hash,
  isKeyCode,
  isLineBreak,
  isQuote,
  isSpace,
  lineEnd,
  lineFeed,
  skipSpace,
} from "./characters.ts";

/**
 * Where dotenv reads an assignment: records of {@link recordLength} UTF-16 offsets, in file order,
 * flat because a file of 100,000 lines must not cost 100,000 objects before anybody asks for them.
 * A value's offsets hold its quotes and not the space around it; both are the same for no value.
 */
export type Statements = Int32Array;

/**
 * Where assignments are, and which of them depend on text far behind them: pairs of a record and the offset up to
 * which its reading looked, for values whose quote was searched beyond the place where they end.
 */
export interface Scan {
  readonly statements: Statements;
  readonly farsighted: readonly { readonly record: number; readonly horizon: number }[];
}

export const recordLength = 6;
/** Offset of `export`, or of the key when there is none. */
export const startField = 0;
export const keyStartField = 1;
export const keyEndField = 2;
export const valueStartField = 3;
export const valueEndField = 4;
/** Offset of the inline comment's `#`, -1 for none. */
export const commentField = 5;

const recordsAtFirst = 64;
const exportLength = 6;

/** Collects records in one typed array that doubles when full. */
export class StatementList {
  readonly farsighted: { record: number; horizon: number }[] = [];
  #fields = new Int32Array(recordsAtFirst * recordLength);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Says that reading the next record looked at the text up to `horizon`. */
  looked(horizon: number): void {
    this.farsighted.push({ record: this.#length, horizon });
  }

  add(
    start: number,
    keyStart: number,
    keyEnd: number,
    valueStart: number,
    valueEnd: number,
    comment: number,
  ): void {
    if (this.#length === this.#fields.length) this.#grow();
    const fields = this.#fields;
    const at = this.#length;
    fields[at + startField] = start;
    fields[at + keyStartField] = keyStart;
    fields[at + keyEndField] = keyEnd;
    fields[at + valueStartField] = valueStart;
    fields[at + valueEndField] = valueEnd;
    fields[at + commentField] = comment;
    this.#length = at + recordLength;
  }

  finish(): Statements {
    return this.#fields.length === this.#length ? this.#fields : this.#fields.slice(0, this.#length);
  }

  #grow(): void {
    const grown = new Int32Array(this.#fields.length * 2);
    grown.set(this.#fields);
    this.#fields = grown;
  }
}

/** The offset behind `=` or `:` and its one space when a separator follows the key, else -1. */
function afterSeparator(text: string, keyEnd: number): number {
  const code = text.charCodeAt(keyEnd);
  if (code === equalsSign) return keyEnd + 1;
  if (code === colon) {
    const next = keyEnd + 1;
    if (next >= text.length || !isSpace(text.charCodeAt(next))) return -1;
    const broken = afterLineBreak(text, next);
    return broken === next ? next + 1 : broken;
  }
  const at = skipSpace(text, keyEnd);
  return at < text.length && text.charCodeAt(at) === equalsSign ? at + 1 : -1;
}

/** Whether a quote may close at `at`: nothing but space up to a line break, a comment or the end follows. */
function mayClose(text: string, at: number): boolean {
  for (let next = at + 1; next < text.length; next++) {
    const code = text.charCodeAt(next);
    if (isLineBreak(code) || code === hash) return true;
    if (!isSpace(code)) return false;
  }
  return true;
}

/**
 * The quote that closes the one at `open`, or -1. The pattern `Q(?:\\Q|[^Q])*Q` takes the first quote
 * without a backslash before it, and when that cannot close, falls back to the last escaped one that can.
 * A later opening quote of the same kind is such a first quote, so no text is searched more than once a kind.
 */
function closingQuote(text: string, open: number, list: StatementList): number {
  const quote = text.charAt(open);
  let escapedCloser = -1;
  for (let at = text.indexOf(quote, open + 1); at !== -1; at = text.indexOf(quote, at + 1)) {
    const closes = mayClose(text, at);
    if (text.charCodeAt(at - 1) !== backslash) {
      if (closes) return at;
      list.looked(lineEnd(text, at));
      return escapedCloser;
    }
    if (closes) escapedCloser = at;
  }
  list.looked(text.length + 1);
  return escapedCloser;
}

/** The offset of the `#` that follows `from` on the same line, -1 for none. */
function commentAfter(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === hash) return at;
    if (!isSpace(code) || isLineBreak(code)) return -1;
  }
  return -1;
}

/** Adds the record of an assignment whose separator ends at `after`; returns where reading goes on. */
function readAssignment(
  text: string,
  list: StatementList,
  start: number,
  keyStart: number,
  keyEnd: number,
  after: number,
): number {
  const first = skipSpace(text, after);
  if (first < text.length && isQuote(text.charCodeAt(first))) {
    const close = closingQuote(text, first, list);
    if (close !== -1) {
      const comment = commentAfter(text, close + 1);
      list.add(start, keyStart, keyEnd, first, close + 1, comment);
      return comment === -1 ? close + 1 : lineEnd(text, comment);
    }
  }
  let end = after;
  while (end < text.length) {
    const code = text.charCodeAt(end);
    if (code === hash || code === lineFeed || code === carriageReturn) break;
    end++;
  }
  let valueEnd = end;
  while (valueEnd > after && isSpace(text.charCodeAt(valueEnd - 1))) valueEnd--;
  if (valueEnd === after && isLineBreak(text.charCodeAt(after - 1))) {
    // The newline is the one space that `:` needs; what follows it is a line of its own.
    list.add(start, keyStart, keyEnd, keyEnd + 1, keyEnd + 1, -1);
    return after;
  }
  const comment = end < text.length && text.charCodeAt(end) === hash ? end : -1;
  list.add(start, keyStart, keyEnd, valueEnd === after ? after : first, valueEnd, comment);
  return comment === -1 ? end : lineEnd(text, comment);
}

/** Whether `export` and a space stand at `at`. */
function exportsAt(text: string, at: number): boolean {
  return (
    text.charCodeAt(at) === 101 &&
    text.startsWith("export", at) &&
    at + exportLength < text.length &&
    isSpace(text.charCodeAt(at + exportLength))
  );
}

/** Reads the assignment that starts at `at`, if one does; returns where reading goes on, on a later line or behind it. */
export function readStatement(text: string, list: StatementList, at: number): number {
  let keyStart = at;
  if (exportsAt(text, at)) {
    const next = skipSpace(text, at + exportLength);
    if (next < text.length && isKeyCode(text.charCodeAt(next))) keyStart = next;
  }
  let keyEnd = keyStart;
  while (keyEnd < text.length && isKeyCode(text.charCodeAt(keyEnd))) keyEnd++;
  const after = keyEnd === keyStart ? -1 : afterSeparator(text, keyEnd);
  return after === -1 ? lineEnd(text, at) : readAssignment(text, list, at, keyStart, keyEnd, after);
}

/**
 * Finds every assignment that dotenv 18's default parser reads, in one linear pass over any text.
 * It follows that parser's `LINE` pattern, after its rule that CRLF and a lone CR are one LF:
 * `^\s*(?:export\s+)?([\w.-]+)(?:\s*=\s*?|:\s+?)(\s*'…'|\s*"…"|\s*`…`|[^#\r\n]+)?\s*(?:#.*)?$` with flags m and g.
 */
export function scanText(text: string): Scan {
  const list = new StatementList();
  let at = skipSpace(text, 0);
  while (at < text.length) at = skipSpace(text, readStatement(text, list, at));
  return { statements: list.finish(), farsighted: list.farsighted };
}

/** {@link scanText} for who reads the text once. */
export function scanStatements(text: string): Statements {
  return scanText(text).statements;
}

/**
 * The first record that starts at `offset` or behind it, or of which another part does: the offset of that part's
 * field. The length of the list for none.
 */
export function recordFrom(statements: Statements, offset: number, field = startField): number {
  let low = 0;
  let high = statements.length / recordLength;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (statements[middle * recordLength + field]! < offset) low = middle + 1;
    else high = middle;
  }
  return low * recordLength;
}

/** The one assignment on the line that starts at `lineStart`, or no record. */
export function statementOnLine(text: string, lineStart: number): Statements {
  const list = new StatementList();
  const at = skipSpace(text, lineStart);
  if (at < text.length) readStatement(text, list, at);
  return list.finish();
}

import { afterLineBreak, byteOrderMark, lineEnd, lineStart } from "./characters.ts";
import { type CommentedEntry, commentedIn } from "./commented.ts";
import { isQuoted, type Quirks, quirksOf, readValue } from "./reading.ts";
import {
  type InvalidReason,
  invalidReason,
  type Span,
  separatorAt,
  type Token,
  tokenize,
} from "./scanner.ts";
import {
  commentField,
  keyEndField,
  keyStartField,
  recordLength,
  type Statements,
  scanStatements,
  startField,
  valueEndField,
  valueStartField,
} from "./statements.ts";

export type { CommentedEntry } from "./commented.ts";
export type { Span } from "./scanner.ts";

export type Quote = '"' | "'" | "`";

/** One assignment that dotenv reads, a duplicate that a later one hides included. */
export interface Entry {
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

/** A `.env` text and everything it holds. Offsets count UTF-16 units of `text`, a byte order mark included. */
export interface DotenvDocument {
  readonly text: string;
  /** Where the assignments are: what the views below are made from. */
  readonly statements: Statements;
  readonly quirks: Quirks;
  /** Joined, their texts are `text`. */
  readonly tokens: readonly Token[];
  readonly entries: readonly Entry[];
  readonly effectiveEntries: ReadonlyMap<string, Entry>;
  readonly commented: readonly CommentedEntry[];
  readonly invalid: readonly InvalidLine[];
  /** The offset of each line's first character; lines end at LF, CRLF or a lone CR. */
  readonly lineStarts: readonly number[];
  readonly bom: boolean;
  /** The newline used most; LF where there is none. */
  readonly eol: "\n" | "\r\n" | "\r";
}

/** dotenv assigns to a plain object, where this key changes nothing. */
const droppedKey = "__proto__";

function keyAt({ text, statements }: DotenvDocument, record: number): string {
  return text.slice(statements[record + keyStartField], statements[record + keyEndField]);
}

function valueAt({ text, statements, quirks }: DotenvDocument, record: number): string {
  return readValue(text, statements[record + valueStartField]!, statements[record + valueEndField]!, quirks);
}

/** Each view of the text is made when first asked for: most readers want one of them. */
class ScannedDocument implements DotenvDocument {
  readonly text: string;
  readonly statements: Statements;
  readonly bom: boolean;
  readonly quirks: Quirks;
  #tokens: Token[] | undefined;
  #entries: Entry[] | undefined;
  #effective: Map<string, Entry> | undefined;
  #commented: CommentedEntry[] | undefined;
  #invalid: InvalidLine[] | undefined;
  #lineStarts: number[] | undefined;
  #eol: "\n" | "\r\n" | "\r" | undefined;

  constructor(text: string) {
    this.text = text;
    this.statements = scanStatements(text);
    this.bom = text.charCodeAt(0) === byteOrderMark;
    this.quirks = quirksOf(text);
  }

  get tokens(): readonly Token[] {
    this.#tokens ??= tokenize(this.text, this.statements);
    return this.#tokens;
  }

  get entries(): readonly Entry[] {
    this.#entries ??= this.#readEntries();
    return this.#entries;
  }

  get effectiveEntries(): ReadonlyMap<string, Entry> {
    this.#effective ??= new Map(this.entries.map((entry) => [entry.key, entry]));
    return this.#effective;
  }

  get commented(): readonly CommentedEntry[] {
    this.#commented ??= commentedIn(this.text, this.tokens);
    return this.#commented;
  }

  get invalid(): readonly InvalidLine[] {
    this.#invalid ??= invalidIn(this);
    return this.#invalid;
  }

  get lineStarts(): readonly number[] {
    this.#lineStarts ??= Array.from(
      this.text.matchAll(/^|\r\n?|\n/g),
      (found) => found.index + found[0].length,
    );
    return this.#lineStarts;
  }

  get eol(): "\n" | "\r\n" | "\r" {
    this.#eol ??= prevailingNewline(this.text);
    return this.#eol;
  }

  #readEntries(): Entry[] {
    const entries: Entry[] = [];
    const seen = new Set<string>();
    for (let record = this.statements.length - recordLength; record >= 0; record -= recordLength) {
      const key = keyAt(this, record);
      if (key === droppedKey) continue;
      entries.push(this.#readEntry(record, key, !seen.has(key)));
      seen.add(key);
    }
    return entries.reverse();
  }

  #readEntry(record: number, key: string, effective: boolean): Entry {
    const { text, statements } = this;
    const start = statements[record + startField]!;
    const keyStart = statements[record + keyStartField]!;
    const keyEnd = statements[record + keyEndField]!;
    const valueStart = statements[record + valueStartField]!;
    const valueEnd = statements[record + valueEndField]!;
    const commentStart = statements[record + commentField]!;
    const comment =
      commentStart === -1 ? undefined : { start: commentStart, end: lineEnd(text, commentStart) };
    const end = comment?.end ?? valueEnd;
    const quoted = isQuoted(text, valueStart, valueEnd);
    return {
      key,
      keySpan: { start: keyStart, end: keyEnd },
      valueSpan: { start: valueStart, end: valueEnd },
      value: valueAt(this, record),
      quote: quoted ? (text.charAt(valueStart) as Quote) : undefined,
      unclosed: !quoted && opensQuote(text, valueStart, valueEnd),
      exported: keyStart > start,
      separator: text.charAt(separatorAt(text, keyEnd)) as "=" | ":",
      span: { start, end },
      lineSpan: {
        start: Math.max(this.bom ? 1 : 0, lineStart(text, start)),
        end: afterLineBreak(text, lineEnd(text, end)),
      },
      comment,
      effective,
    };
  }
}

/** Whether the raw value starts with a quote of which no second one follows in it. */
function opensQuote(text: string, start: number, end: number): boolean {
  if (start === end || !`"'\``.includes(text.charAt(start))) return false;
  const second = text.indexOf(text.charAt(start), start + 1);
  return second === -1 || second >= end;
}

function invalidIn(document: DotenvDocument): InvalidLine[] {
  const found: InvalidLine[] = [];
  const unclosed = new Set<number>();
  for (const entry of document.entries) if (entry.unclosed) unclosed.add(entry.valueSpan.start);
  let afterUnclosed = false;
  for (const [index, token] of document.tokens.entries()) {
    const span = { start: token.start, end: token.end };
    if (token.kind === "key") {
      afterUnclosed = false;
      if (token.text === droppedKey) found.push({ span, reason: "bad-key" });
    } else if (token.kind === "value") {
      afterUnclosed = unclosed.has(token.start);
    } else if (token.kind === "comment" && document.tokens[index - 1]?.kind === "newline") {
      afterUnclosed = false;
    } else if (token.kind === "invalid") {
      found.push({ span, reason: afterUnclosed ? "unclosed-quote" : invalidReason(token.text) });
    }
  }
  return found;
}

function prevailingNewline(text: string): "\n" | "\r\n" | "\r" {
  const counts = { "\n": 0, "\r\n": 0, "\r": 0 };
  for (const [newline] of text.matchAll(/\r\n?|\n/g)) counts[newline as "\n" | "\r\n" | "\r"]++;
  if (counts["\r\n"] > counts["\n"]) return counts["\r"] > counts["\r\n"] ? "\r" : "\r\n";
  return counts["\r"] > counts["\n"] ? "\r" : "\n";
}

/** Reads any text; nothing is an error, what dotenv skips is kept and named in `invalid`. */
export function parseDocument(text: string): DotenvDocument {
  return new ScannedDocument(text);
}

/**
 * What an application gets: for every text deep-equal to `dotenv.parse(text)` of dotenv 18 at its default parser.
 * A plain object as dotenv's own, so ask it with `Object.hasOwn`; `__proto__` is never among its keys.
 */
export function values(document: DotenvDocument): Record<string, string> {
  const result: Record<string, string> = {};
  for (let record = 0; record < document.statements.length; record += recordLength) {
    const key = keyAt(document, record);
    if (key !== droppedKey) result[key] = valueAt(document, record);
  }
  return result;
}

/** The entry whose value an application sees, the last with this key. */
export function effectiveEntry(document: DotenvDocument, key: string): Entry | undefined {
  return document.effectiveEntries.get(key);
}

/**
 * The line and column of an offset, both from 1, the column in UTF-16 units.
 * Lines end at LF, CRLF or a lone CR, as in an editor. Offsets outside the text count as its nearest end.
 */
export function lineOf(document: DotenvDocument, offset: number): { line: number; column: number } {
  const at = Math.min(Math.max(offset, 0), document.text.length);
  const starts = document.lineStarts;
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= at) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: at - starts[low]! + 1 };
}

import { expandedCharactersMax } from "../reference.ts";
import type { DifferenceKind } from "./dialect.ts";
import { skipWhile } from "./spaces.ts";

/** An assignment as a dialect reads it. Offsets count in the text the reader was made for. */
export interface ReadStatement {
  readonly kind: "statement";
  /** Where its key starts. */
  readonly keyStart: number;
  readonly key: string;
  /** Null where the key stands alone and nobody gives it a value. */
  readonly value: string | null;
  /** The value before `$…` was replaced. */
  readonly literal: string | null;
  /** `$…` was replaced, or would be by a command's output. */
  readonly expanded: boolean;
  readonly end: number;
}

/** The dialect gives the whole file up at this place. */
export interface Refused {
  readonly kind: "refused";
  readonly at: number;
  readonly cause: DifferenceKind;
  /** Where one may go on to find what else it would not read. */
  readonly end: number;
}

/** Nothing was taken from the text up to `end`: blank lines, comments, a line that is skipped. */
export interface Skipped {
  readonly kind: "skipped";
  readonly end: number;
}

export type Step = ReadStatement | Refused | Skipped;

/** The most UTF-16 units the references of one file may add up to; then values stay as they are written. */
export const expandedFileCharactersMax = 16 * 1024 * 1024;

/** What stands for a name where a dialect replaces `$…`, and how much of that one reading may still do. */
export class Names {
  readonly environment: Readonly<Record<string, string>>;
  readonly #inFile: (name: string) => string | null | undefined;
  #charactersLeft = expandedFileCharactersMax;

  constructor(
    inFile: (name: string) => string | null | undefined,
    environment: Readonly<Record<string, string>>,
  ) {
    this.#inFile = inFile;
    this.environment = environment;
  }

  /** UTF-16 units that {@link join} may still make; below 0 when it made no more of something. */
  get charactersLeft(): number {
    return this.#charactersLeft;
  }

  /** What the file says; undefined where it does not set the name so far. */
  inFile(name: string): string | null | undefined {
    return this.#inFile(name);
  }

  inEnvironment(name: string): string | undefined {
    return Object.hasOwn(this.environment, name) ? this.environment[name] : undefined;
  }

  /** Joins the pieces of an expanded value; gives `literal` back where they grow over a limit. */
  join(pieces: readonly string[], literal: string): string {
    let length = 0;
    for (const piece of pieces) length += piece.length;
    if (length > expandedCharactersMax && length > literal.length) return literal;
    this.#charactersLeft -= length;
    return this.#charactersLeft < 0 ? literal : pieces.join("");
  }
}

/** What the letters behind a backslash stand for in C, and in the dialects that follow it. */
export const letterEscapes = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
} as const;

/** A text, and how one dialect reads it. */
export abstract class TextReader {
  protected readonly text: string;
  protected readonly names: Names;

  constructor(text: string, names: Names) {
    this.text = text;
    this.names = names;
  }

  /**
   * Reads the next statement at or behind an offset before the text's end; the step's end lies behind that offset.
   * Keeps nothing from one step to the next but caches, so a reading may start at any line that a statement starts on.
   */
  abstract step(from: number): Step;
}

/** The offset behind `export` and the space after it; `start` itself when they do not stand there. */
export function behindExport(text: string, start: number, isSpace: (code: number) => boolean): number {
  if (!text.startsWith("export", start)) return start;
  const end = start + "export".length;
  const behind = skipWhile(text, end, isSpace);
  return behind > end ? behind : start;
}

/** The offset of the first LF at or after `from`; the text's length when there is none. */
export function lineFeedFrom(text: string, from: number): number {
  const newline = text.indexOf("\n", from);
  return newline === -1 ? text.length : newline;
}

/** The offset behind the first LF at or after `from`; the text's length when there is none. */
export function afterLine(text: string, from: number): number {
  const newline = text.indexOf("\n", from);
  return newline === -1 ? text.length : newline + 1;
}

/**
 * The first quote behind the one at `open` that no backslash precedes; where there is none, with `orEscaped` the
 * last one, else -1.
 */
export function closingQuote(text: string, open: number, orEscaped: boolean): number {
  const quote = text.charAt(open);
  let escaped = -1;
  for (let at = text.indexOf(quote, open + 1); at !== -1; at = text.indexOf(quote, at + 1)) {
    if (text.charAt(at - 1) !== "\\") return at;
    escaped = at;
  }
  return orEscaped ? escaped : -1;
}

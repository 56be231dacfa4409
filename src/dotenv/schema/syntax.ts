import type { Span } from "../scanner.ts";
import type { SchemaProblemCode } from "./model.ts";

/** A value of a decorator or of an option, as it is written. */
export type Argument = StaticArgument | CallArgument | ListArgument;

export interface StaticArgument {
  readonly kind: "static";
  readonly span: Span;
  /** Without quotes, `\"` in them undone. */
  readonly text: string;
  readonly quoted: boolean;
}

/** `name(…)`. */
export interface CallArgument {
  readonly kind: "call";
  readonly span: Span;
  readonly name: string;
  readonly nameSpan: Span;
  readonly parts: readonly ArgumentPart[];
}

/** `[…]` or `{…}`. */
export interface ListArgument {
  readonly kind: "list" | "object";
  readonly span: Span;
  readonly parts: readonly ArgumentPart[];
}

/** One of the comma-separated parts of `(…)`, `[…]` or `{…}`. */
export interface ArgumentPart {
  readonly span: Span;
  /** The name before `=`. */
  readonly key: { readonly name: string; readonly span: Span } | undefined;
  /** Undefined when nothing follows `=`. */
  readonly value: Argument | undefined;
}

export interface Decorator {
  readonly name: string;
  /** With the `@`. */
  readonly nameSpan: Span;
  /** From `@` to the end of its value. */
  readonly span: Span;
  /** Undefined for the name alone, which means true. */
  readonly value: Argument | undefined;
  /** Written `@name(…)`; the value is then a call without a name. */
  readonly bare: boolean;
}

/** What is wrong with the way a decorator is written. */
export interface SyntaxProblem {
  readonly span: Span;
  readonly code: SchemaProblemCode;
  /** What to do about it. */
  readonly next: string;
}

/** How deep parentheses, brackets and braces may stand in each other. */
export const nestingMax = 8;

const closers: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

function isBlank(character: string): boolean {
  return character === " " || character === "\t";
}

function isBreak(character: string): boolean {
  return character === "\n" || character === "\r" || character === "\u2028" || character === "\u2029";
}

function isWord(character: string): boolean {
  return /^\w$/.test(character);
}

function isLetter(character: string): boolean {
  return /^[A-Za-z]$/.test(character);
}

/**
 * Reads decorators from one text by @env-spec's grammar, going on behind every mistake. `limit` is the end of the
 * comment: an argument list may go on behind the `#` of a further comment line up to there.
 */
export class DecoratorScanner {
  at: number;
  readonly problems: SyntaxProblem[] = [];
  /** A list was left open to the end of the comment: no other may span lines then, which bounds the work. */
  leftOpen = false;
  readonly #text: string;
  #limit: number;

  constructor(text: string, at: number, limit: number) {
    this.#text = text;
    this.at = at;
    this.#limit = limit;
  }

  /** The character at an offset; empty behind the limit. */
  peek(at: number = this.at): string {
    return at < this.#limit ? this.#text.charAt(at) : "";
  }

  skipBlank(): void {
    while (isBlank(this.peek())) this.at++;
  }

  /** The end of the line that holds an offset, or the limit. */
  lineEnd(from: number = this.at): number {
    let at = from;
    while (at < this.#limit && !isBreak(this.#text.charAt(at))) at++;
    return at;
  }

  atLineEnd(): boolean {
    const character = this.peek();
    return character === "" || isBreak(character);
  }

  /** The name at {@link at}, `@` before it; undefined when none stands there. */
  readName(): { readonly name: string; readonly span: Span } | undefined {
    if (this.peek() !== "@" || !isLetter(this.peek(this.at + 1))) return undefined;
    const start = this.at;
    let end = start + 2;
    while (isWord(this.peek(end)) || (this.peek(end) === "-" && isWord(this.peek(end + 1)))) end++;
    this.at = end;
    return { name: this.#text.slice(start + 1, end), span: { start, end } };
  }

  /** What stands behind a decorator's `=`; undefined when nothing does. */
  readValue(): Argument | undefined {
    return this.#readArgument("", 0);
  }

  /** The text behind a decorator's `=` up to white space or `#`, or the quoted one. */
  readPlain(): StaticArgument | undefined {
    const quoted = this.#readQuoted();
    if (quoted !== undefined) return quoted;
    return this.#readBare((character) => isBlank(character) || character === "#");
  }

  /** The `(…)` of `@name(…)`. */
  readBareCall(): CallArgument {
    const start = this.at;
    const parts = this.#readParts("(", 0);
    return { kind: "call", span: { start, end: this.at }, name: "", nameSpan: { start, end: start }, parts };
  }

  problem(code: SchemaProblemCode, span: Span, next: string): void {
    this.problems.push({ code, span, next });
  }

  /** An argument; `closer` is the character that ends the list it stands in, empty at a decorator's own value. */
  #readArgument(closer: string, depth: number): Argument | undefined {
    const character = this.peek();
    const start = this.at;
    if (character === "[" || character === "{") {
      const parts = this.#readParts(character, depth);
      return { kind: character === "[" ? "list" : "object", span: { start, end: this.at }, parts };
    }
    const quoted = this.#readQuoted();
    if (quoted !== undefined) return quoted;
    const nameEnd = this.#callNameEnd();
    if (nameEnd !== undefined) {
      this.at = nameEnd;
      const parts = this.#readParts("(", depth);
      const name = this.#text.slice(start, nameEnd);
      return { kind: "call", span: { start, end: this.at }, name, nameSpan: { start, end: nameEnd }, parts };
    }
    if (closer === "") return this.readPlain();
    const inBraces = closer !== ")";
    return this.#readBare(
      (each) => isBlank(each) || each === "," || each === ")" || (inBraces && (each === "]" || each === "}")),
    );
  }

  /** The end of a name that `(` follows directly. */
  #callNameEnd(): number | undefined {
    if (!isLetter(this.peek())) return undefined;
    let end = this.at + 1;
    while (isWord(this.peek(end))) end++;
    return this.peek(end) === "(" ? end : undefined;
  }

  #readBare(ends: (character: string) => boolean): StaticArgument | undefined {
    const start = this.at;
    while (!this.atLineEnd() && !ends(this.peek())) this.at++;
    if (this.at === start) return undefined;
    const span = { start, end: this.at };
    return { kind: "static", span, text: this.#text.slice(start, this.at), quoted: false };
  }

  #readQuoted(): StaticArgument | undefined {
    const quote = this.peek();
    if (quote !== '"' && quote !== "'" && quote !== "`") return undefined;
    const start = this.at;
    let end = start + 1;
    while (end < this.#limit && this.peek(end) !== quote && !isBreak(this.peek(end))) {
      end += this.peek(end) === "\\" && this.peek(end + 1) === quote ? 2 : 1;
    }
    const closed = this.peek(end) === quote;
    this.at = Math.min(closed ? end + 1 : end, this.#limit);
    const span = { start, end: this.at };
    if (!closed) this.problem("unclosed-quote", span, `Close it with ${quote} on the same line.`);
    const inner = this.#text.slice(start + 1, closed ? end : this.at);
    return { kind: "static", span, text: inner.replaceAll(`\\${quote}`, quote), quoted: true };
  }

  /** The parts between `opener` at {@link at} and its closer, which is read too. */
  #readParts(opener: string, depth: number): ArgumentPart[] {
    const closer = closers[opener]!;
    const start = this.at;
    const parts: ArgumentPart[] = [];
    this.at++;
    if (depth >= nestingMax) {
      this.problem("too-deep", { start, end: start + 1 }, `Nest at most ${nestingMax} levels.`);
      this.at = this.lineEnd();
      return parts;
    }
    let comma = true;
    for (this.#skipGap(); this.at < this.#limit && this.peek() !== closer; this.#skipGap()) {
      if (this.atLineEnd()) break;
      const before = this.at;
      if (this.peek() === ",") {
        if (comma)
          this.problem("empty-argument", this.#one(), "Write something before the comma, or take it away.");
        comma = true;
        this.at++;
        continue;
      }
      if (!comma)
        this.problem(
          "missing-comma",
          this.#one(),
          "Put a comma between two options; put text with spaces, commas or parentheses into quotes.",
        );
      const part = this.#readPart(closer, depth);
      if (part !== undefined) parts.push(part);
      // A closer of another kind belongs to nothing.
      if (this.at === before) this.at++;
      comma = false;
    }
    if (this.peek() === closer) this.at++;
    else this.#reportOpen(opener, start);
    return parts;
  }

  #reportOpen(opener: string, start: number): void {
    this.leftOpen = true;
    const last = this.problems.at(-1);
    // What is open inside keeps what is around it open, too: one report is enough.
    const open = last?.code === "unclosed-parenthesis" || last?.code === "too-deep";
    if (open && last.span.start > start) return;
    const next = `Close it with ${closers[opener]}; a list that goes on needs # at the start of each line.`;
    this.problem("unclosed-parenthesis", { start, end: start + 1 }, next);
  }

  #one(): Span {
    return { start: this.at, end: this.at + 1 };
  }

  #readPart(closer: string, depth: number): ArgumentPart | undefined {
    const start = this.at;
    const key = this.#readKey();
    const value = this.#readArgument(closer, depth + 1);
    const span = { start, end: this.at };
    if (key !== undefined && value === undefined) {
      this.problem("missing-value", key.span, "Write a value behind the =.");
    }
    return key === undefined && value === undefined ? undefined : { span, key, value };
  }

  /** `name=` at {@link at}. */
  #readKey(): { readonly name: string; readonly span: Span } | undefined {
    if (!isLetter(this.peek())) return undefined;
    const start = this.at;
    let end = start + 1;
    while (isWord(this.peek(end))) end++;
    let equals = end;
    while (isBlank(this.peek(equals))) equals++;
    if (this.peek(equals) !== "=") return undefined;
    let behind = equals + 1;
    while (isBlank(this.peek(behind))) behind++;
    const span = { start, end };
    if (behind - end > 1) {
      this.problem("space-in-option", { start: end, end: behind }, "Write it without spaces around the =.");
    }
    this.at = behind;
    return { name: this.#text.slice(start, end), span };
  }

  /** Skips blanks and, where the list may span lines, line breaks with the `#` behind them and comments before them. */
  #skipGap(): void {
    for (;;) {
      this.skipBlank();
      const comment = this.peek() === "#" && (isBlank(this.peek(this.at + 1)) || this.at + 1 >= this.#limit);
      const end = comment ? this.lineEnd() : this.at;
      if (this.leftOpen || end >= this.#limit || !isBreak(this.peek(end))) {
        if (comment) this.at = end;
        return;
      }
      let next = end + (this.peek(end) === "\r" && this.peek(end + 1) === "\n" ? 2 : 1);
      while (isBlank(this.peek(next))) next++;
      if (this.peek(next) !== "#") return;
      this.at = next + 1;
    }
  }
}

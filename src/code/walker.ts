import {
  type CodeUsage,
  nameCharactersMax,
  type UsageForm,
  type UsageKind,
  usagesPerFileMax,
} from "./usage.ts";

/** A kind of string literal: how it ends, and what in it is code. */
export interface StringKind {
  readonly close: string;
  /** A backslash takes the next character along. */
  readonly escapes: boolean;
  /** The closing text written twice stands for itself. */
  readonly doubles?: boolean;
  /** May span lines. One that may not, and is left open, was no string at all. */
  readonly lines: boolean;
  /** What opens code within the string; `}` ends it. */
  readonly hole?: string;
  /** The hole's opener written twice stands for itself. */
  readonly holeDoubles?: boolean;
  /** A single character rather than a text, so never a name. */
  readonly isCharacter?: boolean;
  /** Characters of the opener that are passed over; the rest is read as code. */
  readonly holeSkip?: number;
  /** A bracket that opens within the string what `close` then closes. */
  readonly nests?: string;
}

/** How a literal that may be a name is read, and where the code goes on. */
export interface Literal {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** Behind the closing quote. */
  readonly after: number;
}

export interface ScanOptions {
  /** Also names that are still being typed: empty ones, and literals that nothing closes yet. */
  readonly incomplete?: boolean;
  /** Behind this offset nothing is named any more, unless the object of variables gets a name of its own. */
  readonly stop?: number;
  /** Gather string literals that could be names, for {@link Walker.literals}. */
  readonly literals?: boolean;
}

const lineFeed = 10;
const carriageReturn = 13;
const backslash = 92;
const variableName = /^[A-Za-z_][\w.-]*$/;

/** Usages in the order of the text. */
export function inOrder(usages: CodeUsage[]): CodeUsage[] {
  return usages.sort((one, other) => one.nameSpan.start - other.nameSpan.start);
}

/** Adds to usages those of another walk over the same text that stand in other places, as many as one file may have. */
export function withFurther(usages: readonly CodeUsage[], further: readonly CodeUsage[]): CodeUsage[] {
  const known = new Set(usages.map(({ nameSpan }) => nameSpan.start));
  const others = further.filter(({ nameSpan }) => !known.has(nameSpan.start));
  return inOrder([...usages, ...others.slice(0, Math.max(0, usagesPerFileMax - usages.length))]);
}

/** Whether a UTF-16 code may be part of an identifier; beyond ASCII everything is taken for a letter. */
export function isWordCode(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 48 && code <= 57) ||
    code === 95 ||
    code > 127
  );
}

/**
 * The walk that every scanner shares: jumps with one pattern from token to token that matters (comments, quotes,
 * braces, certain words), passes over comments and strings, and enters the code within strings.
 * Every character is looked at a bounded number of times, and nothing throws, whatever the text.
 */
export abstract class Walker {
  readonly usages: CodeUsage[] = [];
  /** String literals that could be the name of a variable, in order; only when asked for. */
  readonly literals: CodeUsage[] = [];
  /** The code asks for variables by names that it puts together at run time, or hands all of them on. */
  isDynamic = false;
  protected readonly text: string;
  protected readonly end: number;
  protected readonly incomplete: boolean;
  protected readonly gathers: boolean;
  /** Global; matches a comment's start, a quote, a brace or a word that matters. */
  protected abstract tokens: RegExp;
  #at: number;
  #stop: number;
  #depth = 0;
  readonly #open: number[] = [];
  readonly #holes: { readonly kind: StringKind; readonly depth: number; readonly nested: number }[] = [];
  /** For a closing text, up to where it is known that none follows. */
  readonly #unclosed = new Map<string, number>();
  #comment = { start: -1, end: -1 };

  constructor(text: string, options: ScanOptions, start = 0, end = text.length) {
    this.text = text;
    this.end = end;
    this.incomplete = options.incomplete === true;
    this.gathers = options.literals === true;
    this.#at = start;
    this.#stop = Math.min(options.stop ?? end, end);
  }

  /** Reads the text to its end and returns what was found, in order. */
  run(): CodeUsage[] {
    while (this.#at <= this.#stop && this.usages.length < usagesPerFileMax) {
      this.tokens.lastIndex = this.#at;
      const found = this.tokens.exec(this.text);
      if (!found || found.index >= this.end) break;
      this.#at = Math.max(this.next(found[0], found.index), found.index + 1);
    }
    return this.usages;
  }

  /** Reads on to the end of the text: something in it has been given another name. */
  protected readToEnd(): void {
    this.#stop = this.end;
  }

  /** What stands at a token other than a brace; returns where reading goes on. */
  protected abstract token(token: string, at: number): number;

  /** Where the comment that starts at `at` ends, or `at` when none does. */
  protected abstract commentEnd(at: number): number;

  /** Told of every brace of the code, and where reading goes on: behind a hole's end, in or behind its string. */
  protected brace(_at: number, _next: number): void {
    // Only walkers that keep their tokens want to know.
  }

  /** Takes a token that matters up; returns where reading goes on. */
  protected next(token: string, at: number): number {
    if (token === "{") {
      this.#depth++;
      this.#open.push(at);
      this.brace(at, at + 1);
      return at + 1;
    }
    if (token === "}") return this.#closeBrace(at);
    const end = this.commentEnd(at);
    if (end > at) return this.#passComment(at, end);
    return this.token(token, at);
  }

  #closeBrace(at: number): number {
    const hole = this.#holes.at(-1);
    if (hole && this.#depth === hole.depth) {
      this.#holes.pop();
      const next = this.#inString(hole.kind, at + 1, -1, hole.nested);
      this.brace(at, next);
      return next;
    }
    if (this.#open.pop() !== undefined) this.#depth--;
    this.brace(at, at + 1);
    return at + 1;
  }

  #passComment(start: number, end: number): number {
    const joins = this.before(start) === this.#comment.start;
    this.#comment = { start: joins ? this.#comment.start : start, end };
    return end;
  }

  /** The offset behind the last character before `at` that is neither space nor comment. */
  protected before(at: number): number {
    let end = at;
    for (;;) {
      while (end > 0 && this.text.charCodeAt(end - 1) <= 32) end--;
      if (end === 0 || end !== this.#comment.end) return end;
      end = this.#comment.start;
    }
  }

  /** The first offset at or behind `at` that is neither space nor comment. */
  protected skip(at: number): number {
    let next = at;
    for (;;) {
      while (next < this.end && this.text.charCodeAt(next) <= 32) next++;
      const end = next < this.end ? this.commentEnd(next) : next;
      if (end === next) return next;
      next = end;
    }
  }

  /** Passes over a string whose opening quote ends at `from`; what nothing closes is taken for a lone character. */
  protected string(kind: StringKind, from: number): number {
    if (from <= (this.#unclosed.get(kind.close) ?? -1)) return from;
    const behind = this.#inString(kind, from, from);
    if (this.gathers && !kind.isCharacter) this.#gather(from, behind - kind.close.length, behind, kind.close);
    return behind;
  }

  /** Notes the literal between two offsets when it could be a name. A part of a name that is put together is none. */
  #gather(start: number, end: number, behind: number, close: string): void {
    if (end <= start || end - start > nameCharactersMax || this.literals.length >= usagesPerFileMax) return;
    const name = this.text.slice(start, end);
    if (!variableName.test(name) || !this.text.startsWith(close, end)) return;
    const opener = start - close.length;
    if (this.text.charAt(this.before(opener) - 1) === "+" || this.text.charAt(this.skip(behind)) === "+")
      return;
    const nameSpan = { start, end };
    this.literals.push({ name, nameSpan, kind: "mention", form: "literal", hasDefault: true });
  }

  /** Whether it is already known that `close` does not come before the end of the line or text. */
  protected isKnownUnclosed(close: string, from: number): boolean {
    return from <= (this.#unclosed.get(close) ?? -1);
  }

  /** Remembers that from here to `stop` no `close` comes. */
  protected noteUnclosed(close: string, stop: number): void {
    this.#unclosed.set(close, stop);
  }

  /** `fallback`: where to go on when nothing closes the string; -1 when it has been entered already. */
  #inString(kind: StringKind, from: number, fallback: number, nested = 0): number {
    const { text, end } = this;
    const close = kind.close.charCodeAt(0);
    const hole = kind.hole === undefined ? -1 : kind.hole.charCodeAt(0);
    const nest = kind.nests === undefined ? -1 : kind.nests.charCodeAt(0);
    let open = nested;
    for (let at = from; at < end; at++) {
      const code = text.charCodeAt(at);
      if (code === backslash && kind.escapes) at++;
      else if (code === nest) open++;
      else if (code === close && open > 0) open--;
      else if (code === close && text.startsWith(kind.close, at)) {
        const behind = at + kind.close.length;
        if (!kind.doubles || !text.startsWith(kind.close, behind)) return behind;
        at = behind + kind.close.length - 1;
      } else if (code === hole && text.startsWith(kind.hole!, at)) {
        const behind = at + kind.hole!.length;
        if (kind.holeDoubles && text.startsWith(kind.hole!, behind)) at = behind + kind.hole!.length - 1;
        else {
          this.#holes.push({ kind, depth: this.#depth, nested: open });
          return at + (kind.holeSkip ?? kind.hole!.length);
        }
      } else if (!kind.lines && (code === lineFeed || code === carriageReturn)) {
        return this.#leftOpen(kind, at, fallback);
      }
    }
    return this.#leftOpen(kind, end, fallback);
  }

  #leftOpen(kind: StringKind, stop: number, fallback: number): number {
    if (fallback === -1) return stop;
    this.#unclosed.set(kind.close, stop);
    return fallback;
  }

  /** Notes a usage; names that are empty or too long count only while they are typed. */
  protected add(name: Literal, kind: UsageKind, form: UsageForm, hasDefault: boolean): void {
    if (name.name.length > nameCharactersMax || (name.name === "" && !this.incomplete)) return;
    const nameSpan = { start: name.start, end: name.end };
    this.usages.push({ name: name.name, nameSpan, kind, form, hasDefault: hasDefault || kind !== "read" });
  }

  /** The text that a sticky pattern matches at `at`, with its groups. */
  protected match(pattern: RegExp, at: number): RegExpExecArray | undefined {
    pattern.lastIndex = at;
    return pattern.exec(this.text) ?? undefined;
  }

  /** The identifier at `at`; an empty one only while typing. */
  protected identifier(at: number): Literal | undefined {
    let end = at;
    while (end < this.end && isWordCode(this.text.charCodeAt(end))) end++;
    if (end === at && !this.incomplete) return undefined;
    return { name: this.text.slice(at, end), start: at, end, after: end };
  }

  /**
   * The literal at `at` that holds nothing but a name. `pattern` is sticky, with the quote, the name and the
   * closing quote as its last three groups.
   */
  protected literal(pattern: RegExp, at: number): Literal | undefined {
    const found = this.match(pattern, at);
    if (!found) return undefined;
    const [whole, closing, name = ""] = [found[0], found.at(-1), found.at(-2)];
    if (closing === undefined && !this.incomplete) return undefined;
    const end = at + whole.length - (closing?.length ?? 0);
    return { name, start: end - name.length, end, after: at + whole.length };
  }

  /** The identifier that ends right before `end`. */
  protected wordBefore(end: number): string {
    let start = end;
    while (start > 0 && end - start < nameCharactersMax && isWordCode(this.text.charCodeAt(start - 1)))
      start--;
    return this.text.slice(start, end);
  }
}

/** The operators of `${NAME<operator>word}`: with a colon an empty value counts as unset. */
export type ReferenceOperator = ":-" | "-" | ":+" | "+";

/** A piece of a value, `${NAME}`, `$NAME` or `${NAME:-word}`; offsets count UTF-16 units of the value. */
export interface ReferencePart {
  readonly kind: "reference";
  readonly name: string;
  readonly operator: ReferenceOperator | undefined;
  /** What stands behind the operator. */
  readonly word: readonly Part[];
  readonly start: number;
  readonly end: number;
}

/** A piece of a value that is to be expanded. */
export type Part =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "command"; readonly text: string; readonly start: number; readonly end: number }
  | ReferencePart;

/** The most UTF-16 units one value may grow to by its references: Linux takes no longer string into an environment. */
export const expandedCharactersMax = 131_072;

/** `${A:-${B:-…}}` goes this deep; what is deeper stays as written, so that no value exhausts the stack. */
const nestedReferencesMax = 64;

const bareName = /[A-Za-z_]\w*/y;
const bracedName = /[\w.]+/y;
const operator = /:-|:\+|-|\+/y;

/** What a sticky pattern matches at an offset; empty when nothing. */
export function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? "";
}

/** For the offset of each `${` that is closed, the offset of its `}`. */
function matchBraces(text: string): Map<number, number> {
  const closers = new Map<number, number>();
  const open: number[] = [];
  for (let at = 0; at < text.length; at++) {
    if (text.startsWith("\\$", at)) at++;
    else if (text.startsWith("${", at)) open.push(at++);
    else if (text.charAt(at) === "}" && open.length > 0) closers.set(open.pop()!, at);
  }
  return closers;
}

/** The offset behind the `)` that balances the `$(` at `at`, or `end` when none does. */
function commandEnd(text: string, at: number, end: number): number {
  let depth = 0;
  for (let next = at + 1; next < end; next++) {
    const character = text.charAt(next);
    if (character === "(") depth++;
    else if (character === ")" && --depth === 0) return next + 1;
  }
  return end;
}

/** Cuts one value into parts; brackets are matched beforehand so that open ones cost no second reading. */
class ReferenceParser {
  readonly #text: string;
  readonly #closers: ReadonlyMap<number, number>;

  constructor(text: string) {
    this.#text = text;
    this.#closers = matchBraces(text);
  }

  parse(start: number, end: number, depth: number): Part[] {
    const parts: Part[] = [];
    let literal = "";
    let at = start;
    while (at < end) {
      const part = this.#partAt(at, end, depth);
      if (part) {
        if (literal !== "") parts.push({ kind: "text", text: literal });
        literal = "";
        parts.push(part);
        at = part.end;
      } else {
        if (this.#text.startsWith("\\$", at)) at++;
        literal += this.#text.charAt(at++);
      }
    }
    if (literal !== "") parts.push({ kind: "text", text: literal });
    return parts;
  }

  #partAt(at: number, end: number, depth: number): Exclude<Part, { kind: "text" }> | undefined {
    const text = this.#text;
    if (text.startsWith("\\$(", at)) return this.#command(at, at + 1, end);
    if (text.charAt(at) !== "$") return undefined;
    if (text.charAt(at + 1) === "(") return this.#command(at, at, end);
    if (text.charAt(at + 1) === "{") return this.#braced(at, end, depth);
    const name = matchAt(bareName, text, at + 1);
    if (name === "") return undefined;
    return { kind: "reference", name, operator: undefined, word: [], start: at, end: at + 1 + name.length };
  }

  #command(start: number, dollar: number, end: number): Exclude<Part, { kind: "text" }> {
    const stop = commandEnd(this.#text, dollar, end);
    return { kind: "command", text: this.#text.slice(dollar, stop), start, end: stop };
  }

  #braced(start: number, end: number, depth: number): ReferencePart | undefined {
    const closer = this.#closers.get(start);
    if (closer === undefined || closer >= end || depth >= nestedReferencesMax) return undefined;
    const name = matchAt(bracedName, this.#text, start + 2);
    const behindName = start + 2 + name.length;
    if (name === "") return undefined;
    const base = { kind: "reference", name, start, end: closer + 1 } as const;
    if (behindName === closer) return { ...base, operator: undefined, word: [] };
    const found = matchAt(operator, this.#text, behindName) as ReferenceOperator | "";
    if (found === "") return undefined;
    return { ...base, operator: found, word: this.parse(behindName + found.length, closer, depth + 1) };
  }
}

/**
 * Cuts a value into text, references and commands. `\$` is a plain `$`; a `$` that starts nothing known,
 * as in many passwords, is text. `$(…)` is taken whole, also behind a backslash, where dotenv-expand
 * runs it all the same.
 */
export function parseReferences(value: string): Part[] {
  return new ReferenceParser(value).parse(0, value.length, 0);
}

/** The references among parts, in order, each before those in its own word. */
export function* referencesAmong(parts: readonly Part[]): Generator<ReferencePart> {
  for (const part of parts) {
    if (part.kind !== "reference") continue;
    yield part;
    yield* referencesAmong(part.word);
  }
}

import { matchAt } from "../reference.ts";
import type { Names } from "./reader.ts";

/** `${A:-${B:-…}}` is followed this deep; a text with more keeps what is deeper as written. */
const nestedTemplatesMax = 64;

const namePattern = /[_a-z][_a-z0-9]*/iuy;
const operatorPattern = /:?[-+?]/y;

/** For each `{`, the `}` that balances it. As in compose-go, the character behind a `{` is never looked at. */
function matchBraces(text: string): Map<number, number> {
  const closers = new Map<number, number>();
  const open: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === "{") open.push(at++);
    else if (character === "}" && open.length > 0) closers.set(open.pop()!, at);
  }
  return closers;
}

/** For each offset the last `}` before it on its line, or -1. */
function bracesBefore(text: string): Int32Array {
  const before = new Int32Array(text.length + 1);
  let last = -1;
  for (let at = 0; at <= text.length; at++) {
    before[at] = last;
    const character = text.charAt(at);
    if (character === "}") last = at;
    else if (character === "\n") last = -1;
  }
  return before;
}

/** A value with references as compose-go's package `template` replaces them. */
class Template {
  readonly #text: string;
  readonly #names: Names;
  readonly #closers: ReadonlyMap<number, number>;
  readonly #braces: Int32Array;
  readonly #lineEnds: Int32Array;

  constructor(text: string, names: Names) {
    this.#text = text;
    this.#names = names;
    this.#closers = matchBraces(text);
    this.#braces = bracesBefore(text);
    this.#lineEnds = new Int32Array(text.length + 1);
    for (let at = text.length, end = text.length; at >= 0; at--) {
      if (text.charAt(at) === "\n") end = at;
      this.#lineEnds[at] = end;
    }
  }

  /** The text between the offsets with its references replaced; undefined where Compose gives the file up. */
  evaluate(start: number, end: number, depth: number): string | undefined {
    const pieces: string[] = [];
    let kept = start;
    let at = this.#text.indexOf("$", start);
    while (at !== -1 && at < end) {
      const found = this.#referenceAt(at, end, depth);
      if (found === undefined) return undefined;
      if (found.end > at + 1) {
        pieces.push(this.#text.slice(kept, at), found.value);
        kept = found.end;
      }
      at = this.#text.indexOf("$", found.end);
    }
    pieces.push(this.#text.slice(kept, end));
    return this.#names.join(pieces, this.#text.slice(start, end));
  }

  #referenceAt(at: number, end: number, depth: number): { value: string; end: number } | undefined {
    const text = this.#text;
    const next = at + 1 < end ? text.charAt(at + 1) : "";
    if (next === "$") return { value: "$", end: at + 2 };
    if (next === "{") return this.#braced(at, end, depth);
    const name = next === "" ? "" : matchAt(namePattern, text, at + 1);
    return { value: this.#lookup(name) ?? "", end: at + 1 + name.length };
  }

  #braced(at: number, end: number, depth: number): { value: string; end: number } | undefined {
    const text = this.#text;
    const name = matchAt(namePattern, text, at + 2);
    const behindName = at + 2 + name.length;
    if (name === "" || behindName >= end) return undefined;
    if (text.charAt(behindName) === "}") return { value: this.#lookup(name) ?? "", end: behindName + 1 };
    const operator = matchAt(operatorPattern, text, behindName);
    const wordStart = behindName + operator.length;
    const last = this.#braces[Math.min(end, this.#lineEnds[behindName]!)]!;
    if (operator === "" || last < wordStart) return undefined;
    const balanced = this.#closers.get(at + 1) ?? last;
    const wordEnd = Math.min(balanced, last);
    const value = this.#chosen(name, operator, wordStart, wordEnd, depth);
    return value === undefined ? undefined : { value, end: wordEnd + 1 };
  }

  #chosen(
    name: string,
    operator: string,
    wordStart: number,
    wordEnd: number,
    depth: number,
  ): string | undefined {
    const value = this.#lookup(name);
    const counts = operator.startsWith(":") ? value !== undefined && value !== "" : value !== undefined;
    if (operator.endsWith("?")) return counts ? value : undefined;
    if (counts === operator.endsWith("-")) return value ?? "";
    if (depth === nestedTemplatesMax) return this.#text.slice(wordStart, wordEnd);
    return this.evaluate(wordStart, wordEnd, depth + 1);
  }

  #lookup(name: string): string | undefined {
    return name === ""
      ? undefined
      : (this.#names.inEnvironment(name) ?? this.#names.inFile(name) ?? undefined);
  }
}

/**
 * Replaces `$NAME`, `${NAME}` and its operators `:-`, `-`, `:+`, `+`, `:?`, `?`, and makes `$$` a `$`, as Docker
 * Compose does; the environment wins over the file. Undefined where it gives the file up: for `${` that is none of
 * these, and for a missing name that `?` asks for.
 */
export function substituted(literal: string, names: Names): string | undefined {
  if (!literal.includes("$")) return literal;
  return new Template(literal, names).evaluate(0, literal.length, 0);
}

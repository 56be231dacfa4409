import {
  afterLine,
  behindExport,
  closingQuote,
  letterEscapes,
  lineFeedFrom,
  type Names,
  type Step,
  TextReader,
} from "./reader.ts";
import { isPythonSpace, skipWhile, trimmedEnd } from "./spaces.ts";

const doubleQuoteEscapes: Readonly<Record<string, string>> = {
  "\\": "\\",
  "'": "'",
  '"': '"',
  ...letterEscapes,
};

function isSpaceInLine(code: number): boolean {
  return code !== 10 && isPythonSpace(code);
}

/** A value, and where the reader stands behind it; undefined where no closing quote follows. */
interface Value {
  readonly literal: string;
  readonly end: number;
}

/**
 * One text with LF only and without a byte order mark as python-dotenv 1.2 reads it. A statement that does not end
 * with its line is dropped up to the end of the line that the reader has come to.
 */
export class PythonReader extends TextReader {
  step(from: number): Step {
    const text = this.text;
    const start = skipWhile(text, from, isPythonSpace);
    if (start === text.length) return { kind: "skipped", end: start };
    const keyAt = behindExport(text, start, isSpaceInLine);
    const key = this.#key(keyAt);
    if (key === undefined) return this.#dropped(keyAt);
    let at = skipWhile(text, key.end, isSpaceInLine);
    let literal: string | null = null;
    if (text.charAt(at) === "=") {
      const value = this.#value(skipWhile(text, at + 1, isSpaceInLine));
      if (value === undefined) return this.#dropped(at + 1);
      literal = value.literal;
      at = value.end;
    }
    at = skipWhile(text, at, isSpaceInLine);
    if (text.charAt(at) === "#") at = lineFeedFrom(text, at);
    if (at < text.length && text.charAt(at) !== "\n") return this.#dropped(at);
    const end = Math.min(at + 1, text.length);
    if (key.name === null) return { kind: "skipped", end };
    return this.#statement(keyAt, key.name, literal, end);
  }

  /** A null name stands for a comment in a key's place; undefined where no key can be read. */
  #key(at: number): { readonly name: string | null; readonly end: number } | undefined {
    const text = this.text;
    if (text.charAt(at) === "#") return { name: null, end: at };
    if (text.charAt(at) === "'") {
      const closing = text.indexOf("'", at + 1);
      return closing <= at + 1 ? undefined : { name: text.slice(at + 1, closing), end: closing + 1 };
    }
    const end = skipWhile(text, at, (code) => code !== 61 && code !== 35 && !isPythonSpace(code));
    return end === at ? undefined : { name: text.slice(at, end), end };
  }

  #value(at: number): Value | undefined {
    const text = this.text;
    const quote = text.charAt(at);
    if (quote === "'" || quote === '"') {
      const closing = closingQuote(text, at, true);
      if (closing === -1) return undefined;
      const inner = text.slice(at + 1, closing);
      const literal =
        quote === "'"
          ? inner.replace(/\\([\\'])/g, "$1")
          : inner.replace(/\\([\\'"abfnrtv])/g, (_, name: string) => doubleQuoteEscapes[name]!);
      return { literal, end: closing + 1 };
    }
    const end = lineFeedFrom(text, at);
    let stop = end;
    for (let next = at + 1; next < end; next++) {
      if (text.charCodeAt(next) === 35 && isPythonSpace(text.charCodeAt(next - 1))) {
        stop = next;
        break;
      }
    }
    return { literal: text.slice(at, trimmedEnd(text, at, stop, isPythonSpace)), end };
  }

  #dropped(at: number): Step {
    return { kind: "skipped", end: afterLine(this.text, at) };
  }

  #statement(keyStart: number, key: string, literal: string | null, end: number): Step {
    const value = literal === null ? null : interpolated(literal, this.names);
    return { kind: "statement", keyStart, key, value, literal, expanded: value !== literal, end };
  }
}

/**
 * Replaces `${NAME}` and `${NAME:-default}`, in any quotes. As with `load_dotenv`, the environment wins over the
 * file; a default counts only for a name that nobody sets.
 */
function interpolated(literal: string, names: Names): string {
  if (!literal.includes("${")) return literal;
  const pieces: string[] = [];
  let kept = 0;
  let stop = -1;
  let brace = -1;
  for (let at = literal.indexOf("${"); at !== -1; at = literal.indexOf("${", at)) {
    const nameStart = at + 2;
    if (stop < nameStart) stop = skipWhile(literal, nameStart, (code) => code !== 58 && code !== 125);
    if (brace < stop) brace = literal.indexOf("}", stop);
    if (brace === -1) break;
    const hasDefault = brace > stop;
    if (hasDefault && literal.charAt(stop + 1) !== "-") {
      at = nameStart;
      continue;
    }
    const name = literal.slice(nameStart, stop);
    const set = names.inEnvironment(name) ?? names.inFile(name);
    const unset = hasDefault ? literal.slice(stop + 2, brace) : "";
    pieces.push(literal.slice(kept, at), set === undefined ? unset : (set ?? ""));
    kept = brace + 1;
    at = kept;
  }
  return kept === 0 ? literal : names.join([...pieces, literal.slice(kept)], literal);
}

import { afterLine, type Names, type Step, TextReader } from "./reader.ts";
import { skipWhile, trimmedEnd } from "./spaces.ts";

/** What node_dotenv.cc trims: space, tab and LF. */
function isTrimmed(code: number): boolean {
  return code === 32 || code === 9 || code === 10;
}

/**
 * One text without carriage returns as `util.parseEnv` of Node 24 reads it; that of Node 20 takes a bad line and the
 * next for one key.
 */
export class NodeReader extends TextReader {
  /** Behind the last character that is not trimmed: Node trims the text once, and later only from the front. */
  readonly #end: number;

  constructor(text: string, names: Names) {
    super(text, names);
    this.#end = trimmedEnd(text, 0, text.length, isTrimmed);
  }

  step(from: number): Step {
    const at = from === 0 ? this.#trim(0) : from;
    if (at >= this.#end) return this.#skip(this.text.length);
    const first = this.text.charAt(at);
    if (first === "\n" || first === "#") return this.#skip(afterLine(this.text, at));
    const separator = this.#separator(at);
    if (separator === -1) return this.#skip(this.#trim(afterLine(this.text, at)));
    const keyStart = skipWhile(this.text, at, isTrimmed, separator);
    const keyEnd = trimmedEnd(this.text, keyStart, separator, isTrimmed);
    const after = separator + 1;
    // Here Node forgets to take `export` off, and takes even an empty key.
    if (after >= this.#end || this.text.charAt(after) === "\n") {
      return this.#statement(keyStart, this.text.slice(keyStart, keyEnd), "", after);
    }
    const value = this.#trim(after);
    if (keyEnd === keyStart) return this.#skip(value);
    const exported = this.text.startsWith("export ", keyStart) && keyEnd - keyStart > "export ".length;
    const nameStart = exported
      ? skipWhile(this.text, keyStart + "export ".length, isTrimmed, keyEnd)
      : keyStart;
    return this.#value(nameStart, this.text.slice(nameStart, keyEnd), value);
  }

  /** The `=` on the line that holds `at`, or -1. */
  #separator(at: number): number {
    for (let next = at; next < this.#end; next++) {
      const code = this.text.charCodeAt(next);
      if (code === 61) return next;
      if (code === 10) return -1;
    }
    return -1;
  }

  #value(keyStart: number, key: string, at: number): Step {
    const text = this.text;
    const quote = text.charAt(at);
    if (quote === '"' || quote === "'" || quote === "`") {
      const closing = text.indexOf(quote, at + 1);
      if (closing !== -1) {
        const inner = text.slice(at + 1, closing);
        const value = quote === '"' ? inner.replaceAll("\\n", "\n") : inner;
        return this.#statement(keyStart, key, value, afterLine(text, closing + 1));
      }
    }
    const newline = text.indexOf("\n", at);
    const lineEnd = newline === -1 ? this.#end : Math.min(newline, this.#end);
    const next = this.#trim(Math.min(lineEnd + 1, text.length));
    if (quote === '"' || quote === "'" || quote === "`") {
      return this.#statement(keyStart, key, text.slice(at, lineEnd), next);
    }
    const hash = text.slice(at, lineEnd).indexOf("#");
    const stop = hash === -1 ? lineEnd : at + hash;
    return this.#statement(keyStart, key, text.slice(at, trimmedEnd(text, at, stop, isTrimmed)), next);
  }

  #trim(from: number): number {
    const at = skipWhile(this.text, from, isTrimmed, this.#end);
    return at >= this.#end ? this.text.length : at;
  }

  #skip(end: number): Step {
    return { kind: "skipped", end };
  }

  #statement(keyStart: number, key: string, value: string, end: number): Step {
    // The object that parseEnv makes drops this key as any object does.
    if (key === "__proto__") return this.#skip(end);
    return { kind: "statement", keyStart, key, value, literal: value, expanded: false, end };
  }
}

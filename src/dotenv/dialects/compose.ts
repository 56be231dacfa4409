import { substituted } from "./composeTemplate.ts";
import { afterLine, letterEscapes, type Step, TextReader } from "./reader.ts";
import { isGoLineSpace, isUnicodeSpace, skipWhile, trimmedEnd } from "./spaces.ts";

const keyCharacter = /[\p{L}\p{N}_.[\]-]/u;

const escapes: Readonly<Record<string, string>> = {
  ...letterEscapes,
  '"': '"',
  "\\": "\\",
  // The template knows `$$` only.
  $: "$$",
};

/** What Go's regular expressions call `\s`. */
function isExportSpace(code: number): boolean {
  return code === 32 || code === 9 || code === 10 || code === 12 || code === 13;
}

/**
 * One text without a byte order mark as compose-go 2 reads it: one statement it cannot read, and it gives the whole file
 * up.
 */
export class ComposeReader extends TextReader {
  step(from: number): Step {
    const text = this.text;
    const start = skipWhile(text, from, isUnicodeSpace);
    if (start === text.length) return { kind: "skipped", end: start };
    if (text.charAt(start) === "#") return { kind: "skipped", end: afterLine(text, start) };
    const keyStart = this.#behindExport(start);
    if (keyStart === text.length) return this.#refused(start, "key");
    const separator = this.#separator(keyStart);
    if (separator === -1) return this.#refused(start, "key");
    // A text that ends within a key is taken for the value of no key.
    if (separator === text.length) return this.#value(start, keyStart, "", keyStart);
    const key = text.slice(keyStart, trimmedEnd(text, keyStart, separator, isUnicodeSpace));
    if (key.includes(" ")) return this.#refused(start, "key");
    if (text.charAt(separator) === "\n") return this.#inherited(keyStart, key, separator + 1);
    return this.#value(start, keyStart, key, skipWhile(text, separator + 1, isGoLineSpace));
  }

  #behindExport(start: number): number {
    const end = start + "export".length;
    if (!this.text.startsWith("export", start) || !isExportSpace(this.text.charCodeAt(end))) return start;
    return skipWhile(this.text, end, isGoLineSpace);
  }

  /** What ends the key: `=`, `:`, LF or the text; -1 behind a character that no key may hold. */
  #separator(keyStart: number): number {
    const text = this.text;
    let at = keyStart;
    while (at < text.length) {
      const codePoint = text.codePointAt(at)!;
      if (codePoint === 61 || codePoint === 58 || codePoint === 10) return at;
      if (!isGoLineSpace(codePoint) && !keyCharacter.test(String.fromCodePoint(codePoint))) return -1;
      at += codePoint > 0xffff ? 2 : 1;
    }
    return at;
  }

  #inherited(keyStart: number, key: string, end: number): Step {
    const value = this.names.inEnvironment(key) ?? null;
    if (value === null && (key === "" || this.names.inFile(key) !== undefined))
      return { kind: "skipped", end };
    return { kind: "statement", keyStart, key, value, literal: value, expanded: false, end };
  }

  #value(start: number, keyStart: number, key: string, at: number): Step {
    const text = this.text;
    const quote = text.charAt(at);
    if (quote === '"' || quote === "'") {
      const closing = this.#closing(at);
      if (closing === -1) return this.#refused(start, "spans-lines");
      const inner = text
        .slice(at + 1, closing)
        .replace(/\\([\s\S])/g, (pair, escaped: string) => (escaped === quote ? quote : pair));
      const end = text.charAt(closing + 1) === "\n" ? closing + 2 : closing + 1;
      if (quote === "'") {
        return { kind: "statement", keyStart, key, value: inner, literal: inner, expanded: false, end };
      }
      return this.#expanded(start, keyStart, key, unescaped(inner), end);
    }
    const end = afterLine(text, at);
    const line = text.slice(at, text.charAt(end - 1) === "\n" ? end - 1 : end);
    const comment = line.indexOf(" #");
    const cut = comment === -1 ? line : line.slice(0, comment);
    const literal = cut.slice(0, trimmedEnd(cut, 0, cut.length, isUnicodeSpace));
    return this.#expanded(start, keyStart, key, literal, end);
  }

  #closing(open: number): number {
    const quote = this.text.charAt(open);
    for (let at = open + 1; at < this.text.length; at++) {
      const character = this.text.charAt(at);
      if (character === quote) return at;
      if (character === "\\") at++;
    }
    return -1;
  }

  #expanded(start: number, keyStart: number, key: string, literal: string, end: number): Step {
    const value = substituted(literal, this.names);
    if (value === undefined) return { kind: "refused", at: start, cause: "expands", end };
    return { kind: "statement", keyStart, key, value, literal, expanded: value !== literal, end };
  }

  #refused(start: number, cause: "key" | "spans-lines"): Step {
    return { kind: "refused", at: start, cause, end: afterLine(this.text, start) };
  }
}

/** The escapes of a shell: `\0` with three octal digits and the letters of C; any other backslash stays. */
function unescaped(inner: string): string {
  if (!inner.includes("\\")) return inner;
  return inner.replace(
    /\\(?:([abfnrtv$"\\])|0(\d{0,3}))/g,
    (_, letter: string | undefined, digits: string) => {
      if (letter !== undefined) return escapes[letter]!;
      const code = /^[0-7]{3}$/.test(digits) ? Number.parseInt(digits, 8) : 256;
      return code < 256 ? String.fromCharCode(code) : `\\${digits}`;
    },
  );
}

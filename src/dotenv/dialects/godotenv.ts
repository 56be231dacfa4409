import { afterLine, behindExport, closingQuote, type Names, type Step, TextReader } from "./reader.ts";
import { isGoLineSpace, isUnicodeSpace, skipWhile, trimmedEnd } from "./spaces.ts";

/**
 * Whether godotenv lets a character stand in a key. It looks at the bytes of the file one by one as if they were
 * Latin-1, so a character passes when each of its UTF-8 bytes is a letter, a number or space there.
 */
function isKeyCharacter(codePoint: number): boolean {
  if (codePoint < 0x80) return isKeyByte(codePoint);
  const continuation = (shift: number): number => 0x80 | ((codePoint >> shift) & 0x3f);
  if (codePoint < 0x800) return isKeyByte(0xc0 | (codePoint >> 6)) && isKeyByte(continuation(0));
  if (codePoint < 0x10000) {
    return isKeyByte(0xe0 | (codePoint >> 12)) && isKeyByte(continuation(6)) && isKeyByte(continuation(0));
  }
  return (
    isKeyByte(0xf0 | (codePoint >> 18)) &&
    isKeyByte(continuation(12)) &&
    isKeyByte(continuation(6)) &&
    isKeyByte(continuation(0))
  );
}

const latinKeyBytes: ReadonlySet<number> = new Set([0xaa, 0xb2, 0xb3, 0xb5, 0xb9, 0xba, 0xbc, 0xbd, 0xbe]);

function isKeyByte(byte: number): boolean {
  if (byte >= 0xc0) return byte !== 0xd7 && byte !== 0xf7;
  if (byte >= 0x80) return isGoLineSpace(byte) || latinKeyBytes.has(byte);
  return (
    isGoLineSpace(byte) ||
    (byte >= 97 && byte <= 122) ||
    (byte >= 65 && byte <= 90) ||
    (byte >= 48 && byte <= 57) ||
    byte === 95 ||
    byte === 46
  );
}

/** One text without CRLF as godotenv 1.5.1 reads it: one line it cannot read, and it gives the whole file up. */
export class GodotenvReader extends TextReader {
  step(from: number): Step {
    const text = this.text;
    const start = skipWhile(text, from, isUnicodeSpace);
    if (start === text.length) return { kind: "skipped", end: start };
    if (text.charAt(start) === "#") return { kind: "skipped", end: afterLine(text, start) };
    const keyStart = behindExport(text, start, isGoLineSpace);
    if (keyStart === text.length) return this.#refused(start);
    let separator = keyStart;
    while (separator < text.length) {
      const character = text.charAt(separator);
      if (character === "=" || character === ":") break;
      const codePoint = text.codePointAt(separator)!;
      if (!isKeyCharacter(codePoint)) return this.#refused(start);
      separator += codePoint > 0xffff ? 2 : 1;
    }
    // A text that ends within a key is taken for the value of no key.
    const nameless = separator === text.length;
    const keyEnd = nameless ? keyStart : trimmedEnd(text, keyStart, separator, isUnicodeSpace);
    const value = skipWhile(text, nameless ? keyStart : separator + 1, isGoLineSpace);
    return this.#value(start, keyStart, text.slice(keyStart, keyEnd), value);
  }

  #value(start: number, keyStart: number, key: string, at: number): Step {
    const text = this.text;
    const quote = text.charAt(at);
    if (quote === '"' || quote === "'") {
      const closing = closingQuote(text, at, false);
      if (closing === -1)
        return { kind: "refused", at: start, cause: "spans-lines", end: afterLine(text, start) };
      const inner = withoutOuter(text.slice(at + 1, closing), quote);
      const end = closing + 1;
      if (quote === "'") return this.#statement(keyStart, key, inner, inner, end);
      const literal = unescaped(inner);
      return this.#statement(keyStart, key, literal, expanded(literal, this.names), end);
    }
    let lineEnd = at;
    while (lineEnd < text.length && !"\r\n".includes(text.charAt(lineEnd))) lineEnd++;
    let stop = lineEnd;
    for (let next = lineEnd - 1; next > at; next--) {
      if (text.charCodeAt(next) === 35 && isGoLineSpace(text.charCodeAt(next - 1))) {
        stop = next;
        break;
      }
    }
    const literal = text.slice(at, trimmedEnd(text, at, stop, isGoLineSpace));
    return this.#statement(keyStart, key, literal, expanded(literal, this.names), lineEnd);
  }

  #statement(keyStart: number, key: string, literal: string, value: string, end: number): Step {
    const behind = this.text.charAt(end) === "\n" ? end + 1 : end;
    return { kind: "statement", keyStart, key, value, literal, expanded: value !== literal, end: behind };
  }

  #refused(start: number): Step {
    return { kind: "refused", at: start, cause: "key", end: afterLine(this.text, start) };
  }
}

/** Takes every quote of the kind off both ends, as `bytes.TrimFunc` does. */
function withoutOuter(inner: string, quote: string): string {
  const isQuote = (code: number): boolean => code === quote.charCodeAt(0);
  const start = skipWhile(inner, 0, isQuote);
  return inner.slice(start, trimmedEnd(inner, start, inner.length, isQuote));
}

/** `\n` and `\r` are line breaks; every other backslash goes, but for that before a `$`. */
function unescaped(inner: string): string {
  if (!inner.includes("\\")) return inner;
  const broken = inner.replace(/\\[^\n]/gu, (pair) => (pair === "\\n" ? "\n" : pair === "\\r" ? "\r" : pair));
  return broken.replace(/\\([^$])/gu, "$1");
}

/** Replaces `$NAME` and `${NAME}` of upper-case names by what stands above them in the file, and by nothing else. */
function expanded(literal: string, names: Names): string {
  if (!literal.includes("$")) return literal;
  const pieces: string[] = [];
  let kept = 0;
  for (const match of literal.matchAll(/(\\)?\$\(?\{?([A-Z0-9_]+)?\}?/g)) {
    const [whole, backslash, name] = match;
    if (backslash === undefined && name === undefined) continue;
    pieces.push(
      literal.slice(kept, match.index),
      backslash === undefined ? (names.inFile(name!) ?? "") : whole.slice(1),
    );
    kept = match.index + whole.length;
  }
  return kept === 0 ? literal : names.join([...pieces, literal.slice(kept)], literal);
}

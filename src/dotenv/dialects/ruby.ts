import { afterLine, behindExport, lineFeedFrom, type Names, type Step, TextReader } from "./reader.ts";
import { isRubySpace, skipWhile, trimmedEnd } from "./spaces.ts";

const legacyMode = "DOTENV_LINEBREAK_MODE";

function isKeyCode(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 48 && code <= 57) ||
    code === 95 ||
    code === 46
  );
}

function isSpaceInLine(code: number): boolean {
  return code !== 10 && isRubySpace(code);
}

/** `String#strip` takes NUL away as well. */
function isStripped(code: number): boolean {
  return code === 0 || isRubySpace(code);
}

/** The raw value of a statement, undefined where there is none behind its separator, and where the statement ends. */
interface RawValue {
  readonly raw: string | undefined;
  readonly end: number;
}

/**
 * One text with LF only and without a byte order mark as dotenv for Ruby 3.2 reads it: its `LINE` pattern is that of
 * dotenv with bare keys, without backticks and without `-` in keys.
 */
export class RubyReader extends TextReader {
  step(from: number): Step {
    const text = this.text;
    const start = skipWhile(text, from, isRubySpace);
    if (start === text.length) return { kind: "skipped", end: start };
    const behind = behindExport(text, start, isRubySpace);
    return (
      (behind > start ? this.#assignment(start, behind) : undefined) ??
      this.#assignment(start, start) ?? {
        kind: "skipped",
        end: afterLine(text, start),
      }
    );
  }

  #assignment(start: number, keyStart: number): Step | undefined {
    const text = this.text;
    const keyEnd = skipWhile(text, keyStart, isKeyCode);
    if (keyEnd === keyStart) return undefined;
    const found = this.#rawValue(keyEnd);
    if (found === undefined) return undefined;
    const key = text.slice(keyStart, keyEnd);
    const { end } = found;
    const set = key === legacyMode ? undefined : this.names.inEnvironment(key);
    if (set !== undefined) return this.#statement(keyStart, key, set, set, end);
    if (keyStart > start && found.raw === undefined) {
      // It means `export KEY` for a key that is set above it, and raises a FormatError for any other.
      const above = this.names.inFile(key);
      if (above === undefined) return { kind: "refused", at: start, cause: "key", end };
      return { kind: "skipped", end };
    }
    const literal = this.#unquoted(found.raw ?? "");
    const value = literal.expands ? substituted(literal.text, this.names) : literal.text;
    return this.#statement(keyStart, key, literal.text, value, end);
  }

  /** The value behind a key that ends at `keyEnd`; undefined where the line is none that Ruby reads. */
  #rawValue(keyEnd: number): RawValue | undefined {
    const text = this.text;
    const equals = skipWhile(text, keyEnd, isRubySpace);
    if (text.charAt(equals) === "=") return this.#behindSeparator(equals + 1);
    if (text.charAt(keyEnd) === ":" && isRubySpace(text.charCodeAt(keyEnd + 1))) {
      return this.#behindSeparator(keyEnd + 2);
    }
    const end = this.#statementEnd(keyEnd);
    return end === -1 ? undefined : { raw: undefined, end };
  }

  #behindSeparator(at: number): RawValue {
    const text = this.text;
    const open = skipWhile(text, at, isRubySpace);
    const quote = text.charAt(open);
    if (quote === "'" || quote === '"') {
      const closing = this.#closing(open);
      if (closing !== -1) return { raw: text.slice(at, closing + 1), end: this.#statementEnd(closing + 1) };
    }
    let end = at;
    while (end < text.length && text.charCodeAt(end) !== 10 && text.charCodeAt(end) !== 35) end++;
    return { raw: end === at ? undefined : text.slice(at, end), end: lineFeedFrom(text, end) };
  }

  /** The quote that closes the one at `open` and ends its line but for a comment: as in dotenv's pattern. */
  #closing(open: number): number {
    const text = this.text;
    const quote = text.charAt(open);
    let escaped = -1;
    for (let at = text.indexOf(quote, open + 1); at !== -1; at = text.indexOf(quote, at + 1)) {
      const closes = this.#statementEnd(at + 1) !== -1;
      if (text.charAt(at - 1) !== "\\") return closes ? at : escaped;
      if (closes) escaped = at;
    }
    return escaped;
  }

  /** The end of the line when nothing but space and a comment stands before it, else -1. */
  #statementEnd(from: number): number {
    const at = skipWhile(this.text, from, isSpaceInLine);
    if (at === this.text.length || this.text.charAt(at) === "\n") return at;
    return this.text.charAt(at) === "#" ? lineFeedFrom(this.text, at) : -1;
  }

  #unquoted(raw: string): { readonly text: string; readonly expands: boolean } {
    const start = skipWhile(raw, 0, isStripped);
    const value = raw.slice(start, trimmedEnd(raw, start, raw.length, isStripped));
    const quote = value.charAt(0);
    const quoted = (quote === "'" || quote === '"') && value.length > 1 && value.endsWith(quote);
    if (!quoted) return { text: unescaped(value), expands: true };
    const inner = value.slice(1, -1);
    if (quote === "'") return { text: inner, expands: false };
    const legacy = (this.names.inFile(legacyMode) ?? this.names.inEnvironment(legacyMode)) === "legacy";
    const newlines = legacy
      ? inner.replaceAll("\\n", "\n").replaceAll("\\r", "\r")
      : inner.replaceAll("\\n", "\\\\n").replaceAll("\\r", "\\\\r");
    return { text: unescaped(newlines), expands: true };
  }

  #statement(keyStart: number, key: string, literal: string, value: string | undefined, end: number): Step {
    const expanded = value !== literal;
    return {
      kind: "statement",
      keyStart,
      key,
      value: value ?? literal,
      literal,
      expanded,
      end: Math.min(end + 1, this.text.length),
    };
  }
}

/** Takes the backslash off whatever is no `$`. */
function unescaped(value: string): string {
  return value.includes("\\") ? value.replace(/\\([^$])/g, "$1") : value;
}

/** Replaces `$X` and `${X}`; undefined stands for the output of a command, which nobody runs here. */
function substituted(literal: string, names: Names): string | undefined {
  if (!literal.includes("$")) return literal;
  const pieces: string[] = [];
  let kept = 0;
  for (const match of literal.matchAll(/(\\)?\$(?!\()\{?([A-Z0-9_]+)?\}?/gi)) {
    const [whole, backslash, name] = match;
    if (backslash === undefined && name === undefined) continue;
    const value =
      backslash === undefined ? (names.inFile(name!) ?? names.inEnvironment(name!) ?? "") : whole.slice(1);
    pieces.push(literal.slice(kept, match.index), value);
    kept = match.index + whole.length;
  }
  const replaced = kept === 0 ? literal : names.join([...pieces, literal.slice(kept)], literal);
  return replaced.includes("$(") ? withoutCommands(replaced) : replaced;
}

/** Takes the backslash off `\$(…)`; undefined where a `$(…)` would run. */
function withoutCommands(value: string): string | undefined {
  const closers = commandClosers(value);
  let result = "";
  let kept = 0;
  for (let at = value.indexOf("$("); at !== -1; at = value.indexOf("$(", at)) {
    const closer = closers.get(at + 1);
    if (closer === undefined) {
      at += 2;
      continue;
    }
    if (value.charAt(at - 1) !== "\\") return undefined;
    result += value.slice(kept, at - 1);
    kept = at;
    at = closer + 1;
  }
  return result + value.slice(kept);
}

/** For each `(` that is balanced and holds something, also within, its `)`. */
function commandClosers(value: string): Map<number, number> {
  const closers = new Map<number, number>();
  const open: { readonly at: number; sound: boolean }[] = [];
  for (let at = 0; at < value.length; at++) {
    if (value.charAt(at) === "(") open.push({ at, sound: true });
    if (value.charAt(at) !== ")") continue;
    const pair = open.pop();
    if (pair === undefined) continue;
    if (pair.sound && at > pair.at + 1) closers.set(pair.at, at);
    else if (open.length > 0) open[open.length - 1]!.sound = false;
  }
  return closers;
}

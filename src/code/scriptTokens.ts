import { ScriptWalker } from "./scriptWalker.ts";
import type { CodeUsage } from "./usage.ts";
import { isWordCode } from "./walker.ts";

const openers: ReadonlyMap<string, string> = new Map([
  ["(", ")"],
  ["[", "]"],
  ["{", "}"],
  ["${", "}"],
]);
const closers: ReadonlySet<string> = new Set([")", "]", "}"]);

/** Open brackets that are looked through for the one which a closing bracket belongs to. */
const openLookedThroughMax = 32;

/** Words behind which an expression or a type goes on, also on the next line. */
const goesOn =
  /^(?:in|of|instanceof|as|satisfies|is|extends|typeof|keyof|readonly|infer|await|new|delete|void|return|case|default|throw|yield|async)$/;
/** Words that begin a statement, so that what stands before has ended. */
const beginsStatement =
  /^(?:const|let|var|if|for|while|do|switch|return|throw|try|import|export|case|default|break|continue)$/;

/** Operators that are more than their first character. */
const operators = /\?\.(?!\d)|\?\?=?|=>|[=!]==?|\|\|=?|&&=?|[-+*%^&|]=|[\s\S]/y;
/** Every ASCII character as a text. */
const single = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));

function isNameCode(code: number): boolean {
  return isWordCode(code) || code === 36;
}

/** Quotes, braces and the slash: where the walk decides what begins. */
function isSpecial(code: number): boolean {
  return code === 34 || code === 39 || code === 96 || code === 123 || code === 125 || code === 47;
}

/** What the walker keeps: the text and bounds of every token. */
class ScriptLexer extends ScriptWalker {
  readonly words: string[] = [];
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  protected tokens = /["'`{}/]/g;
  readonly #from: number;

  constructor(text: string, start: number, end: number) {
    super(text, {}, start, end);
    this.#from = start;
  }

  /** Keeps every token. Goes from character to character, which takes a fraction of a pattern's time. */
  override run(): CodeUsage[] {
    const { text, end } = this;
    for (let at = this.#from; at < end; ) {
      const code = text.charCodeAt(at);
      if (code <= 32) at++;
      else if (isNameCode(code)) {
        const start = at++;
        while (at < end && isNameCode(text.charCodeAt(at))) at++;
        this.#push(text.slice(start, at), start, at);
      } else if (isSpecial(code)) at = Math.max(this.next(text.charAt(at), at), at + 1);
      else {
        const word = this.#operator(at, code);
        this.#push(word, at, at + word.length);
        at += word.length;
      }
    }
    return this.usages;
  }

  #operator(at: number, code: number): string {
    const word = single[code]!;
    // Brackets, comma, full stop and semicolon but for `...`, colon, `<` and `>`, which types pair.
    if (code === 46) return this.text.startsWith("...", at) ? "..." : word;
    if (code === 40 || code === 41 || code === 44 || code === 58 || code === 59 || code === 60) return word;
    if (code === 62 || code === 91 || code === 93 || code === 64) return word;
    return this.match(operators, at)?.[0] ?? word;
  }

  #push(word: string, start: number, end: number): void {
    this.words.push(word);
    this.starts.push(start);
    this.ends.push(end);
  }

  protected override brace(at: number, next: number): void {
    this.#push(this.text.charAt(at), at, at + 1);
    if (next > at + 1) this.#hole(next);
  }

  /** A template that was left for the code in it. */
  #hole(next: number): void {
    if (this.text.startsWith("${", next - 2)) this.#push("${", next - 2, next);
  }

  protected override token(token: string, at: number): number {
    const behind = at + token.length;
    const next = this.behindLiteral(token, at);
    // What nothing closes is no string, as in the text of JSX; a `/` alone is a division.
    if (next > behind || token === "/") this.#push(token === "/" ? "/" : '"', at, next);
    if (token === "`" && next > behind) this.#hole(next);
    return next;
  }
}

/**
 * The tokens of a script with their brackets paired. A literal is the token `"` whatever its quote; the code in a
 * template stands between `${` and `}`. Takes any text and time in proportion to it.
 */
export class ScriptTokens {
  readonly text: string;
  readonly words: readonly string[];
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** For a bracket the token of its partner, else -1. */
  readonly partner: Int32Array;

  constructor(text: string, start: number, end: number) {
    const lexer = new ScriptLexer(text, start, end);
    lexer.run();
    this.text = text;
    this.words = lexer.words;
    this.starts = lexer.starts;
    this.ends = lexer.ends;
    this.partner = partnersOf(lexer.words);
  }

  get count(): number {
    return this.words.length;
  }

  /** A word, the empty one outside of the text. */
  word(at: number): string {
    return this.words[at] ?? "";
  }

  /** Whether a token is an identifier or a keyword. */
  isName(at: number): boolean {
    return /^[A-Za-z_$\u0080-\uffff]/.test(this.word(at));
  }

  /** The content of a literal without code in it, undefined for any other token. */
  literal(at: number): string | undefined {
    if (this.words[at] !== '"') return undefined;
    return this.text.slice(this.starts[at]! + 1, this.ends[at]! - 1);
  }

  /** The token behind the bracket that opens at `at`, or the next one where nothing closes it. */
  behindGroup(at: number): number {
    const close = this.partner[at]!;
    return close > at ? close + 1 : at + 1;
  }

  /** Whether a bracket opens at a token and is closed. */
  opens(at: number): boolean {
    return this.partner[at]! > at;
  }

  /** Whether an expression or a type cannot go on with the token `at`. */
  isEnd(at: number): boolean {
    const word = this.word(at);
    if (word === "" || word === "," || word === ";" || closers.has(word)) return true;
    if (beginsStatement.test(word)) return !/^\??\.$/.test(this.word(at - 1));
    return this.isOperandEnd(at - 1) && this.#beginsOperand(at) && this.#onNewLine(at);
  }

  /** The first token at or behind `at` that ends the expression there, brackets passed over. */
  expressionEnd(at: number): number {
    let next = at;
    while (next < this.count && !(next > at && this.isEnd(next))) {
      if (next === at && (this.word(next) === "," || this.word(next) === ";" || closers.has(this.word(next))))
        return next;
      next = this.opens(next) ? this.behindGroup(next) : next + 1;
    }
    return next;
  }

  /** Whether an operand may end with a token: only then does a bracket behind it call or index. */
  isOperandEnd(at: number): boolean {
    const word = this.word(at);
    if (word === "" || goesOn.test(word)) return false;
    return closers.has(word) || word === '"' || /^[\w$\u0080-\uffff]/.test(word);
  }

  #beginsOperand(at: number): boolean {
    const word = this.word(at);
    if (goesOn.test(word) && /^(?:in|of|instanceof|as|satisfies|is|extends)$/.test(word)) return false;
    return word === "@" || word === "{" || word === '"' || /^[\w$\u0080-\uffff]/.test(word);
  }

  #onNewLine(at: number): boolean {
    const between = this.text.slice(this.ends[at - 1], Math.min(this.starts[at]!, this.ends[at - 1]! + 200));
    return between.includes("\n") || between.includes("\r");
  }
}

function partnersOf(words: readonly string[]): Int32Array {
  const partner = new Int32Array(words.length).fill(-1);
  const open: number[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    // Almost every token is longer, or a name of one letter.
    if (word.length > 2 || word > "}" || (word > "]" && word < "{")) continue;
    if (openers.has(word)) open.push(at);
    else if (closers.has(word)) {
      const least = Math.max(0, open.length - openLookedThroughMax);
      let found = open.length - 1;
      while (found >= least && openers.get(words[open[found]!]!) !== word) found--;
      if (found < least) continue;
      partner[at] = open[found]!;
      partner[open[found]!] = at;
      open.length = found;
    }
  }
  return partner;
}

import { CallWalker } from "./calls.ts";
import { endOfLine } from "./scriptWalker.ts";
import type { ScanOptions, StringKind } from "./walker.ts";

/** What a language with C's comments and braces calls to ask for a variable. */
interface Call {
  readonly kind: "read" | "write" | "mention";
  /** Sticky, tried where the word stands; matches up to the bracket that opens the argument. */
  readonly pattern: RegExp;
  /** The call answers without failing when the variable is not set. */
  readonly hasDefault?: boolean;
  /** A second argument is the default. */
  readonly second?: boolean;
}

/** The differences between the languages of this file. */
interface BraceLanguage {
  readonly words: readonly string[];
  readonly calls: readonly Call[];
  /** Sticky, tried behind a read: matches where the code deals with the absence. */
  readonly fallback: RegExp | undefined;
  /** Tried on what stands before a read: matches where the code asks whether it succeeded. */
  readonly asks?: RegExp;
  readonly nestedComments: boolean;
  readonly names: RegExp;
  /** The string that opens at a quote, with what stands before it, and the length of its opener from the quote. */
  readonly string: (text: string, at: number) => { readonly kind: StringKind; readonly opener: number };
}

/** Characters before a read that are looked at for what asks whether it succeeded. */
const askedCharactersMax = 100;

const plainNames = /(["])([\w.-]*)(\1)?/y;
const plain = (close: string): StringKind => ({ close, escapes: true, lines: false });
const character: StringKind = { ...plain("'"), isCharacter: true };
const doubleQuoted = plain('"');

const go: BraceLanguage = {
  words: ["os"],
  calls: [
    { kind: "read", pattern: /os\.Getenv\s*(?=\()/y },
    { kind: "read", pattern: /os\.LookupEnv\s*(?=\()/y, hasDefault: true },
    { kind: "write", pattern: /os\.(?:Setenv|Unsetenv)\s*(?=\()/y },
  ],
  fallback: undefined,
  nestedComments: false,
  names: /(["`])([\w.-]*)(\1)?/y,
  string: (text, at) => {
    const quote = text.charAt(at);
    if (quote === "`") return { kind: { close: "`", escapes: false, lines: true }, opener: 1 };
    return { kind: quote === "'" ? character : doubleQuoted, opener: 1 };
  },
};

const jvmCalls: readonly Call[] = [
  { kind: "read", pattern: /getenv\s*\(\s*\)\s*(?:\??\.\s*get(?:Value)?\s*(?=\()|(?=\[))/y },
  { kind: "read", pattern: /getenv\s*\(\s*\)\s*\??\.\s*getOrDefault\s*(?=\()/y, second: true },
  { kind: "read", pattern: /getenv\s*\(\s*\)\s*\??\.\s*getOrElse\s*(?=\()/y, hasDefault: true },
  { kind: "mention", pattern: /getenv\s*\(\s*\)\s*\??\.\s*containsKey\s*(?=\()/y },
  { kind: "read", pattern: /getenv\s*(?=\()/y },
];

const java: BraceLanguage = {
  words: ["getenv"],
  calls: jvmCalls,
  fallback: undefined,
  nestedComments: false,
  names: plainNames,
  string: (text, at) => {
    if (text.startsWith('"""', at)) return { kind: { close: '"""', escapes: true, lines: true }, opener: 3 };
    return { kind: text.charAt(at) === "'" ? character : doubleQuoted, opener: 1 };
  },
};

const kotlin: BraceLanguage = {
  ...java,
  fallback: /\s*(?:\?\.\s*\w{1,40}(?:\(\d*\))?\s*){0,3}(?:\?:|\?\?)|\)?\s*\.(?:getOrElse|orElse)\b/y,
  nestedComments: true,
  string: (text, at) => {
    if (text.startsWith('"""', at)) {
      return { kind: { close: '"""', escapes: false, lines: true, hole: "${" }, opener: 3 };
    }
    const single = text.charAt(at) === "'";
    return { kind: single ? character : { ...doubleQuoted, hole: "${" }, opener: 1 };
  },
};

/** `'a'` and `'\n'` are characters, `'a` a lifetime: an empty string kind that ends at once. */
const lifetime: StringKind = { close: "", escapes: false, lines: true };

const rust: BraceLanguage = {
  words: ["env", "option_env", "dotenvy", "dotenv", "var", "var_os"],
  calls: [
    { kind: "read", pattern: /dotenvy?::var\s*(?=\()/y },
    { kind: "read", pattern: /env::var(?:_os)?\s*(?=\()/y },
    { kind: "write", pattern: /env::(?:set_var|remove_var)\s*(?=\()/y },
    { kind: "read", pattern: /env!\s*(?=\()/y },
    { kind: "read", pattern: /option_env!\s*(?=\()/y, hasDefault: true },
    { kind: "read", pattern: /var(?:_os)?\s*(?=\()/y },
  ],
  fallback: /\s*\.\s*(?:unwrap_or|ok\b|or\b|or_else|map_or|is_ok|is_err|is_some|is_none)/y,
  asks: /\b(?:let\s+(?:Ok|Some)\s*\([^()]{0,60}\)\s*=|match)\s*(?:std::)?$/,
  nestedComments: true,
  names: /r?(["])([\w.-]*)(\1)?/y,
  string: (text, at) => {
    if (text.charAt(at) === "'") {
      const isCharacter = /'(?:\\|[^\\'\n]')/y;
      isCharacter.lastIndex = at;
      return { kind: isCharacter.test(text) ? character : lifetime, opener: 1 };
    }
    let hashes = 0;
    while (hashes < 255 && text.charAt(at - 1 - hashes) === "#") hashes++;
    const raw = /[rR]/.test(text.charAt(at - 1 - hashes));
    if (!raw) return { kind: { close: '"', escapes: true, lines: true }, opener: 1 };
    return { kind: { close: `"${"#".repeat(hashes)}`, escapes: false, lines: true }, opener: 1 };
  },
};

const csharp: BraceLanguage = {
  words: ["GetEnvironmentVariable", "SetEnvironmentVariable"],
  calls: [
    { kind: "read", pattern: /GetEnvironmentVariable\s*(?=\()/y },
    { kind: "write", pattern: /SetEnvironmentVariable\s*(?=\()/y },
  ],
  fallback: /\s*\?\?/y,
  nestedComments: false,
  names: /@?(["])([\w.-]*)(\1)?/y,
  string: (text, at) => {
    if (text.charAt(at) === "'") return { kind: character, opener: 1 };
    const prefix = text.slice(Math.max(0, at - 2), at);
    const hole = prefix.includes("$") ? { hole: "{", holeDoubles: true } : {};
    if (prefix.endsWith("@") || prefix === "@$") {
      return { kind: { close: '"', escapes: false, doubles: true, lines: true, ...hole }, opener: 1 };
    }
    let quotes = 1;
    while (quotes < 255 && text.charAt(at + quotes) === '"') quotes++;
    if (quotes > 2) {
      // As many dollar signs as stand before it, so many braces begin code in it.
      let dollars = 0;
      while (dollars < 255 && text.charAt(at - 1 - dollars) === "$") dollars++;
      const code = dollars > 0 ? { hole: "{".repeat(dollars) } : {};
      return { kind: { close: '"'.repeat(quotes), escapes: false, lines: true, ...code }, opener: quotes };
    }
    return { kind: { ...doubleQuoted, ...hole }, opener: 1 };
  },
};

const prisma: BraceLanguage = {
  words: ["env"],
  calls: [{ kind: "read", pattern: /env\s*(?=\()/y }],
  fallback: undefined,
  nestedComments: false,
  names: plainNames,
  string: (text, at) => ({ kind: text.charAt(at) === "'" ? lifetime : doubleQuoted, opener: 1 }),
};

const languages = { go, java, kotlin, rust, csharp, prisma };

/** Reads Go, Java, Kotlin (and Scala, Groovy), Rust, C# and Prisma's schemas. */
export class BraceWalker extends CallWalker {
  protected readonly names: RegExp;
  protected tokens: RegExp;
  readonly #language: BraceLanguage;
  readonly #calls: readonly Call[];

  constructor(text: string, language: keyof typeof languages, options: ScanOptions) {
    super(text, options);
    this.#language = languages[language];
    this.names = this.#language.names;
    const bare = language === "rust" && /\buse\s+std::env::(?:\{[^{}]{0,200}\bvar|var)/.test(text);
    this.#calls = language === "rust" && !bare ? this.#language.calls.slice(0, -1) : this.#language.calls;
    if (bare) this.readToEnd();
    const words = this.#language.words.filter((word) => bare || !word.startsWith("var"));
    const quotes = language === "go" ? "\"'`" : "\"'";
    this.tokens = new RegExp(`[${quotes}{}]|/[/*]|\\b(?:${words.join("|")})\\b`, "g");
  }

  protected override commentEnd(at: number): number {
    const { text } = this;
    if (text.charCodeAt(at) !== 47) return at;
    const next = text.charAt(at + 1);
    if (next === "/") return endOfLine(text, at);
    if (next !== "*") return at;
    if (this.#language.nestedComments) return this.#nestedCommentEnd(at);
    const end = text.indexOf("*/", at + 2);
    return end === -1 ? this.end : end + 2;
  }

  #nestedCommentEnd(at: number): number {
    const mark = /\/\*|\*\//g;
    mark.lastIndex = at;
    let depth = 0;
    for (let found = mark.exec(this.text); found; found = mark.exec(this.text)) {
      depth += found[0] === "/*" ? 1 : -1;
      if (depth === 0) return mark.lastIndex;
    }
    return this.end;
  }

  protected override token(token: string, at: number): number {
    if (token === '"' || token === "'" || token === "`") {
      const { kind, opener } = this.#language.string(this.text, at);
      return kind === lifetime ? at + 1 : this.string(kind, at + opener);
    }
    const behind = at + token.length;
    // With `use std::env::var` a bare `var(` counts, somebody else's method of that name does not.
    if (token.startsWith("var") && /[.:]/.test(this.text.charAt(at - 1))) return behind;
    for (const call of this.#calls) {
      const found = this.match(call.pattern, at);
      if (!found) continue;
      const open = at + found[0].length;
      const argument = this.argument(open, this.text.charAt(open) === "[" ? "[" : "(");
      if (!argument) return behind;
      const second = call.second === true && argument.more;
      return this.found(
        argument,
        call.kind,
        call.hasDefault === true || second || this.#fallsBack(argument.after) || this.#isAsked(at),
      );
    }
    return behind;
  }

  #isAsked(at: number): boolean {
    return this.#language.asks?.test(this.text.slice(Math.max(0, at - askedCharactersMax), at)) === true;
  }

  #fallsBack(behind: number): boolean {
    return this.#language.fallback !== undefined && this.match(this.#language.fallback, behind) !== undefined;
  }
}

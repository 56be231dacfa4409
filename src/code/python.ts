import { CallWalker } from "./calls.ts";
import { endOfLine } from "./scriptWalker.ts";
import type { CodeUsage } from "./usage.ts";
import { inOrder, isWordCode, type ScanOptions, type StringKind } from "./walker.ts";

const importLine = /^[ \t]*from[ \t]+os[ \t]+import[ \t]+(\([^()]{0,2000}\)|[^\n#]{0,2000})/gm;
const osImport = /^[ \t]*import[ \t]+(?:[\w., \t]{0,200},[ \t]*)?os[ \t]+as[ \t]+(\w+)/m;
const importedName = /\b(environb?|getenvb?)\b(?:\s+as\s+(\w+))?/g;
const method = /\s*\.\s*(get|setdefault|pop|__getitem__|has_key)\s*(?=\()/y;
const fallback = /(?:\s*(?:,\s*\d+\s*)?\))*\s*\bor\b/y;
const assignment = /\s*=(?!=)/y;

/** What a settings library binds: `config` of decouple, `env` of django-environ and environs. */
const settings: readonly { readonly made: RegExp; readonly name: string }[] = [
  { made: /\bfrom[ \t]+decouple[ \t]+import\b[^\n]{0,200}\bconfig\b/, name: "config" },
  { made: /\benv[ \t]*=[ \t]*(?:environ\.)?Env\(/, name: "env" },
];
/** A field of a class, of which pydantic makes a variable in any case of letters. */
const settingsField = /^[ \t]+([A-Za-z]\w*)[ \t]*:[ \t]*[\w"'[]/gm;

/** Characters before `in os.environ` that are looked at for the literal. */
const askedCharactersMax = 300;

/** The kinds of Python's strings: by quote, triple or not, with code in them or not. */
const kinds = new Map<string, StringKind>();
for (const quote of ["'", '"']) {
  for (const close of [quote, quote.repeat(3)]) {
    const plain: StringKind = { close, escapes: true, lines: close.length === 3 };
    kinds.set(close, plain);
    kinds.set(`f${close}`, { ...plain, hole: "{", holeDoubles: true });
  }
}

/** Reads Python: `os.environ[…]`, its methods, `os.getenv(…)`, and both as imported from `os`. */
export class PythonWalker extends CallWalker {
  protected readonly names = /[rRuUbB]{0,2}(["'])([\w.-]*)(\1)?/y;
  protected tokens: RegExp;
  /** What stands for `environ` and `getenv` without `os.` before it. */
  readonly #bound = new Map<string, "environ" | "getenv" | "settings">();

  /** What `import os as …` calls the module. */
  readonly #os: string | undefined;

  constructor(text: string, options: ScanOptions) {
    super(text, options);
    this.#os = osImport.exec(text)?.[1];
    for (const [, list = ""] of text.matchAll(importLine)) {
      for (const [, name = "", bound] of list.matchAll(importedName)) {
        this.#bound.set(bound ?? name, name.startsWith("environ") ? "environ" : "getenv");
        if (bound !== undefined) this.readToEnd();
      }
    }
    for (const { made, name } of settings) {
      if (this.#bound.has(name) || !made.test(text)) continue;
      this.#bound.set(name, "settings");
      this.readToEnd();
    }
    this.tokens = tokensOf([...this.#bound.keys()]);
  }

  /** As it is for every language; fields of pydantic's settings are mentions. */
  override run(): CodeUsage[] {
    const found = super.run();
    if (!this.text.includes("BaseSettings")) return found;
    for (const field of this.text.matchAll(settingsField)) {
      const [whole, name = ""] = field;
      const start = field.index + whole.indexOf(name);
      const end = start + name.length;
      this.add({ name, start, end, after: end }, "mention", "identifier", true);
    }
    return inOrder(found);
  }

  protected override commentEnd(at: number): number {
    return this.text.charAt(at) === "#" ? endOfLine(this.text, at) : at;
  }

  protected override token(token: string, at: number): number {
    const behind = at + token.length;
    if (token === "'" || token === '"') return this.#string(token, at);
    const what = this.#meaning(token, at);
    if (what === "environ") return this.#environ(at, behind);
    if (what === "settings") return this.#setting(behind);
    if (what !== "getenv") return behind;
    const argument = this.argument(this.skip(behind), "(");
    return argument ? this.found(argument, "read", argument.more || this.#fallsBack(argument.after)) : behind;
  }

  #string(quote: string, at: number): number {
    const close = this.text.startsWith(quote.repeat(3), at) ? quote.repeat(3) : quote;
    let start = at;
    while (start > 0 && at - start < 3 && isWordCode(this.text.charCodeAt(start - 1))) start--;
    const prefix = /^[rRbBuU]?[fFtT][rR]?$/.test(this.text.slice(start, at)) ? "f" : "";
    return this.string(kinds.get(prefix + close)!, at + close.length);
  }

  /** `env("X", default=…)`, `env.bool("X")`. */
  #setting(behind: number): number {
    const open = behind + (this.match(/(?:\.\w+)?\s*(?=\()/y, behind)?.[0].length ?? 0);
    const argument = this.argument(open, "(");
    return argument ? this.found(argument, "read", argument.more) : behind;
  }

  #meaning(token: string, at: number): "environ" | "getenv" | "settings" | undefined {
    if (this.text.charAt(at - 1) !== ".") return this.#bound.get(token);
    const module = this.wordBefore(at - 1);
    if (module !== this.#os && !/^_?os$/.test(module)) return undefined;
    return token.startsWith("environ") ? "environ" : token.startsWith("getenv") ? "getenv" : undefined;
  }

  #environ(at: number, behind: number): number {
    const next = this.skip(behind);
    const index = this.argument(next, "[");
    if (index) {
      const writes = this.match(assignment, index.after) || this.wordBefore(this.before(at - 3)) === "del";
      return this.found(index, writes ? "write" : "read", this.#fallsBack(index.after));
    }
    const called = this.match(method, behind);
    if (!called) {
      this.#alone(at, next);
      return behind;
    }
    const argument = this.argument(behind + called[0].length, "(");
    if (!argument) return behind;
    const kind = called[1] === "setdefault" || called[1] === "pop" ? "write" : "read";
    return this.found(argument, kind, argument.more || this.#fallsBack(argument.after));
  }

  /** The mapping itself is asked whether it has a name, or is given a name of its own. */
  #alone(at: number, next: number): void {
    const head = this.text.slice(Math.max(0, at - askedCharactersMax), at);
    const asked = /(["'])([\w.-]+)\1\s+(?:not\s+)?in\s+(?:_?os\.)?$/.exec(head);
    if (asked?.[2] !== undefined) {
      const start = at - head.length + asked.index + 1;
      const end = start + asked[2].length;
      this.add({ name: asked[2], start, end, after: end }, "mention", "text", true);
      return;
    }
    const declared = /(?:^|\n)[ \t]*(\w+)\s*(?::[^=\n]{0,60})?=\s*(?:_?os\.)?$/.exec(head)?.[1];
    const ends = next >= this.end || /[\n\r]/.test(this.text.slice(at, next));
    if (declared === undefined || !ends || this.#bound.size >= 8) return;
    this.#bound.set(declared, "environ");
    this.readToEnd();
    this.tokens = tokensOf([...this.#bound.keys()]);
  }

  #fallsBack(behind: number): boolean {
    return this.match(fallback, behind) !== undefined;
  }
}

function tokensOf(bound: readonly string[]): RegExp {
  const words = new Set(["environ", "environb", "getenv", "getenvb", ...bound]);
  return new RegExp(`["'#{}]|\\b(?:${[...words].join("|")})\\b`, "g");
}

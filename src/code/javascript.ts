import type { CodeUsage } from "./usage.ts";
import { inOrder, type Literal, type ScanOptions, type StringKind, Walker, withFurther } from "./walker.ts";

const single: StringKind = { close: "'", escapes: true, lines: false };
const double: StringKind = { close: '"', escapes: true, lines: false };
const template: StringKind = { close: "`", escapes: true, lines: true, hole: "${" };

const literalName = /(["'`])([\w.-]*)(\1)?/y;
const importClause =
  /import\s+(?:type\s+)?(?:[\w$]+\s*,\s*)?\{([^{}]{0,4000})\}\s*from\s*(["'])([^"'\n]{1,200})\2/y;
const importedName = /([\w$]+)(?:\s+as\s+([\w$]+))?\s*(?:,|$)/g;
const svelteModule = /^\$env\/(static|dynamic)\/(?:private|public)$/;
/** What follows a read when its absence is dealt with, also behind a conversion: `Number(env.X) || 1`. */
const fallback = /(?:\s*!(?!=))?(?:\s*(?:,\s*\d+\s*)?\))*\s*(?:\?|\|\|)/y;
const assignment = /\s*(?:\?\?|\|\|)?=(?![=>])/y;
const denoMethod = /\s*\??\.\s*(get|has|set|delete)\s*\(\s*/y;
const keyword =
  /^(?:return|typeof|case|in|of|delete|void|throw|new|await|yield|else|do|instanceof|default|extends)$/;
const globalObjects: ReadonlySet<string> = new Set(["globalThis", "global", "window", "self"]);

/** Characters before an alias's declaration that are looked at. */
const declarationCharactersMax = 120;

/**
 * Reads JavaScript and TypeScript, with JSX. Code that hands the whole object to something else, such as
 * a schema, names the variables as keys nearby: with `keys` those are mentions.
 */
class JavaScriptWalker extends Walker {
  protected tokens: RegExp;
  /** The object of variables was handed on as a whole. */
  handsOn = false;
  readonly #keys: boolean;
  /** Variables that hold the whole object. */
  readonly #aliases = new Set<string>();

  constructor(text: string, options: ScanOptions, start = 0, end = text.length, keys = false) {
    super(text, options, start, end);
    this.#keys = keys;
    this.tokens = tokensOf([], keys);
    if (keys) this.readToEnd();
  }

  protected override commentEnd(at: number): number {
    if (this.text.charCodeAt(at) !== 47) return at;
    const next = this.text.charAt(at + 1);
    if (next === "/") return endOfLine(this.text, at);
    if (next !== "*") return at;
    const end = this.text.indexOf("*/", at + 2);
    return end === -1 ? this.end : end + 2;
  }

  protected override token(token: string, at: number): number {
    const behind = at + token.length;
    if (token === "'") return this.string(single, behind);
    if (token === '"') return this.string(double, behind);
    if (token === "`") return this.string(template, behind);
    if (token === "/") return this.#slash(at);
    if (this.text.charAt(at - 1) === "$") return behind;
    if (this.text.charAt(at - 1) === "." && !this.#isGlobal(token, at)) return behind;
    if (token === "process") return this.#process(at, behind);
    if (token === "import") return this.#import(at, behind);
    if (token === "Bun") return this.#bun(at, behind);
    if (token === "Deno") return this.#deno(behind);
    if (this.#aliases.has(token)) return this.#object(at, behind);
    this.add({ name: token, start: at, end: behind, after: behind }, "mention", "identifier", true);
    return behind;
  }

  #isGlobal(token: string, at: number): boolean {
    return token === "process" && globalObjects.has(this.wordBefore(at - 1));
  }

  /** Behind `.name` or `?.name` at `at`, or -1. */
  #member(at: number, name: string): number {
    let next = this.skip(at);
    if (this.text.startsWith("?.", next)) next += 2;
    else if (this.text.charAt(next) === ".") next++;
    else return -1;
    next = this.skip(next);
    const identifier = this.identifier(next);
    return identifier?.name === name ? identifier.end : -1;
  }

  #process(at: number, behind: number): number {
    const env = this.#member(behind, "env");
    if (env !== -1) return this.#object(at, env);
    const pattern = this.#patternBefore(at);
    if (pattern && /(?:^|,)\s*env\s*(?:,|$)/.test(this.text.slice(pattern.start, pattern.end)))
      this.#alias("env");
    return behind;
  }

  #bun(at: number, behind: number): number {
    const env = this.#member(behind, "env");
    return env === -1 ? behind : this.#object(at, env);
  }

  #deno(behind: number): number {
    const env = this.#member(behind, "env");
    if (env === -1) return behind;
    const method = this.match(denoMethod, env);
    if (!method) return env;
    const literal = this.literal(literalName, env + method[0].length);
    if (!literal) {
      this.isDynamic = true;
      return env;
    }
    const kind = method[1] === "get" ? "read" : method[1] === "has" ? "mention" : "write";
    const closing = this.match(/\s*\)/y, literal.after)?.[0].length ?? 0;
    this.add(literal, kind, "text", this.match(fallback, literal.after + closing) !== undefined);
    return literal.after;
  }

  #import(at: number, behind: number): number {
    const meta = this.#member(behind, "meta");
    if (meta !== -1) {
      const env = this.#member(meta, "env");
      return env === -1 ? meta : this.#object(at, env);
    }
    const found = this.match(importClause, at);
    if (!found) return behind;
    const start = at + found[0].indexOf("{") + 1;
    this.#imported(found[1] ?? "", start, found[3] ?? "");
    return at + found[0].length;
  }

  /** Node's `process`, and SvelteKit's modules that are made of the variables. */
  #imported(names: string, start: number, from: string): void {
    const svelte = svelteModule.exec(from)?.[1];
    if (svelte === undefined && from !== "process" && from !== "node:process") return;
    for (const found of names.matchAll(importedName)) {
      const [, name = "", bound] = found;
      const begin = start + found.index;
      const literal: Literal = { name, start: begin, end: begin + name.length, after: begin + name.length };
      if (svelte === "static")
        this.add(literal, "read", bound === undefined ? "import" : "identifier", false);
      else if (name === "env") this.#alias(bound ?? name);
    }
  }

  /** What is done with the object of variables that was named from `at` to `behind`. */
  #object(at: number, behind: number): number {
    const next = this.skip(behind);
    const optional = this.text.startsWith("?.", next);
    const dot = optional ? next + 2 : this.text.charAt(next) === "." ? next + 1 : -1;
    const inner = dot === -1 ? next : this.#behindDot(dot);
    if (this.text.charAt(inner) === "[") return this.#index(at, inner);
    if (dot !== -1) {
      const name = this.identifier(inner);
      if (!name || /^\d/.test(name.name)) return inner;
      this.#addRead(at, name, name.end, "identifier");
      return name.end;
    }
    this.#whole(at, next);
    return behind;
  }

  /** While a name is typed, the next line is not yet its rest. */
  #behindDot(dot: number): number {
    return this.incomplete && /\s/.test(this.text.charAt(dot)) ? dot : this.skip(dot);
  }

  #index(at: number, bracket: number): number {
    const literal = this.literal(literalName, this.skip(bracket + 1));
    const close = literal ? this.skip(literal.after) : -1;
    if (!literal || (this.text.charAt(close) !== "]" && !this.incomplete)) {
      this.isDynamic = true;
      return bracket + 1;
    }
    this.#addRead(at, literal, close + 1, "text");
    return literal.after;
  }

  #addRead(at: number, name: Literal, behind: number, form: "identifier" | "text"): void {
    const deletes = this.wordBefore(this.before(at)) === "delete";
    if (deletes || this.match(assignment, behind)) this.add(name, "write", form, true);
    else this.add(name, "read", form, this.match(fallback, behind) !== undefined);
  }

  /** The object stands alone: it is taken apart, given another name, or asked whether it has a name. */
  #whole(at: number, next: number): void {
    const pattern = this.#patternBefore(at);
    if (pattern) {
      this.#destructured(pattern.start, pattern.end);
      return;
    }
    const head = this.text.slice(Math.max(0, at - declarationCharactersMax), at);
    const declared = /(?:const|let|var)\s+([A-Za-z_$][\w$]*)\s*(?::[^=;{}]{0,60})?=\s*$/.exec(head)?.[1];
    if (declared !== undefined && !/[.[(]/.test(this.text.charAt(next))) this.#alias(declared);
    const asked = /(["'`])([\w.-]+)\1\s+in\s*$/.exec(head);
    if (!asked?.[2]) {
      if (declared === undefined) this.handsOn = true;
      return;
    }
    const start = at - head.length + asked.index + 1;
    const end = start + asked[2].length;
    this.add({ name: asked[2], start, end, after: end }, "mention", "text", true);
  }

  /** The inside of the braces that stand before `= ` at `at`. */
  #patternBefore(at: number): { start: number; end: number } | undefined {
    const equals = this.before(at);
    if (this.text.charAt(equals - 1) !== "=") return undefined;
    const { open, close } = this.closed;
    return open !== -1 && this.before(equals - 1) === close + 1 ? { start: open + 1, end: close } : undefined;
  }

  #destructured(start: number, end: number): void {
    for (let at = this.skip(start); at < end; at = this.skip(at + 1)) {
      const quoted = this.literal(literalName, at);
      const name = quoted ?? this.identifier(at);
      if (name && name.end > at) {
        const next = this.skip(name.after);
        const bound = this.text.charAt(next) === ":";
        const stop = this.#elementEnd(next, end);
        const fallsBack = /=(?!>)/.test(this.text.slice(next, stop));
        this.add(name, "read", bound ? (quoted ? "text" : "identifier") : "shorthand", fallsBack);
        at = stop;
      } else at = this.#elementEnd(at, end);
    }
  }

  /** The comma that ends an element of a pattern; strings and brackets within it are passed over. */
  #elementEnd(from: number, end: number): number {
    let depth = 0;
    for (let at = from; at < end; at++) {
      const character = this.text.charAt(at);
      if (character === "," && depth === 0) return at;
      if ("([{".includes(character)) depth++;
      else if (")]}".includes(character)) depth--;
      else if ("\"'`".includes(character)) {
        const close = this.text.indexOf(character, at + 1);
        if (close === -1 || close >= end) return end;
        at = close;
      }
    }
    return end;
  }

  #alias(name: string): void {
    if (this.#aliases.has(name) || this.#aliases.size >= 8) return;
    this.#aliases.add(name);
    this.readToEnd();
    this.tokens = tokensOf([...this.#aliases], this.#keys);
  }

  /** A `/` that opens no comment: a regular expression where an expression may start, else a division. */
  #slash(at: number): number {
    if (!this.#startsExpression(at) || this.isKnownUnclosed("/", at)) return at + 1;
    let inClass = false;
    for (let next = at + 1; next < this.end; next++) {
      const character = this.text.charAt(next);
      if (character === "\\") next++;
      else if (character === "\n" || character === "\r") {
        this.noteUnclosed("/", next);
        return at + 1;
      } else if (character === "[") inClass = true;
      else if (character === "]") inClass = false;
      else if (character === "/" && !inClass) return next + 1;
    }
    this.noteUnclosed("/", this.end);
    return at + 1;
  }

  #startsExpression(at: number): boolean {
    const end = this.before(at);
    const previous = this.text.charAt(end - 1);
    if (previous === "" || "(,=:[!&|?{;~^%*+-".includes(previous)) return true;
    if (previous === ">") return this.text.charAt(end - 2) === "=";
    if (previous === "}") return /^[\n\r]/.test(this.text.slice(end, at));
    return keyword.test(this.wordBefore(end));
  }
}

function tokensOf(aliases: readonly string[], keys: boolean): RegExp {
  const words = ["process", "import", "Deno", "Bun", ...aliases.map((name) => name.replaceAll("$", "\\$"))];
  const key = keys ? "|\\b[A-Z][A-Z0-9_]{2,}\\b(?=\\s*:)" : "";
  return new RegExp(`[/"'\`{}]|\\b(?:${words.join("|")})\\b${key}`, "g");
}

/** The usages of a script that stands between two offsets of a text. */
export function scanScript(
  text: string,
  options: ScanOptions,
  start = 0,
  end = text.length,
): readonly CodeUsage[] {
  const walker = new JavaScriptWalker(text, options, start, end);
  // The names of a destructuring are found at its end, behind those in its defaults.
  const found = inOrder(walker.run());
  if (!walker.handsOn && (!walker.isDynamic || options.incomplete)) return found;
  const { incomplete = false } = options;
  const again = new JavaScriptWalker(text, { incomplete, literals: !incomplete }, start, end, walker.handsOn);
  // A key of a destructuring is found as a key as well.
  return withFurther(found, [...again.run(), ...again.literals]);
}

/** The offset of the line break that ends the line of `at`, or the text's length. */
export function endOfLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end === -1 ? text.length : end;
}

/** The scripts of a Vue, Svelte or Astro file: what stands in `<script>`, and between Astro's first `---` lines. */
export function scanMarkup(text: string, options: ScanOptions): CodeUsage[] {
  const found: CodeUsage[] = [];
  const front = /^\s*---\r?\n/.exec(text);
  if (front) {
    const end = text.indexOf("\n---", front[0].length);
    if (end !== -1) found.push(...scanScript(text, options, front[0].length, end));
  }
  const opener = /<script\b[^>]{0,1000}>/g;
  for (let script = opener.exec(text); script; script = opener.exec(text)) {
    const start = opener.lastIndex;
    const close = text.indexOf("</script", start);
    const end = close === -1 ? text.length : close;
    found.push(...scanScript(text, options, start, end));
    opener.lastIndex = end;
  }
  return found;
}

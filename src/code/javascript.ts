import { bindingsOf, type ScriptBindings, type VariablesObject } from "./scriptBindings.ts";
import { ScriptWalker } from "./scriptWalker.ts";
import type { CodeScan, CodeUsage, ModuleName, UsageForm, UsageKind } from "./usage.ts";
import { inOrder, type Literal, type ScanOptions, withFurther } from "./walker.ts";

const literalName = /(["'`])([\w.-]*)(\1)?/y;
const importClause =
  /import\s+(?:type\s+)?(?:[\w$]+\s*,\s*)?\{([^{}]{0,4000})\}\s*from\s*(["'])([^"'\n]{1,200})\2/y;
const importedName = /([\w$]+)(?:\s+as\s+([\w$]+))?\s*(?:,|$)/g;
const staticModule = /^\$env\/static\/(?:private|public)$/;
/** What may hold the object of variables, in an import or an export. */
const moduleName = /\s*\(?\s*(["'])(\.{1,2}(?:\/[^"'\n]*)?|(?:node:)?process|bun|\$env\/dynamic\/\w+)\1/y;
/** What follows a read when its absence is dealt with, also behind a conversion: `Number(env.X) || 1`. */
const fallback = /(?:\s*!(?!=))?(?:\s*(?:,\s*\d+\s*)?\))*\s*(?:\?|\|\|)/y;
const assignment = /\s*(?:\?\?|\|\|)?=(?![=>])/y;
const denoMethod = /\s*\??\.\s*(get|has|set|delete)\s*\(\s*/y;
const globalObjects: ReadonlySet<string> = new Set(["globalThis", "global", "window", "self"]);

/** Characters before the module's name in which an import or export may say that it is about the environment. */
const clauseCharactersMax = 400;

/** How a walk over a script goes. */
interface ScriptOptions extends ScanOptions {
  /** What a close reading found; without it only places that spell the object out are. */
  readonly bindings?: ScriptBindings;
  /** Also keys that look like variables: code that hands the whole object to a schema names them so. */
  readonly keys?: boolean;
}

/** Reads JavaScript and TypeScript, with JSX. */
class JavaScriptWalker extends ScriptWalker {
  protected tokens: RegExp;
  /** The object of variables has another name somewhere, or stands alone: its declarations must be read. */
  needsBindings = false;
  readonly #bindings: ScriptBindings | undefined;
  /** The export of another file that the object which is read depends on. */
  #through: ModuleName | undefined;

  constructor(text: string, start: number, end: number, options: ScriptOptions) {
    super(text, options, start, end);
    this.#bindings = options.bindings;
    const key = options.keys ? "|\\b[A-Z][A-Z0-9_]{2,}\\b(?=\\s*:)" : "";
    const words = "process|import|require|Deno|Bun|from(?=\\s*[\"'])";
    this.tokens = new RegExp(`[/"'\`{}]|\\b(?:${words})\\b${key}`, "g");
  }

  /** As it is for every language; then what a close reading found. */
  override run(): CodeUsage[] {
    super.run();
    const { objects = [], patterns = [], asked = [] } = this.#bindings ?? {};
    for (const object of objects) this.#known(object);
    for (const { start, end, through } of patterns) {
      this.#through = through;
      this.#destructured(start, end);
    }
    for (const { start, end, through } of asked) {
      this.#through = through;
      const name = this.text.slice(start, end);
      if (/^[\w.-]+$/.test(name)) this.add({ name, start, end, after: end }, "mention", "text", true);
    }
    // What stands in a pattern, or depends on another file, was found behind the rest.
    return inOrder(this.usages);
  }

  protected override add(name: Literal, kind: UsageKind, form: UsageForm, hasDefault: boolean): void {
    super.add(name, kind, form, hasDefault);
    const added = this.usages.at(-1);
    if (this.#through === undefined || added?.nameSpan.start !== name.start) return;
    this.usages[this.usages.length - 1] = { ...added, through: this.#through };
  }

  protected override token(token: string, at: number): number {
    const next = this.#word(token, at);
    // All of it is read again, closely.
    return this.needsBindings && !this.#bindings ? this.end : next;
  }

  #word(token: string, at: number): number {
    const behind = at + token.length;
    if (behind === at + 1 && "\"'`/".includes(token)) return this.behindLiteral(token, at);
    if (this.text.charAt(at - 1) === "$") return behind;
    if (this.text.charAt(at - 1) === "." && !this.#isGlobal(token, at)) {
      if (!this.text.startsWith("...", at - 3)) return behind;
    }
    if (token === "from")
      return this.#module(behind, this.text.slice(Math.max(0, at - clauseCharactersMax), at));
    if (token === "require") return this.#module(behind, this.#lineBefore(at));
    if (token === "process" || token === "Bun") return this.#holder(at, behind);
    if (token === "import") return this.#import(at, behind);
    if (token === "Deno") return this.#deno(behind);
    this.add({ name: token, start: at, end: behind, after: behind }, "mention", "identifier", true);
    return behind;
  }

  #isGlobal(token: string, at: number): boolean {
    const dot = this.text.charAt(at - 2) === "?" ? at - 2 : at - 1;
    return token === "process" && globalObjects.has(this.wordBefore(dot));
  }

  #lineBefore(at: number): string {
    const head = this.text.slice(Math.max(0, at - clauseCharactersMax), at);
    return head.slice(head.lastIndexOf("\n") + 1);
  }

  /** The name behind `.` or `?.` at `at`. */
  #member(at: number): Literal | undefined {
    const dot = this.skip(at);
    const next = this.text.startsWith("?.", dot) ? dot + 2 : this.text.charAt(dot) === "." ? dot + 1 : -1;
    return next === -1 ? undefined : this.identifier(this.skip(next));
  }

  /** `process` and `Bun`, of which `env` is the object. */
  #holder(at: number, behind: number): number {
    if (this.#bindings) return behind;
    const member = this.#member(behind);
    if (member?.name === "env") return this.#object(at, member.end);
    // Another member, as in a call of `exit`, has nothing to do with variables.
    const isLone = member === undefined || member.name === "";
    this.needsBindings ||= isLone && this.wordBefore(this.before(at)) !== "typeof";
    return behind;
  }

  #deno(behind: number): number {
    const env = this.#member(behind);
    if (env?.name !== "env") return behind;
    const method = this.match(denoMethod, env.end);
    if (!method) {
      this.needsBindings ||= this.#member(env.end)?.name === "toObject";
      return env.end;
    }
    const literal = this.literal(literalName, env.end + method[0].length);
    if (!literal) {
      this.isDynamic = true;
      return env.end;
    }
    const kind = method[1] === "get" ? "read" : method[1] === "has" ? "mention" : "write";
    const closing = this.match(/\s*\)/y, literal.after)?.[0].length ?? 0;
    this.add(literal, kind, "text", this.match(fallback, literal.after + closing) !== undefined);
    return literal.after;
  }

  #import(at: number, behind: number): number {
    const meta = this.#member(behind);
    if (meta) {
      if (meta.name !== "meta" || this.#bindings) return meta.end;
      const env = this.#member(meta.end);
      if (env?.name === "env") return this.#object(at, env.end);
      this.needsBindings ||= env === undefined || env.name === "";
      return meta.end;
    }
    const found = this.match(importClause, at);
    if (found && staticModule.test(found[3] ?? "")) {
      this.#imported(found[1] ?? "", at + found[0].indexOf("{") + 1);
      return at + found[0].length;
    }
    return this.#module(behind, this.#lineBefore(at));
  }

  /** A module is named at `at`: whether it may have the object of variables decides if the script is read closely. */
  #module(at: number, clause: string): number {
    const specifier = this.needsBindings ? undefined : this.match(moduleName, at)?.[2];
    if (specifier === undefined) return at;
    const start = Math.max(
      clause.lastIndexOf(";"),
      clause.lastIndexOf("import"),
      clause.lastIndexOf("export"),
    );
    const isAbout = [specifier, clause.slice(start + 1)].some((each) => /env/i.test(each));
    this.needsBindings = isAbout || !specifier.startsWith(".") || /\*\s*$/.test(clause);
    return at;
  }

  /** SvelteKit's modules that are made of the variables. */
  #imported(names: string, start: number): void {
    for (const found of names.matchAll(importedName)) {
      const [, name = "", bound] = found;
      const begin = start + found.index;
      const end = begin + name.length;
      const form = bound === undefined ? "import" : "identifier";
      this.add({ name, start: begin, end, after: end }, "read", form, false);
    }
  }

  /** An object that a close reading found. */
  #known({ start, end, through, isDeleted }: VariablesObject): void {
    this.#through = through;
    this.#object(start, end, isDeleted);
  }

  /** What is done with the object of variables that was named from `at` to `behind`. */
  #object(at: number, behind: number, isDeleted = this.#isDeleted(at)): number {
    const next = this.skip(behind);
    const optional = this.text.startsWith("?.", next);
    const dot = optional ? next + 2 : this.text.charAt(next) === "." ? next + 1 : -1;
    const inner = dot === -1 ? next : this.#behindDot(dot);
    if (this.text.charAt(inner) === "[") return this.#index(isDeleted, inner);
    if (dot === -1) {
      this.needsBindings = true;
      return behind;
    }
    const name = this.identifier(inner);
    if (!name || /^\d/.test(name.name)) return inner;
    this.#addRead(isDeleted, name, name.end, "identifier");
    return name.end;
  }

  /** While a name is typed, the next line is not yet its rest. */
  #behindDot(dot: number): number {
    return this.incomplete && /\s/.test(this.text.charAt(dot)) ? dot : this.skip(dot);
  }

  #isDeleted(at: number): boolean {
    return this.wordBefore(this.before(at)) === "delete";
  }

  #index(isDeleted: boolean, bracket: number): number {
    const literal = this.literal(literalName, this.skip(bracket + 1));
    const close = literal ? this.skip(literal.after) : -1;
    if (!literal || (this.text.charAt(close) !== "]" && !this.incomplete)) {
      this.isDynamic ||= this.#through === undefined;
      return bracket + 1;
    }
    this.#addRead(isDeleted, literal, close + 1, "text");
    return literal.after;
  }

  #addRead(isDeleted: boolean, name: Literal, behind: number, form: "identifier" | "text"): void {
    if (isDeleted || this.match(assignment, behind)) this.add(name, "write", form, true);
    else this.add(name, "read", form, this.match(fallback, behind) !== undefined);
  }

  #destructured(start: number, end: number): void {
    for (let at = this.skip(start); at < end; at = this.skip(at + 1)) {
      const computed =
        this.text.charAt(at) === "[" ? this.literal(literalName, this.skip(at + 1)) : undefined;
      const quoted = computed ?? this.literal(literalName, at);
      const name = quoted ?? this.identifier(at);
      if (name && name.end > at && !/^\d/.test(name.name)) {
        const next = this.skip(computed ? this.skip(name.after) + 1 : name.after);
        const bound = this.text.charAt(next) === ":";
        const { stop, hasDefault } = this.#elementEnd(next, end);
        this.add(name, "read", bound ? (quoted ? "text" : "identifier") : "shorthand", hasDefault);
        at = stop;
      } else at = this.#elementEnd(at, end).stop;
    }
  }

  /** The comma that ends an element of a pattern, and whether a default stands before it. */
  #elementEnd(from: number, end: number): { readonly stop: number; readonly hasDefault: boolean } {
    let depth = 0;
    let hasDefault = false;
    for (let at = from; at < end; at++) {
      const behind = this.commentEnd(at);
      if (behind > at) {
        at = behind - 1;
        continue;
      }
      const character = this.text.charAt(at);
      if (character === "," && depth === 0) return { stop: at, hasDefault };
      if (character === "=" && depth === 0) hasDefault = true;
      if ("([{".includes(character)) depth++;
      else if (")]}".includes(character)) depth--;
      else if ("\"'`".includes(character)) at = this.#quoteEnd(character, at + 1, end);
    }
    return { stop: end, hasDefault };
  }

  #quoteEnd(quote: string, from: number, end: number): number {
    for (let at = from; at < end; at++) {
      if (this.text.charAt(at) === "\\") at++;
      else if (this.text.charAt(at) === quote) return at;
    }
    return end;
  }
}

/** What a script that stands between two offsets of a text uses and exports. */
export function scanScript(text: string, options: ScanOptions, start = 0, end = text.length): CodeScan {
  const walker = new JavaScriptWalker(text, start, end, options);
  const usages = walker.run();
  const { incomplete = false } = options;
  if (!walker.needsBindings) {
    if (!walker.isDynamic || incomplete) return { usages, exports: [] };
    return { usages: withFurtherNames(text, start, end, usages, { literals: true }), exports: [] };
  }
  const bindings = bindingsOf(text, start, end);
  const close = new JavaScriptWalker(text, start, end, { incomplete, bindings });
  const found = close.run();
  const { exports, handsOn: keys } = bindings;
  if (!keys && (!close.isDynamic || incomplete)) return { usages: found, exports };
  const further = { bindings, keys, incomplete, literals: !incomplete };
  return { usages: withFurtherNames(text, start, end, found, further), exports };
}

/** Adds the strings and the keys that may be names as well. */
function withFurtherNames(
  text: string,
  start: number,
  end: number,
  found: readonly CodeUsage[],
  options: ScriptOptions,
): readonly CodeUsage[] {
  const again = new JavaScriptWalker(text, start, end, options);
  // A key of a destructuring is found as a key as well.
  return withFurther(found, [...again.run(), ...again.literals]);
}

/** The scripts of a Vue, Svelte or Astro file: what stands in `<script>`, and between Astro's first `---` lines. */
export function scanMarkup(text: string, options: ScanOptions): CodeScan {
  const scans: CodeScan[] = [];
  const front = /^\s*---\r?\n/.exec(text);
  if (front) {
    const end = text.indexOf("\n---", front[0].length);
    if (end !== -1) scans.push(scanScript(text, options, front[0].length, end));
  }
  const opener = /<script\b[^>]{0,1000}>/g;
  for (let script = opener.exec(text); script; script = opener.exec(text)) {
    const start = opener.lastIndex;
    const close = text.indexOf("</script", start);
    const end = close === -1 ? text.length : close;
    scans.push(scanScript(text, options, start, end));
    opener.lastIndex = end;
  }
  return { usages: scans.flatMap(({ usages }) => usages), exports: [] };
}

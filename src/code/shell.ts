import { endOfLine } from "./scriptWalker.ts";
import { type CodeUsage, isIdentifier, nameCharactersMax, usagesPerFileMax } from "./usage.ts";
import type { ScanOptions } from "./walker.ts";

/** A place that names a variable, before it is known whether the variable comes from the environment. */
interface Occurrence {
  readonly name: string;
  readonly at: number;
  readonly what: "read" | "assignment" | "export";
  readonly hasDefault: boolean;
}

const tokens =
  /\\[\s\S]|['"`#\n$()}]|<<-?|\b[A-Za-z_]\w*\+?=|\b(?:export|local|declare|typeset|readonly|read|for|select|unset|getopts|mapfile|readarray)\b/g;
const parameter = /\$(?:\{[!#]?([A-Za-z_]\w*)?(?:\[[^\]\n]{0,80}\])?(:?[-=+?])?|([A-Za-z_]\w*))/y;
const heredoc = /<<-?[ \t]*(["'\\]?)([A-Za-z_]\w*)\1?/y;
/** What may stand on a line before an assignment, from the start of its command. */
const commandHead =
  /(?:^|[\n;&|(){}`!]|\b(?:then|do|else))[ \t]*(?:(?:export|local|declare|typeset|readonly)[ \t]+(?:-\w+[ \t]+)*)?(?:\w+=\S*[ \t]+)*$/;
const declaredNames = /(?:[ \t]+-\w+)*((?:[ \t]+[A-Za-z_]\w*(?![\w=]))+)/y;

/** Characters before an assignment, and behind it, that are looked at for its command. */
const commandCharactersMax = 200;
/** Heredocs that nothing ends and that are searched for, each to the end of the text. */
const lostHeredocsMax = 20;

type Context = "code" | "double" | "brace" | "quotedBrace";

/** Reads shell scripts: expansions, and what the script itself assigns. */
class ShellReader {
  readonly occurrences: Occurrence[] = [];
  /** For each assigned name, where its first assignment takes effect. */
  readonly assigned = new Map<string, number>();
  readonly exported = new Set<string>();
  readonly #text: string;
  readonly #incomplete: boolean;
  readonly #contexts: Context[] = ["code"];
  readonly #heredocs: { readonly name: string; readonly raw: boolean }[] = [];
  #lostHeredocs = 0;

  constructor(text: string, incomplete: boolean) {
    this.#text = text;
    this.#incomplete = incomplete;
  }

  read(): void {
    let at = 0;
    while (this.occurrences.length < usagesPerFileMax) {
      tokens.lastIndex = at;
      const found = tokens.exec(this.#text);
      if (!found) return;
      at = this.#token(found[0], found.index);
    }
  }

  #token(token: string, at: number): number {
    const behind = at + token.length;
    const context = this.#contexts.at(-1)!;
    const quoted = context === "double" || context === "quotedBrace";
    if (token === "$") return this.#dollar(at, quoted);
    if (token === '"') return this.#doubleQuote(context, behind);
    if (token === "}" && (context === "brace" || context === "quotedBrace")) this.#contexts.pop();
    if (token === "\n") return this.#heredocs.length > 0 ? this.#heredocTexts(behind) : behind;
    if (quoted || token.startsWith("\\") || "`}".includes(token)) return behind;
    if (token === "'") return this.#behindQuote("'", behind);
    if (token === "(") this.#contexts.push("code");
    else if (token === ")") this.#closeParenthesis(context);
    else if (token === "#")
      return /[\s;(]|^$/.test(this.#text.charAt(at - 1)) ? endOfLine(this.#text, at) : behind;
    else if (token.startsWith("<<")) this.#heredoc(at);
    else if (token.endsWith("=")) this.#assignment(token.replace(/\+?=$/, ""), at, behind);
    else if (token !== "(") return this.#declaration(token, behind);
    return behind;
  }

  #doubleQuote(context: Context, behind: number): number {
    if (context === "double") this.#contexts.pop();
    else if (this.#contexts.length < nameCharactersMax) this.#contexts.push("double");
    return behind;
  }

  #closeParenthesis(context: Context): void {
    if (context === "code" && this.#contexts.length > 1) this.#contexts.pop();
  }

  #behindQuote(quote: string, from: number): number {
    const close = this.#text.indexOf(quote, from);
    return close === -1 ? this.#text.length : close + 1;
  }

  #dollar(at: number, quoted: boolean): number {
    const next = this.#text.charAt(at + 1);
    if (next === "'" && !quoted) {
      const close = /(?:[^\\']|\\[\s\S])*'/y;
      close.lastIndex = at + 2;
      return close.test(this.#text) ? close.lastIndex : at + 2;
    }
    if (next === "(") {
      this.#contexts.push("code");
      return at + 2;
    }
    const end = this.#expansion(at);
    if (next === "{") this.#contexts.push(quoted ? "quotedBrace" : "brace");
    return end;
  }

  /** Notes the parameter that the `$` at `at` expands; returns what is behind its name and operator. */
  #expansion(at: number): number {
    parameter.lastIndex = at;
    const found = parameter.exec(this.#text);
    if (!found) return at + (this.#text.charAt(at + 1) === "$" ? 2 : 1);
    const [whole, braced, operator, bare] = found;
    const name = braced ?? bare ?? "";
    const start = at + (whole.startsWith("${") ? whole.search(/[A-Za-z_]|$/) : 1);
    const named = name !== "" || (this.#incomplete && whole === "${");
    const hasDefault = operator !== undefined && !operator.endsWith("?");
    if (named) this.occurrences.push({ name, at: start, what: "read", hasDefault });
    return at + whole.length;
  }

  #heredoc(at: number): void {
    heredoc.lastIndex = at;
    const found = heredoc.exec(this.#text);
    if (
      found?.[2] === undefined ||
      this.#text.charAt(at - 1) === "<" ||
      this.#lostHeredocs >= lostHeredocsMax
    )
      return;
    this.#heredocs.push({ name: found[2], raw: found[1] !== "" });
  }

  /** Reads the texts of the heredocs whose operators stand on the line before `from`. */
  #heredocTexts(from: number): number {
    let at = from;
    for (const { name, raw } of this.#heredocs.splice(0)) {
      const close = new RegExp(`^\\t*${name}$`, "gm");
      close.lastIndex = at;
      const found = close.exec(this.#text);
      if (!found) {
        this.#lostHeredocs++;
        continue;
      }
      if (!raw) this.#expansionsIn(at, found.index);
      at = found.index + found[0].length;
    }
    return at;
  }

  #expansionsIn(from: number, end: number): void {
    const dollar = /\\[\s\S]|\$/g;
    dollar.lastIndex = from;
    for (let found = dollar.exec(this.#text); found && found.index < end; found = dollar.exec(this.#text)) {
      if (found[0] === "$") dollar.lastIndex = this.#expansion(found.index);
    }
  }

  #assignment(name: string, at: number, behind: number): void {
    const head = this.#text.slice(Math.max(0, at - commandCharactersMax), at);
    const command = commandHead.exec(head);
    if (!command) return;
    if (/\bexport\b|\b(?:declare|typeset)[ \t]+-\w*x/.test(command[0])) this.exported.add(name);
    this.occurrences.push({ name, at, what: "assignment", hasDefault: true });
    // The value is read before the name has it: `X="${X:-d}"` asks the environment.
    const rest = this.#text.slice(behind, behind + commandCharactersMax);
    const ends = rest.search(/[\n;]|&&/);
    this.#assign(name, behind + (ends === -1 ? rest.length : ends));
  }

  #assign(name: string, from: number): void {
    if (!this.assigned.has(name)) this.assigned.set(name, from);
  }

  /** The bare names behind `export`, `local`, `read`, `for` and the like. */
  #declaration(word: string, behind: number): number {
    declaredNames.lastIndex = behind;
    const found = declaredNames.exec(this.#text);
    if (!found?.[1]) return behind;
    let at = behind + found[0].length - found[1].length;
    for (const part of found[1].split(/([A-Za-z_]\w*)/)) {
      if (isIdentifier(part) && !(part === "in" && word !== "export")) {
        if (word === "export") {
          this.exported.add(part);
          this.occurrences.push({ name: part, at, what: "export", hasDefault: true });
        } else this.#assign(part, at);
        if (word === "for" || word === "select") return behind;
      }
      at += part.length;
    }
    return behind;
  }
}

/**
 * The environment variables that a shell script reads, and whatever else it does with them. A variable that the
 * script itself gives a value before it reads it is no environment variable, unless the script exports it.
 */
export function scanShell(text: string, options: ScanOptions): CodeUsage[] {
  const reader = new ShellReader(text, options.incomplete === true);
  reader.read();
  const { assigned, exported } = reader;
  const comesIn = ({ name, at, what }: Occurrence) =>
    what === "read" && at < (assigned.get(name) ?? Number.POSITIVE_INFINITY);
  const names = new Set(exported);
  for (const occurrence of reader.occurrences) if (comesIn(occurrence)) names.add(occurrence.name);
  return reader.occurrences
    .filter(({ name }) => names.has(name) && name.length <= nameCharactersMax)
    .map((occurrence): CodeUsage => {
      const { name, at, what } = occurrence;
      // By custom lower case is the script's own, so a missing one is nothing to speak of.
      const reads = comesIn(occurrence) && /^[A-Z_][A-Z0-9_]*$|^$/.test(name);
      const kind = reads ? "read" : what === "assignment" ? "write" : "mention";
      const hasDefault = occurrence.hasDefault || kind !== "read";
      return { name, nameSpan: { start: at, end: at + name.length }, kind, form: "text", hasDefault };
    })
    .sort((one, other) => one.nameSpan.start - other.nameSpan.start);
}

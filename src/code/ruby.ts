import { CallWalker } from "./calls.ts";
import { endOfLine } from "./scriptWalker.ts";
import type { StringKind } from "./walker.ts";

const single: StringKind = { close: "'", escapes: true, lines: true };
const double: StringKind = { close: '"', escapes: true, lines: true, hole: "#{" };
const backtick: StringKind = { close: "`", escapes: true, lines: true, hole: "#{" };
const percentLiteral = /%([qQwWiIxr]?)([([{<|!/])/y;
const closers: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}", "<": ">" };
const heredoc = /<<[~-]?(["'`]?)([A-Z_]\w*)\1/y;
const method =
  /\s*&?\.\s*(fetch|dig|key\?|has_key\?|include\?|member\?|delete|store|values_at|slice)(\s*\(|[ \t]+(?=["']))/y;
const fallback = /(?:\s*&?\.\w{1,40}(?:\(\d*\))?){0,3}(?:\s*\))*\s*(?:\|\||\{|\?|\bdo\b|\bor\b)/y;
const assignment = /\s*(?:\|\|)?=(?![=~>])/y;
const regexStart = /(?:^|[(,=~!|&?:;{[\n]|\b(?:if|unless|when|and|or|not|return|while|until))$/;

/** Heredocs that nothing ends and that are searched for, each to the end of the text. */
const lostHeredocsMax = 20;

/** Reads Ruby: `ENV[…]` and the methods of `ENV` that name variables. */
export class RubyWalker extends CallWalker {
  protected readonly names = /(["'])([\w.-]*)(\1)?/y;
  protected tokens = /["'`#{}/]|%[qQwWiIxr]?[([{<|!/]|<<[~-]?["'`]?[A-Z_]|^=begin\b|^__END__$|\bENV\b/gm;

  #lostHeredocs = 0;
  /** Reads the rest of a line on which a heredoc opened. */
  #isRest = false;

  protected override commentEnd(at: number): number {
    if (this.text.charAt(at) === "#") return endOfLine(this.text, at);
    if (this.text.startsWith("=begin", at) && (at === 0 || this.text.charAt(at - 1) === "\n")) {
      const end = this.text.indexOf("\n=end", at);
      return end === -1 ? this.end : endOfLine(this.text, end + 1);
    }
    return at;
  }

  protected override token(token: string, at: number): number {
    if (token === "__END__") return this.end;
    if (token === '"') return this.string(double, at + 1);
    if (token === "'") return this.string(single, at + 1);
    if (token === "`") return this.string(backtick, at + 1);
    if (token === "/") return this.#slash(at);
    if (token.startsWith("%")) return this.#percent(at);
    if (token.startsWith("<<")) return this.#heredoc(at);
    return this.#variables(at, at + token.length);
  }

  #percent(at: number): number {
    const found = this.match(percentLiteral, at);
    const operand = this.wordBefore(at) !== "" || /[)\]]/.test(this.text.charAt(at - 1));
    if (!found || operand) return at + 1;
    const open = found[2] ?? "";
    const code = found[1] !== "q" && found[1] !== "w" && found[1] !== "i" ? { hole: "#{" } : {};
    const close = closers[open];
    const nesting = close === undefined ? { close: open } : { close, nests: open };
    return this.string({ ...nesting, escapes: true, lines: true, ...code }, at + found[0].length);
  }

  /** Reads the rest of the line by itself, then the text of its heredocs as the string that they are. */
  #heredoc(at: number): number {
    const found = this.match(heredoc, at);
    if (!found || this.#isRest || /[\w)\]]/.test(this.text.charAt(at - 1))) return at + 2;
    const line = endOfLine(this.text, at);
    const close = this.#heredocsEnd(at, line);
    if (!close) return at + 2;
    const options = { incomplete: this.incomplete, literals: this.gathers };
    const rest = new RubyWalker(this.text, options, at + found[0].length, line);
    rest.#isRest = true;
    for (const usage of rest.run()) this.usages.push(usage);
    this.isDynamic ||= rest.isDynamic;
    for (const literal of rest.literals) this.literals.push(literal);
    const code = found[1] === "'" ? {} : { hole: "#{" };
    return this.string({ close, escapes: true, lines: true, ...code }, line);
  }

  /** The line that ends the last of the heredocs which open between two offsets of a line. */
  #heredocsEnd(at: number, line: number): string | undefined {
    let last: RegExpExecArray | undefined;
    for (const [, , name] of this.text.slice(at, line).matchAll(new RegExp(heredoc.source, "g"))) {
      if (this.#lostHeredocs >= lostHeredocsMax) return undefined;
      const terminator = new RegExp(`\\n[ \\t]*${name}$`, "gm");
      terminator.lastIndex = last ? last.index + last[0].length : line;
      const close = terminator.exec(this.text);
      if (close && close.index < this.end) last = close;
      else this.#lostHeredocs++;
    }
    return last?.[0];
  }

  /** A `/` where an operand is expected, closed on its line, is a regular expression. */
  #slash(at: number): number {
    const head = this.text.slice(Math.max(0, at - 12), at).trimEnd();
    if (!regexStart.test(head) && this.before(at) !== 0) return at + 1;
    return this.string({ close: "/", escapes: true, lines: false, hole: "#{" }, at + 1);
  }

  #variables(at: number, behind: number): number {
    if (/[.:$@]/.test(this.text.charAt(at - 1)) && !this.text.startsWith("::", at - 2)) return behind;
    const index = this.argument(behind, "[");
    if (index) {
      const writes = this.match(assignment, index.after) !== undefined;
      return this.found(index, writes ? "write" : "read", this.#fallsBack(index.after));
    }
    const called = this.match(method, behind);
    if (!called) return behind;
    const [whole, name = "", opener = ""] = called;
    const first = this.skip(behind + whole.length);
    const argument = this.bareArgument(first, opener.includes("(") ? ")" : "");
    if (!argument) return behind;
    if (name === "fetch" || name === "dig") {
      const second = name === "fetch" && this.#hasSecond(argument.after, argument.more, opener);
      return this.found(argument, "read", second || this.#fallsBack(argument.after));
    }
    if (name === "delete" || name === "store") return this.found(argument, "write", true);
    if (name.endsWith("?")) return this.found(argument, "mention", true);
    return this.#several(argument.after, this.found(argument, "read", false));
  }

  #hasSecond(after: number, more: boolean, opener: string): boolean {
    return opener.includes("(") ? more : this.match(/[ \t]*,/y, after) !== undefined;
  }

  /** The further names of `ENV.values_at("A", "B")`. */
  #several(from: number, after: number): number {
    let at = this.skip(from);
    let end = after;
    while (this.text.charAt(at) === ",") {
      const literal = this.literal(this.names, this.skip(at + 1));
      if (!literal) return end;
      this.add(literal, "read", "text", false);
      end = literal.after;
      at = this.skip(end);
    }
    return end;
  }

  #fallsBack(behind: number): boolean {
    return this.match(fallback, behind) !== undefined;
  }
}

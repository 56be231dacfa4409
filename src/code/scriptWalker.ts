import { type StringKind, Walker } from "./walker.ts";

const single: StringKind = { close: "'", escapes: true, lines: false };
const double: StringKind = { close: '"', escapes: true, lines: false };
const template: StringKind = { close: "`", escapes: true, lines: true, hole: "${" };

const keyword =
  /^(?:return|typeof|case|in|of|delete|void|throw|new|await|yield|else|do|instanceof|default|extends)$/;

/** The offset of the line break that ends the line of `at`, or the text's length. */
export function endOfLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end === -1 ? text.length : end;
}

/** What walks over JavaScript and TypeScript, with JSX, have in common: comments, strings, regular expressions. */
export abstract class ScriptWalker extends Walker {
  protected override commentEnd(at: number): number {
    if (this.text.charCodeAt(at) !== 47) return at;
    const next = this.text.charAt(at + 1);
    if (next === "/") return endOfLine(this.text, at);
    if (next !== "*") return at;
    const end = this.text.indexOf("*/", at + 2);
    return end === -1 ? this.end : end + 2;
  }

  /** Behind the string, template or regular expression that starts at `at`; behind the character where none does. */
  protected behindLiteral(token: string, at: number): number {
    if (token === "'") return this.string(single, at + 1);
    if (token === '"') return this.string(double, at + 1);
    return token === "`" ? this.string(template, at + 1) : this.#slash(at);
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

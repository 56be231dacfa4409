import { CallWalker } from "./calls.ts";
import { isWordCode, type ScanOptions, type StringKind } from "./walker.ts";

const single: StringKind = { close: "'", escapes: true, lines: true };
const double: StringKind = { close: '"', escapes: true, lines: true, hole: "{$", holeSkip: 1 };
const backtick: StringKind = { close: "`", escapes: true, lines: true, hole: "{$", holeSkip: 1 };
const heredoc = /<<<[ \t]*(["']?)([A-Za-z_]\w*)\1[ \t]*\r?\n/y;
const fallback = /\s*(?:\)\s*)*(?:\?\?|\?:|\?(?!->|>)|\|\||\bor\b)/y;
const assignment = /\s*(?:\?\?)?=(?![=>])/y;

/** Heredocs that nothing ends and that are searched for, each to the end of the text. */
const lostHeredocsMax = 20;

/** Reads PHP between `<?` and `?>`: `getenv()`, Laravel's `env()`, `$_ENV[…]`, `$_SERVER[…]`. */
export class PhpWalker extends CallWalker {
  protected readonly names = /(["'])([\w.-]*)(\1)?/y;
  protected tokens = /["'`{}#]|\/[/*]|\?>|<<<|\$_ENV\b|\$_SERVER\b|\b(?:getenv|env|putenv)\b/g;

  #lostHeredocs = 0;

  constructor(text: string, options: ScanOptions) {
    super(text, options, behindOpenTag(text, 0));
  }

  protected override commentEnd(at: number): number {
    const { text } = this;
    const two = text.slice(at, at + 2);
    if (two === "/*") {
      const end = text.indexOf("*/", at + 2);
      return end === -1 ? this.end : end + 2;
    }
    if (two !== "//" && (two === "#[" || !two.startsWith("#"))) return at;
    for (let next = at; next < this.end; next++) {
      const code = text.charCodeAt(next);
      // A closing tag ends a comment of one line.
      if (code === 10 || code === 13 || (code === 63 && text.charCodeAt(next + 1) === 62)) return next;
    }
    return this.end;
  }

  protected override token(token: string, at: number): number {
    if (token === "'") return this.string(single, at + 1);
    if (token === '"') return this.string(double, at + 1);
    if (token === "`") return this.string(backtick, at + 1);
    if (token === "?>") return behindOpenTag(this.text, at + 2);
    if (token === "<<<") return this.#heredoc(at);
    const behind = at + token.length;
    if (token === "#") return behind;
    return token.startsWith("$") ? this.#array(token, behind) : this.#call(token, at, behind);
  }

  #heredoc(at: number): number {
    const found = this.match(heredoc, at);
    if (!found || this.#lostHeredocs >= lostHeredocsMax) return at + 3;
    // The line end before its text is the one before its end, where it is empty.
    const start = at + found[0].length - 1;
    const terminator = new RegExp(`\\n[ \\t]*${found[2]}\\b`, "g");
    terminator.lastIndex = start;
    const close = terminator.exec(this.text)?.[0];
    if (close !== undefined) {
      const code = found[1] === "'" ? {} : { hole: "{$", holeSkip: 1 };
      return this.string({ close, escapes: true, lines: true, ...code }, start);
    }
    this.#lostHeredocs++;
    return start + 1;
  }

  #array(token: string, behind: number): number {
    const index = this.argument(this.skip(behind), "[");
    if (!index) return behind;
    const writes = this.match(assignment, index.after) !== undefined;
    // Most of `$_SERVER` is the request, so a name that is nowhere set is nothing to speak of.
    const kind = writes ? "write" : token === "$_SERVER" ? "mention" : "read";
    return this.found(index, kind, this.match(fallback, index.after) !== undefined);
  }

  #call(token: string, at: number, behind: number): number {
    const before = this.text.slice(Math.max(0, at - 2), at);
    if (before === "->" || before === "::" || before.endsWith("$")) return behind;
    if (at > 0 && isWordCode(this.text.charCodeAt(at - 1))) return behind;
    if (this.wordBefore(this.before(at)) === "function") return behind;
    if (token === "putenv") return this.#put(behind);
    const argument = this.argument(this.skip(behind), "(");
    if (!argument) return behind;
    const second = token === "env" && argument.more;
    return this.found(argument, "read", second || this.match(fallback, argument.after) !== undefined);
  }

  /** `putenv("X=…")`: the name up to the equals sign. */
  #put(behind: number): number {
    const found = this.match(/\s*\(\s*["'](\w+)=/y, behind);
    if (!found?.[1]) return behind;
    const end = behind + found[0].length - 1;
    this.add({ name: found[1], start: end - found[1].length, end, after: end }, "write", "text", true);
    return behind;
  }
}

function behindOpenTag(text: string, from: number): number {
  const tag = /<\?(?:php\b|=)?/g;
  tag.lastIndex = from;
  return tag.exec(text) ? tag.lastIndex : text.length;
}

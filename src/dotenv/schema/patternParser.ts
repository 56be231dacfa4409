/** A regular expression as a tree, without captures: they do not change whether it matches. */
export type PatternNode =
  | { readonly kind: "unit"; readonly accepts: (code: number) => boolean }
  | { readonly kind: "assertion"; readonly assertion: Assertion }
  | { readonly kind: "sequence"; readonly nodes: readonly PatternNode[] }
  | { readonly kind: "choice"; readonly nodes: readonly PatternNode[] }
  | { readonly kind: "repeat"; readonly node: PatternNode; readonly min: number; readonly max: number };

export type Assertion = "start" | "end" | "boundary" | "inside";

/** Levels of groups in groups. */
const groupsMax = 50;

interface ClassMember {
  readonly accepts: (code: number) => boolean;
  /** The unit itself, when it is a single one and may begin or end a range. */
  readonly code: number | undefined;
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
/** `\w` without the `u` flag. */
export const isWordUnit = (code: number): boolean =>
  isDigit(code) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95;
const isSpaceUnit = (code: number): boolean => /\s/.test(String.fromCharCode(code));
/** What `.` does not match, and where lines begin and end. */
export const isLineUnit = (code: number): boolean =>
  code === 10 || code === 13 || code === 0x2028 || code === 0x2029;

const classEscapes: Readonly<Record<string, (code: number) => boolean>> = {
  d: isDigit,
  D: (code) => !isDigit(code),
  w: isWordUnit,
  W: (code) => !isWordUnit(code),
  s: isSpaceUnit,
  S: (code) => !isSpaceUnit(code),
};

const unitEscapes: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, b: 8 };

/**
 * Parses a regular expression that `RegExp` takes. Undefined for what needs more than one pass over the text
 * (back references, lookaround) and for rare syntax (`\p`, `\c`, octal escapes, groups with flags).
 */
export function parsePattern(source: string, ignoreCase: boolean, dotAll: boolean): PatternNode | undefined {
  const parser = new PatternParser(source, ignoreCase, dotAll);
  const node = parser.readChoice(0);
  return parser.failed || parser.at < source.length ? undefined : node;
}

class PatternParser {
  at = 0;
  failed = false;
  readonly #source: string;
  readonly #ignoreCase: boolean;
  readonly #dotAll: boolean;

  constructor(source: string, ignoreCase: boolean, dotAll: boolean) {
    this.#source = source;
    this.#ignoreCase = ignoreCase;
    this.#dotAll = dotAll;
  }

  readChoice(depth: number): PatternNode {
    const nodes = [this.#readSequence(depth)];
    while (!this.failed && this.#peek() === "|") {
      this.at++;
      nodes.push(this.#readSequence(depth));
    }
    return nodes.length === 1 ? nodes[0]! : { kind: "choice", nodes };
  }

  #peek(): string {
    return this.#source.charAt(this.at);
  }

  #take(text: string): boolean {
    if (!this.#source.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  #fail(): PatternNode {
    this.failed = true;
    return { kind: "sequence", nodes: [] };
  }

  #readSequence(depth: number): PatternNode {
    const nodes: PatternNode[] = [];
    while (!this.failed && this.at < this.#source.length && this.#peek() !== "|" && this.#peek() !== ")") {
      nodes.push(this.#readQuantified(depth));
    }
    return { kind: "sequence", nodes };
  }

  #readQuantified(depth: number): PatternNode {
    const node = this.#readAtom(depth);
    const bounds = this.#readBounds();
    if (bounds === undefined) return node;
    // A lazy quantifier finds another match first, and matches the same texts.
    this.#take("?");
    return { kind: "repeat", node, ...bounds };
  }

  #readBounds(): { readonly min: number; readonly max: number } | undefined {
    if (this.#take("*")) return { min: 0, max: Number.POSITIVE_INFINITY };
    if (this.#take("+")) return { min: 1, max: Number.POSITIVE_INFINITY };
    if (this.#take("?")) return { min: 0, max: 1 };
    const counted = /^\{(\d{1,9})(,(\d{0,9}))?\}/.exec(this.#source.slice(this.at, this.at + 24));
    if (counted === null) return undefined;
    this.at += counted[0].length;
    const min = Number(counted[1]);
    if (counted[2] === undefined) return { min, max: min };
    return { min, max: counted[3] === "" ? Number.POSITIVE_INFINITY : Number(counted[3]) };
  }

  #readAtom(depth: number): PatternNode {
    if (this.#take("(")) return this.#readGroup(depth);
    if (this.#take("[")) return this.#readClass();
    if (this.#take("^")) return { kind: "assertion", assertion: "start" };
    if (this.#take("$")) return { kind: "assertion", assertion: "end" };
    if (this.#take("\\b")) return { kind: "assertion", assertion: "boundary" };
    if (this.#take("\\B")) return { kind: "assertion", assertion: "inside" };
    if (this.#take(".")) {
      return { kind: "unit", accepts: this.#dotAll ? () => true : (code) => !isLineUnit(code) };
    }
    const member = this.#readMember();
    return member === undefined ? this.#fail() : { kind: "unit", accepts: this.#anyCase(member.accepts) };
  }

  #readGroup(depth: number): PatternNode {
    if (depth >= groupsMax) return this.#fail();
    if (this.#peek() === "?" && !this.#take("?:")) {
      const named = /^\?<\w+>/.exec(this.#source.slice(this.at, this.at + 64));
      if (named === null) return this.#fail();
      this.at += named[0].length;
    }
    const node = this.readChoice(depth + 1);
    return this.#take(")") ? node : this.#fail();
  }

  #readClass(): PatternNode {
    const negated = this.#take("^");
    const members: ((code: number) => boolean)[] = [];
    while (this.#peek() !== "]") {
      const first = this.#readMember();
      if (first === undefined) return this.#fail();
      const dash = this.#peek() === "-" && this.#source.charAt(this.at + 1) !== "]";
      if (!dash) {
        members.push(first.accepts);
        continue;
      }
      this.at++;
      const last = this.#readMember();
      // `[\w-z]` means three members to browsers and nothing to the standard.
      if (last === undefined || first.code === undefined || last.code === undefined) return this.#fail();
      const { code: low } = first;
      const { code: high } = last;
      members.push((code) => code >= low && code <= high);
    }
    this.at++;
    const accepts = this.#anyCase((code) => members.some((member) => member(code)));
    return { kind: "unit", accepts: negated ? (code) => !accepts(code) : accepts };
  }

  /** One unit or class escape; undefined at the end and for escapes that are not supported. */
  #readMember(): ClassMember | undefined {
    if (this.at >= this.#source.length) return undefined;
    if (this.#peek() !== "\\") return unit(this.#source.charCodeAt(this.at++));
    this.at++;
    const letter = this.#peek();
    this.at++;
    const named = classEscapes[letter];
    if (named !== undefined) return { accepts: named, code: undefined };
    const code = unitEscapes[letter];
    if (code !== undefined) return unit(code);
    const digits = letter === "x" ? 2 : letter === "u" ? 4 : 0;
    if (digits > 0) {
      const hex = this.#source.slice(this.at, this.at + digits);
      if (!/^[0-9a-f]+$/i.test(hex) || hex.length < digits) return undefined;
      this.at += digits;
      return unit(Number.parseInt(hex, 16));
    }
    return letter === "" || /[0-9A-Za-z]/.test(letter) ? undefined : unit(letter.charCodeAt(0));
  }

  #anyCase(accepts: (code: number) => boolean): (code: number) => boolean {
    if (!this.#ignoreCase) return accepts;
    return (code) => accepts(code) || caseVariants(code).some(accepts);
  }
}

function unit(wanted: number): ClassMember {
  return { accepts: (code) => code === wanted, code: wanted };
}

/** The unit in lower and upper case; the flag `i` never joins a letter of ASCII with one outside. */
function caseVariants(code: number): number[] {
  const character = String.fromCharCode(code);
  return [character.toLowerCase(), character.toUpperCase()]
    .filter((other) => other.length === 1)
    .map((other) => other.charCodeAt(0))
    .filter((other) => other !== code && other < 128 === code < 128);
}

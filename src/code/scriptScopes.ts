import { type Steps, type Target, targetAt } from "./scriptPatterns.ts";
import type { ScriptTokens } from "./scriptTokens.ts";
import { behindType } from "./scriptTypes.ts";

/** Declarations of one name in one file; a name with more of them is not followed. */
export const bindingsPerNameMax = 64;

/** What a name was bound to. */
export type Source =
  /** Part of the value of the expression at a token. */
  | { readonly kind: "expression"; readonly at: number; readonly steps: Steps }
  /** A module's export, or the module itself as `*`. */
  | { readonly kind: "import"; readonly specifier: string; readonly name: string }
  /** Nothing yet: what is assigned later. */
  | { readonly kind: "later" }
  | { readonly kind: "unknown" };

/** A declaration of a name, and the tokens from and up to which it holds. */
export interface Binding {
  readonly from: number;
  readonly to: number;
  readonly source: Source;
  readonly isConstant: boolean;
}

/** The expression that a pattern takes apart, and how the pattern's braces are reached in it. */
export interface Taken {
  readonly at: number;
  readonly steps: Steps;
}

const unknown: Source = { kind: "unknown" };
const modifier = /^(?:public|private|protected|readonly|override|type)$/;
/** Tokens at which declarations begin, or blocks. */
const readWords: ReadonlySet<string> = new Set(
  "{ ( => = const let var using function class enum namespace module import".split(" "),
);
const control = /^(?:if|while|for|switch|with|await)$/;

/** Every declaration of a script: which names hold where, and what they were bound to. */
export class ScriptScopes {
  /** By the token of the opening brace. */
  readonly taken = new Map<number, Taken>();
  /** Tokens that assign to a name, by name. */
  readonly assignments = new Map<string, number[]>();
  /** Names that `export const …` exports, with the token of the name. */
  readonly exported: { readonly name: string; readonly at: number }[] = [];
  readonly #tokens: ScriptTokens;
  readonly #bindings = new Map<string, Binding[]>();
  readonly #declared: Uint8Array;
  readonly #arrowEnds: Int32Array;
  readonly #functionBodies = new Set<number>();
  /** The braces around the token that is read, outermost first. */
  readonly #blocks: number[] = [];

  constructor(tokens: ScriptTokens) {
    this.#tokens = tokens;
    this.#declared = new Uint8Array(tokens.count);
    this.#arrowEnds = arrowEndsOf(tokens);
    for (let at = 0; at < tokens.count; at++) this.#read(at);
  }

  /** Whether a token is the place where a name is declared, which is no use of it. */
  isDeclared(at: number): boolean {
    return this.#declared[at] === 1;
  }

  /** Whether any declaration of a name is known. */
  has(name: string): boolean {
    return this.#bindings.has(name);
  }

  /** The innermost declaration that holds at a token; `global` when there is none, `unknown` when it is unclear. */
  lookup(name: string, at: number): Binding | "global" | "unknown" {
    const bindings = this.#bindings.get(name);
    if (bindings === undefined) return "global";
    if (bindings.length > bindingsPerNameMax) return "unknown";
    let innermost: Binding | undefined;
    let isTwice = false;
    for (const binding of bindings) {
      if (at < binding.from || at > binding.to || binding.from < (innermost?.from ?? -1)) continue;
      isTwice = binding.from === innermost?.from;
      innermost = binding;
    }
    return isTwice ? "unknown" : (innermost ?? "global");
  }

  #read(at: number): void {
    const tokens = this.#tokens;
    const word = tokens.word(at);
    if (!readWords.has(word)) return;
    while (this.#blocks.length > 0 && tokens.partner[this.#blocks.at(-1)!]! < at) this.#blocks.pop();
    if (word === "{") {
      if (tokens.opens(at)) this.#blocks.push(at);
    } else if (word === "(") this.#parameters(at);
    else if (word === "=>") this.#loneParameter(at - 1);
    else if (word === "=") this.#assigned(at);
    else if (this.#isProperty(at)) return;
    else if (word === "const" || word === "let" || word === "var" || word === "using") this.#declaration(at);
    else if (word === "import") this.#import(at);
    else this.#named(at);
  }

  #isProperty(at: number): boolean {
    const before = this.#tokens.word(at - 1);
    return before === "." || before === "?." || this.#tokens.word(at + 1) === ":";
  }

  #bind(token: number, binding: Binding): void {
    const name = this.#tokens.word(token);
    this.#declared[token] = 1;
    const bindings = this.#bindings.get(name);
    if (bindings === undefined) this.#bindings.set(name, [binding]);
    else if (bindings.length <= bindingsPerNameMax) bindings.push(binding);
  }

  /** Binds the names of a target to the parts of the expression at a token, or to something unknown. */
  #bindTarget(
    target: Target,
    at: number | undefined,
    scope: Pick<Binding, "from" | "to" | "isConstant">,
  ): void {
    for (const { token, steps } of target.names) {
      this.#bind(token, { ...scope, source: at === undefined ? unknown : { kind: "expression", at, steps } });
    }
    if (at === undefined) return;
    for (const { token, steps } of target.braces) this.taken.set(token, { at, steps });
  }

  /** The tokens of the block, or with `isVar` of the function, around the token that is read. */
  #scope(isVar: boolean): { readonly from: number; readonly to: number } {
    const block = isVar
      ? this.#blocks.findLast((each) => this.#functionBodies.has(each))
      : this.#blocks.at(-1);
    if (block === undefined) return { from: 0, to: this.#tokens.count };
    return { from: block, to: this.#tokens.partner[block]! };
  }

  #declaration(at: number): void {
    const tokens = this.#tokens;
    const word = tokens.word(at);
    const header = tokens.word(at - 1) === "(" && /^(?:for|await)$/.test(tokens.word(at - 2)) ? at - 1 : -1;
    const scope = {
      ...(header === -1 ? this.#scope(word === "var") : { from: header, to: this.#bodyEnd(header) }),
      isConstant: word === "const",
    };
    for (let next = at + 1; ; ) {
      const target = targetAt(tokens, next);
      if (!target) return;
      const typed = tokens.word(target.next) === "!" ? target.next + 1 : target.next;
      const equals = tokens.word(typed) === ":" ? behindType(tokens, typed + 1, false) : typed;
      const isSet = tokens.word(equals) === "=";
      const lone = target.names.length === 1 && target.names[0]!.token === next ? target.names[0] : undefined;
      if (lone && !isSet && header === -1) this.#bind(lone.token, { ...scope, source: { kind: "later" } });
      else this.#bindTarget(target, isSet ? equals + 1 : undefined, scope);
      if (lone && tokens.word(at - 1) === "export") {
        this.exported.push({ name: tokens.word(lone.token), at: lone.token });
      }
      const end = isSet ? tokens.expressionEnd(equals + 1) : equals;
      if (tokens.word(end) !== ",") return;
      next = end + 1;
    }
  }

  /** The last token of the statement behind the brackets at `open`. */
  #bodyEnd(open: number): number {
    const body = this.#tokens.behindGroup(open);
    const end = this.#tokens.opens(body) ? this.#tokens.behindGroup(body) : this.#tokens.expressionEnd(body);
    return end - 1;
  }

  /** The parameters in the brackets at `open`, if those are a function's. */
  #parameters(open: number): void {
    const tokens = this.#tokens;
    if (!tokens.opens(open)) return;
    const to = this.#functionEnd(open);
    if (to === undefined) return;
    const close = tokens.partner[open]!;
    const scope = { from: open, to, isConstant: false };
    for (let next = open + 1; next < close; ) {
      let place = next;
      while (tokens.word(place) === "@") {
        place += 2;
        if (tokens.word(place) === "(") place = tokens.behindGroup(place);
      }
      while (modifier.test(tokens.word(place)) && !/^[,:=?)]$/.test(tokens.word(place + 1))) place++;
      const isRest = tokens.word(place) === "...";
      const target = targetAt(tokens, isRest ? place + 1 : place);
      let equals = target?.next ?? place;
      if (tokens.word(equals) === "?") equals++;
      if (tokens.word(equals) === ":") equals = behindType(tokens, equals + 1, false);
      const isSet = tokens.word(equals) === "=";
      if (target) this.#bindTarget(target, isSet ? equals + 1 : undefined, scope);
      const end = tokens.expressionEnd(isSet ? equals + 1 : equals);
      next = Math.max(end, place) + 1;
    }
  }

  /** Where the function ends whose parameters stand in the brackets at `open`; undefined when they are none. */
  #functionEnd(open: number): number | undefined {
    const tokens = this.#tokens;
    const before = tokens.word(open - 1);
    let next = tokens.behindGroup(open);
    if (tokens.word(next) === ":") next = behindType(tokens, next + 1, true);
    if (tokens.word(next) === "=>") return this.#arrowEnds[next];
    if (tokens.word(next) !== "{" || !tokens.opens(next) || control.test(before)) return undefined;
    const isHead = tokens.isName(open - 1) || ["*", "]", ">", '"'].includes(before);
    if (!isHead) return undefined;
    if (before !== "catch") this.#functionBodies.add(next);
    return tokens.partner[next];
  }

  #loneParameter(at: number): void {
    if (!this.#tokens.isName(at)) return;
    this.#bind(at, { from: at, to: this.#arrowEnds[at + 1]!, source: unknown, isConstant: false });
  }

  #assigned(equals: number): void {
    const tokens = this.#tokens;
    if (!tokens.isName(equals - 1) || /^(?:\.|\?\.)$/.test(tokens.word(equals - 2))) return;
    if (this.isDeclared(equals - 1)) return;
    const name = tokens.word(equals - 1);
    const places = this.assignments.get(name);
    if (places === undefined) this.assignments.set(name, [equals]);
    else if (places.length <= bindingsPerNameMax) places.push(equals);
  }

  /** A function, class or the like holds by its name in the block around it. */
  #named(at: number): void {
    const name = this.#tokens.word(at + 1) === "*" ? at + 2 : at + 1;
    if (!this.#tokens.isName(name) || this.#tokens.word(name) === "extends") return;
    this.#bind(name, { ...this.#scope(false), source: unknown, isConstant: false });
  }

  #import(at: number): void {
    const tokens = this.#tokens;
    let next = at + 1;
    const isType = tokens.word(next) === "type" && tokens.word(next + 1) !== "from";
    if (isType) next++;
    const names: { readonly token: number; readonly name: string }[] = [];
    while (next < tokens.count && tokens.word(next) !== "from") {
      const word = tokens.word(next);
      if (word === "{" && tokens.opens(next)) {
        names.push(...importedNames(tokens, next));
        next = tokens.behindGroup(next);
      } else if (word === "*" && tokens.word(next + 1) === "as") {
        names.push({ token: next + 2, name: "*" });
        next += 3;
      } else if (word === ",") next++;
      else if (tokens.isName(next) && /^(?:,|from)$/.test(tokens.word(next + 1))) {
        names.push({ token: next, name: "default" });
        next++;
      } else return;
    }
    const specifier = tokens.literal(next + 1);
    if (specifier === undefined) return;
    for (const { token, name } of names) {
      const source: Source = isType ? unknown : { kind: "import", specifier, name };
      this.#bind(token, { from: 0, to: tokens.count, source, isConstant: true });
    }
  }
}

/** The names between the braces of an import or export: what stands for it here, and what it is called there. */
export function importedNames(
  tokens: ScriptTokens,
  open: number,
): { readonly token: number; readonly name: string }[] {
  const names: { token: number; name: string }[] = [];
  for (let at = open + 1; at < tokens.partner[open]!; at++) {
    if (tokens.word(at) === "type" && tokens.isName(at + 1) && tokens.word(at + 1) !== "as") at++;
    if (tokens.word(at) === ",") continue;
    const renamed = tokens.word(at + 1) === "as";
    names.push({ token: renamed ? at + 2 : at, name: tokens.word(at) });
    if (renamed) at += 2;
  }
  return names;
}

/** For every `=>` the last token of the arrow function that it belongs to. */
function arrowEndsOf(tokens: ScriptTokens): Int32Array {
  const ends = new Int32Array(tokens.count).fill(-1);
  // From the back, so that a chain of arrows ends where its last one does and is walked once.
  for (let arrow = tokens.count - 1; arrow >= 0; arrow--) {
    if (tokens.word(arrow) !== "=>") continue;
    let at = arrow + 1;
    if (tokens.word(at) === "{" && tokens.opens(at)) {
      ends[arrow] = tokens.partner[at]!;
      continue;
    }
    while (at < tokens.count && ends[arrow] === -1) {
      if (tokens.word(at) === "=>") ends[arrow] = ends[at]!;
      else if (at > arrow + 1 && tokens.isEnd(at)) ends[arrow] = at - 1;
      else at = tokens.opens(at) ? tokens.behindGroup(at) : at + 1;
    }
    if (ends[arrow] === -1) ends[arrow] = tokens.count;
  }
  return ends;
}

import type { Steps } from "./scriptPatterns.ts";
import { type Binding, bindingsPerNameMax, type ScriptScopes } from "./scriptScopes.ts";
import type { ScriptTokens } from "./scriptTokens.ts";
import { behindAngles, behindAssertions } from "./scriptTypes.ts";
import type { ModuleName } from "./usage.ts";

/** What an expression stands for, as far as it leads to the environment's variables. */
export type Value =
  /** The object of variables; with `through` only if another module's export is that object. */
  | { readonly kind: "variables"; readonly through?: ModuleName }
  /** What has the object of variables as its `env`: `process`, `Bun`, `import.meta`. */
  | { readonly kind: "holder" }
  | { readonly kind: "deno" }
  /** A module of this project, of which an export may be the object. */
  | { readonly kind: "module"; readonly specifier: string };

/** A value, and the token behind its expression. */
export interface Evaluated {
  readonly value: Value;
  readonly next: number;
}

/** Aliases of aliases, and brackets in brackets, that are followed. */
const depthMax = 12;
/** Tokens before a `?` that are looked through, brackets counted as one. */
const conditionTokensMax = 40;

const globalObjects: ReadonlySet<string> = new Set(["globalThis", "global", "window", "self"]);
const processModule = /^(?:node:)?process$/;
const dynamicModule = /^\$env\/dynamic\/(?:private|public)$/;
const variables: Value = { kind: "variables" };
const holder: Value = { kind: "holder" };

/** Says what expressions stand for. Follows declarations of the script, never executes anything. */
export class ScriptValues {
  readonly #tokens: ScriptTokens;
  readonly #scopes: ScriptScopes;
  readonly #known = new Map<Binding, Value | undefined>();
  #depth = 0;

  constructor(tokens: ScriptTokens, scopes: ScriptScopes) {
    this.#tokens = tokens;
    this.#scopes = scopes;
  }

  /** The value of a whole initializer, default or right side that starts at a token. */
  whole(at: number): Value | undefined {
    const found = this.at(at);
    if (!found) return this.#chosen(at);
    return this.#isOver(this.#behindFallback(found.next)) ? found.value : undefined;
  }

  /** The value at the start of an expression, as far as its members lead to anything. */
  at(at: number): Evaluated | undefined {
    if (this.#depth >= depthMax) return undefined;
    this.#depth++;
    try {
      const primary = this.#primary(at);
      return primary && this.members(primary);
    } finally {
      this.#depth--;
    }
  }

  /** Follows `.name`, `["name"]` and `!` behind a value as long as they lead to a value. */
  members(from: Evaluated): Evaluated {
    let { value, next } = from;
    for (;;) {
      const behind = this.#tokens.word(next) === "!" ? next + 1 : next;
      const member = this.#member(behind);
      const inner = member && this.step(value, member.name);
      if (!inner) return { value, next: member || behind === next || this.#isIndex(behind) ? behind : next };
      value = inner;
      next = member.next;
    }
  }

  /** What a property of a value is. */
  step(value: Value, name: string): Value | undefined {
    if (value.kind === "holder") return name === "env" ? variables : undefined;
    if (value.kind === "module" && name !== "..." && name !== "[]") {
      return { kind: "variables", through: { specifier: value.specifier, name } };
    }
    return value.kind === "variables" && name === "..." ? value : undefined;
  }

  /** What a part of the expression at a token is. */
  part(at: number, steps: Steps): Value | undefined {
    let value = this.whole(at);
    for (const step of steps) value = value && this.step(value, step);
    return value;
  }

  /** What a name stands for at a token; undefined when that is unclear. */
  named(name: string, at: number): Value | undefined {
    const binding = this.#scopes.lookup(name, at);
    if (binding === "unknown") return undefined;
    if (binding === "global") return name === "process" || name === "Bun" ? holder : undefined;
    if (!this.#known.has(binding)) {
      // A declaration that leads back to itself leads nowhere.
      this.#known.set(binding, undefined);
      this.#known.set(binding, this.#bound(binding, name));
    }
    return this.#known.get(binding);
  }

  #bound(binding: Binding, name: string): Value | undefined {
    const { source } = binding;
    if (source.kind === "unknown") return undefined;
    if (source.kind === "import") return importedValue(source.specifier, source.name);
    const isSet = source.kind === "expression";
    let value = isSet ? this.part(source.at, source.steps) : undefined;
    if (binding.isConstant || (isSet && !value)) return value;
    const assignments = this.#scopes.assignments.get(name) ?? [];
    if (assignments.length > bindingsPerNameMax) return undefined;
    for (const equals of assignments) {
      if (this.#scopes.lookup(name, equals - 1) !== binding) continue;
      const assigned = this.whole(equals + 1);
      if (!assigned) return undefined;
      value ??= assigned;
    }
    return value;
  }

  #primary(at: number): Evaluated | undefined {
    const tokens = this.#tokens;
    const word = tokens.word(at);
    if (word === "(" && tokens.opens(at)) return this.#inGroup(at, at + 1);
    if (word === "<") return this.at(behindAngles(tokens, at));
    if (word === "await") return this.at(at + 1);
    if (word === "{" && tokens.word(at + 1) === "..." && tokens.opens(at)) return this.#inGroup(at, at + 2);
    if (!tokens.isName(at)) return undefined;
    if (globalObjects.has(word) && this.#member(at + 1)?.name === "process" && !this.#scopes.has(word))
      return { value: holder, next: this.#member(at + 1)!.next };
    if (word === "import") return this.#import(at);
    if (word === "require") return this.#required(at + 1);
    if (word === "Object" && tokens.word(at + 2) === "freeze" && tokens.opens(at + 3))
      return this.#inGroup(at + 3, at + 4);
    if (word === "Deno" && !this.#scopes.has("Deno")) return this.#deno(at);
    const value = this.named(word, at);
    return value && { value, next: at + 1 };
  }

  /** What stands between brackets, if that is all there is. */
  #inGroup(open: number, from: number): Evaluated | undefined {
    const tokens = this.#tokens;
    const inner = this.at(from);
    if (!inner) return undefined;
    let end = behindAssertions(tokens, inner.next);
    if (tokens.word(end) === "," && tokens.word(open) === "{") end++;
    return end === tokens.partner[open] ? { value: inner.value, next: end + 1 } : undefined;
  }

  #import(at: number): Evaluated | undefined {
    const member = this.#member(at + 1);
    if (member) return member.name === "meta" ? { value: holder, next: member.next } : undefined;
    return this.#required(at + 1);
  }

  /** The module between the brackets at `open`, behind `require` or `import`. */
  #required(open: number): Evaluated | undefined {
    const tokens = this.#tokens;
    const specifier = tokens.literal(open + 1);
    if (tokens.word(open) !== "(" || specifier === undefined || tokens.word(open + 2) !== ")")
      return undefined;
    const value = importedValue(specifier, "*");
    return value && { value, next: open + 3 };
  }

  #deno(at: number): Evaluated | undefined {
    const tokens = this.#tokens;
    const isObject = ["Deno", ".", "env", ".", "toObject", "(", ")"].every(
      (word, index) => tokens.word(at + index) === word,
    );
    return isObject ? { value: variables, next: at + 7 } : undefined;
  }

  #member(at: number): { readonly name: string; readonly next: number } | undefined {
    const tokens = this.#tokens;
    const word = tokens.word(at);
    if (word === "." || word === "?.") {
      if (tokens.isName(at + 1)) return { name: tokens.word(at + 1), next: at + 2 };
      return word === "?." && tokens.word(at + 1) === "[" ? this.#member(at + 1) : undefined;
    }
    const name = word === "[" && tokens.word(at + 2) === "]" ? tokens.literal(at + 1) : undefined;
    return name === undefined ? undefined : { name, next: at + 3 };
  }

  #isIndex(at: number): boolean {
    return this.#tokens.word(at) === "[" || this.#isOver(at);
  }

  /** Behind casts and `?? {}`. */
  #behindFallback(at: number): number {
    const tokens = this.#tokens;
    const next = behindAssertions(tokens, at);
    const falls = /^(?:\?\?|\|\|)$/.test(tokens.word(next));
    return falls && this.#isEmptyObject(next + 1) ? next + 3 : next;
  }

  /** `condition ? env : {}`. */
  #chosen(at: number): Value | undefined {
    const tokens = this.#tokens;
    let next = at;
    for (let count = 0; tokens.word(next) !== "?"; count++) {
      if (count >= conditionTokensMax || (next > at && tokens.isEnd(next)) || next >= tokens.count)
        return undefined;
      next = tokens.opens(next) ? tokens.behindGroup(next) : next + 1;
    }
    const found = this.at(next + 1);
    if (!found) return undefined;
    const colon = behindAssertions(tokens, found.next);
    if (tokens.word(colon) !== ":" || !this.#isEmptyObject(colon + 1)) return undefined;
    return this.#isOver(colon + 3) ? found.value : undefined;
  }

  #isEmptyObject(at: number): boolean {
    return this.#tokens.word(at) === "{" && this.#tokens.word(at + 1) === "}";
  }

  #isOver(at: number): boolean {
    return this.#tokens.isEnd(at);
  }
}

/** What a module's export is, or with `*` the module itself. */
function importedValue(specifier: string, name: string): Value | undefined {
  if (processModule.test(specifier) || specifier === "bun") {
    if (name === "env") return variables;
    return specifier !== "bun" && (name === "default" || name === "*") ? holder : undefined;
  }
  if (dynamicModule.test(specifier)) return name === "env" ? variables : undefined;
  if (!/^\.{1,2}(?:\/|$)/.test(specifier)) return undefined;
  return name === "*" ? { kind: "module", specifier } : { kind: "variables", through: { specifier, name } };
}

import { importedNames, ScriptScopes } from "./scriptScopes.ts";
import { ScriptTokens } from "./scriptTokens.ts";
import { anglesBefore, behindAssertions } from "./scriptTypes.ts";
import { type Evaluated, ScriptValues, type Value } from "./scriptValues.ts";
import { type EnvironmentExport, exportsPerFileMax, type ModuleName, usagesPerFileMax } from "./usage.ts";

/** A place, in offsets of the text, and the export of another file that it depends on. */
interface Place {
  readonly start: number;
  readonly end: number;
  readonly through?: ModuleName | undefined;
}

/** An expression that is the object of variables, with the brackets and casts around it. */
export interface VariablesObject extends Place {
  /** A `delete` stands before it. */
  readonly isDeleted: boolean;
}

/** Where a script has the object of variables, by whatever name. */
export interface ScriptBindings {
  readonly objects: readonly VariablesObject[];
  /** The insides of braces that take the object apart. */
  readonly patterns: readonly Place[];
  /** Names that the object is asked for: `"X" in env`. */
  readonly asked: readonly Place[];
  /** The object as a whole is handed to something else. */
  readonly handsOn: boolean;
  readonly exports: readonly EnvironmentExport[];
}

const roots: ReadonlySet<string> = new Set(
  "process Bun Deno import require globalThis global window self".split(" "),
);
/** What stands before a whole object that is only given a name, asked or looked at. */
const quiet = /^(?:=|in|typeof|default|instanceof|\?|&&|\|\||\?\?|!|===|!==|==|!=)$/;

/** Reads a script closely: its declarations, which of them lead to the object of variables, and its exports. */
class BindingsReader {
  readonly objects: VariablesObject[] = [];
  readonly patterns: Place[] = [];
  readonly asked: Place[] = [];
  handsOn = false;
  readonly exports = new Map<string, EnvironmentExport>();
  readonly #tokens: ScriptTokens;
  readonly #scopes: ScriptScopes;
  readonly #values: ScriptValues;

  constructor(text: string, start: number, end: number) {
    this.#tokens = new ScriptTokens(text, start, end);
    this.#scopes = new ScriptScopes(this.#tokens);
    this.#values = new ScriptValues(this.#tokens, this.#scopes);
  }

  read(): void {
    for (const [brace, { at, steps }] of this.#scopes.taken) {
      this.#pattern(brace, this.#values.part(at, steps));
    }
    for (const { name, at } of this.#scopes.exported) {
      this.#export(name, this.#values.named(this.#tokens.word(at), at));
    }
    for (let at = 0; at < this.#tokens.count && this.objects.length < usagesPerFileMax; at++) {
      const word = this.#tokens.word(at);
      if (word === "export") this.#exported(at);
      else if (word === "module" || word === "exports") this.#assignedExport(at);
      if ((roots.has(word) || this.#scopes.has(word)) && this.#isUse(at)) this.#use(at);
    }
  }

  /** Whether a token is a use of a name rather than its declaration, a property or a key. */
  #isUse(at: number): boolean {
    const before = this.#tokens.word(at - 1);
    if (before === "." || before === "?." || this.#scopes.isDeclared(at)) return false;
    return !(this.#tokens.word(at + 1) === ":" && (before === "{" || before === ","));
  }

  #use(at: number): void {
    const found = this.#values.at(at);
    if (!found) return;
    const own = this.#values.named(this.#tokens.word(at), at);
    if (own?.kind === "module") this.#object(at, { value: exportsOf(own), next: at + 1 });
    this.#object(at, found);
  }

  #object(at: number, found: Evaluated): void {
    const { first, value, next } = this.#widened(at, found);
    if (value.kind !== "variables" || !isFollowed(value.through, this.#tokens.word(at))) return;
    const tokens = this.#tokens;
    const { through } = value;
    const isDeleted = tokens.word(first - 1) === "delete";
    this.objects.push({ start: tokens.starts[first]!, end: tokens.ends[next - 1]!, through, isDeleted });
    if (/^(?:\.|\?\.|\[)$/.test(tokens.word(next))) return;
    this.#whole(first, next, value);
  }

  /** The brackets and casts around a value, and the members behind those. */
  #widened(at: number, found: Evaluated): Evaluated & { readonly first: number } {
    const tokens = this.#tokens;
    let first = at;
    let { value, next } = found;
    for (;;) {
      const cast = tokens.word(first - 1) === ">" ? anglesBefore(tokens, first - 1) : -1;
      if (cast > 0 && !tokens.isOperandEnd(cast - 1)) first = cast;
      const isGroup = tokens.word(first - 1) === "(" && !tokens.isOperandEnd(first - 2);
      const close = isGroup ? behindAssertions(tokens, next) : -1;
      if (!isGroup || tokens.partner[first - 1] !== close) return { first, value, next };
      first--;
      ({ value, next } = this.#values.members({ value, next: close + 1 }));
    }
  }

  /** The object stands alone: it is taken apart, asked whether it has a name, or handed on. */
  #whole(first: number, next: number, value: Value): void {
    const tokens = this.#tokens;
    const before = tokens.word(first - 1);
    const close = first - 2;
    if (before === "=" && tokens.word(close) === "}" && tokens.partner[close]! >= 0) {
      const open = tokens.partner[close]!;
      // Behind a colon the braces are a type, which was passed over with its declaration.
      if (/^[(,[]$/.test(tokens.word(open - 1)) && !this.#scopes.taken.has(open)) this.#pattern(open, value);
    }
    const through = value.kind === "variables" ? value.through : undefined;
    const name = before === "in" ? tokens.literal(first - 2) : undefined;
    if (name !== undefined) {
      this.asked.push({ start: tokens.starts[first - 2]! + 1, end: tokens.ends[first - 2]! - 1, through });
    }
    if (
      through === undefined &&
      !quiet.test(before) &&
      /^(?:[,)}\];]|as|satisfies|)$/.test(tokens.word(next))
    )
      this.handsOn = true;
  }

  #pattern(brace: number, value: Value | undefined): void {
    const tokens = this.#tokens;
    const variables = value?.kind === "module" ? exportsOf(value) : value;
    if (variables?.kind !== "variables" || !isFollowed(variables.through, "")) return;
    const { through } = variables;
    this.patterns.push({ start: tokens.ends[brace]!, end: tokens.starts[tokens.partner[brace]!]!, through });
  }

  #export(name: string, value: Value | undefined): void {
    if (value?.kind !== "variables" || !isFollowed(value.through, name)) return;
    if (this.exports.size >= exportsPerFileMax) return;
    const { through } = value;
    this.exports.set(`${name}\n${through?.specifier ?? ""}`, through ? { name, through } : { name });
  }

  /** `export default …`, `export = …`, `export { … }`, with and without `from`, `export * from`. */
  #exported(at: number): void {
    const tokens = this.#tokens;
    const word = tokens.word(at + 1);
    if (word === "default") this.#export("default", this.#values.whole(at + 2));
    if (word === "=") this.#exportWhole(at + 2);
    if (word === "*" && tokens.word(at + 2) === "from") {
      const specifier = tokens.literal(at + 3) ?? "";
      if (specifier.startsWith(".")) this.#export("*", through(specifier, "*"));
    }
    if (word !== "{" || !tokens.opens(at + 1)) return;
    const behind = tokens.behindGroup(at + 1);
    const specifier = tokens.word(behind) === "from" ? (tokens.literal(behind + 1) ?? "") : undefined;
    for (const { token, name } of importedNames(tokens, at + 1)) {
      const exported = tokens.word(token);
      if (specifier === undefined) this.#export(exported, this.#values.named(name, at));
      else if (specifier.startsWith(".")) this.#export(exported, through(specifier, name));
    }
  }

  /** `module.exports = …`, `exports.env = …`. */
  #assignedExport(at: number): void {
    const tokens = this.#tokens;
    if (tokens.word(at - 1) === "." || this.#scopes.has(tokens.word(at))) return;
    const isModule = tokens.word(at) === "module";
    if (isModule && (tokens.word(at + 1) !== "." || tokens.word(at + 2) !== "exports")) return;
    const next = isModule ? at + 3 : at + 1;
    if (tokens.word(next) === "." && tokens.word(next + 2) === "=") {
      this.#export(tokens.word(next + 1), this.#values.whole(next + 3));
    }
    if (!isModule || tokens.word(next) !== "=") return;
    if (tokens.word(next + 1) === "{" && tokens.opens(next + 1)) this.#exportedObject(next + 1);
    this.#exportWhole(next + 1);
  }

  #exportWhole(at: number): void {
    const value = this.#values.whole(at);
    this.#export("=", value);
    this.#export("default", value);
  }

  /** `module.exports = { env, config: env }`. */
  #exportedObject(open: number): void {
    const tokens = this.#tokens;
    for (let at = open + 1; at < tokens.partner[open]!; at++) {
      const name = tokens.literal(at) ?? tokens.word(at);
      const value = tokens.word(at + 1) === ":" ? at + 2 : at;
      if (value > at || /^[,}]$/.test(tokens.word(at + 1))) this.#export(name, this.#values.whole(value));
      at = tokens.expressionEnd(value);
    }
  }
}

function through(specifier: string, name: string): Value {
  return { kind: "variables", through: { specifier, name } };
}

/** What a module is when it consists of the object of variables. */
function exportsOf({ specifier }: Extract<Value, { kind: "module" }>): Value {
  return through(specifier, "=");
}

/** Of the imports of a file few can be about the environment: those that say so, by one of their names. */
function isFollowed(through: ModuleName | undefined, local: string): boolean {
  if (through === undefined || through.name === "*") return true;
  return [through.specifier, through.name, local].some((each) => /env/i.test(each));
}

/** Finds where the script between two offsets has the object of variables. Takes any text; never throws. */
export function bindingsOf(text: string, start: number, end: number): ScriptBindings {
  const reader = new BindingsReader(text, start, end);
  reader.read();
  const { objects, patterns, asked, handsOn, exports } = reader;
  return { objects, patterns, asked, handsOn, exports: [...exports.values()] };
}

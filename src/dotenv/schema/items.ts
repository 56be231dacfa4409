import type { Entry } from "../document.ts";
import type { Span } from "../scanner.ts";
import { plainType, type SchemaItem, type SchemaProblemCode, type SchemaType } from "./model.ts";
import type { Argument, Decorator } from "./syntax.ts";
import { isDynamic, readNumber, readType } from "./typeReader.ts";
import { decoratorWord } from "./vocabulary.ts";

/** What the header says for keys that do not say it themselves. */
export interface Defaults {
  /** `infer`: the keys that the schema gives a value. */
  readonly required: boolean | "infer";
  /** A prefix marks the keys that are not sensitive. */
  readonly sensitive: boolean | { readonly publicPrefix: string };
  /** The header speaks of sensitivity. */
  readonly sensitiveStated: boolean;
}

/** Reports a mistake of the decorator with this name; the text goes on behind decorator and key. */
export type DecoratorReport = (name: string, code: SchemaProblemCode, span: Span, text: string) => void;

/** What a flag decorator says; undefined when only a function knows. */
type Flag = boolean | undefined;

/** Reads `@defaultRequired` and `@defaultSensitive`. */
export function readDefaults(decorators: readonly Decorator[], report: DecoratorReport): Defaults {
  let required: Defaults["required"] = "infer";
  let sensitive: Defaults["sensitive"] = true;
  let sensitiveStated = false;
  reportRepeats(decorators, report);
  for (const decorator of decorators) {
    const { name, value } = decorator;
    if (name === "defaultRequired") {
      const infers = value?.kind === "static" && value.text === "infer";
      if (infers) continue;
      required = readFlag(decorator, report, "true, false or infer") ?? "infer";
    } else if (name === "defaultSensitive") {
      sensitiveStated = true;
      const prefix =
        value?.kind === "call" && value.name === "inferFromPrefix" ? value.parts[0]?.value : undefined;
      if (prefix?.kind === "static") sensitive = { publicPrefix: prefix.text };
      else sensitive = readFlag(decorator, report, "true, false or inferFromPrefix(PREFIX)") ?? true;
    }
  }
  return { required, sensitive, sensitiveStated };
}

/** Makes the item of an entry from the decorators above and behind it. */
export function readItem(
  entry: Entry,
  decorators: readonly Decorator[],
  description: string,
  defaults: Defaults,
  report: DecoratorReport,
): SchemaItem {
  reportRepeats(decorators, report);
  const find = (name: string): Decorator | undefined => decorators.findLast((each) => each.name === name);
  const required = readPair(find("required"), find("optional"), report);
  const sensitive = readPair(find("sensitive"), find("public"), report);
  const type = find("type");
  for (const decorator of decorators) {
    const isFlag = decoratorWord(decorator.name)?.argument === "flag";
    if (isFlag && !pairNames.has(decorator.name)) readFlag(decorator, report, "true or false");
  }
  const hasDefault = entry.value !== "";
  return {
    key: entry.key,
    keySpan: entry.keySpan,
    required: required.stated ? (required.flag ?? false) : defaultRequired(defaults, hasDefault),
    sensitive: sensitive.stated ? (sensitive.flag ?? true) : defaultSensitive(defaults, entry.key),
    type: type === undefined ? inferredType(entry) : readTypeDecorator(type, report),
    description,
    docs: readDocs(decorators, report),
    example: textOf(find("example"), report),
    deprecated: readDeprecated(find("deprecated"), report),
    stated: {
      required: required.stated,
      sensitive: sensitive.stated || defaults.sensitiveStated,
      type: type?.value !== undefined,
    },
    hasDefault,
  };
}

const pairNames: ReadonlySet<string> = new Set(["required", "optional", "sensitive", "public"]);

function defaultRequired({ required }: Defaults, hasDefault: boolean): boolean {
  return required === "infer" ? hasDefault : required;
}

function defaultSensitive({ sensitive }: Defaults, key: string): boolean {
  return typeof sensitive === "boolean" ? sensitive : !key.startsWith(sensitive.publicPrefix);
}

/** Each decorator counts once for a key unless it may repeat; the last one counts. */
function reportRepeats(decorators: readonly Decorator[], report: DecoratorReport): void {
  const seen = new Set<string>();
  for (const { name, nameSpan } of decorators) {
    if (seen.has(name) && decoratorWord(name)?.repeats === false) {
      report(name, "duplicate", nameSpan, "is there twice, and only the last one counts. Take one away.");
    }
    seen.add(name);
  }
}

/** A decorator and the one that says the opposite. */
function readPair(
  positive: Decorator | undefined,
  negative: Decorator | undefined,
  report: DecoratorReport,
): { readonly stated: boolean; readonly flag: Flag } {
  const yes = positive && readFlag(positive, report, "true or false");
  const no = negative && readFlag(negative, report, "true or false");
  const opposite = no === undefined ? undefined : !no;
  if (positive !== undefined && negative !== undefined && yes !== undefined && yes === no) {
    const later = positive.span.start > negative.span.start ? positive : negative;
    const other = later === positive ? negative : positive;
    report(later.name, "conflict", later.nameSpan, `contradicts @${other.name}. Keep one of them.`);
  }
  return {
    stated: positive !== undefined || negative !== undefined,
    flag: positive === undefined ? opposite : yes,
  };
}

/** True for the name alone; undefined where a function decides or where the value is a mistake, which is reported. */
function readFlag(decorator: Decorator, report: DecoratorReport, wanted: string): Flag {
  const { name, value, bare } = decorator;
  if (value === undefined) return true;
  if (value.kind === "static" && !value.quoted && value.text === "true") return true;
  if (value.kind === "static" && !value.quoted && value.text === "false") return false;
  // Any function may decide, also one that a plugin brings.
  if (isDynamic(value) || (value.kind === "call" && !bare)) return undefined;
  if (value.kind === "object") return readEnabled(value);
  report(name, "bad-value", value.span, `takes ${wanted}.`);
  return undefined;
}

/** `@sensitive={enabled=false}`; options without it leave the decorator on. */
function readEnabled(value: Exclude<Argument, { kind: "static" | "call" }>): Flag {
  const enabled = value.parts.find(({ key }) => key?.name === "enabled")?.value;
  if (enabled === undefined) return true;
  if (enabled.kind !== "static") return undefined;
  return enabled.text === "false" ? false : enabled.text === "true" ? true : undefined;
}

function readTypeDecorator(decorator: Decorator, report: DecoratorReport): SchemaType {
  const { name, nameSpan, value, bare } = decorator;
  if (value === undefined || bare) {
    report(name, "bad-value", value?.span ?? nameSpan, "needs a type behind a =, such as @type=string.");
    return plainType("any");
  }
  return readType(value, (code, span, text) => report(name, code, span, text));
}

/** @env-spec's rule: an unquoted number or boolean in the schema tells the type. */
function inferredType(entry: Entry): SchemaType {
  if (entry.quote !== undefined) return plainType("string");
  const { value } = entry;
  if (value === "true" || value === "false") return plainType("boolean");
  const number = readNumber(value);
  if (number !== undefined && String(number) === value) return plainType("number");
  return plainType(givesFunction(entry) ? "any" : "string");
}

/** Whether an entry's value is made by a function of @env-spec or by references, so that its text is not the value. */
export function givesFunction({ quote, value }: Entry): boolean {
  if (quote === "'") return false;
  return value.includes("$") || (quote === undefined && /^[A-Za-z]\w*\(/.test(value) && value.endsWith(")"));
}

function readDocs(decorators: readonly Decorator[], report: DecoratorReport): string[] {
  const docs: string[] = [];
  for (const decorator of decorators) {
    const { name, nameSpan, value } = decorator;
    if (name === "docsUrl") {
      const url = textOf(decorator, report);
      if (url !== undefined) docs.push(url);
    }
    if (name !== "docs") continue;
    const last = value?.kind === "call" && value.name === "" ? value.parts.at(-1)?.value : undefined;
    if (last?.kind === "static" && last.text !== "") docs.push(last.text);
    else
      report(
        name,
        "bad-value",
        value?.span ?? nameSpan,
        "needs an address in parentheses: @docs(https://…).",
      );
  }
  return docs;
}

function textOf(decorator: Decorator | undefined, report: DecoratorReport): string | undefined {
  if (decorator === undefined) return undefined;
  const { name, nameSpan, value } = decorator;
  if (value?.kind === "static") return value.text;
  if (value === undefined) {
    report(name, "bad-value", nameSpan, `needs a text: @${name}="…".`);
  }
  return undefined;
}

function readDeprecated(
  decorator: Decorator | undefined,
  report: DecoratorReport,
): string | true | undefined {
  if (decorator === undefined) return undefined;
  const { value } = decorator;
  if (value?.kind === "static" && (value.quoted || !/^(?:true|false)$/.test(value.text))) {
    return value.text === "" ? true : value.text;
  }
  return readFlag(decorator, report, "true, false or a text in quotes") === true ? true : undefined;
}

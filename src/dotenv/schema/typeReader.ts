import type { Span } from "../scanner.ts";
import { readDuration } from "./durations.ts";
import { type OptionValue, plainType, type SchemaProblemCode, type SchemaType } from "./model.ts";
import { readPattern } from "./pattern.ts";
import type { Argument, ArgumentPart, CallArgument } from "./syntax.ts";
import { durationOutputs, nearestWord, type OptionKind, type TypeWord, typeWords } from "./vocabulary.ts";

/** Says what is wrong at a place: the second part of a sentence that begins with the decorator and the key. */
export type Report = (code: SchemaProblemCode, span: Span, text: string) => void;

/** Functions of @env-spec whose answer is known only when they run. */
const dynamicFunctions: ReadonlySet<string> = new Set([
  "if",
  "ifs",
  "switch",
  "remap",
  "fallback",
  "ref",
  "forEnv",
  "eq",
  "not",
  "and",
  "or",
  "isEmpty",
  "concat",
  "exec",
  "cache",
  "inferFromPrefix",
]);

/** What each kind of option takes, for messages. */
const kindWords: Readonly<Record<OptionKind, string>> = {
  count: "a whole number that is not negative",
  number: "a number",
  flag: "true or false",
  text: "a text",
  pattern: "a regular expression, /…/ or in quotes",
  list: "a list such as [a, b]",
  version: "4 or 6",
  unit: durationOutputs.join(", "),
  duration: "a time such as 30s or 1h",
  format: "separator or json",
  type: "a type",
};

/** Whether a value is given by a function or a reference, so that nobody knows it before it runs. */
export function isDynamic(argument: Argument): boolean {
  if (argument.kind === "call") return dynamicFunctions.has(argument.name);
  return argument.kind === "static" && !argument.quoted && argument.text.startsWith("$");
}

/** The type that an argument names; `any` when it cannot be known, which is reported where it is a mistake. */
export function readType(argument: Argument, report: Report): SchemaType {
  if (isDynamic(argument)) return plainType("any");
  if (argument.kind !== "static" && argument.kind !== "call") {
    report("bad-value", argument.span, "needs the name of a type, such as string or enum(a, b).");
    return plainType("any");
  }
  const name = argument.kind === "static" ? argument.text : argument.name;
  const word = typeWords.get(name);
  if (word === undefined) {
    const span = argument.kind === "static" ? argument.span : argument.nameSpan;
    const near = nearestWord(name, typeWords.keys());
    const next =
      near === undefined ? `Known are ${[...typeWords.keys()].join(", ")}.` : `Did you mean ${near}?`;
    report("unknown-type", span, `names a type that Envpact does not know. ${next}`);
    return plainType("any");
  }
  if (argument.kind === "call") return readCall(word, argument, report);
  if (word.name === "enum") reportNoMembers(argument.span, report);
  return word.name === "enum" ? plainType("any") : plainType(word.name);
}

function reportNoMembers(span: Span, report: Report): void {
  report("bad-value", span, "is an enum without values. List them: enum(a, b).");
}

function readCall(word: TypeWord, call: CallArgument, report: Report): SchemaType {
  const positional = call.parts.filter((part) => part.key === undefined && part.value !== undefined);
  const named = call.parts.filter((part) => part.key !== undefined);
  const options = readOptions(word, named, report);
  if (word.name === "enum") return readEnum(call, positional, report);
  const takesElement = word.name === "array" || word.name === "record";
  const [first, ...more] = positional;
  const element = takesElement && first?.value !== undefined ? readType(first.value, report) : undefined;
  for (const part of takesElement ? more : positional) {
    const known = Object.keys(word.options);
    const next = known.length === 0 ? "Take it away." : `Write name=value; known are ${known.join(", ")}.`;
    report("unexpected-argument", part.span, `gives ${word.name} a value without a name. ${next}`);
  }
  const type: SchemaType = { name: word.name, options, members: [], element };
  reportEmptyRange(type, call.span, report);
  return type;
}

function readEnum(call: CallArgument, parts: readonly ArgumentPart[], report: Report): SchemaType {
  if (parts.length === 0) reportNoMembers(call.span, report);
  const members: string[] = [];
  const seen = new Set<string>();
  for (const { value, span } of parts) {
    if (value === undefined || value.kind !== "static" || isDynamic(value)) return plainType("any");
    if (seen.has(value.text)) report("duplicate", span, "lists the same value twice. Take one away.");
    else members.push(value.text);
    seen.add(value.text);
  }
  return parts.length === 0 ? plainType("any") : { ...plainType("enum"), members };
}

function readOptions(
  word: TypeWord,
  parts: readonly ArgumentPart[],
  report: Report,
): ReadonlyMap<string, OptionValue> {
  const options = new Map<string, OptionValue>();
  const seen = new Set<string>();
  for (const { key, value } of parts) {
    if (key === undefined) continue;
    const option = Object.hasOwn(word.options, key.name) ? word.options[key.name] : undefined;
    if (option === undefined) {
      report(
        "unknown-option",
        key.span,
        `gives ${word.name} an option that it does not have. ${otherOption(word, key.name)}`,
      );
      continue;
    }
    if (seen.has(key.name)) report("duplicate", key.span, `sets ${key.name} twice. Take one away.`);
    seen.add(key.name);
    if (value === undefined || (option.kind !== "type" && isDynamic(value))) continue;
    const read = readOption(option.kind, value, report);
    if (read !== undefined) options.set(key.name, read);
    else if (option.kind === "pattern") {
      report(
        "bad-pattern",
        value.span,
        `gives ${key.name} something that is no regular expression. Mend it, or put it in quotes.`,
      );
    } else report("bad-value", value.span, `needs ${kindWords[option.kind]} for ${key.name}.`);
  }
  return options;
}

function otherOption(word: TypeWord, name: string): string {
  const known = Object.keys(word.options);
  const near = nearestWord(name, known);
  if (near !== undefined) return `Did you mean ${near}?`;
  return known.length === 0 ? `${word.name} takes none.` : `Known are ${known.join(", ")}.`;
}

function readOption(kind: OptionKind, argument: Argument, report: Report): OptionValue | undefined {
  if (kind === "type") return readType(argument, report);
  if (kind === "list") return readList(argument);
  if (kind === "pattern" && argument.kind === "call" && argument.name === "regex") {
    const inner = argument.parts[0]?.value;
    return inner?.kind === "static" ? readPattern(inner.text) : undefined;
  }
  if (argument.kind !== "static") return undefined;
  const { text } = argument;
  if (kind === "text") return text;
  if (kind === "pattern") return readPattern(text);
  if (kind === "flag") return text === "true" ? true : text === "false" ? false : undefined;
  if (kind === "duration") return readDuration(text);
  if (kind === "unit") return durationOutputs.includes(text) ? text : undefined;
  if (kind === "format") return text === "separator" || text === "json" ? text : undefined;
  if (kind === "version") return text === "4" ? 4 : text === "6" ? 6 : undefined;
  const number = readNumber(text);
  if (kind === "number" || number === undefined) return number;
  return Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

function readList(argument: Argument): readonly string[] | undefined {
  if (argument.kind === "static") return [argument.text];
  if (argument.kind !== "list") return undefined;
  const texts: string[] = [];
  for (const { value, key } of argument.parts) {
    if (key !== undefined || value?.kind !== "static") return undefined;
    texts.push(value.text);
  }
  return texts.length === 0 ? undefined : texts;
}

/** A decimal number as a `.env` file may hold it: no other bases, no Infinity. */
export function readNumber(text: string): number | undefined {
  if (text.length > 64 || !/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}

const ranges: readonly (readonly [string, string])[] = [
  ["min", "max"],
  ["minLength", "maxLength"],
  ["entriesMinLength", "entriesMaxLength"],
];

function reportEmptyRange(type: SchemaType, span: Span, report: Report): void {
  for (const [low, high] of ranges) {
    const [from, to] = [type.options.get(low), type.options.get(high)];
    if (typeof from === "number" && typeof to === "number" && from > to) {
      report("empty-range", span, `allows no value: ${low} is above ${high}.`);
    }
  }
}

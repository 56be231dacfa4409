import type { SchemaType } from "./model.ts";

type Check = (type: SchemaType, value: string) => string | undefined;

/** Elements of one value that are checked; more are not looked at. */
const elementsMax = 10_000;

function countOf(type: SchemaType, option: string): number | undefined {
  const value = type.options.get(option);
  return typeof value === "number" ? value : undefined;
}

/** Whether a text is JSON for an object. */
export function isJsonObject(value: string): boolean {
  const json = readJson(value);
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

function readJson(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

/** What a program that reads texts would see of a value in JSON; empty for one that is nested too deeply to write. */
function textOf(json: unknown): string {
  if (typeof json === "string") return json;
  try {
    return JSON.stringify(json);
  } catch {
    return "";
  }
}

/** Checks a list that is written `[a, b]`, as JSON, or joined by the type's separator. */
export function checkArray(type: SchemaType, value: string, check: Check): string | undefined {
  const trimmed = value.trim();
  if (trimmed === "") return undefined;
  const elements = readElements(type, trimmed);
  if (elements === undefined) return "is not a list";
  const exact = countOf(type, "isLength");
  const least = exact === undefined ? (countOf(type, "minLength") ?? 1) : undefined;
  const wrong = checkCount(elements.length, { exact, least, most: countOf(type, "maxLength") }, "element");
  if (wrong !== undefined) return wrong;
  if (type.options.get("unique") === true && new Set(elements).size < elements.length) {
    return "has the same element twice";
  }
  const { element } = type;
  if (element === undefined) return undefined;
  for (const [at, each] of elements.slice(0, elementsMax).entries()) {
    const reason = check(element, each);
    if (reason !== undefined) return `has an element, number ${at + 1}, that ${reason}`;
  }
  return undefined;
}

function readElements(type: SchemaType, value: string): readonly string[] | undefined {
  if (value.startsWith("[")) {
    const json = readJson(value);
    if (Array.isArray(json)) return json.map(textOf);
    return value.endsWith("]") ? splitLiteral(value.slice(1, -1)) : undefined;
  }
  const separator = type.options.get("separator");
  const by = typeof separator === "string" && separator !== "" ? separator : ",";
  return value.split(by).map((part) => part.trim());
}

/** Checks an object that is written `{a=1}` or as JSON. */
export function checkRecord(type: SchemaType, value: string, check: Check): string | undefined {
  const entries = readEntries(value.trim());
  if (entries === undefined) return "is not an object";
  const exact = countOf(type, "entriesIsLength");
  const least = exact === undefined ? (countOf(type, "entriesMinLength") ?? 1) : undefined;
  const most = countOf(type, "entriesMaxLength");
  const wrong = checkCount(entries.length, { exact, least, most }, "entry");
  if (wrong !== undefined) return wrong;
  const keyType = type.options.get("keyType") as SchemaType | undefined;
  for (const [at, [key, each]] of entries.slice(0, elementsMax).entries()) {
    const badKey = keyType === undefined ? undefined : check(keyType, key);
    if (badKey !== undefined) return `has an entry, number ${at + 1}, whose key ${badKey}`;
    const badValue = type.element === undefined ? undefined : check(type.element, each);
    if (badValue !== undefined) return `has an entry, number ${at + 1}, whose value ${badValue}`;
  }
  return undefined;
}

function readEntries(value: string): readonly (readonly [string, string])[] | undefined {
  const json = readJson(value);
  if (typeof json === "object" && json !== null && !Array.isArray(json)) {
    return Object.entries(json).map(([key, each]) => [key, textOf(each)] as const);
  }
  if (!value.startsWith("{") || !value.endsWith("}")) return undefined;
  const entries: [string, string][] = [];
  for (const part of splitLiteral(value.slice(1, -1)) ?? []) {
    const equals = part.indexOf("=");
    if (equals < 1) return undefined;
    entries.push([part.slice(0, equals).trim(), withoutQuotes(part.slice(equals + 1).trim())]);
  }
  return entries;
}

interface Counts {
  readonly exact: number | undefined;
  readonly least: number | undefined;
  readonly most: number | undefined;
}

function checkCount(
  count: number,
  { exact, least, most }: Counts,
  noun: "element" | "entry",
): string | undefined {
  const of = (number: number): string =>
    number === 1 ? `1 ${noun}` : `${number} ${noun === "entry" ? "entries" : "elements"}`;
  if (exact !== undefined && count !== exact) return `does not have exactly ${of(exact)}`;
  if (least !== undefined && count < least) return `has fewer than ${of(least)}`;
  if (most !== undefined && count > most) return `has more than ${of(most)}`;
  return undefined;
}

/** The parts between commas that stand in no quotes, brackets or braces; a comma at the end adds none. */
function splitLiteral(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quote = "";
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (quote !== "") {
      if (character === "\\") at++;
      else if (character === quote) quote = "";
    } else if (character === '"' || character === "'" || character === "`") quote = character;
    else if (character === "[" || character === "{" || character === "(") depth++;
    else if (character === "]" || character === "}" || character === ")") depth--;
    else if (character === "," && depth === 0) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  const last = text.slice(start);
  if (last.trim() !== "") parts.push(last);
  return parts.map((part) => withoutQuotes(part.trim()));
}

function withoutQuotes(text: string): string {
  const quote = text.charAt(0);
  const quoted = text.length > 1 && `"'\``.includes(quote) && text.endsWith(quote);
  return quoted ? text.slice(1, -1) : text;
}

import { writeDuration } from "./durations.ts";
import type { OptionValue, SchemaType } from "./model.ts";
import type { Pattern } from "./pattern.ts";
import { typeWords } from "./vocabulary.ts";

/** UTF-16 units of a type's description. */
export const descriptionCharactersMax = 200;

/**
 * A type as a schema would write it, such as `enum(dev, prod)` or `number(min=1)`; at most
 * {@link descriptionCharactersMax} long. `any` is said as "any value".
 */
export function describeType(type: SchemaType): string {
  const text = write(type);
  return text.length <= descriptionCharactersMax ? text : `${text.slice(0, descriptionCharactersMax - 1)}…`;
}

/** The values that a type allows, where they can be listed: members of an enum, true and false. */
export function valueChoices(type: SchemaType): readonly string[] {
  return type.name === "boolean" ? ["true", "false"] : type.members;
}

function write(type: SchemaType): string {
  if (type.name === "any") return "any value";
  const kinds = typeWords.get(type.name)?.options ?? {};
  const parts = [
    ...(type.element === undefined ? [] : [write(type.element)]),
    ...type.members.map(quoted),
    ...[...type.options].map(
      ([name, value]) => `${name}=${writeOption(value, kinds[name]?.kind === "duration")}`,
    ),
  ];
  return parts.length === 0 ? type.name : `${type.name}(${parts.join(", ")})`;
}

function writeOption(value: OptionValue, isDuration: boolean): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number") return isDuration ? writeDuration(value) : String(value);
  if (typeof value === "boolean") return String(value);
  if (isList(value)) return `[${value.map(quoted).join(", ")}]`;
  return isPattern(value) ? `/${value.source}/${value.flags}` : write(value);
}

function isList(value: OptionValue): value is readonly string[] {
  return Array.isArray(value);
}

function isPattern(value: Pattern | SchemaType): value is Pattern {
  return "source" in value;
}

/** Quoted where @env-spec asks for it. */
function quoted(text: string): string {
  return /^[^\s,()[\]{}"'`#=]+$/.test(text) ? text : `"${text.replaceAll('"', '\\"')}"`;
}

import { type DotenvDocument, type Entry, effectiveEntry } from "../document.ts";
import { type Expansion, expand } from "../expand.ts";
import type { Span } from "../scanner.ts";
import { checkValue } from "./check.ts";
import { describeType } from "./describe.ts";
import { givesFunction } from "./items.ts";
import type { Schema, SchemaItem, SchemaProblemCode } from "./model.ts";

/** Something to report about a schema, or about a file that a schema speaks of. */
export interface SchemaFinding {
  readonly span: Span;
  readonly key: string | undefined;
  /** Names keys, types and what the schema says; never a value of a file. */
  readonly message: string;
  readonly code: SchemaFindingCode;
}

/**
 * `default-value`, `example-value`: what the schema itself gives does not fit its type. `value`: a value does not fit;
 * `empty`, `missing`: a required key has no value or is not there; `deprecated`: such a key is in use.
 */
export type SchemaFindingCode =
  | SchemaProblemCode
  | "default-value"
  | "example-value"
  | "value"
  | "empty"
  | "missing"
  | "deprecated";

/**
 * What is wrong in a schema: everything that could not be read, examples that do not fit their type, and, with
 * `checkValues`, values that do not (`.env.schema` gives defaults, an example gives placeholders that need not fit).
 */
export function schemaFindings(
  schema: Schema,
  document: DotenvDocument,
  checkValues: boolean,
): SchemaFinding[] {
  const found: SchemaFinding[] = schema.problems.map((problem) => ({ ...problem, key: undefined }));
  for (const [key, item] of schema.items) {
    if (!item.stated.type) continue;
    const type = describeType(item.type);
    const ofExample = item.example === undefined ? undefined : checkValue(item.type, item.example);
    if (ofExample !== undefined) {
      const message = `The @example of ${key} does not fit its type ${type}: it ${ofExample}.`;
      found.push({ span: item.keySpan, key, message, code: "example-value" });
    }
    const entry = checkValues ? document.effectiveEntries.get(key) : undefined;
    if (entry === undefined || givesFunction(entry)) continue;
    const ofDefault = checkValue(item.type, entry.value);
    if (ofDefault === undefined) continue;
    const message = `The value that the schema gives ${key} does not fit its type ${type}: it ${ofDefault}.`;
    found.push({ span: entry.valueSpan, key, message, code: "default-value" });
  }
  return found.sort((a, b) => a.span.start - b.span.start);
}

/**
 * Where a file does not do what a schema says. `name` is the schema's file, for the messages. A missing key is
 * reported at the first line, and only when the schema gives it no value; a value is held against a type only where
 * the schema states one, as it is written and as its references expand: it fits when either does.
 */
export function schemaViolations(schema: Schema, document: DotenvDocument, name: string): SchemaFinding[] {
  const found: SchemaFinding[] = [];
  const expander = new Expander(document);
  for (const item of schema.items.values()) {
    const entry = effectiveEntry(document, item.key);
    const finding =
      entry === undefined ? missing(item, document, name) : ofEntry(item, entry, name, expander);
    if (finding !== undefined) found.push(finding);
    if (entry === undefined || item.deprecated === undefined) continue;
    const instead = item.deprecated === true ? "." : `: ${item.deprecated}`;
    const message = `${item.key} is deprecated by ${name}${instead}`;
    found.push({ span: entry.keySpan, key: item.key, message, code: "deprecated" });
  }
  return found.sort((a, b) => a.span.start - b.span.start);
}

/** The entries with a value whose keys the schema states to be sensitive, by a decorator or by its header. */
export function sensitiveEntries(schema: Schema, document: DotenvDocument): Entry[] {
  const found: Entry[] = [];
  for (const item of schema.items.values()) {
    if (!item.sensitive || !item.stated.sensitive) continue;
    const entry = document.effectiveEntries.get(item.key);
    if (entry !== undefined && entry.value !== "") found.push(entry);
  }
  return found;
}

function missing(item: SchemaItem, document: DotenvDocument, name: string): SchemaFinding | undefined {
  if (!item.required || item.hasDefault) return undefined;
  const message = `${item.key} is required by ${name} but not set here.`;
  return { span: firstLine(document.text), key: item.key, message, code: "missing" };
}

function ofEntry(
  item: SchemaItem,
  entry: Entry,
  name: string,
  expander: Expander,
): SchemaFinding | undefined {
  const { key } = item;
  if (entry.value === "") {
    if (!item.required) return undefined;
    const message = `${key} is required by ${name} but empty here.`;
    return { span: entry.keySpan, key, message, code: "empty" };
  }
  if (!item.stated.type) return undefined;
  const reason = checkValue(item.type, entry.value);
  if (reason === undefined) return undefined;
  const expanded = entry.value.includes("$") ? expander.valueOf(key) : entry.value;
  if (expanded === undefined) return undefined;
  const reasonExpanded = expanded === entry.value ? reason : checkValue(item.type, expanded);
  if (reasonExpanded === undefined) return undefined;
  const message = `${key} should be ${describeType(item.type)} by ${name}, but its value ${reasonExpanded}.`;
  return { span: entry.valueSpan, key, message, code: "value" };
}

/** Expands a document when the first value with a reference comes up. */
class Expander {
  readonly #document: DotenvDocument;
  #expansion: Expansion | undefined;
  #unknown: ReadonlySet<string> = new Set();

  constructor(document: DotenvDocument) {
    this.#document = document;
  }

  /** What a program would see; undefined where that hangs on names set elsewhere or on a command. */
  valueOf(key: string): string | undefined {
    if (this.#expansion === undefined) {
      const expansion = expand(this.#document);
      this.#expansion = expansion;
      const open = [...expansion.undefinedReferences, ...expansion.commands].map((each) => each.key);
      this.#unknown = reaching(
        expansion,
        new Set([...open, ...expansion.oversized, ...expansion.cycles.flat()]),
      );
    }
    return this.#unknown.has(key) ? undefined : this.#expansion.values[key];
  }
}

/** The keys given and those that refer to them, directly or through others. */
function reaching(expansion: Expansion, keys: ReadonlySet<string>): ReadonlySet<string> {
  const users = new Map<string, string[]>();
  for (const { key, name } of expansion.references) {
    const known = users.get(name);
    if (known === undefined) users.set(name, [key]);
    else known.push(key);
  }
  const all = new Set(keys);
  // A set that grows while it is walked hands out what was added, too.
  for (const key of all) for (const user of users.get(key) ?? []) all.add(user);
  return all;
}

/** The first line that is not blank, without the space around it; empty at the start when all are. */
function firstLine(text: string): Span {
  const found = /[^\s\ufeff][^\r\n]*/.exec(text);
  if (found === null) return { start: 0, end: 0 };
  return { start: found.index, end: found.index + found[0].trimEnd().length };
}

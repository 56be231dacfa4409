import { conventions } from "../conventions.ts";
import { type DotenvDocument, parseDocument } from "../document.ts";
import { kindOfName } from "../fileNames.ts";
import { type LayerConvention, layersBelow } from "../layers.ts";
import { recordLength } from "../statements.ts";
import { inferType } from "./inferType.ts";
import { givesFunction } from "./items.ts";
import { parseSchema } from "./parse.ts";
import { Prose } from "./prose.ts";
import { isPlaceholder, isPublicName, isSecretName, looksLikeData, looksLikeSecret } from "./secrets.ts";

/** A file that a schema is made from. */
export interface NamedDocument {
  /** Such as `.env.production`: an example describes keys, a `.local` file need not have all of them. */
  readonly name: string;
  readonly document: DotenvDocument;
}

/** UTF-16 units of all files together that a schema is made from. */
export const sourceUnitsMax = 8 * 1024 * 1024;

/** Assignments of all files together that a schema is made from; nobody checks a schema of more keys. */
export const sourceAssignmentsMax = 20_000;

/** Whether files are more than a schema is made from: it would take seconds, in which an editor stands still. */
export function isTooMuch(documents: readonly DotenvDocument[]): boolean {
  let units = 0;
  let assignments = 0;
  for (const { text, statements } of documents) {
    units += text.length;
    assignments += statements.length / recordLength;
  }
  return units > sourceUnitsMax || assignments > sourceAssignmentsMax;
}

/** What the files say about one key. */
interface Gathered {
  readonly values: string[];
  /** Environments that set it, and whether to more than nothing. */
  readonly setIn: Map<string, boolean>;
  description: string;
}

/** Keys that @env-spec cannot read. */
const keyPattern = /^[A-Za-z_][\w.-]*$/;

/**
 * A first schema for the environments of a folder, in @env-spec's syntax. No value of any of them goes in, nor
 * anything made from one but its type; words of an enum come from lists that everybody uses. Comments go in when
 * they stand in an example, or when they are plain prose without anything that a value of a file holds. A key is
 * required when all environments have a value for it, their own or that of a file under them (`.local` files aside),
 * and sensitive when its name or one of its values looks like it.
 */
export function inferSchema(environments: readonly NamedDocument[], layers = unknownLayers): string {
  const { keys, left } = gather(environments);
  const isRequired = requirement(environments, layers);
  const lines = [...header];
  if (left > 0) {
    lines.push(
      `# ${left === 1 ? "1 name was" : `${left} names were`} left out: no key for @env-spec, or no name at all.`,
    );
  }
  lines.push("# @defaultRequired=false @defaultSensitive=true", "# ---");
  for (const [key, gathered] of keys) {
    lines.push("", ...itemLines(key, gathered, isRequired(gathered)));
  }
  return `${lines.join("\n")}\n`;
}

/** A schema with what it lacks of its environments. */
export interface ExtendedSchema {
  /** The text that is there, as it is, and the new keys behind it. */
  readonly text: string;
  /** The new keys, in order. */
  readonly added: readonly string[];
}

/**
 * Adds to a schema the keys that it does not have, each as {@link inferSchema} would write it. What it says already
 * stays byte for byte, keys that no environment has included. Undefined when the text cannot be added to without its
 * end being read in another way, as behind an open quote.
 */
export function extendSchema(
  present: DotenvDocument,
  environments: readonly NamedDocument[],
  layers = unknownLayers,
): ExtendedSchema | undefined {
  if (/^[\s\uFEFF]*$/.test(present.text)) {
    const text = present.text + inferSchema(environments, layers);
    return { text, added: [...parseDocument(text).effectiveEntries.keys()] };
  }
  const { keys } = gather(environments);
  const isRequired = requirement(environments, layers);
  const missing = [...keys].filter(([key]) => !present.effectiveEntries.has(key));
  const added = missing.map(([key]) => key);
  if (added.length === 0) return { text: present.text, added };
  // What the schema's header says of keys that are silent about it is not known to hold for these.
  const items = missing.map(([key, gathered]) => itemLines(key, gathered, isRequired(gathered), true));
  const { eol } = present;
  const end = /(?:^|[\r\n])$/.test(present.text) ? "" : eol;
  const text = `${present.text}${end}${items.map((lines) => `${["", ...lines].join(eol)}${eol}`).join("")}`;
  return isExtended(present, parseDocument(text), added) ? { text, added } : undefined;
}

/** Whether the entries of the longer text are those of the shorter one and then the added keys without values. */
function isExtended(present: DotenvDocument, extended: DotenvDocument, added: readonly string[]): boolean {
  const before = present.entries;
  const after = extended.entries;
  if (after.length !== before.length + added.length || extended.invalid.length !== present.invalid.length) {
    return false;
  }
  const kept = before.every(({ key, value }, at) => after[at]!.key === key && after[at]!.value === value);
  return kept && added.every((key, at) => after[before.length + at]!.key === key);
}

/** Nobody said how the files of a folder lie over each other: `.env` is under all of them. */
const unknownLayers: LayerConvention = { convention: conventions.plain, isChosen: false };

/** Tells whether every environment has a value for a key. */
function requirement(
  environments: readonly NamedDocument[],
  layers: LayerConvention,
): (gathered: Gathered) => boolean {
  const names = environments.map(({ name }) => name);
  const shared = names.filter(isCounted);
  const counted = new Set(shared.length > 0 ? shared : names.filter((name) => !isExample(name)));
  const read = [...counted].map((name) => [name, ...layersBelow(name, counted, layers)]);
  return ({ setIn }) =>
    read.length > 0 && read.every((files) => setIn.get(files.find((name) => setIn.has(name)) ?? "") === true);
}

const header: readonly string[] = [
  "# Schema of the environments in this folder, in the syntax of @env-spec (https://varlock.dev/env-spec).",
  "# Made from keys, kinds of values and plain comments; it holds no value. Check it before you commit it.",
  "# Keys marked neither @sensitive nor @public are sensitive.",
];

function isExample(name: string): boolean {
  return name === ".env.schema" || kindOfName(name) === "example";
}

function isCounted(name: string): boolean {
  return !isExample(name) && !name.endsWith(".local");
}

function itemLines(
  key: string,
  { values, description }: Gathered,
  required: boolean,
  saysSensitive = false,
): string[] {
  const real = values.filter((value) => !isPlaceholder(value));
  const type = inferType(key, real);
  const isFlag = type.written === "boolean";
  const isSecret = !isFlag && ((isSecretName(key) && !isPublicName(key)) || real.some(looksLikeSecret));
  const isPublic = !isSecret && (isFlag || type.harmless || isPublicName(key));
  const decorators = [required ? "@required" : "@optional"];
  if (isSecret || (saysSensitive && !isPublic)) decorators.push("@sensitive");
  if (isPublic) decorators.push("@public");
  // Of a secret not even its kind is told, but that it is an address is no secret.
  if (type.written !== undefined && (!isSecret || type.written === "url")) {
    decorators.push(`@type=${type.written}`);
  }
  const prose = description === "" ? [] : description.split("\n").map((line) => `# ${line}`.trimEnd());
  return [...prose, `# ${decorators.join(" ")}`, `${key}=`];
}

/** Every key with what the files say, in the order of the first file and then of the others. */
function gather(environments: readonly NamedDocument[]): {
  readonly keys: ReadonlyMap<string, Gathered>;
  readonly left: number;
} {
  const keys = new Map<string, Gathered>();
  const left = new Set<string>();
  const prose = new Prose(
    environments.filter(({ name }) => !isExample(name)).map(({ document }) => document),
  );
  for (const { name, document } of environments) {
    const example = isExample(name);
    const { items } = parseSchema(document);
    const suspects = belowGarbage(document);
    for (const [key, entry] of document.effectiveEntries) {
      if (!keyPattern.test(key) || looksLikeData(key) || suspects.has(key)) {
        left.add(key);
        continue;
      }
      const gathered: Gathered = keys.get(key) ?? { values: [], setIn: new Map(), description: "" };
      keys.set(key, gathered);
      if (!example) gathered.setIn.set(name, entry.value !== "");
      if (!example && entry.value !== "" && !givesFunction(entry)) gathered.values.push(entry.value);
      const description = items.get(key)?.description ?? "";
      if (example || gathered.description === "") {
        const kept = prose.harmless(description, example);
        if (kept !== "") gathered.description = kept;
      }
    }
  }
  for (const key of keys.keys()) left.delete(key);
  return { keys, left: left.size };
}

/**
 * Keys that may be the last line of a text that stands without quotes, such as a private key: the line above is no
 * assignment or of the same text, and behind the `=`, which base64 ends with, is nothing.
 */
function belowGarbage(document: DotenvDocument): ReadonlySet<string> {
  const suspects = new Set<string>();
  const { entries, invalid, text } = document;
  let garbageEnd = -1;
  let at = 0;
  for (const entry of entries) {
    for (; at < invalid.length && invalid[at]!.span.end <= entry.span.start; at++) {
      garbageEnd = invalid[at]!.span.end;
    }
    const below = garbageEnd !== -1 && text.slice(garbageEnd, entry.span.start).trim() === "";
    const suspect = below && /^=*$/.test(entry.value);
    if (suspect) suspects.add(entry.key);
    if (suspect || looksLikeData(entry.key)) garbageEnd = entry.span.end;
    else garbageEnd = -1;
  }
  return suspects;
}

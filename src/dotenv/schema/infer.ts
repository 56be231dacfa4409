import type { DotenvDocument } from "../document.ts";
import { kindOfName } from "../fileNames.ts";
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

/** What the files say about one key. */
interface Gathered {
  readonly values: string[];
  /** Environments that give it a value. */
  readonly givenIn: Set<string>;
  description: string;
}

/** Keys that @env-spec cannot read. */
const keyPattern = /^[A-Za-z_][\w.-]*$/;

/**
 * A first schema for the environments of a folder, in @env-spec's syntax. No value of any of them goes in, nor
 * anything made from one but its type; words of an enum come from lists that everybody uses. Comments go in when
 * they stand in an example, or when they are plain prose without anything that a value of a file holds. A key is
 * required when all environments give it a value (`.local` files aside), and sensitive when its name or one of its
 * values looks like it.
 */
export function inferSchema(environments: readonly NamedDocument[]): string {
  const { keys, left } = gather(environments);
  const counted = environments.filter(({ name }) => isCounted(name));
  const base = counted.length > 0 ? counted : environments.filter(({ name }) => !isExample(name));
  const lines = [...header];
  if (left > 0) {
    lines.push(
      `# ${left === 1 ? "1 name was" : `${left} names were`} left out: no key for @env-spec, or no name at all.`,
    );
  }
  lines.push("# @defaultRequired=false @defaultSensitive=true", "# ---");
  for (const [key, gathered] of keys) {
    const required = base.length > 0 && base.every(({ name }) => gathered.givenIn.has(name));
    lines.push("", ...itemLines(key, gathered, required));
  }
  return `${lines.join("\n")}\n`;
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

function itemLines(key: string, { values, description }: Gathered, required: boolean): string[] {
  const real = values.filter((value) => !isPlaceholder(value));
  const type = inferType(key, real);
  const isFlag = type.written === "boolean";
  const isSecret = !isFlag && ((isSecretName(key) && !isPublicName(key)) || real.some(looksLikeSecret));
  const isPublic = !isSecret && (isFlag || type.harmless || isPublicName(key));
  const decorators = [required ? "@required" : "@optional"];
  if (isSecret) decorators.push("@sensitive");
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
      const gathered = keys.get(key) ?? { values: [], givenIn: new Set(), description: "" };
      keys.set(key, gathered);
      if (!example && entry.value !== "") gathered.givenIn.add(name);
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

import type { TypeName } from "./model.ts";

/**
 * The decorators, types and options of @env-spec as varlock's reference describes them
 * (https://varlock.dev/reference/item-decorators/, …/root-decorators/, …/data-types/).
 */

/** What may follow a decorator's name: `=true|false`, `=type`, `=text`, `(…)`, or whatever its own tool takes. */
export type ArgumentKind = "flag" | "type" | "text" | "flag-or-text" | "call" | "any";

export interface DecoratorWord {
  readonly name: string;
  /** Above one key, in the header for all of them, or in either place. */
  readonly place: "item" | "root" | "both";
  readonly argument: ArgumentKind;
  /** May stand more than once for the same key. */
  readonly repeats: boolean;
  readonly summary: string;
  /** What completion inserts, as a snippet; Envpact offers a decorator only when it has one. */
  readonly snippet: string | undefined;
}

export type OptionKind =
  | "count"
  | "number"
  | "flag"
  | "text"
  | "pattern"
  | "list"
  | "version"
  | "unit"
  | "duration"
  | "format"
  | "type";

export interface OptionWord {
  readonly kind: OptionKind;
  readonly summary: string;
}

export interface TypeWord {
  readonly name: TypeName;
  readonly summary: string;
  readonly options: Readonly<Record<string, OptionWord>>;
  readonly snippet: string;
}

function item(
  name: string,
  argument: ArgumentKind,
  summary: string,
  snippet?: string,
  repeats = false,
): DecoratorWord {
  return { name, place: "item", argument, repeats, summary, snippet };
}

function root(
  name: string,
  argument: ArgumentKind,
  summary: string,
  snippet?: string,
  repeats = false,
): DecoratorWord {
  return { name, place: "root", argument, repeats, summary, snippet };
}

const allDecorators: readonly DecoratorWord[] = [
  item("required", "flag", "The key must have a value.", "@required"),
  item("optional", "flag", "The key may be missing or empty.", "@optional"),
  item("sensitive", "flag", "The value is a secret and must never be shown.", "@sensitive"),
  item("public", "flag", "The value is not a secret.", "@public"),
  item("type", "type", "What the value must look like.", "@type=$" + "{1:string}"),
  item("example", "text", "A sample value, to be read and not to be used.", '@example="$1"'),
  item("docs", "call", "The address of documentation; may stand more than once.", "@docs($1)", true),
  item("deprecated", "flag-or-text", "The key still works but should go.", '@deprecated="$1"'),
  item("docsUrl", "text", "The address of documentation; @docs(…) takes its place."),
  item("internal", "flag", "Used by varlock only, not handed to the program."),
  item("dynamic", "flag", "Read when the program runs, not when it is built."),
  item("static", "flag", "May be replaced by its value when the program is built."),
  item("tag", "call", "Words to select keys by.", undefined, true),
  item("icon", "text", "The name of an icon for generated documentation."),
  item("auditIgnore", "flag", "Not reported as unused by varlock audit."),
  item("placeholder", "text", "What an untrusted program sees instead of the secret."),
  { ...item("proxy", "any", "How varlock's proxy hands out the secret.", undefined, true), place: "both" },
  root(
    "defaultRequired",
    "any",
    "Whether keys are required that do not say so: true, false, or infer (those with a value here).",
    "@defaultRequired=$" + "{1|infer,true,false|}",
  ),
  root(
    "defaultSensitive",
    "any",
    "Whether keys are sensitive that do not say so: true, false, or inferFromPrefix(PUBLIC_).",
    "@defaultSensitive=$" + "{1|true,false,inferFromPrefix(PUBLIC_)|}",
  ),
  root("currentEnv", "any", "The key that names the environment.", "@currentEnv=\\$$" + "{1:APP_ENV}"),
  root("import", "call", "Takes in another file.", "@import($1)", true),
  root("plugin", "call", "Loads a plugin of varlock.", undefined, true),
  root("envFlag", "text", "The key that names the environment; @currentEnv takes its place."),
  root("defaultDynamic", "any", "Whether keys are read at run time that do not say so."),
  root("disable", "any", "Leaves the whole file out."),
  root("setValuesBulk", "call", "Takes many values from one source.", undefined, true),
  root("cache", "any", "Where varlock keeps what it has fetched."),
  root("generateTypes", "call", "Writes types for a programming language.", undefined, true),
  root("redactLogs", "any", "Hides sensitive values in what the program prints."),
  root("preventLeaks", "any", "Looks for sensitive values in responses."),
  root("encryptInjectedEnv", "any", "Encrypts what is put into a build."),
  root("disableProcessEnvInjection", "any", "Keeps values out of the process environment."),
  root("auditIgnorePaths", "call", "Folders that varlock audit leaves out.", undefined, true),
];

export const decoratorWords: ReadonlyMap<string, DecoratorWord> = new Map(
  allDecorators.map((word) => [word.name, word]),
);

/** Families of decorators that varlock's code generators and plugins bring along. */
const familyPattern = /^(?:generate|init)[A-Z]\w*$/;

/** The decorator of a name; what stands in the header only and belongs to a family counts as known too. */
export function decoratorWord(name: string): DecoratorWord | undefined {
  const word = decoratorWords.get(name);
  if (word !== undefined || !familyPattern.test(name)) return word;
  return root(name, "any", "A decorator of a plugin or generator of varlock.", undefined, true);
}

const count = (summary: string): OptionWord => ({ kind: "count", summary });
const number = (summary: string): OptionWord => ({ kind: "number", summary });
const flag = (summary: string): OptionWord => ({ kind: "flag", summary });
const text = (summary: string): OptionWord => ({ kind: "text", summary });
const list = (summary: string): OptionWord => ({ kind: "list", summary });
const matches: OptionWord = { kind: "pattern", summary: "A regular expression that the value must match." };
const normalize = flag("Makes the value lower case.");
const none: Readonly<Record<string, OptionWord>> = {};

function type(
  name: TypeName,
  summary: string,
  options: Readonly<Record<string, OptionWord>> = none,
  snippet: string = name,
): TypeWord {
  return { name, summary, options, snippet };
}

const allTypes: readonly TypeWord[] = [
  type("string", "Any text.", {
    minLength: count("The fewest characters."),
    maxLength: count("The most characters."),
    isLength: count("The exact number of characters."),
    startsWith: text("What the value must begin with."),
    endsWith: text("What the value must end with."),
    matches,
    toUpperCase: flag("Makes the value upper case before it is checked."),
    toLowerCase: flag("Makes the value lower case before it is checked."),
    allowEmpty: flag("Accepted, and without effect."),
  }),
  type("number", "A number.", {
    min: number("The smallest number allowed."),
    max: number("The largest number allowed."),
    coerceToMinMaxRange: flag("Moves the number into min and max instead of refusing it."),
    isDivisibleBy: number("The number must be a multiple of this."),
    isInt: flag("The number must be whole."),
    precision: count("Decimal places to keep; the rest is rounded away before min and max are checked."),
  }),
  type("boolean", "true, false, yes, no, on, off, t, f, 1 or 0."),
  type("url", "An address with its protocol.", {
    prependHttps: flag("Puts https:// in front where no protocol is given."),
    allowedProtocols: list("The protocols allowed."),
    allowedDomains: list("The hosts allowed, with a port or without."),
    noTrailingSlash: flag("The address must not end with a slash."),
    matches,
  }),
  type("domain", "A host name without protocol, port or path.", {
    allowWildcard: flag("Allows *. in front."),
    allowSingleLabel: flag("Allows names without a dot, such as localhost."),
    allowIp: flag("Allows an IPv4 address."),
    normalize,
    matches,
  }),
  type("enum", "One of the values listed.", none, "enum($1)"),
  type("email", "An e-mail address.", { normalize }),
  type("port", "A port, a whole number from 0 to 65535.", {
    min: count("The smallest port allowed."),
    max: count("The largest port allowed."),
  }),
  type("ip", "An IP address.", {
    version: { kind: "version", summary: "4 or 6." },
    normalize,
  }),
  type("semver", "A semantic version, such as 1.2.3-beta.1."),
  type("isoDate", "A date of ISO 8601, with a time or without."),
  type("uuid", "A UUID."),
  type("md5", "An MD5 hash, 32 hexadecimal digits."),
  type("duration", "A span of time such as 30s, 5m or 2days; a bare number is milliseconds.", {
    output: {
      kind: "unit",
      summary: "The unit handed to the program: ms, seconds, minutes, hours, days, weeks.",
    },
    min: { kind: "duration", summary: "The shortest time allowed." },
    max: { kind: "duration", summary: "The longest time allowed." },
  }),
  type(
    "array",
    "A list, as [a, b], as JSON, or joined by a separator.",
    {
      separator: text("What stands between the elements; a comma unless said otherwise."),
      format: { kind: "format", summary: "How the program gets it: separator or json." },
      minLength: count("The fewest elements; 1 unless said otherwise."),
      maxLength: count("The most elements."),
      isLength: count("The exact number of elements."),
      unique: flag("No element may be there twice."),
    },
    "array($" + "{1:string})",
  ),
  type(
    "record",
    "An object, as {a=1, b=2} or as JSON, all of whose values are of one type.",
    {
      keyType: { kind: "type", summary: "What each key must look like." },
      entriesMinLength: count("The fewest entries; 1 unless said otherwise."),
      entriesMaxLength: count("The most entries."),
      entriesIsLength: count("The exact number of entries."),
    },
    "record($" + "{1:string})",
  ),
  type("simple-object", "A JSON object; record takes its place."),
];

export const typeWords: ReadonlyMap<string, TypeWord> = new Map(allTypes.map((word) => [word.name, word]));

/** Units that `duration(output=…)` takes. */
export const durationOutputs: readonly string[] = ["ms", "seconds", "minutes", "hours", "days", "weeks"];

/** The word of a list that is at most two letters away from the one given, the nearest first. */
export function nearestWord(word: string, words: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  let best = 3;
  for (const other of words) {
    const far = distance(word.toLowerCase(), other.toLowerCase(), best);
    if (far < best && far < Math.min(word.length, other.length) - 1) {
      best = far;
      nearest = other;
    }
  }
  return nearest;
}

/** The number of letters to change, add or drop (Levenshtein), or `limit` when it is that much or more. */
function distance(one: string, other: string, limit: number): number {
  if (Math.abs(one.length - other.length) >= limit) return limit;
  let above = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let row = 1; row <= one.length; row++) {
    const line = [row];
    for (let at = 1; at <= other.length; at++) {
      const changed = above[at - 1]! + (one.charAt(row - 1) === other.charAt(at - 1) ? 0 : 1);
      line.push(Math.min(changed, above[at]! + 1, line[at - 1]! + 1));
    }
    above = line;
  }
  return Math.min(above[other.length]!, limit);
}

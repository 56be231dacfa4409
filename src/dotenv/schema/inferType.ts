import { checkValue } from "./check.ts";
import { plainType, type TypeName } from "./model.ts";
import { readNumber } from "./typeReader.ts";

/** A family of values that everybody uses, so that naming them tells nothing about the project. */
interface Family {
  readonly keys: RegExp;
  readonly words: readonly string[];
  /** Named together even when only some of them occur. */
  readonly usual: readonly string[];
}

const levels = ["trace", "debug", "info", "notice", "warn", "warning", "error", "critical", "fatal"];

const families: readonly Family[] = [
  {
    keys: /(?:^|_)(?:ENV|ENVIRONMENT|STAGE|MODE)$/i,
    words: [
      "local",
      "dev",
      "development",
      "test",
      "testing",
      "ci",
      "preview",
      "stage",
      "staging",
      "prod",
      "production",
    ],
    usual: ["development", "test", "production"],
  },
  { keys: /(?:^|_)LOG_?LEVEL$/i, words: levels, usual: ["debug", "info", "warn", "error"] },
  {
    keys: /(?:^|_)LOG_?FORMAT$/i,
    words: ["text", "plain", "pretty", "logfmt", "json"],
    usual: ["text", "json"],
  },
];

/** How values of a kind are told: all of them must fit, and the key must sound like it where others could fit too. */
interface Kind {
  readonly name: TypeName;
  readonly keys?: RegExp;
  readonly values?: RegExp;
}

const kinds: readonly Kind[] = [
  { name: "boolean", values: /^(?:true|false|yes|no|on|off)$/i },
  { name: "boolean", keys: /(?:^|_)(?:IS|HAS|USE|ENABLE|DISABLE|DEBUG)(?:_|$)|(?:ENABLED|DISABLED)$/i },
  { name: "port", keys: /(?:^|_)PORT$/i },
  { name: "duration", keys: /TIMEOUT|INTERVAL|TTL|DURATION|DELAY/i, values: /[a-z]$/i },
  { name: "number" },
  { name: "url", values: /^[a-z][0-9a-z+.-]*:\/\//i },
  { name: "email" },
  { name: "ip" },
  { name: "semver", keys: /VERSION/i },
  { name: "isoDate", values: /^\d{4}-/ },
  { name: "uuid" },
];

/** Types whose values tell nothing worth hiding when nothing else speaks against it. */
const harmlessTypes: ReadonlySet<string> = new Set([
  "boolean",
  "port",
  "duration",
  "url",
  "ip",
  "semver",
  "isoDate",
]);

/** Digits of a number that is no secret; longer ones may be accounts or phones. */
const harmlessDigitsMax = 6;

/** A type as it goes into a schema. */
export interface InferredType {
  /** As written behind `@type=`; undefined for any text. */
  readonly written: string | undefined;
  /** Values of this type are no secrets by themselves. */
  readonly harmless: boolean;
}

/** The narrowest type that all values of a key have; the values are not empty and hold no references. */
export function inferType(key: string, values: readonly string[]): InferredType {
  if (values.length === 0) return { written: undefined, harmless: false };
  const family = families.find(({ keys }) => keys.test(key));
  const members = family === undefined ? [] : membersOf(family, values);
  if (members.length > 0) return { written: `enum(${members.join(", ")})`, harmless: true };
  const kind = kinds.find((each) => fits(each, key, values));
  if (kind === undefined) return { written: undefined, harmless: false };
  const harmless =
    harmlessTypes.has(kind.name) ||
    (kind.name === "number" && values.every(({ length }) => length <= harmlessDigitsMax));
  return { written: kind.name, harmless };
}

function fits({ name, keys, values: pattern }: Kind, key: string, values: readonly string[]): boolean {
  if (keys !== undefined && !keys.test(key)) return false;
  return values.every((value) => {
    if (pattern !== undefined && !pattern.test(value)) return false;
    // Leading zeros are part of a code, not of a number.
    if (name === "number" && (readNumber(value) === undefined || /^[+-]?0\d/.test(value))) return false;
    return checkValue(plainType(name), value) === undefined;
  });
}

/** Words of the family only; none where a value is another one, or where they do not make a choice. */
function membersOf({ words, usual }: Family, values: readonly string[]): readonly string[] {
  if (!values.every((value) => words.includes(value))) return [];
  const occurring = new Set(values);
  const named = values.every((value) => usual.includes(value))
    ? new Set([...usual, ...occurring])
    : occurring;
  return named.size < 2 ? [] : words.filter((word) => named.has(word));
}

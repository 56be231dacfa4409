import { type DialectId, dialectLabel } from "../dotenv/dialects.ts";
import type { DotenvDocument } from "../dotenv/document.ts";
import { isQuoted } from "../dotenv/reading.ts";
import { valueEndField, valueStartField } from "../dotenv/statements.ts";
import type { LintContext } from "./rule.ts";
import type { UnknownName } from "./unknownNames.ts";

/** Who in force replaces a bare `$name`, where anybody does. */
export interface Expanders {
  readonly dialects: readonly DialectId[];
  /** So does a package that expands for dotenv and Node. */
  readonly packages: boolean;
}

const singleQuote = "'";

/** Readers that replace `$name` by themselves, unless it stands in single quotes, and the names that they know. */
const names: ReadonlyMap<DialectId, RegExp> = new Map([
  ["godotenv", /^[A-Z0-9_]/],
  ["ruby-dotenv", /^\w/],
  ["compose", /^\w/],
]);

/**
 * Who replaces a bare `$name` of a value; undefined for nobody. Packages that expand do so in any quotes; python-dotenv,
 * and dotenv and Node without such a package, never do.
 */
export function expandersOf(
  { text, statements }: DotenvDocument,
  { record, part, doubled }: UnknownName,
  { dialects = [], expands = false }: Pick<LintContext, "dialects" | "expands">,
): Expanders | undefined {
  const start = statements[record + valueStartField]!;
  const isLiteral =
    text.charAt(start) === singleQuote && isQuoted(text, start, statements[record + valueEndField]!);
  const found = dialects.filter(
    (dialect) =>
      !isLiteral && !(doubled && dialect === "compose") && names.get(dialect)?.test(part.name) === true,
  );
  return expands || found.length > 0 ? { dialects: found, packages: expands } : undefined;
}

/** What expanders do to a `$` and the letters behind it, as the end of a sentence that began with the `$`. */
export function fateOf({ dialects, packages }: Expanders): string {
  const who = dialects.map(dialectLabel);
  if (packages) who.push("dotenv-expand, which Next.js, Vite and others have in them,");
  const last = who.pop();
  const isOne = who.length === 0;
  const subject = isOne ? last : `${who.join(", ")} and ${last}`;
  return `${subject} ${isOne ? "takes" : "take"} it and the letters behind it for a variable and ${isOne ? "puts" : "put"} nothing in its place.`;
}

/** How a `$` is written that is meant as it stands, for those who read this file. */
export function adviceFor({ packages }: Expanders, { dialects = [] }: Pick<LintContext, "dialects">): string {
  if (!packages) return "Put the value into single quotes, in which they take it as it stands.";
  if (dialects.includes("python-dotenv"))
    return "No spelling suits everybody: of \\$, python-dotenv keeps the backslash.";
  const inQuotes = dialects.some((dialect) => names.has(dialect)) ? " in double quotes" : "";
  return `Write \\$${inQuotes} where the sign is meant.`;
}

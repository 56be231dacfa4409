import { keyAt } from "../../dotenv/assignments.ts";
import { agreeingSpellings, type DialectId } from "../../dotenv/dialects.ts";
import type { DotenvDocument, Entry } from "../../dotenv/document.ts";
import { newlineAt, valueEdit } from "../../dotenv/layout.ts";
import { styleOf } from "../../dotenv/spelling.ts";
import { entryAt, readAs } from "../places.ts";
import type { LintContext, Match, Repair, Rule } from "../rule.ts";
import { unknownNames } from "../unknownNames.ts";

/** Readers that replace `$name` by themselves, and leave it alone in some spelling. */
const expanding: ReadonlySet<DialectId> = new Set(["godotenv", "ruby-dotenv", "compose"]);

/** Reports each `$name` of an unknown name in the midst of other characters: there it is hardly meant as a reference. */
export const expandsUnintended: Rule = {
  id: "expands-unintended",
  notInSchemas: true,
  run: (document, context) =>
    unknownNames(document, context)
      .filter(({ glued }) => glued)
      .map(({ record, part }) => {
        const key = keyAt(document, record);
        const message = `A $ inside the value of ${key} looks like a part of it, but readers that expand take it and the letters behind it for a variable and put nothing in their place. Write \\$ where the sign is meant.`;
        return { span: context.references.place(record, part), key, message };
      }),
  choices(finding, document, context) {
    const entry = entryAt(document, finding.span.start);
    return entry ? [...spelled(document, entry, context), ...escaped(document, entry, finding)] : [];
  },
};

function spelled(document: DotenvDocument, entry: Entry, { dialects = [] }: LintContext): Repair[] {
  if (!dialects.some((dialect) => expanding.has(dialect))) return [];
  const style = styleOf(document.text, entry, newlineAt(document, entry));
  const found = agreeingSpellings(entry.value, dialects, style);
  return [
    {
      title: `Quote ${entry.key} so that no reader of this file takes the $ for a variable`,
      alternatives: found.map((spelling) => [valueEdit(document, entry, spelling)]),
      changes: readAs(entry, entry.value),
    },
  ];
}

/** `\$` is a `$` to dotenv-expand and its kin only; who does not expand reads the backslash. */
function escaped({ text }: DotenvDocument, entry: Entry, { span }: Match): Repair[] {
  if (text.charAt(span.start) !== "$") return [];
  const { start, end } = entry.valueSpan;
  const raw = `${text.slice(start, span.start)}\\${text.slice(span.start, end)}`;
  const inner = entry.quote === undefined ? raw : raw.slice(1, -1);
  if (inner.includes("\n") || inner.includes("\r")) return [];
  const value = entry.quote === '"' ? inner.replaceAll("\\n", "\n").replaceAll("\\r", "\r") : inner;
  return [
    {
      title: `Write \\$ in ${entry.key}: readers that expand get the $, all others a backslash before it`,
      alternatives: [[{ start: span.start, end: span.start, text: "\\" }]],
      changes: readAs(entry, value),
    },
  ];
}

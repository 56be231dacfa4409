import { keyAt } from "../../dotenv/assignments.ts";
import { agreeingSpellings } from "../../dotenv/dialects.ts";
import type { DotenvDocument, Entry } from "../../dotenv/document.ts";
import type { TextEdit } from "../../dotenv/edit.ts";
import { newlineAt, valueEdit } from "../../dotenv/layout.ts";
import { entryAt } from "../../dotenv/occurrences.ts";
import { refers, styleOf } from "../../dotenv/spelling.ts";
import { keyStartField } from "../../dotenv/statements.ts";
import { adviceFor, expandersOf, fateOf } from "../bareDollar.ts";
import { readAs } from "../places.ts";
import { References } from "../references.ts";
import type { LintContext, Match, Repair, Rule, RuleContext } from "../rule.ts";
import { type UnknownName, unknownNames } from "../unknownNames.ts";

/**
 * Reports a value with `$name` of an unknown name in the midst of other characters, where a reader in force replaces it:
 * there it is hardly meant as a reference. One finding a value, at its first such `$`.
 */
export const expandsUnintended: Rule = {
  id: "expands-unintended",
  notInSchemas: true,
  run(document, context) {
    const matches: Match[] = [];
    let last: number | undefined;
    for (const name of unintended(document, context)) {
      const { record, part } = name;
      if (record === last) continue;
      last = record;
      const key = keyAt(document, record);
      const expanders = expandersOf(document, name, context)!;
      const message = `A $ inside the value of ${key} looks like a part of it, but ${fateOf(expanders)} ${adviceFor(expanders, context)}`;
      matches.push({ span: context.references.place(record, part), key, message });
    }
    return matches;
  },
  choices(finding, document, context) {
    const entry = entryAt(document, finding.span.start);
    if (!entry) return [];
    const references = References.of(document);
    const names = unintended(document, { ...context, references }).filter(
      ({ record }) => document.statements[record + keyStartField] === entry.keySpan.start,
    );
    return [...spelled(document, entry, context), ...escaped(document, entry, names, references)];
  },
};

/** Each `$name` of which the rule speaks. */
function unintended(
  document: DotenvDocument,
  context: LintContext & Pick<RuleContext, "references">,
): readonly UnknownName[] {
  return unknownNames(document, context).filter(
    (name) => name.glued && expandersOf(document, name, context) !== undefined,
  );
}

/** No quotes keep a package that expands from it, nor may they keep anybody from references that are meant. */
function spelled(document: DotenvDocument, entry: Entry, context: LintContext): Repair[] {
  const { dialects = [], known, expands } = context;
  const isKnown = (name: string): boolean => document.keys.has(name) || known.has(name);
  if (expands || refers(entry.value, isKnown)) return [];
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

/** `\$` is a `$` to dotenv-expand and its kin, and in double quotes to Go, Ruby and Compose; all others keep the backslash. */
function escaped(
  { text }: DotenvDocument,
  entry: Entry,
  names: readonly UnknownName[],
  references: References,
): Repair[] {
  const { start, end } = entry.valueSpan;
  const edits = names.map(({ record, part }): TextEdit => {
    const at = references.place(record, part).start;
    return { start: at, end: at, text: "\\" };
  });
  if (edits.length === 0 || edits.some((edit) => text.charAt(edit.start) !== "$")) return [];
  const value = withBackslashes(
    entry.value,
    0,
    names.map(({ part }) => part.start),
  );
  const raw = withBackslashes(
    text.slice(start, end),
    start,
    edits.map((edit) => edit.start),
  );
  const inner = entry.quote === undefined ? raw : raw.slice(1, -1);
  return [
    {
      title: `Write \\$ in ${entry.key}: readers that expand get the $, all others a backslash before it`,
      alternatives: [edits, [{ start, end, text: `"${inner}"` }]],
      changes: readAs(entry, value),
      others: readAs(entry, entry.value),
    },
  ];
}

/** A text that starts at an offset, with a backslash put in at other ones. */
function withBackslashes(text: string, start: number, places: readonly number[]): string {
  let result = "";
  let kept = 0;
  for (const place of places) {
    result += `${text.slice(kept, place - start)}\\`;
    kept = place - start;
  }
  return result + text.slice(kept);
}

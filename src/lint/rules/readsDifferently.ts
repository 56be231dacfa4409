import { isUnclosed } from "../../dotenv/assignments.ts";
import {
  agreeingSpellings,
  type Difference,
  type DifferenceKind,
  dialectLabel,
  differencesIn,
} from "../../dotenv/dialects.ts";
import { type DotenvDocument, type Entry, parseDocument } from "../../dotenv/document.ts";
import { applyEdits, type TextEdit } from "../../dotenv/edit.ts";
import { newlineAt, valueEdit } from "../../dotenv/layout.ts";
import { entryAt } from "../../dotenv/occurrences.ts";
import { parseReferences } from "../../dotenv/reference.ts";
import { expandableSpellings, refers, styleOf } from "../../dotenv/spelling.ts";
import { type RuleId, severityIn } from "../catalog.ts";
import { readAs } from "../places.ts";
import type { LintContext, Match, Repair, Rule } from "../rule.ts";
import { isCut } from "./valueCutByHash.ts";

/** What is other for those that part from dotenv. */
const ways: Readonly<Record<DifferenceKind, string>> = {
  "comment-cut": "the line is cut at another # or at none",
  "quotes-kept": "quotes are kept or taken off in another way",
  escapes: "backslashes mean something else",
  expands: "a $ is replaced by what a variable holds, though not by all who read this file",
  "skips-line": "nothing is taken from the line",
  "refuses-file": "because of this line, nothing of the whole file is read",
  key: "another name is read, or none",
  "spans-lines": "the value ends on another line",
  trims: "white space around the value is kept or taken off in another way",
  other: "another value is read",
};

/**
 * Reports each assignment that a dialect in force reads otherwise than dotenv does, and offers a spelling that all of
 * them read alike. What another rule in force explains is that rule's to report, and what comes of an open quote is told
 * once, where it opens.
 */
export const readsDifferently: Rule = {
  id: "reads-differently",
  notInSchemas: true,
  run(document, context) {
    const { dialects, odd } = context;
    if (!dialects?.some((dialect) => dialect !== "dotenv")) return [];
    return differencesIn(document, dialects, odd)
      .filter((difference) => isNews(difference, document, context))
      .map(matchOf);
  },
  choices(finding, document, context) {
    const entry = entryAt(document, finding.span.start);
    if (!entry) return [];
    const isKnown = (name: string): boolean => document.keys.has(name) || context.known.has(name);
    if (!refers(entry.value, isKnown)) return [literal(document, entry, context)];
    // What a backslash becomes could not be told from what a reference does.
    return entry.value.includes("\\")
      ? []
      : [expandable(document, entry, context), braced(document, entry, context, isKnown)];
  },
};

function literal(document: DotenvDocument, entry: Entry, { dialects = [] }: LintContext): Repair {
  const style = styleOf(document.text, entry, newlineAt(document, entry));
  return {
    title: `Spell the value of ${entry.key} so that every reader of this file gets what dotenv reads`,
    alternatives: agreeingSpellings(entry.value, dialects, style).map((spelling) => [
      valueEdit(document, entry, spelling),
    ]),
    changes: readAs(entry, entry.value),
  };
}

/** Of a value that refers to others, readers need not get the text, but what comes of it. */
function expandable(document: DotenvDocument, entry: Entry, context: LintContext): Repair {
  const style = styleOf(document.text, entry, newlineAt(document, entry));
  return {
    title: `Spell the value of ${entry.key} so that every reader of this file finds in it what dotenv reads, and can expand it`,
    alternatives: expandableSpellings(entry.value, style)
      .filter((spelling) => !spelling.startsWith("'"))
      .map((spelling) => [valueEdit(document, entry, spelling)])
      .filter((edits) => mends(document, entry, edits, context)),
    changes: readAs(entry, entry.value),
    expands: true,
  };
}

/** Some who replace `${NAME}` leave `$NAME`. */
function braced(
  document: DotenvDocument,
  entry: Entry,
  context: LintContext,
  isKnown: (name: string) => boolean,
): Repair {
  let value = "";
  let kept = 0;
  for (const part of parseReferences(entry.value)) {
    if (part.kind !== "reference" || !isKnown(part.name) || entry.value.startsWith("${", part.start))
      continue;
    value += `${entry.value.slice(kept, part.start)}\${${part.name}}`;
    kept = part.end;
  }
  value += entry.value.slice(kept);
  const style = styleOf(document.text, entry, newlineAt(document, entry));
  return {
    title: `Write \${NAME} for $NAME in ${entry.key}, which more readers expand`,
    alternatives: expandableSpellings(value, style)
      .map((spelling) => [valueEdit(document, entry, spelling)])
      .filter((edits) => mends(document, entry, edits, context)),
    changes: readAs(entry, value),
    expands: true,
  };
}

/** Whether there is nothing left to report of an entry after edits. */
function mends(
  document: DotenvDocument,
  entry: Entry,
  edits: readonly TextEdit[],
  context: LintContext,
): boolean {
  const after = parseDocument(applyEdits(document.text, edits));
  const edited = after.entries[document.entries.indexOf(entry)];
  return !differencesIn(after, context.dialects ?? []).some(
    (difference) => difference.entry === edited && isNews(difference, after, context),
  );
}

function matchOf({ entry, kind, dialects }: Difference): Match {
  const { key, keySpan, valueSpan } = entry;
  const readers = dialects.map(dialectLabel);
  const last = readers.pop();
  const read = readers.length === 0 ? `${last} reads` : `${readers.join(", ")} and ${last} read`;
  const message = `${read} ${key} otherwise than dotenv: ${ways[kind]}.`;
  return { span: { start: keySpan.start, end: Math.max(keySpan.end, valueSpan.end) }, key, message };
}

/** Whether no other rule in force already says what the matter is. */
function isNews(difference: Difference, document: DotenvDocument, context: LintContext): boolean {
  const { record, kind, swallowed } = difference;
  if (swallowed) return false;
  const tells = (rule: RuleId) => severityIn(context.severities, rule) !== undefined;
  if (isUnclosed(document, record)) return !tells("unclosed-quote");
  // No entry is made for each of the thousands of references that all readers in force expand.
  if (kind === "expands" && !isMixed(difference, context)) return false;
  const { entry } = difference;
  if (kind === "expands") {
    const isTold = entry.quote === "'" && tells("reference-in-single-quotes");
    return !isTold && !isUnknown(entry, document, context);
  }
  if (isCut(document, entry)) return !tells("value-cut-by-hash");
  if (hasGap(document, entry)) return !tells("space-around-equals");
  if (document.bom && entry.lineSpan.start === 1 && tells("byte-order-mark")) return false;
  const ofKey = kind === "key" || kind === "skips-line" || kind === "refuses-file";
  return !(ofKey && /^\d|[.-]/.test(entry.key) && tells("key-not-portable"));
}

/** Whether others expand and others do not, dotenv and Node apart: those have packages that expand for them. */
function isMixed({ dialects }: Difference, context: LintContext): boolean {
  return context.dialects!.some(
    (dialect) => !dialects.includes(dialect) && dialect !== "dotenv" && dialect !== "node",
  );
}

/** Whether nothing that the value refers to is defined; then what is said of its references is enough. */
function isUnknown({ value }: Entry, { keys }: DotenvDocument, { known }: LintContext): boolean {
  const names = parseReferences(value).flatMap((part) => (part.kind === "reference" ? [part.name] : []));
  return names.length > 0 && !names.some((name) => keys.has(name) || known.has(name));
}

function hasGap({ text }: DotenvDocument, { keySpan, valueSpan, separator }: Entry): boolean {
  const between = text.slice(keySpan.end, valueSpan.start);
  return separator === "=" && valueSpan.end > valueSpan.start && between !== "=";
}

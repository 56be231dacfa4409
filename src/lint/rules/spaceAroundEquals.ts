import { equalsSign } from "../../dotenv/characters.ts";
import type { DotenvDocument, LocalEntry, Span } from "../../dotenv/document.ts";
import { entryAt } from "../../dotenv/occurrences.ts";
import { separatorOf, skipSpaces } from "../places.ts";
import { type Rule, sameReading } from "../rule.ts";

/** The white space before and behind `=`; behind it only where a value follows. */
function gapsOf(document: DotenvDocument, entry: LocalEntry): Span[] {
  if (entry.separator !== "=") return [];
  const { text } = document;
  const separator = separatorOf(document, entry);
  const behind = separator + 1;
  const value = skipSpaces(text, behind, entry.valueSpan.end);
  const gaps: Span[] = [];
  if (separator > entry.keySpan.end) gaps.push({ start: entry.keySpan.end, end: separator });
  if (value > behind && value < entry.valueSpan.end) gaps.push({ start: behind, end: value });
  return gaps;
}

/** Reports space around `=`, from the first gap to the last; a value that starts on another line included. */
export const spaceAroundEquals: Rule = {
  id: "space-around-equals",
  entry: {
    suspects: ({ text, keyEnd, valueStart }) =>
      text.charCodeAt(keyEnd) !== equalsSign || valueStart > keyEnd + 1,
    check(entry, document) {
      const gaps = gapsOf(document, entry);
      const first = gaps[0];
      if (!first) return undefined;
      const broken = gaps.some(({ start, end }) =>
        /[\r\n\u2028\u2029]/.test(document.text.slice(start, end)),
      );
      const message = broken
        ? `${entry.key}, its = and its value stand on several lines; dotenv joins them, other readers do not.`
        : `There is space around the = of ${entry.key}; shells and some readers refuse it.`;
      return { span: { start: first.start, end: gaps.at(-1)!.end }, key: entry.key, message };
    },
  },
  repair(finding, document) {
    const entry = entryAt(document, finding.span.start);
    if (!entry) return undefined;
    return {
      title: `Remove the space around the = of ${entry.key}`,
      alternatives: [gapsOf(document, entry).map(({ start, end }) => ({ start, end, text: "" }))],
      changes: sameReading,
    };
  },
};

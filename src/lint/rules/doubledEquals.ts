import { equalsSign } from "../../dotenv/characters.ts";
import { entryAt } from "../../dotenv/occurrences.ts";
import { readAs } from "../places.ts";
import { quotings } from "../quoting.ts";
import { type Rule, sameReading } from "../rule.ts";

/** Reports `KEY==value`, where the second sign is a part of the value though hardly meant so. */
export const doubledEquals: Rule = {
  id: "doubled-equals",
  entry: {
    suspects: ({ text, valueStart, valueEnd }) =>
      valueStart < valueEnd && text.charCodeAt(valueStart) === equalsSign,
    check({ key, valueSpan: { start } }) {
      const message = `A second = follows ${key}=, and is read as the first character of the value. Quote the value where that is meant.`;
      return { span: { start, end: start + 1 }, key, message };
    },
  },
  choices(finding, document) {
    const entry = entryAt(document, finding.span.start);
    if (!entry) return [];
    const { start, end } = entry.valueSpan;
    const rest = entry.value.slice(1).trimStart();
    return [
      {
        title: `Remove the second = of ${entry.key} (changes what is read)`,
        alternatives: [[{ start, end: end - rest.length, text: "" }]],
        changes: readAs(entry, rest),
      },
      {
        title: `Keep what is read now: quote the value of ${entry.key}`,
        alternatives: quotings(document.text.slice(start, end)).map((text) => [{ start, end, text }]),
        changes: sameReading,
      },
    ];
  },
};

import { entryAt } from "../../dotenv/occurrences.ts";
import { type Rule, sameReading } from "../rule.ts";

const plain = /^[\w./:@%+,=?&~-]+$/;

/** Reports quotes around a value that every reader takes as it is without them; empty quotes say that it is meant. */
export const quoteCharacter: Rule = {
  id: "quote-character",
  entry: {
    suspects: ({ valueStart, valueEnd, quote }) => quote !== 0 && valueEnd - valueStart > 2,
    check({ key, valueSpan }, { text }) {
      if (!plain.test(text.slice(valueSpan.start + 1, valueSpan.end - 1))) return undefined;
      return { span: valueSpan, key, message: `The value of ${key} needs no quotes.` };
    },
  },
  repair(finding, document) {
    const entry = entryAt(document, finding.span.start);
    if (!entry?.quote) return undefined;
    const { start, end } = entry.valueSpan;
    return {
      title: `Take the quotes off the value of ${entry.key}`,
      alternatives: [
        [
          { start, end: start + 1, text: "" },
          { start: end - 1, end, text: "" },
        ],
      ],
      changes: sameReading,
    };
  },
};

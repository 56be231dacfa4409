import { keyAt, localEntryOf } from "../../dotenv/assignments.ts";
import { entryAt } from "../../dotenv/occurrences.ts";
import { valueStartField } from "../../dotenv/statements.ts";
import { type Match, type Rule, sameReading } from "../rule.ts";

const singleQuote = 39;

/** Reports a reference to a name that is defined, in single quotes: readers disagree about what these quotes mean. */
export const referenceInSingleQuotes: Rule = {
  id: "reference-in-single-quotes",
  notInSchemas: true,
  run(document, { known, references }) {
    const { text, statements } = document;
    const matches: Match[] = [];
    for (const { record, references: found, targets } of references.effective()) {
      if (text.charCodeAt(statements[record + valueStartField]!) !== singleQuote) continue;
      const first = found.find(({ part }, index) => targets[index] !== -1 || known.has(part.name));
      if (!first || localEntryOf(document, record).quote !== "'") continue;
      const key = keyAt(document, record);
      const message = `The value of ${key} stands in single quotes and refers to another variable: dotenv-expand, Next.js and Vite expand it all the same; Go, Ruby and docker compose keep the text.`;
      matches.push({ span: references.place(record, first.part), key, message });
    }
    return matches;
  },
  choices(finding, document) {
    const entry = entryAt(document, finding.span.start);
    if (entry?.quote !== "'" || entry.value.includes('"')) return [];
    const { start, end } = entry.valueSpan;
    const raw = document.text.slice(start + 1, end - 1);
    return [
      {
        title: `Put ${entry.key} into double quotes, in which all readers that expand do so`,
        alternatives: [[{ start, end, text: `"${raw}"` }]],
        changes: sameReading,
      },
    ];
  },
};

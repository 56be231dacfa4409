import { keyAt } from "../../dotenv/assignments.ts";
import type { Match, Rule } from "../rule.ts";

/** Reports each `${` that starts no reference: nothing in the braces, no closing one, an unknown operator. */
export const malformedReference: Rule = {
  id: "malformed-reference",
  notInSchemas: true,
  run(document, { references }) {
    const matches: Match[] = [];
    for (const { record, malformed } of references.effective()) {
      for (const span of malformed) {
        const key = keyAt(document, record);
        const message = `The value of ${key} holds a \${ that starts no reference: readers that expand understand \${NAME}, \${NAME:-default} and \${NAME:+other} only. Some keep the text, others fail.`;
        matches.push({ span: references.place(record, span), key, message });
      }
    }
    return matches;
  },
};

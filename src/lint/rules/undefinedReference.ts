import { keyAt } from "../../dotenv/assignments.ts";
import type { ReferencePart } from "../../dotenv/reference.ts";
import type { Match, Rule } from "../rule.ts";

/** Reports each `${NAME}` or `$NAME` without a default whose name is defined neither here nor elsewhere. */
export const undefinedReference: Rule = {
  id: "undefined-reference",
  run(document, { known, references }) {
    const isSet = (name: string) => document.keys.has(name) || known.has(name);
    const matches: Match[] = [];
    for (const { record, references: found } of references.effective()) {
      for (const { part, within } of found) {
        if (part.operator !== undefined || isSet(part.name) || !isAsked(within, isSet)) continue;
        const key = keyAt(document, record);
        const span = references.place(record, part);
        // What follows a bare `$` is as often a piece of a password as a name, so only `${NAME}` is named.
        const message = document.text.startsWith("${", span.start)
          ? `${part.name}, which the value of ${key} refers to, is defined nowhere: readers that expand put nothing in its place.`
          : `The value of ${key} holds a $ that readers take for a variable, and none of that name is defined: they put nothing in its place. Write \\$ where the sign is meant.`;
        matches.push({ span, key, message });
      }
    }
    return matches;
  },
};

/** Whether readers get as far as a reference inside those of others: a default is for a name that is not set. */
function isAsked(within: readonly ReferencePart[], isSet: (name: string) => boolean): boolean {
  return within.every(({ name, operator }) => isSet(name) === (operator?.endsWith("+") ?? false));
}

import { keyAt } from "../../dotenv/assignments.ts";
import type { Rule } from "../rule.ts";
import { unknownNames } from "../unknownNames.ts";

/**
 * Reports each `${NAME}` or `$NAME` without a default whose name is defined neither here nor elsewhere. A bare one in
 * the midst of other characters is left to expands-unintended.
 */
export const undefinedReference: Rule = {
  id: "undefined-reference",
  notInSchemas: true,
  run: (document, context) =>
    unknownNames(document, context)
      .filter(({ glued }) => !glued)
      .map(({ record, part }) => {
        const key = keyAt(document, record);
        const span = context.references.place(record, part);
        // What follows a bare `$` is as often a piece of a password as a name, so only `${NAME}` is named.
        const message = document.text.startsWith("${", span.start)
          ? `${part.name}, which the value of ${key} refers to, is defined nowhere: readers that expand put nothing in its place.`
          : `The value of ${key} holds a $ with a name that is defined nowhere: readers that expand put nothing in its place. Write \\$ where the sign is meant.`;
        return { span, key, message };
      }),
};

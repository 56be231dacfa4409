import type { Rule } from "../rule.ts";

/** Reports each `${NAME}` or `$NAME` without a default whose name is defined neither here nor elsewhere. */
export const undefinedReference: Rule = {
  id: "undefined-reference",
  run(document, context) {
    const missing = context
      .expansion()
      .undefinedReferences.filter(({ operator, source }) => operator === undefined && source === "undefined");
    return missing.map(({ key, name, span }) => {
      // What follows a bare `$` is as often a piece of a password as a name, so only `${NAME}` is named.
      const message = document.text.startsWith("${", span.start)
        ? `${name}, which the value of ${key} refers to, is defined nowhere: readers that expand put nothing in its place.`
        : `The value of ${key} holds a $ that readers take for a variable, and none of that name is defined: they put nothing in its place. Write \\$ where the sign is meant.`;
      return { span, key, message };
    });
  },
};

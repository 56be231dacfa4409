import { keyAt } from "../../dotenv/assignments.ts";
import { adviceFor, expandersOf, fateOf } from "../bareDollar.ts";
import type { Rule } from "../rule.ts";
import { unknownNames } from "../unknownNames.ts";

/**
 * Reports each `${NAME}` without a default whose name is defined neither here nor elsewhere, and each `$NAME` of that
 * kind which a reader in force replaces. A bare one in the midst of other characters is left to expands-unintended.
 */
export const undefinedReference: Rule = {
  id: "undefined-reference",
  notInSchemas: true,
  run: (document, context) =>
    unknownNames(document, context).flatMap((name) => {
      const { record, part, glued, braced } = name;
      if (glued) return [];
      const expanders = braced ? undefined : expandersOf(document, name, context);
      if (!braced && !expanders) return [];
      const key = keyAt(document, record);
      // What follows a bare `$` is as often a piece of a password as a name, so only `${NAME}` is named.
      const message = expanders
        ? `The value of ${key} holds a $ with a name that is defined nowhere: ${fateOf(expanders)} ${adviceFor(expanders, context)}`
        : `${part.name}, which the value of ${key} refers to, is defined nowhere: readers that expand put nothing in its place.`;
      return [{ span: context.references.place(record, part), key, message }];
    }),
};

import { isDropped, keyAt } from "../../dotenv/assignments.ts";
import type { DotenvDocument } from "../../dotenv/document.ts";
import { keyEndField, keyStartField } from "../../dotenv/statements.ts";
import { KeptByKeys } from "../keptByKeys.ts";
import type { Rule } from "../rule.ts";

const extras = new KeptByKeys<DotenvDocument, ReadonlySet<string>>((one, other) => one === other);

/** The keys that the example does not have, not even in a comment: there it is known, only not asked for. */
function extraIn(document: DotenvDocument, example: DotenvDocument): ReadonlySet<string> {
  const { keys } = document;
  return extras.find(
    keys,
    example,
    () => {
      const optional = new Set(example.commented.map(({ key }) => key));
      const lacking = example.keys.lackingOf(keys).map((record) => keyAt(document, record));
      return new Set(lacking.filter((key) => !optional.has(key)));
    },
    (before, changed) => {
      const now = new Set(before);
      for (const key of changed) {
        const isKnown = example.keys.has(key) || example.commented.some((one) => one.key === key);
        if (keys.has(key) && !isKnown) now.add(key);
        else now.delete(key);
      }
      return now;
    },
  );
}

/** Reports each key that neither the example nor the schema has, at its first place. */
export const extraKey: Rule = {
  id: "extra-key",
  run(document, { example, schema, isExample }) {
    if (!example || isExample) return [];
    const { statements } = document;
    return [...extraIn(document, example.document)]
      .filter((key) => !schema?.schema.items.has(key))
      .map((key) => ({ key, record: document.keys.first(key)! }))
      .filter(({ record }) => !isDropped(document, record))
      .map(({ key, record }) => {
        const span = { start: statements[record + keyStartField]!, end: statements[record + keyEndField]! };
        return { span, key, message: `${key} is not in ${example.name}, so nobody else learns of it.` };
      });
  },
};

import { isDropped, keyAt } from "../../dotenv/assignments.ts";
import type { DotenvDocument } from "../../dotenv/document.ts";
import { keyEndField, keyStartField } from "../../dotenv/statements.ts";
import type { Rule } from "../rule.ts";

/** The extra records, as long as a document has the same keys: asked again at every keystroke in a value. */
const found = new WeakMap<
  object,
  { readonly example: DotenvDocument; readonly records: readonly number[] }
>();

function extraIn(document: DotenvDocument, example: DotenvDocument): readonly number[] {
  const { keys } = document;
  const before = found.get(keys.identity);
  if (before?.example === example) return before.records;
  // A key that is commented out in the example is known there, only not asked for.
  const optional = new Set(example.commented.map(({ key }) => key));
  const records = example.keys.lackingOf(keys).filter((record) => !optional.has(keyAt(document, record)));
  found.set(keys.identity, { example, records });
  return records;
}

/** Reports each key that neither the example nor the schema has, at its first place. */
export const extraKey: Rule = {
  id: "extra-key",
  run(document, { example, schema, isExample }) {
    if (!example || isExample) return [];
    const { statements } = document;
    return extraIn(document, example.document)
      .filter((record) => !isDropped(document, record) && !schema?.schema.items.has(keyAt(document, record)))
      .map((record) => {
        const key = keyAt(document, record);
        const span = { start: statements[record + keyStartField]!, end: statements[record + keyEndField]! };
        return { span, key, message: `${key} is not in ${example.name}, so nobody else learns of it.` };
      });
  },
};

import { isDropped, keyAt } from "../../dotenv/assignments.ts";
import type { DotenvDocument } from "../../dotenv/document.ts";
import { keyEndField, keyStartField } from "../../dotenv/statements.ts";
import type { Rule } from "../rule.ts";

/** The extra keys of a document with certain keys: asked again at every keystroke. */
const found = new WeakMap<
  object,
  { readonly example: DotenvDocument; readonly extra: ReadonlySet<string> }
>();

/** The keys that the example does not have, not even in a comment: there it is known, only not asked for. */
function extraIn(document: DotenvDocument, example: DotenvDocument): ReadonlySet<string> {
  const { keys } = document;
  const known = (identity: object | undefined) => {
    const before = identity && found.get(identity);
    return before?.example === example ? before.extra : undefined;
  };
  const isExtra = (key: string) =>
    !example.keys.has(key) && !example.commented.some((one) => one.key === key);
  const before = known(keys.change?.before);
  let extra = known(keys.identity);
  if (!extra && before && keys.change) {
    const now = new Set(before);
    for (const key of keys.change.keys) {
      if (keys.has(key) && isExtra(key)) now.add(key);
      else now.delete(key);
    }
    extra = now;
  }
  if (!extra) {
    const optional = new Set(example.commented.map(({ key }) => key));
    const lacking = example.keys.lackingOf(keys).map((record) => keyAt(document, record));
    extra = new Set(lacking.filter((key) => !optional.has(key)));
  }
  found.set(keys.identity, { example, extra });
  return extra;
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

import { effectiveEntry } from "../../dotenv/document.ts";
import { setKey } from "../../dotenv/edit.ts";
import { valueChoices } from "../../dotenv/schema/describe.ts";
import type { Rule } from "../rule.ts";
import { schemaMatches } from "../schemaFindings.ts";

/** Values of an enum that fixes offer at most. */
const choicesMax = 8;

/** Reports each value that does not fit the type that the schema states for its key. */
export const schemaViolation: Rule = {
  id: "schema-violation",
  run: (document, context) => schemaMatches(document, context, "value"),
  choices({ key }, document, { schema, dialects }) {
    const item = key === undefined ? undefined : schema?.schema.items.get(key);
    if (!item || key === undefined || !effectiveEntry(document, key)) return [];
    // The choices stand in the schema; what is sensitive does not, and its title would be a value.
    if (item.sensitive && item.stated.sensitive) return [];
    return valueChoices(item.type)
      .slice(0, choicesMax)
      .flatMap((choice) => {
        const result = setKey(document, key, choice, dialects ? { dialects } : {});
        if (!result.ok) return [];
        const title = `Set ${key} to ${choice} (changes what is read)`;
        return [{ title, alternatives: [result.edits], changes: new Map([[key, choice]]) }];
      });
  },
};

import { schemaFindings } from "../../dotenv/schema/findings.ts";
import { parseSchema } from "../../dotenv/schema/parse.ts";
import type { Rule } from "../rule.ts";
import { matchOf } from "../schemaFindings.ts";

/**
 * Reports what cannot be read in the decorator comments of a schema, or of an example that holds some. Values are
 * held against their types in a schema only: those of an example are often placeholders.
 */
export const schemaError: Rule = {
  id: "schema-error",
  run(document, { isExample, isSchema = false }) {
    if (!isExample || !document.text.includes("@")) return [];
    const schema = parseSchema(document);
    if (!isSchema && !schema.decorated) return [];
    return schemaFindings(schema, document, isSchema).map(matchOf);
  },
};

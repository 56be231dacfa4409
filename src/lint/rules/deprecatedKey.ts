import type { Rule } from "../rule.ts";
import { schemaMatches } from "../schemaFindings.ts";

/** Reports each key that the schema calls deprecated. */
export const deprecatedKey: Rule = {
  id: "deprecated-key",
  run: (document, context) => schemaMatches(document, context, "deprecated"),
};

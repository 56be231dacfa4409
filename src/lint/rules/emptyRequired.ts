import type { Rule } from "../rule.ts";
import { schemaMatches } from "../schemaFindings.ts";

/** Reports each key that stands here without a value though the schema requires it. */
export const emptyRequired: Rule = {
  id: "empty-required",
  run: (document, context) => schemaMatches(document, context, "empty"),
};

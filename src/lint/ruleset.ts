import type { RuleId } from "./catalog.ts";
import type { Rule } from "./rule.ts";
import { byteOrderMark } from "./rules/byteOrderMark.ts";
import { commandSubstitution } from "./rules/commandSubstitution.ts";
import { duplicateKey } from "./rules/duplicateKey.ts";
import { invalidLine } from "./rules/invalidLine.ts";
import { missingKey } from "./rules/missingKey.ts";
import { notUtf8 } from "./rules/notUtf8.ts";
import { spaceAroundEquals } from "./rules/spaceAroundEquals.ts";
import { unclosedQuote } from "./rules/unclosedQuote.ts";
import { undefinedReference } from "./rules/undefinedReference.ts";
import { valueCutByHash } from "./rules/valueCutByHash.ts";

/** The rules that run over a document. `file-too-large` is not one: it is reported instead of running them. */
export const rules: readonly Rule[] = [
  byteOrderMark,
  notUtf8,
  missingKey,
  duplicateKey,
  invalidLine,
  unclosedQuote,
  valueCutByHash,
  spaceAroundEquals,
  commandSubstitution,
  undefinedReference,
];

const byId: ReadonlyMap<RuleId, Rule> = new Map(rules.map((rule) => [rule.id, rule]));

/** The rule that reported a finding. */
export function ruleOf(id: RuleId): Rule | undefined {
  return byId.get(id);
}

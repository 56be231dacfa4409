import type { RuleId } from "./catalog.ts";
import type { Rule } from "./rule.ts";
import { byteOrderMark } from "./rules/byteOrderMark.ts";
import { circularReference } from "./rules/circularReference.ts";
import { commandSubstitution } from "./rules/commandSubstitution.ts";
import { deprecatedKey } from "./rules/deprecatedKey.ts";
import { doubledEquals } from "./rules/doubledEquals.ts";
import { duplicateKey } from "./rules/duplicateKey.ts";
import { emptyRequired } from "./rules/emptyRequired.ts";
import { expandsUnintended } from "./rules/expandsUnintended.ts";
import { extraBlankLine } from "./rules/extraBlankLine.ts";
import { extraKey } from "./rules/extraKey.ts";
import { invalidLine } from "./rules/invalidLine.ts";
import { keyNotPortable } from "./rules/keyNotPortable.ts";
import { leadingSpace } from "./rules/leadingSpace.ts";
import { lowercaseKey } from "./rules/lowercaseKey.ts";
import { malformedReference } from "./rules/malformedReference.ts";
import { missingFinalNewline } from "./rules/missingFinalNewline.ts";
import { missingInSiblings } from "./rules/missingInSiblings.ts";
import { missingKey } from "./rules/missingKey.ts";
import { notUtf8 } from "./rules/notUtf8.ts";
import { quoteCharacter } from "./rules/quoteCharacter.ts";
import { readsDifferently } from "./rules/readsDifferently.ts";
import { referenceInSingleQuotes } from "./rules/referenceInSingleQuotes.ts";
import { schemaError } from "./rules/schemaError.ts";
import { schemaViolation } from "./rules/schemaViolation.ts";
import { secretInTrackedFile } from "./rules/secretInTrackedFile.ts";
import { similarKey } from "./rules/similarKey.ts";
import { spaceAroundEquals } from "./rules/spaceAroundEquals.ts";
import { trailingWhitespace } from "./rules/trailingWhitespace.ts";
import { unclosedQuote } from "./rules/unclosedQuote.ts";
import { undefinedReference } from "./rules/undefinedReference.ts";
import { unknownDirective } from "./rules/unknownDirective.ts";
import { unorderedKey } from "./rules/unorderedKey.ts";
import { valueCutByHash } from "./rules/valueCutByHash.ts";
import { valueWithoutQuotes } from "./rules/valueWithoutQuotes.ts";

/** The rules that run over a document. `file-too-large` is not one: it is reported instead of running them. */
export const rules: readonly Rule[] = [
  byteOrderMark,
  notUtf8,
  schemaError,
  missingKey,
  missingInSiblings,
  extraKey,
  duplicateKey,
  similarKey,
  emptyRequired,
  schemaViolation,
  deprecatedKey,
  invalidLine,
  unclosedQuote,
  valueCutByHash,
  doubledEquals,
  readsDifferently,
  spaceAroundEquals,
  leadingSpace,
  trailingWhitespace,
  valueWithoutQuotes,
  quoteCharacter,
  keyNotPortable,
  lowercaseKey,
  unorderedKey,
  extraBlankLine,
  missingFinalNewline,
  commandSubstitution,
  undefinedReference,
  malformedReference,
  circularReference,
  referenceInSingleQuotes,
  expandsUnintended,
  secretInTrackedFile,
  unknownDirective,
];

const byId: ReadonlyMap<RuleId, Rule> = new Map(rules.map((rule) => [rule.id, rule]));

/** The rule that reported a finding. */
export function ruleOf(id: RuleId): Rule | undefined {
  return byId.get(id);
}

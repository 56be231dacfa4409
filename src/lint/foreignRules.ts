import type { RuleId } from "./catalog.ts";

/** The checks of dotenv-linter 4 (https://dotenv-linter.github.io/#/?id=checks) and the rules that find the same here. */
const dotenvLinterChecks: Readonly<Record<string, readonly RuleId[]>> = {
  DuplicatedKey: ["duplicate-key"],
  IncorrectDelimiter: ["invalid-line"],
  KeyWithoutValue: ["invalid-line"],
  LeadingCharacter: ["invalid-line"],
  QuoteCharacter: ["unclosed-quote"],
  SpaceCharacter: ["space-around-equals"],
  SubstitutionKey: ["undefined-reference"],
};

const byCheck = new Map(Object.entries(dotenvLinterChecks));

/** The rules that a check of dotenv-linter stands for; none for a name it does not have. */
export function ruleOfDotenvLinter(check: string): readonly RuleId[] {
  return byCheck.get(check) ?? [];
}

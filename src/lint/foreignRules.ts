import type { RuleId } from "./catalog.ts";

/**
 * The checks of dotenv-linter 4 (https://dotenv-linter.github.io/#/?id=checks) and the rules that find the same here.
 * The names in the plural are those of its first versions.
 */
const dotenvLinterChecks: Readonly<Record<string, readonly RuleId[]>> = {
  DuplicatedKey: ["duplicate-key"],
  DuplicatedKeys: ["duplicate-key"],
  EndingBlankLine: ["missing-final-newline"],
  ExtraBlankLine: ["extra-blank-line"],
  IncorrectDelimiter: ["key-not-portable", "invalid-line"],
  KeyWithoutValue: ["invalid-line"],
  LeadingCharacter: ["leading-space", "key-not-portable", "invalid-line"],
  LowercaseKey: ["lowercase-key"],
  QuoteCharacter: ["quote-character"],
  SchemaViolation: ["schema-violation", "empty-required"],
  SpaceCharacter: ["space-around-equals"],
  SubstitutionKey: ["malformed-reference", "undefined-reference"],
  TrailingWhitespace: ["trailing-whitespace"],
  UnorderedKey: ["unordered-key"],
  UnorderedKeys: ["unordered-key"],
  ValueWithoutQuotes: ["value-without-quotes"],
};

const byCheck = new Map(Object.entries(dotenvLinterChecks));

/** The names of dotenv-linter's checks. */
export const dotenvLinterNames: readonly string[] = [...byCheck.keys()];

/** The rules that a check of dotenv-linter stands for; none for a name it does not have. */
export function ruleOfDotenvLinter(check: string): readonly RuleId[] {
  return byCheck.get(check) ?? [];
}

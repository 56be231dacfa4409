import type { CodeFindingId } from "./codeFindings.ts";

/** How loudly a rule speaks. */
export type Severity = "error" | "warning" | "information" | "hint";

/** What a user may choose for a rule. */
export type SeverityChoice = Severity | "off";

export interface RuleInfo {
  /** What holds until the user chooses; rules of style are off. */
  readonly severity: SeverityChoice;
  /** One line for lists of rules: settings, SARIF, the documentation. */
  readonly doc: string;
}

/**
 * Every rule by its id. An id is also the anchor in docs/DIAGNOSTICS.md and a key of the setting
 * `envpact.lint.severity`, so it never changes once released. The order settles which of two findings at the
 * same place comes first.
 */
export const catalog = {
  "byte-order-mark": {
    severity: "warning",
    doc: "The file starts with a byte order mark, which several readers take for a part of the first key.",
  },
  "not-utf8": {
    severity: "error",
    doc: "The file is not UTF-8, the only encoding that readers of .env files agree on.",
  },
  "file-too-large": {
    severity: "information",
    doc: "The file is larger than Envpact checks; only lines that are not read, open quotes and another encoding are reported.",
  },
  "schema-error": {
    severity: "warning",
    doc: "A decorator comment of the schema cannot be meant as it stands.",
  },
  "missing-key": {
    severity: "warning",
    doc: "A key of the example, or one that the schema requires, is not set here.",
  },
  "missing-in-siblings": {
    severity: "hint",
    doc: "A key that other environments of the folder set is not set here.",
  },
  "extra-key": {
    severity: "hint",
    doc: "The key is not in the example.",
  },
  "duplicate-key": {
    severity: "warning",
    doc: "The key is set again further down, so this line is never read.",
  },
  "similar-key": {
    severity: "warning",
    doc: "Two keys differ by case or by - and _ only.",
  },
  "empty-required": {
    severity: "warning",
    doc: "A key that the schema requires is empty.",
  },
  "schema-violation": {
    severity: "warning",
    doc: "The value does not fit the type that the schema gives its key.",
  },
  "deprecated-key": {
    severity: "hint",
    doc: "The schema calls the key deprecated.",
  },
  "invalid-line": {
    severity: "error",
    doc: "The line is neither an assignment nor a comment; some readers skip it, others refuse the whole file.",
  },
  "unclosed-quote": {
    severity: "error",
    doc: "The value opens a quote that nothing closes, so the quote becomes a part of the value.",
  },
  "value-cut-by-hash": {
    severity: "warning",
    doc: "An unquoted value is cut at a # that has no space before it.",
  },
  "doubled-equals": {
    severity: "warning",
    doc: "A second = follows the first, so the value starts with it.",
  },
  "reads-differently": {
    severity: "warning",
    doc: "Programs that read this file take the line in different ways.",
  },
  "space-around-equals": {
    severity: "information",
    doc: "There is space around the equals sign, which shells and some readers refuse.",
  },
  "leading-space": {
    severity: "off",
    doc: "The line of an assignment is indented.",
  },
  "trailing-whitespace": {
    severity: "information",
    doc: "White space ends a line, or a value in quotes.",
  },
  "value-without-quotes": {
    severity: "information",
    doc: "The value has spaces and no quotes, so shells take only its first word.",
  },
  "quote-character": {
    severity: "off",
    doc: "The value stands in quotes that it does not need.",
  },
  "key-not-portable": {
    severity: "information",
    doc: "The key starts with a digit or holds - or ., which shells and some readers refuse.",
  },
  "lowercase-key": {
    severity: "off",
    doc: "The key is not in upper case.",
  },
  "unordered-key": {
    severity: "off",
    doc: "The keys of a block are not in alphabetical order.",
  },
  "extra-blank-line": {
    severity: "off",
    doc: "More than one blank line in a row.",
  },
  "missing-final-newline": {
    severity: "off",
    doc: "The file does not end with a newline.",
  },
  "command-substitution": {
    severity: "warning",
    doc: "The value holds $(…), which some readers run as a command.",
  },
  "undefined-reference": {
    severity: "warning",
    doc: "The value refers to a variable that is defined nowhere, so readers that expand put nothing in its place.",
  },
  "malformed-reference": {
    severity: "warning",
    doc: "The value holds ${ that starts no reference which readers understand.",
  },
  "circular-reference": {
    severity: "warning",
    doc: "The value refers to itself, directly or through others.",
  },
  "reference-in-single-quotes": {
    severity: "information",
    doc: "A reference stands in single quotes, where some readers expand it and others do not.",
  },
  "expands-unintended": {
    severity: "warning",
    doc: "A $ inside a value, as in a password, is taken for a variable by readers that expand.",
  },
  "secret-in-tracked-file": {
    severity: "warning",
    doc: "A value that looks like a real secret stands in a file that version control has.",
  },
  "unknown-directive": {
    severity: "warning",
    doc: "A comment that silences names a rule that does not exist.",
  },
} as const satisfies Record<string, RuleInfo>;

export type RuleId = keyof typeof catalog;

/** The ids of all rules in the order of the catalogue. */
export const ruleIds = Object.keys(catalog) as readonly RuleId[];

/** Whether a text, of a setting for instance, is the id of a rule. */
export function isRuleId(text: string): text is RuleId {
  return Object.hasOwn(catalog, text);
}

/** The severity in force for a rule, given the user's choices; undefined when it is off. */
export function severityIn(
  severities: Readonly<Partial<Record<RuleId, SeverityChoice>>>,
  rule: RuleId,
): Severity | undefined {
  const choice: SeverityChoice = severities[rule] ?? catalog[rule].severity;
  return choice === "off" ? undefined : choice;
}

const severityChoices: ReadonlySet<unknown> = new Set<SeverityChoice>([
  "error",
  "warning",
  "information",
  "hint",
  "off",
]);

/**
 * The choices in the value of the setting `envpact.lint.severity`, whatever its shape: unknown rules and
 * severities are left out, so a rule spelt wrong keeps the catalogue's.
 */
export function severitiesFrom(setting: unknown): Partial<Record<RuleId, SeverityChoice>> {
  const severities: Partial<Record<RuleId, SeverityChoice>> = {};
  if (typeof setting !== "object" || setting === null) return severities;
  for (const [rule, choice] of Object.entries(setting)) {
    if (isRuleId(rule) && severityChoices.has(choice)) severities[rule] = choice;
  }
  return severities;
}

const diagnosticsPage = "https://github.com/envpact/envpact/blob/main/docs/DIAGNOSTICS.md";

/** The address of the section of a rule, or of a finding about code, in docs/DIAGNOSTICS.md. */
export function documentationOf(rule: RuleId | CodeFindingId): string {
  return `${diagnosticsPage}#${rule}`;
}

/** How loudly a rule speaks. */
export type Severity = "error" | "warning" | "information" | "hint";

/** What a user may choose for a rule. */
export type SeverityChoice = Severity | "off";

export interface RuleInfo {
  readonly severity: Severity;
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
    doc: "The file is larger than Envpact checks; nothing else is reported for it.",
  },
  "missing-key": {
    severity: "warning",
    doc: "A key of the example file is not defined here.",
  },
  "duplicate-key": {
    severity: "warning",
    doc: "The key is set again further down, so this line is never read.",
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
  "space-around-equals": {
    severity: "information",
    doc: "There is space around the equals sign, which shells and some readers refuse.",
  },
  "command-substitution": {
    severity: "warning",
    doc: "The value holds $(…), which some readers run as a command.",
  },
  "undefined-reference": {
    severity: "warning",
    doc: "The value refers to a variable that is defined nowhere, so readers that expand put nothing in its place.",
  },
} as const satisfies Record<string, RuleInfo>;

export type RuleId = keyof typeof catalog;

/** The ids of all rules in the order of the catalogue. */
export const ruleIds = Object.keys(catalog) as readonly RuleId[];

/** Whether a text, of a setting for instance, is the id of a rule. */
export function isRuleId(text: string): text is RuleId {
  return Object.hasOwn(catalog, text);
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

/** The address of the rule's section in docs/DIAGNOSTICS.md. */
export function documentationOf(rule: RuleId): string {
  return `${diagnosticsPage}#${rule}`;
}

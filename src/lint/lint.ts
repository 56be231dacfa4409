import { OddLines } from "../dotenv/dialects.ts";
import { type DotenvDocument, parseDocument, reparseDocument } from "../dotenv/document.ts";
import type { Rescan } from "../dotenv/rescanning.ts";
import { type RuleId, ruleIds, severityIn } from "./catalog.ts";
import { followDirectives, withoutSilenced } from "./directives.ts";
import { type ActiveRule, LocalFindings } from "./local.ts";
import { References } from "./references.ts";
import type { Finding, LintContext, RuleContext } from "./rule.ts";
import { rules } from "./ruleset.ts";

/** UTF-8 bytes of a text that every rule looks at; in a larger one only {@link rulesOfLargeFiles} do. */
export const lintBytesMax = 5 * 1024 * 1024;

/** What is still found in a file over {@link lintBytesMax}: where readers lose a line or refuse the file. */
const rulesOfLargeFiles: ReadonlySet<RuleId> = new Set<RuleId>([
  "not-utf8",
  "invalid-line",
  "unclosed-quote",
]);

const order: ReadonlyMap<RuleId, number> = new Map(ruleIds.map((id, index) => [id, index]));

/** A text as it was checked; the next one is checked sooner with it. */
export interface LintedText {
  readonly document: DotenvDocument;
  readonly context: LintContext;
  /** By position. */
  readonly findings: readonly Finding[];
  readonly local: LocalFindings;
  readonly references: References;
  readonly odd: OddLines;
  /** The text is over {@link lintBytesMax}. */
  readonly isLarge: boolean;
}

/** Everything the rules in force find in a document, by position; never throws, and never names a value. */
export function lintDocument(document: DotenvDocument, context: LintContext): readonly Finding[] {
  return lint(document, context).findings;
}

/**
 * Parses and checks a text. With the result for an earlier text, what the change between the two cannot reach is
 * taken from there: the findings are the same, and sooner.
 */
export function lintText(text: string, context: LintContext, earlier?: LintedText): LintedText {
  if (!earlier) return lint(parseDocument(text), context);
  const { document, change } = reparseDocument(earlier.document, text);
  return lint(document, context, { earlier, change });
}

function lint(
  document: DotenvDocument,
  context: LintContext,
  before?: { readonly earlier: LintedText; readonly change: Rescan },
): LintedText {
  const isLarge = exceeds(document.text, lintBytesMax);
  const active = activeRules(context, isLarge);
  const local =
    before && isSameForEntries(before.earlier, context, isLarge)
      ? before.earlier.local.after(before.change, document, active, context)
      : LocalFindings.of(document, active, context);
  const references = before
    ? before.earlier.references.after(before.change, document)
    : References.of(document);
  if (before) followDirectives(before.earlier.document, before.change, document);
  const odd = before ? before.earlier.odd.after(before.change, document) : OddLines.of(document);
  const findings = [...local.findings, ...wholeFindings(document, active, { ...context, references, odd })];
  if (isLarge) findings.push(...tooLarge(context));
  findings.sort(byPosition);
  const told = withoutSilenced(findings, document);
  return { document, context, findings: told, local, references, odd, isLarge };
}

function activeRules(context: LintContext, large: boolean): ActiveRule[] {
  return rules.flatMap((rule) => {
    if (large && !rulesOfLargeFiles.has(rule.id)) return [];
    if (context.isSchema === true && rule.notInSchemas === true) return [];
    const severity = severityIn(context.severities, rule.id);
    return severity ? [{ rule, severity }] : [];
  });
}

function wholeFindings(
  document: DotenvDocument,
  active: readonly ActiveRule[],
  context: RuleContext,
): Finding[] {
  return active.flatMap(
    ({ rule, severity }) =>
      rule.run?.(document, context).map((match) => ({ ...match, rule: rule.id, severity })) ?? [],
  );
}

/** Whether checks of single assignments would find the same as they did earlier. */
function isSameForEntries(earlier: LintedText, other: LintContext, isLarge: boolean): boolean {
  const one = earlier.context;
  return (
    earlier.isLarge === isLarge &&
    one.isExample === other.isExample &&
    one.isSchema === other.isSchema &&
    one.tracked === other.tracked &&
    (one.severities === other.severities ||
      ruleIds.every((rule) => severityIn(one.severities, rule) === severityIn(other.severities, rule)))
  );
}

function tooLarge(context: LintContext): Finding[] {
  const rule = "file-too-large";
  const severity = severityIn(context.severities, rule);
  if (!severity) return [];
  const size = `${lintBytesMax / 1024 / 1024} MB`;
  const message = `The file is larger than ${size}, so Envpact only looks for lines that are not read, quotes that are not closed and another encoding.`;
  return [{ rule, severity, span: { start: 0, end: 0 }, message }];
}

/** Whether a text has more than `bytesMax` bytes in UTF-8, which takes one to three for a UTF-16 unit. */
function exceeds(text: string, bytesMax: number): boolean {
  if (text.length > bytesMax) return true;
  if (text.length * 3 <= bytesMax) return false;
  return new TextEncoder().encode(text).length > bytesMax;
}

function byPosition(a: Finding, b: Finding): number {
  return a.span.start - b.span.start || a.span.end - b.span.end || order.get(a.rule)! - order.get(b.rule)!;
}

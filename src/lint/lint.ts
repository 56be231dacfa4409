import { type DotenvDocument, effectiveEntry, parseDocument } from "../dotenv/document.ts";
import { type Expansion, expand } from "../dotenv/expand.ts";
import { catalog, type RuleId, ruleIds, type Severity } from "./catalog.ts";
import type { Finding, LintContext } from "./rule.ts";
import { rules } from "./ruleset.ts";

/** UTF-8 bytes of a text that is checked; a larger one gets a single finding that says so. */
export const lintBytesMax = 5 * 1024 * 1024;

const order: ReadonlyMap<RuleId, number> = new Map(ruleIds.map((id, index) => [id, index]));

/** The severity in force for a rule, or undefined when it is off. */
function severityOf(rule: RuleId, context: LintContext): Severity | undefined {
  const choice = context.severities[rule] ?? catalog[rule].severity;
  return choice === "off" ? undefined : choice;
}

/** Everything the rules in force find in a document, by position; never throws, and never names a value. */
export function lintDocument(document: DotenvDocument, context: LintContext): Finding[] {
  let expansion: Expansion | undefined;
  const ruleContext = {
    ...context,
    expansion: () => {
      expansion ??= expand(document, environmentOf(context.known, document));
      return expansion;
    },
  };
  const findings: Finding[] = [];
  for (const rule of rules) {
    const severity = severityOf(rule.id, context);
    if (!severity) continue;
    for (const match of rule.run(document, ruleContext)) findings.push({ ...match, rule: rule.id, severity });
  }
  return findings.sort(byPosition);
}

/** A text as it was checked; `document` is undefined when it was too large to be read. */
export interface LintedText {
  readonly document: DotenvDocument | undefined;
  readonly findings: readonly Finding[];
}

/** Parses and checks a text, unless it is larger than {@link lintBytesMax}. */
export function lintText(text: string, context: LintContext): LintedText {
  if (exceeds(text, lintBytesMax)) return { document: undefined, findings: tooLarge(context) };
  const document = parseDocument(text);
  return { document, findings: lintDocument(document, context) };
}

function tooLarge(context: LintContext): Finding[] {
  const rule = "file-too-large";
  const severity = severityOf(rule, context);
  if (!severity) return [];
  const size = `${lintBytesMax / 1024 / 1024} MB`;
  const message = `The file is larger than ${size}, so Envpact does not check it. It can still be shown and edited.`;
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

/**
 * The names defined elsewhere as an environment. Keys of the document are left out: the environment wins over the
 * file, so their entries would not be looked at. What a name holds elsewhere is unknown; a value that is not
 * empty means that no default is taken for it.
 */
function environmentOf(known: ReadonlySet<string>, document: DotenvDocument): Record<string, string> {
  const names = Array.from(known).filter((name) => !effectiveEntry(document, name));
  return Object.fromEntries(names.map((name) => [name, "set"]));
}

import { parse } from "dotenv";
import { expect } from "vitest";
import { type DialectId, readAs } from "../../src/dotenv/dialects.ts";
import { parseDocument } from "../../src/dotenv/document.ts";
import { applyEdits } from "../../src/dotenv/edit.ts";
import { parseSchema } from "../../src/dotenv/schema/parse.ts";
import type { RuleId, SeverityChoice } from "../../src/lint/catalog.ts";
import { type Fix, fixAll, fixesFor } from "../../src/lint/fixes.ts";
import { lintDocument } from "../../src/lint/lint.ts";
import type { ExampleContext, Finding, LintContext, SchemaContext } from "../../src/lint/rule.ts";

const plain: LintContext = { known: new Set(), isExample: false, severities: {} };

/** The context in which a text is checked: nothing around it, but for what is given. */
export function contextWith(context: Partial<LintContext> = {}): LintContext {
  return { ...plain, ...context };
}

/** A choice that turns rules on which are off unless asked for. */
export function on(...rules: RuleId[]): Partial<LintContext> {
  return { severities: Object.fromEntries(rules.map((rule): [string, SeverityChoice] => [rule, "warning"])) };
}

export function exampleOf(text: string): ExampleContext {
  return { name: ".env.example", document: parseDocument(text) };
}

export function schemaOf(text: string): SchemaContext {
  return { name: ".env.schema", schema: parseSchema(parseDocument(text)) };
}

/** The findings of one rule. */
export function findingsOf(
  rule: RuleId,
  text: string,
  context: Partial<LintContext> = {},
): readonly Finding[] {
  return lintDocument(parseDocument(text), contextWith(context)).filter((finding) => finding.rule === rule);
}

/** The text under each finding of one rule. */
export function marksOf(rule: RuleId, text: string, context: Partial<LintContext> = {}): string[] {
  return findingsOf(rule, text, context).map(({ span }) => text.slice(span.start, span.end));
}

/** Every rule that finds something. */
export function rulesIn(text: string, context: Partial<LintContext> = {}): RuleId[] {
  return lintDocument(parseDocument(text), contextWith(context)).map(({ rule }) => rule);
}

/** The fixes of the first finding of a rule, each with the text it makes; what they claim is checked with dotenv itself. */
export function fixesOf(
  rule: RuleId,
  text: string,
  context: Partial<LintContext> = {},
): (Fix & { readonly after: string })[] {
  const document = parseDocument(text);
  const full = contextWith(context);
  const finding = findingsOf(rule, text, context)[0];
  if (!finding) throw new Error(`${rule} found nothing`);
  return fixesFor(finding, document, full).map((fix) => {
    const after = applyEdits(text, fix.edits);
    if (!fix.changesReading) expect(parse(after)).toEqual(parse(text));
    return { ...fix, after };
  });
}

/** Applies everything automatic; dotenv and the dialects in force must read the same before and after. */
export function allFixed(text: string, context: Partial<LintContext> = {}): string {
  const document = parseDocument(text);
  const full = contextWith(context);
  const after = applyEdits(text, fixAll(lintDocument(document, full), document, full).edits);
  expect(parse(after)).toEqual(parse(text));
  for (const dialect of full.dialects ?? []) expectSameReading(dialect, text, after);
  return after;
}

/** Who refused the file before may read it afterwards. */
export function expectSameReading(dialect: DialectId, before: string, after: string): void {
  const reading = readAs(dialect, before);
  if (reading.ok) expect(readAs(dialect, after)).toEqual(reading);
}

import type { DotenvDocument } from "../dotenv/document.ts";
import { type SchemaFinding, type SchemaFindingCode, schemaViolations } from "../dotenv/schema/findings.ts";
import type { LintContext, Match, SchemaContext } from "./rule.ts";

/** What a schema says about a document, asked by several rules in turn. */
const found = new WeakMap<
  DotenvDocument,
  { readonly schema: SchemaContext["schema"]; readonly findings: readonly SchemaFinding[] }
>();

/** The findings of one kind that the schema in force has about a document that is no schema or example itself. */
export function schemaMatches(
  document: DotenvDocument,
  { schema, isExample }: LintContext,
  code: SchemaFindingCode,
): Match[] {
  if (!schema || isExample) return [];
  let known = found.get(document);
  if (known?.schema !== schema.schema) {
    known = { schema: schema.schema, findings: schemaViolations(schema.schema, document, schema.name) };
    found.set(document, known);
  }
  return known.findings.filter((finding) => finding.code === code).map(matchOf);
}

/** A finding of the schema reader as rules report it. */
export function matchOf({ span, key, message }: SchemaFinding): Match {
  return key === undefined ? { span, message } : { span, message, key };
}

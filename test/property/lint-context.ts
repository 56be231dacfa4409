import { dialectIds } from "../../src/dotenv/dialects.ts";
import { parseDocument } from "../../src/dotenv/document.ts";
import { parseSchema } from "../../src/dotenv/schema/parse.ts";
import { ruleIds, type SeverityChoice } from "../../src/lint/catalog.ts";
import type { LintContext } from "../../src/lint/rule.ts";

/** Every rule in force, also those that are off unless asked for. */
export const everyRule = Object.fromEntries(ruleIds.map((id): [string, SeverityChoice] => [id, "warning"]));

const schema = [
  "# @required @type=port",
  "A=",
  "# @required @type=enum(x, y)",
  "B=x",
  "# @optional @deprecated",
  "C1=",
  "# @required @sensitive",
  "D_2=",
  "",
].join("\n");

/** Everything that files are judged against, for names that occur in the texts of these tests. */
export const fullContext: LintContext = {
  example: { name: ".env.example", document: parseDocument("A=\nB='two # 2'\nC1=\n# OPTIONAL=\n") },
  schema: { name: ".env.schema", schema: parseSchema(parseDocument(schema)) },
  siblings: [
    { name: ".env.staging", keys: new Set(["A", "Q", "R"]) },
    { name: ".env.production", keys: new Set(["Q"]) },
  ],
  known: new Set(["HOME", "PATH"]),
  isExample: false,
  tracked: true,
  dialects: dialectIds,
  severities: everyRule,
};

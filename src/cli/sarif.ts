import { catalog, documentationOf, ruleIds, type Severity } from "../lint/catalog.ts";
import type { LintLine } from "./lintFile.ts";

const levels: Readonly<Record<Severity, "error" | "warning" | "note">> = {
  error: "error",
  warning: "warning",
  information: "note",
  hint: "note",
};

/** Findings as a SARIF 2.1.0 log; files are given relative to the folder that was checked. */
export function sarifOf(lines: readonly LintLine[], version: string): object {
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "Envpact",
            version,
            rules: ruleIds.map((id) => ({
              id,
              shortDescription: { text: catalog[id].doc },
              helpUri: documentationOf(id),
              defaultConfiguration: { level: levels[catalog[id].severity] },
            })),
          },
        },
        columnKind: "utf16CodeUnits",
        results: lines.map(resultOf),
      },
    ],
  };
}

function resultOf(line: LintLine): object {
  return {
    ruleId: line.rule,
    ruleIndex: ruleIds.indexOf(line.rule),
    level: levels[line.severity],
    message: { text: line.message },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: line.file.split(/[\\/]/).map(encodeURIComponent).join("/") },
          region: {
            startLine: line.line,
            startColumn: line.column,
            endLine: line.endLine,
            endColumn: line.endColumn,
          },
        },
      },
    ],
  };
}

import assert from "node:assert/strict";
import dotenv from "dotenv";
import { parseDocument, values } from "../src/dotenv/document.ts";
import { lintText } from "../src/lint/lint.ts";
import { medianMs, type Row, row } from "./row.ts";

function sample(lines: number): string {
  const kinds = [
    (n: number) => `KEY_${n}=value-${n}`,
    (n: number) => `export KEY_${n}="quoted ${n} # not a comment"`,
    (n: number) => `# a comment about ${n}`,
    (n: number) => `KEY_${n}='single ${n}' # note`,
    (n: number) => `URL_${n}=https://example.test/${n}?a=b`,
    () => "",
  ];
  return `${Array.from({ length: lines }, (_, n) => kinds[n % kinds.length]?.(n)).join("\n")}\n`;
}

/** Reading and linting `.env` text against `dotenv.parse` on the same text, outputs compared first. */
export function parseRows(): Row[] {
  const rows: Row[] = [];
  for (const [lines, runs] of [
    [50, 400],
    [1_000, 100],
    [100_000, 7],
  ] as const) {
    const text = sample(lines);
    assert.deepEqual(values(parseDocument(text)), dotenv.parse(text));
    const reference = medianMs(runs, () => dotenv.parse(text));
    const parse = medianMs(runs, () => parseDocument(text).entries.length);
    const read = medianMs(runs, () => values(parseDocument(text)));
    rows.push(row(`lossless parse, ${lines} lines`, parse, reference, "dotenv.parse"));
    rows.push(row(`lossless parse and values, ${lines} lines`, read, reference, "dotenv.parse"));
    const context = { known: new Set<string>(), isExample: false, severities: {} };
    const lint = medianMs(Math.min(runs, 20), () => lintText(text, context).findings.length);
    rows.push(row(`parse and every rule, ${lines} lines`, lint, reference, "dotenv.parse"));
  }
  return rows;
}

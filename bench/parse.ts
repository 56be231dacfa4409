import assert from "node:assert/strict";
import { parseEnv } from "node:util";
import { parse as parseDotenvx } from "@dotenvx/dotenvx";
import { parseEnvSpecDotEnvFile } from "@env-spec/parser";
import dotenv from "dotenv";
import type { DialectId } from "../src/dotenv/dialects.ts";
import { type DotenvDocument, parseDocument, values } from "../src/dotenv/document.ts";
import { lintText } from "../src/lint/lint.ts";
import type { LintContext } from "../src/lint/rule.ts";
import { medianMs, type Row, row, withGoal } from "./row.ts";

/** A file as teams have them: plain and quoted values, exports, comments, references, a list over several lines. */
export function sampleText(lines: number): string {
  const kinds = [
    (n: number) => `KEY_${n}=value-${n}`,
    (n: number) => `export NAME_${n}="quoted ${n} # not a comment"`,
    (n: number) => `# a comment about ${n}`,
    (n: number) => `MODE_${n}='single ${n}' # note`,
    (n: number) => `URL_${n}=https://example.test/${n}?a=b`,
    () => "",
    (n: number) => `PATH_${n}="\${KEY_${n - 6}}/sub"`,
    (n: number) => `TEXT_${n}="one\\ntwo"`,
  ];
  return `${Array.from({ length: lines }, (_, n) => kinds[n % kinds.length]?.(n)).join("\n")}\n`;
}

const context: LintContext = { known: new Set(), isExample: false, severities: {} };

const otherReadersLinesMax = 1_000;

/** Reading and checking `.env` text against other readers of the same text, outputs compared first. */
export function parseRows(): Row[] {
  const rows: Row[] = [];
  for (const [lines, runs] of [
    [50, 5_000],
    [1_000, 100],
    [100_000, 9],
  ] as const) {
    const text = sampleText(lines);
    const expected = dotenv.parse(text);
    assert.deepEqual(values(parseDocument(text)), expected);
    assert.deepEqual({ ...parseEnv(text) }, expected);
    const label = `${lines.toLocaleString("en")} lines`;
    const reference = medianMs(runs, () => dotenv.parse(text));
    const native = medianMs(runs, () => parseEnv(text));
    const parse = medianMs(runs, () => parseDocument(text));
    const read = medianMs(runs, () => values(parseDocument(text)));
    const entries = medianMs(runs, () => parseDocument(text).entries.length);
    const lint = medianMs(runs, () => lintText(text, context).findings.length);
    const goal = lines === 50 ? undefined : 0.5;
    rows.push(withGoal(row(`lossless parse, ${label}`, parse, reference, "dotenv.parse"), goal));
    rows.push(withGoal(row(`lossless parse, ${label}`, parse, native, "util.parseEnv"), 1));
    rows.push(row(`lossless parse and all values, ${label}`, read, reference, "dotenv.parse"));
    rows.push(row(`lossless parse and an object an entry, ${label}`, entries, reference, "dotenv.parse"));
    rows.push(withGoal(row(`parse and every default rule, ${label}`, lint, reference, "dotenv.parse"), 2));
    if (lines <= otherReadersLinesMax) {
      rows.push(...otherReaderRows(text, label, Object.keys(expected), reference));
    }
  }
  return [...rows, ...keystrokeRows(), memoryRow()];
}

/**
 * The other readers that keep a file's structure or expand it: for orientation, no goal. Not on 100,000 lines, for
 * which at least one of them needs minutes.
 */
function otherReaderRows(text: string, label: string, keys: readonly string[], reference: number): Row[] {
  const readers = {
    "@env-spec/parser": () => parseEnvSpecDotEnvFile(text).configItems.map(({ key }) => key),
    "@dotenvx/dotenvx": () => Object.keys(parseDotenvx(text)),
  };
  return Object.entries(readers).map(([name, read]) => {
    assert.deepEqual(read().sort(), keys.toSorted(), name);
    return row(`${name}, ${label}`, medianMs(5, read), reference, "dotenv.parse");
  });
}

/** Who reads the file of {@link keystrokeRows} besides dotenv, as the rows name them. */
const readers: Readonly<Record<string, readonly DialectId[]>> = {
  "": [],
  ", also read by Node": ["node"],
  ", also read by Node, Python and Compose": ["node", "python-dotenv", "compose"],
};

/** One keystroke in 20,000 keys, against checking the whole text. */
function keystrokeRows(): Row[] {
  const kinds = [
    (n: number) => `KEY_${n}=value-${n}`,
    (n: number) => `export NAME_${n}="quoted ${n} # not a comment"`,
    (n: number) => `MODE_${n}='single ${n}' # note`,
    (n: number) => `URL_${n}=https://example.test/${n}?a=b`,
    (n: number) => `PATH_${n}="\${KEY_${n - 4}}/sub"`,
  ];
  const lines = Array.from({ length: 20_000 }, (_, n) => kinds[n % kinds.length]!(n));
  const text = textOf(lines);
  const example = { name: ".env.example", document: parseDocument(text.replaceAll(/=.*/g, "=")) };
  const line = lines.indexOf("KEY_10000=value-10000");
  const places = { "a value": "KEY_10000=xvalue-10000", "a key": "xKEY_10000=value-10000" };
  return Object.entries(readers).flatMap(([also, dialects]) => {
    const withExample: LintContext = { ...context, example, dialects };
    const whole = medianMs(40, () => lintText(text, withExample).findings.length);
    return Object.entries(places).map(([what, typedLine]) => {
      const typed = textOf(lines.with(line, typedLine));
      let linted = lintText(text, withExample);
      assert.deepEqual(lintText(typed, withExample, linted).findings, lintText(typed, withExample).findings);
      let turn = 0;
      const keystroke = medianMs(80, () => {
        linted = lintText(turn++ % 2 === 0 ? typed : text, withExample, linted);
      });
      const work = `a keystroke in ${what}, 20,000 keys${also}, to findings`;
      return withGoal(row(work, keystroke, whole, "the full run"), 0.25);
    });
  });
}

/** A text as editors hand it over: one piece. */
function textOf(lines: readonly string[]): string {
  return [...lines, ""].join("\n");
}

/** What a parsed and checked document of 100,000 lines holds, its text included, against the size of its text. */
function memoryRow(): Row {
  const kept: { text: string; document: DotenvDocument }[] = [];
  const documents = 5;
  const before = heldBytes();
  let textBytes = 0;
  for (let nth = 0; nth < documents; nth += 1) {
    const text = Buffer.from(sampleText(100_000)).toString("utf8");
    textBytes += Buffer.byteLength(text);
    const { document, findings } = lintText(text, context);
    assert.equal(findings.length, 0);
    kept.push({ text, document });
  }
  const held = heldBytes() - before;
  assert.equal(kept.length, documents);
  const mebibyte = 1024 * 1024 * documents;
  const measured = row(
    "memory of a document of 100,000 lines",
    held / mebibyte,
    textBytes / mebibyte,
    "its text",
  );
  return withGoal({ ...measured, unit: "MiB" }, 6);
}

function heldBytes(): number {
  if (!globalThis.gc) throw new Error("node --expose-gc is needed to measure memory");
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

import { readdir, readFile } from "node:fs/promises";
import { parseEnv } from "node:util";
import { parse } from "dotenv";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DialectId, dialectIds, readAs } from "../../src/dotenv/dialects.ts";
import { parseDocument } from "../../src/dotenv/document.ts";
import { applyEdits } from "../../src/dotenv/edit.ts";
import { fixAll, fixesFor } from "../../src/lint/fixes.ts";
import { ignoringsOf } from "../../src/lint/ignoring.ts";
import { lintDocument, lintText } from "../../src/lint/lint.ts";
import type { Finding, LintContext } from "../../src/lint/rule.ts";
import { soupRun } from "./dotenv-soup.ts";
import { fullContext } from "./lint-context.ts";

const folder = new URL("../fixtures/dotenv/", import.meta.url);
const files = await Promise.all(
  (await readdir(folder)).sort().map((name) => readFile(new URL(name, folder), "utf8")),
);

/** Rounds of fixing all after which nothing is left to do, with every rule on: sorting a block makes place for others. */
const roundsMax = 6;

const piece = fc.constantFrom(
  ...["=", "#", " # ", '"', "'", "`", "\n", "\r", "\\", "$", "${", "}", "$(", "  ", "\uFEFF", "export "],
  ...["# envpact-ignore ", "# envpact-ignore-file\n", "# dotenv-linter:off ", "# @type=", "A=", "__proto__="],
);
const place = fc.double({ min: 0, max: 1, noNaN: true });
const mutation = fc.record({ at: place, length: fc.nat({ max: 8 }), text: fc.oneof(piece, fc.constant("")) });

/** A real file with pieces put in and taken out. */
const mutated = fc
  .tuple(fc.constantFrom(...files), fc.array(mutation, { maxLength: 4 }))
  .map(([file, mutations]) => {
    let text = file;
    for (const { at, length, text: more } of mutations) {
      const from = Math.floor(at * (text.length + 1));
      text = text.slice(0, from) + more + text.slice(from + length);
    }
    return text;
  });

/** Lines that several readers take differently, put together. */
const assembled = fc
  .array(
    fc.tuple(
      fc.constantFrom("A", "B", "C1", "D_2", "HOST", "export E", "a", "F-G"),
      fc.constantFrom("=", "=", "=", " = ", "==", ":"),
      fc.constantFrom('"', "'", "`", "", ""),
      fc.array(
        fc.constantFrom(
          ...[
            "x",
            " ",
            "#",
            " #",
            "$",
            "$HOST",
            "${HOST}",
            "${NOPE}",
            "pa$word",
            "$NOPE",
            "\\",
            "\\n",
            "'",
            '"',
          ],
          ...[
            "$2b$10$N9qo8u",
            "${A:-b}",
            "$(x)",
            "${",
            "ghp_q7Gz2LpV9sKd4WxYb8Nf3RtMq7Gz2LpV9sKd",
            "\\$",
            "{}",
          ],
        ),
        { maxLength: 4 },
      ),
      fc.boolean(),
    ),
    { minLength: 1, maxLength: 5 },
  )
  .map((lines) =>
    lines
      .map(([key, equals, quote, pieces, closed]) =>
        [key, equals, quote, ...pieces, closed ? quote : "", "\n"].join(""),
      )
      .join(""),
  );

/** The findings of the same rule about the same key; one about several missing keys is another when one is there. */
function alike(findings: readonly Finding[], { rule, key, message }: Finding): readonly Finding[] {
  return findings.filter(
    (each) => each.rule === rule && each.key === key && (key !== undefined || each.message === message),
  );
}

const contexts: fc.Arbitrary<LintContext> = fc.oneof(
  fc.constant<LintContext>({ known: new Set(), isExample: false, severities: {} }),
  fc.constant(fullContext),
  fc.constant<LintContext>({ ...fullContext, isExample: true, isSchema: true }),
  fc
    .tuple(fc.subarray(dialectIds.filter((id) => id !== "dotenv")), fc.boolean())
    .map(([dialects, expands]): LintContext => ({ ...fullContext, dialects, expands })),
);

/** How everybody in force reads a text; whoever refuses it reads nothing. */
function readingsOf(text: string, { dialects = [] }: LintContext): Map<DialectId, unknown> {
  const readings = new Map<DialectId, unknown>([["dotenv", parse(text)]]);
  for (const dialect of dialects) {
    if (dialect === "dotenv") continue;
    const reading = readAs(dialect, text);
    readings.set(dialect, reading.ok ? Object.fromEntries(reading.values) : undefined);
  }
  if (dialects.includes("node")) expect({ ...parseEnv(text) }).toEqual(readings.get("node"));
  return readings;
}

function expectSameReadings(before: string, after: string, context: LintContext): void {
  const old = readingsOf(before, context);
  for (const [dialect, reading] of readingsOf(after, context)) {
    if (old.get(dialect) !== undefined) expect(reading).toEqual(old.get(dialect));
  }
}

describe("lint over real files with mistakes", () => {
  it("throws nothing and finds every place; each fix is read as it says by dotenv, Node and the others", () => {
    const { seed, numRuns } = soupRun("lint mutations");
    fc.assert(
      fc.property(mutated, contexts, (text, context) => {
        const document = parseDocument(text);
        for (const finding of lintDocument(document, context).slice(0, 12)) {
          expect(finding.span.start).toBeLessThanOrEqual(finding.span.end);
          expect(finding.span.end).toBeLessThanOrEqual(text.length);
          for (const fix of fixesFor(finding, document, context)) {
            if (!fix.changesReading) expectSameReadings(text, applyEdits(text, fix.edits), context);
          }
          for (const { edits } of ignoringsOf(finding, document, context)) {
            expectSameReadings(text, applyEdits(text, edits), context);
          }
        }
      }),
      { seed, numRuns: Math.ceil(numRuns / 20) },
    );
  });

  it("finds the same no more after any fix that was offered for it", () => {
    const { seed, numRuns } = soupRun("lint mended");
    fc.assert(
      fc.property(fc.oneof(mutated, assembled), contexts, (text, context) => {
        const document = parseDocument(text);
        for (const finding of lintDocument(document, context).slice(0, 12)) {
          for (const fix of fixesFor(finding, document, context)) {
            const after = applyEdits(text, fix.edits);
            const left = alike(lintText(after, context).findings, finding).length;
            expect(left, fix.title).toBeLessThan(alike(lintDocument(document, context), finding).length);
          }
        }
      }),
      { seed, numRuns: Math.ceil(numRuns / 20) },
    );
  });

  it("loses nothing by fixing all, and comes to an end", () => {
    const { seed, numRuns } = soupRun("lint fix all");
    fc.assert(
      fc.property(mutated, contexts, (first, context) => {
        let text = first;
        for (let round = 0; ; round++) {
          expect(round).toBeLessThan(roundsMax);
          const document = parseDocument(text);
          const { edits, fixed } = fixAll(lintDocument(document, context), document, context);
          if (edits.length === 0) break;
          expect(fixed.length).toBeGreaterThan(0);
          const after = applyEdits(text, edits);
          expectSameReadings(text, after, context);
          text = after;
        }
      }),
      { seed, numRuns: Math.ceil(numRuns / 20) },
    );
  });

  it("says the same of a file whether it was typed or opened", () => {
    const { seed, numRuns } = soupRun("lint typed");
    fc.assert(
      fc.property(mutated, mutated, contexts, (first, second, context) => {
        const typed: readonly Finding[] = lintText(second, context, lintText(first, context)).findings;
        expect(typed).toStrictEqual(lintText(second, context).findings);
      }),
      { seed, numRuns: Math.ceil(numRuns / 10) },
    );
  });
});

describe("the work that a check does", () => {
  /** Texts whose findings, references or blocks could make a careless rule quadratic. */
  const long: readonly (readonly [string, (n: number) => string])[] = [
    ["the same key", () => "A=1\n"],
    ["references", (n) => `K${n}=\${K${n + 1}}\n`],
    ["open braces", () => `A=${"${".repeat(20)}\n`],
    ["blank lines", () => "\n"],
    ["spaces", () => " \n"],
    ["comments", () => "# envpact-ignore duplicate-key\n"],
    ["directives of others", (n) => `# dotenv-linter:${n % 2 ? "on" : "off"} X\nA = ${n}\n`],
    ["open quotes", (n) => `K${n}="x\n`],
    ["nonsense", () => "nonsense\n"],
    ["secrets", (n) => `KEY_${n}=q7Gz2LpV9sKd4WxYb8Nf3RtM${n}\n`],
    ["one line", () => "A=$a"],
    ["braces and commands on one line", () => "$(x)${"],
    ["keys out of order", (n) => `K${100_000 - n}=1\n`],
  ];

  it.each(long)("grows with the text and not faster: %s", (_name, line) => {
    const textOf = (lines: number) => Array.from({ length: lines }, (_, n) => line(n)).join("");
    const timeOf = (text: string) => {
      let best = Number.POSITIVE_INFINITY;
      for (let run = 0; run < 3; run++) {
        const start = performance.now();
        const { findings, document, context } = lintText(text, fullContext);
        fixAll(findings, document, context);
        best = Math.min(best, performance.now() - start);
      }
      return best;
    };
    const small = textOf(1_000);
    timeOf(small);
    // Eight times the text; a quadratic rule would take 64 times as long.
    expect(timeOf(textOf(8_000))).toBeLessThan(Math.max(timeOf(small), 2) * 32);
  });
});

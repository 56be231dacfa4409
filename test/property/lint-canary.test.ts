import { parseEnv } from "node:util";
import { parse } from "dotenv";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DialectId, dialectIds } from "../../src/dotenv/dialects.ts";
import { parseDocument } from "../../src/dotenv/document.ts";
import { applyEdits } from "../../src/dotenv/edit.ts";
import { fixAll, fixesFor } from "../../src/lint/fixes.ts";
import { ignoringsOf } from "../../src/lint/ignoring.ts";
import { lintDocument } from "../../src/lint/lint.ts";
import type { LintContext } from "../../src/lint/rule.ts";
import { fullContext } from "./lint-context.ts";

const seed = Number(process.env.ENVPACT_SEED ?? Math.floor(Math.random() * 2 ** 31));
console.log(`lint properties: ENVPACT_SEED=${seed}`);

/** Looks like a name, so that it can hide in a bare reference or as a line of its own. */
const canary = "Zq9xCanaryW7";

const nasty = fc.constantFrom(
  ...[
    "A",
    "B",
    "KEY",
    "export ",
    "=",
    " = ",
    ":",
    ": ",
    "#",
    " # ",
    "'",
    '"',
    "`",
    "\\",
    "\\n",
    "$",
    "${",
    "}",
  ],
  ...[
    "$(",
    ")",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "\uFEFF",
    "\uFFFD",
    "\u2028",
    "\0",
    "__proto__",
    ":-",
    "ä",
    "😀",
    " ",
  ],
);
const nastyText = fc.oneof(
  { arbitrary: fc.array(nasty, { maxLength: 40 }).map((parts) => parts.join("")), weight: 4 },
  { arbitrary: fc.string({ unit: "binary", maxLength: 60 }), weight: 1 },
);

/** Lines whose values hold the canary in every way that is not the name of a key. */
const around = fc.constantFrom(
  "",
  "x",
  "#",
  " # ",
  "$",
  "\\$",
  "$(",
  ")",
  "'",
  '"',
  "`",
  " ",
  "\\n",
  "!",
  "@",
);
const value = fc
  .tuple(fc.array(around, { maxLength: 3 }), fc.array(around, { maxLength: 3 }))
  .map(([before, after]) => `${before.join("")}${canary}${after.join("")}`);
const line = fc.oneof(
  fc
    .tuple(fc.constantFrom("A", "B", "C_D", "export E", "e.f-g"), fc.constantFrom("=", " = ", "= "), value)
    .map((parts) => parts.join("")),
  fc.tuple(fc.constantFrom("# ", "#", ""), value).map((parts) => parts.join("")),
  fc.constantFrom("", "# note", "B=2", "${", "A"),
);
const secretText = fc
  .tuple(fc.array(line, { maxLength: 8 }), fc.constantFrom("\n", "\r\n", "\r"), fc.constantFrom("", "\uFEFF"))
  .map(([lines, newline, mark]) => mark + lines.join(newline));

/** Everything around a file, or nothing but an example; every rule in force, or those by default. */
function contextOf(example: string | undefined, dialects: readonly DialectId[] = []): LintContext {
  const around =
    dialects.length > 0 ? fullContext : { known: new Set(["HOME"]), isExample: false, severities: {} };
  return {
    ...around,
    example: example === undefined ? undefined : { name: ".env.example", document: parseDocument(example) },
    dialects,
  };
}

const readers: fc.Arbitrary<readonly DialectId[]> = fc.oneof(
  fc.constant<readonly DialectId[]>([]),
  fc.subarray(
    dialectIds.filter((dialect) => dialect !== "dotenv"),
    { minLength: 1 },
  ),
);

/** Node's own reader must agree with what its dialect says of a fix. */
function nodeReads(text: string): Record<string, string | undefined> {
  return { ...parseEnv(text) };
}

describe("lint over any text", () => {
  it("names no value in a message or a title", () => {
    fc.assert(
      fc.property(
        secretText,
        fc.option(secretText, { nil: undefined }),
        readers,
        (text, example, dialects) => {
          const document = parseDocument(text);
          // Broken lines may make the canary a name; then naming it is right.
          const names = [...document.entries, ...parseDocument(example ?? "").entries].map(({ key }) => key);
          fc.pre(!names.some((name) => name.includes(canary)));
          const context = contextOf(example, dialects);
          for (const finding of lintDocument(document, context)) {
            const texts = [
              finding.message,
              finding.key ?? "",
              ...(finding.related ?? []).map((it) => it.message),
            ];
            texts.push(...fixesFor(finding, document, context).map(({ title }) => title));
            texts.push(...ignoringsOf(finding, document, context).map(({ title }) => title));
            expect(texts.join("\n")).not.toContain(canary);
          }
        },
      ),
      { seed, numRuns: 3_000 },
    );
  });

  it("throws nothing, keeps every place inside the text, and every fix reads as it says", () => {
    fc.assert(
      fc.property(nastyText, fc.option(nastyText, { nil: undefined }), readers, (text, example, dialects) => {
        const document = parseDocument(text);
        const context = contextOf(example, dialects);
        const before = parse(text);
        const findings = lintDocument(document, context);
        for (const finding of findings) {
          for (const { span } of [finding, ...(finding.related ?? [])]) {
            expect(span.start).toBeGreaterThanOrEqual(0);
            expect(span.end).toBeGreaterThanOrEqual(span.start);
            expect(span.end).toBeLessThanOrEqual(text.length);
          }
          for (const fix of fixesFor(finding, document, context)) {
            const edited = applyEdits(text, fix.edits);
            if (fix.changesReading) {
              if (dialects.length === 0) expect(parse(edited)).not.toEqual(before);
              continue;
            }
            expect(parse(edited)).toEqual(before);
            if (dialects.includes("node")) expect(nodeReads(edited)).toEqual(nodeReads(text));
          }
          for (const { edits } of ignoringsOf(finding, document, context)) {
            expect(parse(applyEdits(text, edits))).toEqual(before);
          }
        }
        const mended = applyEdits(text, fixAll(findings, document, context).edits);
        expect(parse(mended)).toEqual(before);
        if (dialects.includes("node")) expect(nodeReads(mended)).toEqual(nodeReads(text));
        expect(findings).toEqual([...findings].sort((a, b) => a.span.start - b.span.start));
      }),
      { seed, numRuns: 5_000 },
    );
  });

  it("leaves nothing automatic to do after fixing all twice, or some times more where lines end in odd ways", () => {
    const context = contextOf(undefined);
    const afterFixingAll = (text: string) => {
      const document = parseDocument(text);
      return applyEdits(text, fixAll(lintDocument(document, context), document, context).edits);
    };
    fc.assert(
      fc.property(nastyText, (text) => {
        // U+2028 ends a line for some patterns of dotenv, so what is left of such a line may need a fix of its own.
        const roundsMax = /[\u2028\u2029]/.test(text) ? 8 : 2;
        let mended = text;
        for (let round = 0; round < roundsMax; round++) mended = afterFixingAll(mended);
        expect(afterFixingAll(mended)).toBe(mended);
      }),
      { seed, numRuns: 2_000 },
    );
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DialectId, dialectIds } from "../../src/dotenv/dialects.ts";
import { expandedCharactersMax } from "../../src/dotenv/reference.ts";
import { type LintedText, lintText } from "../../src/lint/lint.ts";
import type { LintContext } from "../../src/lint/rule.ts";
import { nastyText, soupRun } from "./dotenv-soup.ts";
import { everyRule, fullContext } from "./lint-context.ts";

const place = fc.double({ min: 0, max: 1, noNaN: true });
const directive = fc.constantFrom(
  "",
  "# envpact-ignore\n",
  "# envpact-ignore-file duplicate-key\n",
  "# dotenv-linter:off\n",
);
const inserted = fc.tuple(nastyText, directive).map((parts) => parts.join(""));
const change = fc.record({ from: place, length: fc.nat({ max: 12 }), text: inserted });

const contexts: fc.Arbitrary<LintContext> = fc.constantFrom(
  fullContext,
  { ...fullContext, dialects: [], tracked: false },
  { ...fullContext, isExample: true },
  { ...fullContext, isExample: true, isSchema: true },
);

/** Lines as most files have them, read alike by all, among some that only a `$` or a few characters set apart. */
const usualLine = fc
  .tuple(
    fc.constantFrom("", "", "", "export ", "  "),
    fc.constantFrom("A", "B", "C", "D", "E"),
    fc.constantFrom(
      "1",
      "two",
      `"three # 3"`,
      "${A}",
      "${b}",
      "$C",
      '"${D}/x"',
      "'${A}'",
      "${E:?}",
      "${E:-x}",
      "${",
      "$$A",
      "$(ls)",
      "`x`",
      '"open',
      "a b # $A",
    ),
    fc.constantFrom("\n", "\n", "\n", "\n", "\r\n", "\n\n", "\n  # A=2\n", "\njunk\n", "\r"),
  )
  .map(([start, key, value, end]) => `${start}${key}=${value}${end}`);
const usualText = fc.array(usualLine, { maxLength: 10 }).map((lines) => lines.join(""));
const usualChange = fc.record({
  from: place,
  length: fc.nat({ max: 6 }),
  text: fc.oneof(usualLine, fc.constantFrom("", "x", "$", "A", "\n", "=", '"', " ", "\r", "\u2028")),
});
/** The span of odd lines before the last line holds the plain line that an indented one would otherwise go with. */
const indentedLast: [string, { from: number; length: number; text: string }[], DialectId[]] = [
  'A="$B"\nA=1\n  # c\nA=${A}\n#c\n',
  [{ from: 0.999, length: 0, text: "\tA=1\n" }],
  ["compose"],
];
const someDialects = fc.subarray([...dialectIds], { minLength: 1 });

describe("findings while one types", () => {
  it("are those of a file checked from the start, change after change", () => {
    fc.assert(
      fc.property(nastyText, fc.array(change, { maxLength: 4 }), contexts, (first, changes, context) => {
        let linted = lintText(first, context);
        let text = first;
        for (const { from, length, text: more } of changes) {
          const at = Math.floor(from * (text.length + 1));
          text = text.slice(0, at) + more + text.slice(at + length);
          linted = lintText(text, context, linted);
          expect(linted.findings).toStrictEqual(lintText(text, context).findings);
        }
      }),
      soupRun("lint after changes"),
    );
  });

  it("are so for whoever reads the file, in the lines that all read alike and in the others", () => {
    fc.assert(
      fc.property(
        usualText,
        fc.array(usualChange, { maxLength: 3 }),
        someDialects,
        (first, changes, dialects) => {
          const context: LintContext = { ...fullContext, dialects };
          let linted = lintText(first, context);
          let text = first;
          for (const { from, length, text: more } of changes) {
            const at = Math.floor(from * (text.length + 1));
            text = text.slice(0, at) + more + text.slice(at + length);
            linted = lintText(text, context, linted);
            const anew = lintText(text, context);
            expect(linted.findings).toStrictEqual(anew.findings);
            for (const dollars of [true, false]) {
              expect(linted.odd.spans(dollars)).toStrictEqual(anew.odd.spans(dollars));
            }
          }
        },
      ),
      { ...soupRun("lint of usual lines after changes"), examples: [indentedLast] },
    );
  });

  it("are so where references make more of a file than readers replace", () => {
    const big = `big=${"x".repeat(expandedCharactersMax - 1)}\n`;
    const references = Array.from({ length: 140 }, (_, n) => `R_${n}=\${big}\n`);
    const context: LintContext = { ...fullContext, dialects: ["python-dotenv", "godotenv"] };
    const told = ({ findings }: LintedText) =>
      findings.filter(({ rule }) => rule === "reads-differently").length;
    const texts = [references, references.slice(20), references.slice(60), references].map(
      (lines) => big + lines.join(""),
    );
    let linted = lintText(texts[0]!, context);
    expect(told(linted)).toBeLessThan(140);
    for (const text of texts) {
      linted = lintText(text, context, linted);
      expect(linted.findings).toStrictEqual(lintText(text, context).findings);
    }
  });

  it("follow the context too", () => {
    const text = "# @type=nonsense\nA = 1\nB=x#y z\nKEY=q7Gz2LpV9sKd4WxYb8Nf3RtM\nD=`x`\nE=$A\n";
    const { schema: _schema, siblings: _siblings, ...fewer } = fullContext;
    const others: LintContext[] = [
      { ...fullContext, severities: { ...everyRule, "space-around-equals": "off" } },
      { ...fullContext, tracked: false },
      { ...fullContext, dialects: ["compose"] },
      { ...fullContext, isExample: true },
      { ...fullContext, isExample: true, isSchema: true },
      { ...fullContext, known: new Set(["A"]) },
      fewer,
    ];
    for (const other of others) {
      for (const [from, to] of [
        [fullContext, other],
        [other, fullContext],
      ] as const) {
        const before = lintText(text, from);
        expect(lintText(text, to, before).findings).toStrictEqual(lintText(text, to).findings);
      }
    }
  });
});

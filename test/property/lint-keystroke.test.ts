import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lintText } from "../../src/lint/lint.ts";
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

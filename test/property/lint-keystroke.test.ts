import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDocument } from "../../src/dotenv/document.ts";
import { ruleIds, type SeverityChoice } from "../../src/lint/catalog.ts";
import { lintText } from "../../src/lint/lint.ts";
import type { LintContext } from "../../src/lint/rule.ts";
import { nastyText, soupRun } from "./dotenv-soup.ts";

const place = fc.double({ min: 0, max: 1, noNaN: true });
const directive = fc.constantFrom(
  "",
  "# envpact-ignore\n",
  "# envpact-ignore-file duplicate-key\n",
  "# dotenv-linter:off\n",
);
const inserted = fc.tuple(nastyText, directive).map((parts) => parts.join(""));
const change = fc.record({ from: place, length: fc.nat({ max: 12 }), text: inserted });

/** Every rule in force, also those that are off unless asked for. */
const all = Object.fromEntries(ruleIds.map((id): [string, SeverityChoice] => [id, "warning"]));
const context: LintContext = {
  example: { name: ".env.example", document: parseDocument("A=\nB=\nC1=\n") },
  known: new Set(["HOME"]),
  isExample: false,
  severities: all,
};

describe("findings while one types", () => {
  it("are those of a file checked from the start, change after change", () => {
    fc.assert(
      fc.property(nastyText, fc.array(change, { maxLength: 4 }), (first, changes) => {
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
    const text = "A = 1\nB=x#y\n";
    const before = lintText(text, context);
    const quieter: LintContext = { ...context, severities: { ...all, "space-around-equals": "off" } };
    expect(lintText(text, quieter, before).findings).toStrictEqual(lintText(text, quieter).findings);
  });
});

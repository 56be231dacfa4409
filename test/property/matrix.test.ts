import { parse } from "dotenv";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareEnvironments } from "../../src/dotenv/comparison.ts";
import { conventionIds, conventions } from "../../src/dotenv/conventions.ts";
import { parseDocument } from "../../src/dotenv/document.ts";
import { explain } from "../../src/dotenv/explain.ts";
import { explainHtml } from "../../src/extension/views/explainHtml.ts";
import { nastyText, soupRun } from "./dotenv-soup.ts";

const anyTexts = fc.array(nastyText, { minLength: 1, maxLength: 4 });

describe("any texts side by side", () => {
  it("are compared as dotenv reads them", () => {
    fc.assert(
      fc.property(anyTexts, (texts) => {
        const rows = compareEnvironments(
          texts.map((text, at) => ({
            name: `.env.${at}`,
            document: parseDocument(text),
            isExample: false,
            overrides: [],
          })),
        );
        const read = texts.map((text) => parse(text));
        expect(new Set(rows.map(({ key }) => key))).toEqual(new Set(read.flatMap(Object.keys)));
        for (const { key, cells } of rows) {
          const values = read.map((each) => (Object.hasOwn(each, key) ? each[key] : undefined));
          const set = values.filter((value) => value !== undefined && value !== "");
          expect(cells.map(({ state }) => state)).toEqual(
            values.map((value) => {
              if (value === undefined) return "missing";
              if (value === "") return "empty";
              if (set.length === 1) return "alone";
              return value === set[0] ? "equal" : "differs";
            }),
          );
          for (const [at, cell] of cells.entries()) {
            for (const [other, { group }] of cells.entries()) {
              if (cell.group > 0 && group > 0)
                expect(cell.group === group).toBe(values[at] === values[other]);
            }
          }
        }
      }),
      soupRun("matrix comparison"),
    );
  });
});

describe("any value", () => {
  const pieces = ["${K0}", "${K1}", "$K2", "${K3:-", "${K0:+", "${K2-", "}", "$(", ")", "\\$", "x", "c4n4ry"];
  const anyValue = fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((parts) => parts.join(""));

  it("is explained without an exception, and without itself on a masked page", () => {
    const anyFile = fc.array(anyValue, { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(anyFile, anyFile, fc.constantFrom(...conventionIds), (base, own, id) => {
        const file = (values: readonly string[]) =>
          parseDocument(values.map((value, at) => `K${at}='${value}'`).join("\n"));
        const explanation = explain(
          { key: "K0", convention: conventions[id], mode: "production", file: ".env" },
          {
            files: new Map([
              [".env", file(base)],
              [".env.production", file(own)],
            ]),
            environment: {},
          },
        );
        expect(explanation.winner?.source).toBe("file");
        const page = explainHtml({
          explanation,
          folder: "f",
          choice: "auto",
          reason: "",
          modes: [],
          value: undefined,
          values: new Map(),
        });
        expect(page).not.toContain("c4n4ry");
      }),
      soupRun("matrix explanation"),
    );
  });

  it("that is nested as deeply as can be ends", () => {
    const nested = (innermost: string): string => "${X:-".repeat(60) + innermost + "}".repeat(60);
    const text = Array.from({ length: 200 }, (_, at) => `K${at}=${nested(`\${K${at + 1}}`)}`).join("\n");
    const { value } = explain(
      { key: "K0", convention: conventions.plain, mode: "", file: ".env" },
      { files: new Map([[".env", parseDocument(text)]]), environment: {} },
    );
    expect(value).toBeUndefined();
  });
});

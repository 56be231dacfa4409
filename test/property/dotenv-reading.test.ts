import { parse } from "dotenv";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDocument, values } from "../../src/dotenv/document.ts";
import { nastyText, soupRun } from "./dotenv-soup.ts";

describe("any text at all", () => {
  it("comes back byte for byte from its tokens, which lie side by side", () => {
    fc.assert(
      fc.property(nastyText, (text) => {
        const { tokens } = parseDocument(text);
        expect(tokens.map((token) => token.text).join("")).toBe(text);
        expect(tokens.map((token) => text.slice(token.start, token.end)).join("")).toBe(text);
        expect(tokens.every((token) => token.end - token.start === token.text.length)).toBe(true);
        expect(tokens.every((token) => token.end > token.start)).toBe(true);
      }),
      soupRun("lossless tokens"),
    );
  });

  it("gives the values that dotenv.parse gives", () => {
    fc.assert(
      fc.property(nastyText, (text) => {
        expect(values(parseDocument(text))).toStrictEqual(parse(text));
      }),
      soupRun("same values as dotenv"),
    );
  });

  it("has entries whose spans name their keys, nest, and do not overlap", () => {
    fc.assert(
      fc.property(nastyText, (text) => {
        const document = parseDocument(text);
        let behind = 0;
        for (const entry of document.entries) {
          expect(text.slice(entry.keySpan.start, entry.keySpan.end)).toBe(entry.key);
          const marks = [
            entry.lineSpan.start,
            entry.span.start,
            entry.keySpan.start,
            entry.keySpan.end,
            entry.valueSpan.start,
            entry.valueSpan.end,
            entry.span.end,
            entry.lineSpan.end,
          ];
          expect(marks).toStrictEqual(marks.toSorted((one, other) => one - other));
          expect(entry.lineSpan.start).toBeGreaterThanOrEqual(behind);
          behind = entry.lineSpan.end;
        }
        const effective = document.entries.filter((entry) => entry.effective);
        const read = Object.fromEntries(effective.map((entry) => [entry.key, entry.value]));
        expect(read).toStrictEqual(parse(text));
      }),
      soupRun("spans of entries"),
    );
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyEdits } from "../../src/dotenv/edit.ts";
import { editsBetween } from "../../src/extension/services/peerTextEdits.ts";

const piece = fc.constantFrom(
  "\r\n",
  "\n",
  "\r",
  "A=1",
  "B=2",
  "# c",
  "\ud83d\ude00",
  "\ud83d\ude01",
  "x",
  "",
);
const text = fc.array(piece, { maxLength: 24 }).map((pieces) => pieces.join(""));

describe("edits for an open document", () => {
  it("turn any text into any other without splitting a line end or a character", () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const edits = editsBetween(before, after);
        expect(applyEdits(before, edits)).toBe(after);
        for (const { start, end } of edits) {
          for (const at of [start, end]) {
            expect(before.slice(at - 1, at + 1)).not.toBe("\r\n");
            expect(before.slice(at - 1, at + 1)).not.toMatch(/^[\ud800-\udbff][\udc00-\udfff]$/);
          }
        }
      }),
      { numRuns: 5_000 },
    );
  });

  it("touch only what differs: one edit a changed value", () => {
    const before = "A=1\nB=2\nC=3\n";
    expect(editsBetween(before, "A=9\nB=2\nC=7\n")).toEqual([
      { start: 2, end: 3, text: "9" },
      { start: 10, end: 11, text: "7" },
    ]);
    expect(editsBetween(before, "A=1\nB=2\nC=3\nD=4\n")).toEqual([{ start: 12, end: 12, text: "D=4\n" }]);
    expect(editsBetween(before, before)).toEqual([]);
  });
});

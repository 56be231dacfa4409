import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDocument, values } from "../../src/dotenv/document.ts";
import { applyEdits, removeKey, setKey } from "../../src/dotenv/edit.ts";
import { differenceOf, type Plan, sequence } from "../../src/extension/services/environmentPlans.ts";

const seed = Number(process.env.ENVPACT_SEED ?? Math.floor(Math.random() * 2 ** 31));

function run(text: string, plans: readonly Plan[]): string {
  const result = sequence(plans)(parseDocument(text), {});
  if (!result.ok) throw new Error(result.refusal.code);
  return applyEdits(text, result.edits);
}

describe("several changes as one", () => {
  it("make one edit and leave the rest of the file alone", () => {
    const text = "# head\r\nA=1 # note\r\nB=2\r\n\r\n# tail\r\n";
    const changed = run(text, [
      (document) => setKey(document, "A", "9"),
      (document) => removeKey(document, "B"),
    ]);
    expect(changed).toBe("# head\r\nA=9 # note\r\n\r\n# tail\r\n");
  });

  it("build on each other", () => {
    const changed = run("A=1\n", [
      (document) => setKey(document, "B", "2"),
      (document) => setKey(document, "C", "3", { after: "B" }),
    ]);
    expect({ ...values(parseDocument(changed)) }).toEqual({ A: "1", B: "2", C: "3" });
  });

  it("change nothing when one of them is refused", () => {
    const result = sequence([
      (document) => setKey(document, "A", "2"),
      (document) => removeKey(document, "NOT_THERE"),
    ])(parseDocument("A=1\n"), {});
    expect(result).toMatchObject({ ok: false, refusal: { code: "KEY_NOT_FOUND" } });
  });
});

describe("the difference of two texts", () => {
  it(`turns any text into any other and splits neither CRLF nor a character (seed ${seed})`, () => {
    const piece = fc.constantFrom("a", "b", "=", "\r", "\n", "\r\n", "😀", "😁", "é", "\ud83d");
    const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(text, text, (from, to) => {
        const edits = differenceOf(from, to);
        expect(applyEdits(from, edits)).toBe(to);
        for (const { start, end } of edits) {
          for (const at of [start, end]) {
            expect(from.slice(at - 1, at + 1)).not.toBe("\r\n");
            expect(/^[\ud800-\udbff][\udc00-\udfff]$/.test(from.slice(at - 1, at + 1))).toBe(false);
          }
        }
      }),
      { seed, numRuns: 5_000 },
    );
  });
});

import { describe, expect, it } from "vitest";
import { parseDocument } from "../../src/dotenv/document.ts";
import { mask, revealedCharactersMax, revealedText } from "../../src/extension/services/environmentMask.ts";
import { type RowContext, rowsOf, wordsOf } from "../../src/extension/services/environmentRows.ts";

const alone: RowContext = {
  exampleKeys: [],
  inheritedKeys: new Set(),
  problemKeys: new Set(),
  stateOf: () => undefined,
};

function rows(text: string, context: Partial<RowContext> = {}): string[] {
  return rowsOf(parseDocument(text), { ...alone, ...context }).map((row) =>
    [row.key, ...row.states, row.lines.join("/")].join(" "),
  );
}

describe("rows of an environment", () => {
  it("stand in file order", () => {
    expect(rows("B=1\nA=2\nC=3\n")).toEqual(["B plain 1", "A plain 2", "C plain 3"]);
  });

  it("show a key that is assigned twice once, at the line that counts", () => {
    expect(rows("A=1\nB=2\nA=3\n")).toEqual(["B plain 2", "A duplicate 1/3"]);
  });

  it("count lines through CRLF, lone CR and values of several lines", () => {
    expect(rows('A="x\r\ny"\r\nB=1\rC=2\n')).toEqual(["A plain 1", "B plain 3", "C plain 4"]);
  });

  it("show a commented-out key unless it is assigned as well", () => {
    expect(rows("# A=1\nB=2\n# B=3\n")).toEqual(["A commented 1", "B plain 2"]);
  });

  it("end with the keys that only the example has", () => {
    expect(rows("B=1\n", { exampleKeys: ["A", "B", "C"] })).toEqual([
      "B plain 1",
      "A missing ",
      "C missing ",
    ]);
  });

  it("call a commented-out key of the example missing too, in one row", () => {
    expect(rows("# A=1\n", { exampleKeys: ["A"] })).toEqual(["A commented missing 1"]);
  });

  it("do not call a key missing that an overridden file has", () => {
    expect(rows("", { exampleKeys: ["A", "B"], inheritedKeys: new Set(["A"]) })).toEqual(["B missing "]);
  });

  it("put what is most pressing first", () => {
    const context = { problemKeys: new Set(["A"]), stateOf: () => "drift" as const };
    expect(rows("A=1\nA=2\n", context)).toEqual(["A drift problem duplicate 1/2"]);
  });

  it("call an unclosed quote a problem", () => {
    expect(rows('A="x\nB=1\n')).toEqual(["A problem 1", "B plain 2"]);
  });

  it("say the state in words", () => {
    const [row] = rowsOf(parseDocument("A=1\nA=2\n"), { ...alone, stateOf: () => "shared" });
    expect(row && wordsOf(row)).toEqual(["duplicate, lines 1, 2", "shared"]);
  });

  it("hold no value", () => {
    const text = "A=s3cret\n# B=s3cret\nC='s3cret'\nC=s3cret\n";
    expect(JSON.stringify(rowsOf(parseDocument(text), alone))).not.toContain("s3cret");
  });
});

describe("a shown value", () => {
  it("is hidden behind a sign of fixed length", () => {
    expect(mask).toBe("••••");
  });

  it("stands on one line", () => {
    expect(revealedText("a\r\nb\nc\td\u202e")).toBe("a⏎b⏎c⇥d�");
  });

  it("is cut at the limit, never through a character", () => {
    const long = "😀".repeat(revealedCharactersMax + 5);
    const shown = revealedText(long);
    expect(shown.endsWith("…")).toBe(true);
    expect(shown.isWellFormed()).toBe(true);
    expect([...shown].length).toBeLessThanOrEqual(revealedCharactersMax + 1);
    expect(revealedText("x".repeat(revealedCharactersMax))).toBe("x".repeat(revealedCharactersMax));
  });

  it("says so when there is none", () => {
    expect(revealedText("")).toBe("(empty)");
  });
});

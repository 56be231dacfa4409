import { describe, expect, it } from "vitest";
import {
  type DotenvDocument,
  effectiveEntry,
  lineOf,
  parseDocument,
  type Span,
  values,
} from "../../src/dotenv/document.ts";

function cut(document: DotenvDocument, span: Span | undefined): string | undefined {
  return span && document.text.slice(span.start, span.end);
}

describe("what an application reads", () => {
  it.each([
    ["\ufeffA=1", { A: "1" }],
    ["A: 1", { A: "1" }],
    ["B:2", {}],
    ["A : 1", {}],
    ["A", {}],
    ["export A", {}],
    ["A\n=1", { A: "1" }],
    ['A=\n"x"', { A: "x" }],
    ["A=ab#cd", { A: "ab" }],
    ['A={"a":"b#c"}', { A: '{"a":"b' }],
    ['A="1" B="2"', { A: '1" B="2' }],
    ['A="1"junk', { A: '"1"junk' }],
    ['A="abc\nB=2', { A: '"abc', B: "2" }],
    ['A="a\\"b"', { A: 'a\\"b' }],
    ['A="a\\\\nb"', { A: "a\\\nb" }],
    ['A="C:\\new"', { A: "C:\new" }],
    ['A="\\t"', { A: "\\t" }],
    ["A='a\\nb'", { A: "a\\nb" }],
    ["A=`a\nb`", { A: "a\nb" }],
    ['A="a\r\nb\rc"', { A: "a\nb\nc" }],
    ["A=1\nA=2", { A: "2" }],
    ["9.a-b=1", { "9.a-b": "1" }],
  ])("%j reads as it does through dotenv", (text, expected) => {
    expect(values(parseDocument(text))).toStrictEqual(expected);
  });

  it("leaves out __proto__ and keeps keys that plain objects inherit", () => {
    const read = values(parseDocument("__proto__=x\nconstructor=y\n"));
    expect(Object.entries(read)).toStrictEqual([["constructor", "y"]]);
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
  });
});

describe("an entry", () => {
  const text = '\ufeff  export NAME = "a#b"  # why\r\nNEXT: x\r\n';
  const document = parseDocument(text);
  const [first, second] = document.entries;

  it("knows its key, raw value, inline comment and style", () => {
    expect(first).toMatchObject({ key: "NAME", value: "a#b", quote: '"', exported: true, separator: "=" });
    expect(cut(document, first?.keySpan)).toBe("NAME");
    expect(cut(document, first?.valueSpan)).toBe('"a#b"');
    expect(cut(document, first?.comment)).toBe("# why");
    expect(second).toMatchObject({ key: "NEXT", value: "x", quote: undefined, separator: ":" });
  });

  it("spans its statement, and its lines without the byte order mark", () => {
    expect(cut(document, first?.span)).toBe('export NAME = "a#b"  # why');
    expect(cut(document, first?.lineSpan)).toBe('  export NAME = "a#b"  # why\r\n');
    expect(cut(document, second?.lineSpan)).toBe("NEXT: x\r\n");
  });

  it("spans all the lines of a value over lines", () => {
    const over = parseDocument("A='1\n2' # c\nB=3");
    expect(cut(over, over.entries[0]?.lineSpan)).toBe("A='1\n2' # c\n");
    expect(cut(over, over.entries[1]?.lineSpan)).toBe("B=3");
  });

  it("is effective only as the last with its key", () => {
    const twice = parseDocument("A=1\nB=2\nA=3\n");
    expect(twice.entries.map((entry) => entry.effective)).toStrictEqual([false, true, true]);
    expect(effectiveEntry(twice, "A")?.value).toBe("3");
    expect(effectiveEntry(twice, "toString")).toBeUndefined();
  });

  it("says when its quote is never closed", () => {
    const open = parseDocument("A=\"abc\nB='x'\nC=it's\nD=\"1\"junk\n");
    expect(open.entries.map((entry) => entry.unclosed)).toStrictEqual([true, false, false, false]);
  });

  it("has an empty value span where there is no value", () => {
    const empty = parseDocument("A=\nB= # c\n");
    expect(empty.entries.map((entry) => cut(empty, entry.valueSpan))).toStrictEqual(["", ""]);
  });
});

describe("a document", () => {
  it("finds commented-out assignments, over lines too, and no prose", () => {
    const text = "# OLD=1 # x\n#B='2'\n# Note: hi\n# Title\n# =====\n# P=\"one\n# two\"\nA=1 # C=3\n";
    const document = parseDocument(text);
    expect(document.commented.map((entry) => entry.key)).toStrictEqual(["OLD", "B", "P"]);
    expect(cut(document, document.commented[0]?.valueSpan)).toBe("1");
    expect(cut(document, document.commented[1]?.keySpan)).toBe("B");
    expect(cut(document, document.commented[2]?.span)).toBe('# P="one\n# two"');
  });

  it("names the lines that dotenv skips, and why", () => {
    const document = parseDocument('A\nexport B\nC:3\nD E=4\n=5\n???\n__proto__=6\n\n# fine\nOK="x\nrest\n');
    expect(document.invalid.map(({ span, reason }) => [cut(document, span), reason])).toStrictEqual([
      ["A", "no-separator"],
      ["export B", "no-separator"],
      ["C:3", "no-separator"],
      ["D E=4", "bad-key"],
      ["=5", "bad-key"],
      ["???", "garbage"],
      ["__proto__", "bad-key"],
      ["rest", "unclosed-quote"],
    ]);
  });

  it("tells the prevailing newline and a byte order mark", () => {
    expect(parseDocument("").eol).toBe("\n");
    expect(parseDocument("A=1\r\nB=2\r\nC=3\n").eol).toBe("\r\n");
    expect(parseDocument("A=1\rB=2\r").eol).toBe("\r");
    expect(parseDocument("\ufeff").bom).toBe(true);
    expect(parseDocument("A=1").bom).toBe(false);
  });

  it("counts lines and columns from 1, at LF, CRLF and lone CR", () => {
    const document = parseDocument("ab\ncd\r\nef\rg");
    const places = [0, 1, 3, 5, 7, 10, 11].map((offset) => lineOf(document, offset));
    expect(places.map(({ line, column }) => `${line}:${column}`)).toStrictEqual([
      "1:1",
      "1:2",
      "2:1",
      "2:3",
      "3:1",
      "4:1",
      "4:2",
    ]);
    expect(lineOf(document, 999)).toStrictEqual({ line: 4, column: 2 });
  });
});

describe("a hostile file", () => {
  it.each([
    ["unclosed quotes", 'A="x\n'],
    ["closers that are escaped", "A='x\\'\nB=\"y\\\"\n"],
    ["commented unclosed quotes", '# A="x\n'],
    ["lone exports", "export\n"],
    ["quotes behind line separators", "A='x\u2028'y"],
  ])("of many %s is read in time that grows with its length", (_name, piece) => {
    const time = (count: number) => {
      const text = piece.repeat(count);
      const started = performance.now();
      const document = parseDocument(text);
      expect(document.tokens.length + document.entries.length + document.commented.length).toBeGreaterThan(0);
      expect(document.invalid.length + Object.keys(values(document)).length).toBeGreaterThanOrEqual(0);
      return performance.now() - started;
    };
    const best = (count: number) => Math.min(time(count), time(count), time(count));
    const short = Math.max(best(2_000), 1);
    expect(best(32_000) / short).toBeLessThan(16 * 6);
  });
});

import { parse } from "dotenv";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dialectIds, readAs } from "../../src/dotenv/dialects.ts";
import { parseDocument } from "../../src/dotenv/document.ts";
import { applyEdits } from "../../src/dotenv/edit.ts";
import { formatEdits, type SameReading } from "../../src/dotenv/formatting.ts";
import { readsSame } from "../../src/dotenv/sameReading.ts";

function formatted(text: string, sameReading: SameReading = () => true): string {
  return applyEdits(text, formatEdits(parseDocument(text), sameReading));
}

describe("Formatting", () => {
  it("takes the space from around the equals sign, the line ends and the indents", () => {
    expect(formatted('A = 1  \n  export   B= "x"\t\nC =\n')).toBe('A=1\nexport B="x"\nC=\n');
  });

  it("leaves one blank line of several, none at the start and the end, and ends the last line", () => {
    expect(formatted("\n\nA=1\n  \n\n\nB=2\n\n\n")).toBe("A=1\n\nB=2\n");
    expect(formatted("A=1\r\n\r\n\r\nB=2")).toBe("A=1\r\n\r\nB=2\r\n");
    expect(formatted("\n \n")).toBe("");
    expect(formatted("")).toBe("");
  });

  it("puts a space behind the # of prose, not of rules, decorators, titles and commented assignments", () => {
    const kept = "#!/bin/sh\n#@required\n#-----\n#====\n## Title\n#A=1\n#region x\n#\n# fine\n";
    expect(formatted(kept)).toBe(kept);
    expect(formatted('#prose\nA="1"#note\nB=1 #note\n')).toBe('# prose\nA="1" # note\nB=1 # note\n');
  });

  it("leaves the lines of a value, and a value that # cuts, as they are", () => {
    const text = 'A="one  \n\n\n  #two \n  three"\nB=x#y\nA: 1\n';
    expect(formatted(text)).toBe(text);
  });

  it("is at rest after the first time", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const once = formatted(text);
        expect(formatted(once)).toBe(once);
      }),
      { numRuns: 500 },
    );
  });

  it("changes nothing that dotenv reads, whatever the text", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(parse(formatted(text))).toEqual(parse(text));
      }),
      { numRuns: 1_000 },
    );
  });

  it("leaves out what another reader would read differently, and keeps the rest", () => {
    const readsSpace: SameReading = (before, after) => before.includes("B = 2") === after.includes("B = 2");
    expect(formatted("A = 1\nB = 2\nC = 3\n", readsSpace)).toBe("A=1\nB = 2\nC=3\n");
    expect(formatted("A = 1\n", () => false)).toBe("A = 1\n");
  });

  it("changes nothing that any dialect reads, whatever the text", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const after = formatted(text, (before, other) => readsSame(before, other, dialectIds));
        for (const dialect of dialectIds) {
          const one = readAs(dialect, text);
          if (one.ok) expect(readAs(dialect, after), dialect).toEqual(one);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("leaves a value whole for the readers that take a # without a space for a part of it", () => {
    const sameFor = (before: string, after: string) => readsSame(before, after, ["dotenv", "python-dotenv"]);
    expect(formatted("A = x#y\nB='1'#c\n", sameFor)).toBe("A=x#y\nB='1' # c\n");
  });

  it("formats a file of 20,000 keys as a whole", () => {
    const text = Array.from({ length: 20_000 }, (_, at) => `KEY_${at} = value ${at} `).join("\n");
    expect(formatted(text)).toBe(`${text.replace(/ = /g, "=").replace(/ $/gm, "")}\n`);
  });
});

const piece = fc.constantFrom(
  "A",
  "export ",
  "KEY_B",
  " = ",
  "=",
  ": ",
  "#",
  " # note",
  '"',
  "'",
  "`",
  "\n",
  "\r\n",
  "\n\n\n",
  "  ",
  "\t",
  "value",
  "\\n",
  "$A",
  "\u2028",
  "\uFEFF",
);
const anyText = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));

import { describe, expect, it } from "vitest";
import { parseDocument } from "../../src/dotenv/document.ts";
import { applyEdits } from "../../src/dotenv/edit.ts";
import { occurrenceAt, occurrencesOf } from "../../src/dotenv/occurrences.ts";
import { refuseName, renameEverywhere } from "../../src/dotenv/renaming.ts";

function renamed(text: string, from: string, to: string): string {
  const result = renameEverywhere(parseDocument(text), from, to);
  return result.ok ? applyEdits(text, result.edits) : result.refusal.code;
}

function found(text: string, name: string): string[] {
  return occurrencesOf(parseDocument(text), name).map(
    ({ kind, span }) => `${kind} ${span.start} ${text.slice(span.start, span.end)}`,
  );
}

describe("Occurrences of a key", () => {
  it("are its assignments, also commented out, and what refers to it in any quotes", () => {
    const text = "A=1\n# A=2\nB=$A-${A:-x}\nC=\"${D:-${A}}\"\nE='$A'\nA=3\nAA=$AA\n";
    expect(found(text, "A").map((line) => line.split(" ")[0])).toEqual([
      "assignment",
      "commented",
      "reference",
      "reference",
      "reference",
      "reference",
      "assignment",
    ]);
    for (const line of found(text, "A")) expect(line.endsWith(" A")).toBe(true);
  });

  it("stand at the right place behind escapes and line ends of a value", () => {
    const text = 'A=1\r\nB="one\\n\r\ntwo ${A} \\n $A"\r\n';
    expect(found(text, "A").slice(1)).toEqual([
      `reference ${text.indexOf("${A}") + 2} A`,
      `reference ${text.lastIndexOf("$A") + 1} A`,
    ]);
  });

  it("are found from a position in the key, in a comment and in the innermost reference", () => {
    const text = "AB=1\n# CD=2\nE=x${F:-${GH}}y\n";
    const document = parseDocument(text);
    const nameAt = (offset: number) => occurrenceAt(document, offset)?.name;
    expect([nameAt(0), nameAt(2), nameAt(3)]).toEqual(["AB", "AB", undefined]);
    expect(nameAt(text.indexOf("CD") + 1)).toBe("CD");
    expect(nameAt(text.indexOf("${F"))).toBe("F");
    expect(nameAt(text.indexOf("GH") + 1)).toBe("GH");
    expect(nameAt(text.indexOf("y"))).not.toBe("GH");
    expect(nameAt(text.length)).toBeUndefined();
    expect(occurrenceAt(parseDocument(""), 0)).toBeUndefined();
  });
});

describe("Renaming a key", () => {
  it("takes every assignment, comment and reference along, and nothing that only looks alike", () => {
    const text = 'export A=1 # A\n#A=2\nB="${A}/$A" # $A\nAA=${AA}A\nA=3\n';
    expect(renamed(text, "A", "NEW")).toBe(
      'export NEW=1 # A\n#NEW=2\nB="${NEW}/$NEW" # $A\nAA=${AA}A\nNEW=3\n',
    );
  });

  it("puts braces around a name that needs them", () => {
    expect(renamed("A=1\nB=x$A/y\n", "A", "a.b")).toBe("a.b=1\nB=x${a.b}/y\n");
    expect(renamed("A=1\nB=${A}\n", "A", "1st")).toBe("1st=1\nB=${1st}\n");
  });

  it("refuses a name that is set, that something refers to, or that a reference cannot hold", () => {
    expect(renamed("A=1\nB=2\n", "A", "B")).toBe("KEY_EXISTS");
    expect(renamed("A=1\nB=$HOME\n", "A", "HOME")).toBe("KEY_EXISTS");
    expect(renamed("A=1\nB=$A\n", "A", "A-B")).toBe("KEY_INVALID");
    expect(renamed("A=1\n", "A", "A-B")).toBe("A-B=1\n");
    for (const name of ["", "A B", "A=secret", "__proto__"])
      expect(renamed("A=1\n", "A", name)).toBe("KEY_INVALID");
  });

  it("says the file and the line, and repeats neither a value nor a pasted name", () => {
    const document = parseDocument("A=1\nB=secret\n");
    expect(refuseName(document, "A", "B", ".env.local")?.message).toBe(
      "B is set already in .env.local, line 2.",
    );
    expect(refuseName(document, "A", "X=secret")?.message).not.toContain("secret");
  });

  it("changes nothing where the key is not", () => {
    expect(renamed("B=1\n", "A", "C")).toBe("B=1\n");
    expect(renamed("A=1\n", "A", "A")).toBe("A=1\n");
  });
});

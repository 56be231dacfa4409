import { describe, expect, it } from "vitest";
import { completionPlace } from "../../src/dotenv/completing.ts";
import { parseDocument } from "../../src/dotenv/document.ts";
import { markOf, type Sibling, signOf } from "../../src/dotenv/keySigns.ts";

/** What may be completed at the `|` in a text. */
function placeIn(marked: string) {
  const offset = marked.indexOf("|");
  const text = marked.replace("|", "");
  const place = completionPlace(parseDocument(text), offset);
  if (!place) return undefined;
  const { span, ...rest } = place;
  return { ...rest, text: text.slice(span.start, span.end) };
}

describe("The place of a completion", () => {
  it("is a key at the start of a line", () => {
    expect(placeIn("|")).toEqual({ kind: "key", text: "", assigned: false });
    expect(placeIn("A=1\nAP|\nB=2\n")).toEqual({ kind: "key", text: "AP", assigned: false });
    expect(placeIn("  export AP|I=1\n")).toEqual({ kind: "key", text: "API", assigned: true });
  });

  it("is a name behind a dollar in a value that is unquoted or double-quoted", () => {
    expect(placeIn("A=x$|\n")).toEqual({
      kind: "reference",
      key: "A",
      text: "",
      braced: false,
      closed: false,
    });
    expect(placeIn('A="x${B|}"\n')).toEqual({
      kind: "reference",
      key: "A",
      text: "B",
      braced: true,
      closed: true,
    });
    expect(placeIn('A="\n${B|C\n"\n')).toEqual({
      kind: "reference",
      key: "A",
      text: "BC",
      braced: true,
      closed: false,
    });
    for (const marked of ["A='$|'\n", "A=`${B|}`\n", "A=\\$|\n"])
      expect(placeIn(marked), marked).toBeUndefined();
  });

  it("is the whole value otherwise, without its quotes", () => {
    expect(placeIn("A=|\n")).toEqual({ kind: "value", key: "A", text: "", quoted: false });
    expect(placeIn("A=de|v # note\n")).toEqual({ kind: "value", key: "A", text: "dev", quoted: false });
    expect(placeIn('A="d|ev"\n')).toEqual({ kind: "value", key: "A", text: "dev", quoted: true });
    expect(placeIn("A='|'\n")).toEqual({ kind: "value", key: "A", text: "", quoted: true });
  });

  it("is nothing in comments, behind a value, and before a key", () => {
    for (const marked of ["# AP|\n", "A=1 # n|\n", 'A="1"|\n', 'A=|"1"\n', "ex|port A=1\n"]) {
      expect(placeIn(marked)?.kind, marked).not.toBe("key");
    }
    expect(placeIn("A=1 # n|\n")).toBeUndefined();
    expect(placeIn('A="1"|\n')).toBeUndefined();
  });
});

describe("The sign behind a key", () => {
  const sibling = (name: string, text: string, ...inherited: string[]): Sibling => ({
    name,
    document: parseDocument(text),
    inherits: (key) => inherited.includes(key),
  });
  const marks = (text: string, ...siblings: Sibling[]) =>
    parseDocument(text).entries.map((entry) => {
      const mark = markOf(entry, siblings);
      return mark && `${mark.signs.map(signOf).join(" ")} ${mark.words.join(" ")}`;
    });

  it("says equal, differs, empty, missing, and that a later line wins", () => {
    const local = sibling(".env.local", "A=1\nB=2\n", "D");
    const test = sibling(".env.test", "A=1\nB=3\nC=\n");
    expect(marks("A=1\nB=3\nC=\nD=4\nE=5\nE=6\n", local, test)).toEqual([
      "= The same value in .env.local, .env.test.",
      "≠ Another value in .env.local.",
      "∅ – Empty here. Missing in .env.local.",
      "– Missing in .env.test.",
      "↓ A later line with this key wins.",
      "– Missing in .env.local, .env.test.",
    ]);
  });

  it("says nothing where there is nothing to compare with", () => {
    expect(marks("A=1\n")).toEqual([undefined]);
    expect(marks("A=\n")).toEqual(["∅ Empty here."]);
  });
});

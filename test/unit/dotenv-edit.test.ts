import { parse } from "dotenv";
import { describe, expect, it } from "vitest";
import { type DotenvDocument, parseDocument } from "../../src/dotenv/document.ts";
import {
  applyEdits,
  commentOutKey,
  type EditResult,
  isValidKey,
  moveKey,
  removeKey,
  renameKey,
  setKey,
  uncommentKey,
} from "../../src/dotenv/edit.ts";

function edited(text: string, edit: (document: DotenvDocument) => EditResult): string {
  const result = edit(parseDocument(text));
  if (!result.ok) throw new Error(`${result.refusal.code}: ${result.refusal.message}`);
  return applyEdits(text, result.edits);
}

function refusal(text: string, edit: (document: DotenvDocument) => EditResult) {
  const result = edit(parseDocument(text));
  if (result.ok) throw new Error("The edit was made.");
  return result.refusal;
}

describe("setting a key that is there", () => {
  it.each([
    ["keeps double quotes", 'A="1"\n', "2", 'A="2"\n'],
    ["keeps single quotes", "A='1'\n", "2", "A='2'\n"],
    ["keeps backticks", "A=`1`\n", "2", "A=`2`\n"],
    ["keeps a bare value bare", "A=1\n", "two words", "A=two words\n"],
    ["keeps export, spacing and the inline comment", " export A = 1  # why\n", "2", " export A = 2  # why\n"],
    ["keeps the colon", "A: 1\n", "2", "A: 2\n"],
    ["keeps CRLF", "A=1\r\nB=2\r\n", "3", "A=3\r\nB=2\r\n"],
    ["writes a line break as the file does", 'A="1"\r\nB=2\r\n', "x\ny", 'A="x\r\ny"\r\nB=2\r\n'],
    ["keeps escaped line breaks escaped", 'A="1\\n2"\n', "x\ny", 'A="x\\ny"\n'],
    ["takes another quote when its own is in the value", 'A="1"\n', 'say "hi"', "A='say \"hi\"'\n"],
    ["quotes a value that # would cut", "A=1\n", "a#b", 'A="a#b"\n'],
    ["avoids double quotes for a backslash and n", "A=1 # c\n", " C:\\new ", "A=' C:\\new ' # c\n"],
    ["escapes a carriage return in double quotes", "A='1'\n", "x\ry", 'A="x\\ry"\n'],
    ["changes the last of duplicates", "A=1\nA=2\nB=3\n", "9", "A=1\nA=9\nB=3\n"],
    ["fills an empty value", "A=\nB=1\n", "2", "A=2\nB=1\n"],
    ["fills an empty value in spaces", "A = \n", "2", "A = 2\n"],
    ["fills an empty value before a comment", "A= # c\n", "2", "A=2 # c\n"],
    ["fills an empty value at a comment", "A=#c\n", "2", "A=2 #c\n"],
    ["fills an empty value in spaces before a comment", "A = # c\n", "2", "A = 2 # c\n"],
    ["fills an empty value behind a colon", "A:\n# c\n", "2", "A: 2\n# c\n"],
    ["empties a bare value", "A=1 # c\n", "", "A= # c\n"],
    ["empties a quoted value", 'A="1"\n', "", 'A=""\n'],
    ["closes an unclosed quote", 'A="1\nB=2\n', "x y", 'A="x y"\nB=2\n'],
    ["replaces a value over lines", "A='1\n2'\nB=3\n", "x", "A='x'\nB=3\n"],
  ])("%s", (_name, text, value, expected) => {
    expect(edited(text, (document) => setKey(document, "A", value))).toBe(expected);
    expect(parse(expected).A).toBe(value);
  });

  it("makes no edit when the value is there already", () => {
    expect(setKey(parseDocument("A='1'\n"), "A", "1")).toStrictEqual({ ok: true, edits: [] });
  });

  it("touches the value's range only", () => {
    const result = setKey(parseDocument('X=0\nA="1" # c\n'), "A", "2");
    expect(result).toStrictEqual({ ok: true, edits: [{ start: 6, end: 9, text: '"2"' }] });
  });
});

describe("setting a new key", () => {
  it.each([
    ["at the end", "A=1\n", "x", "A=1\nNEW=x\n"],
    ["in an empty file", "", "x", "NEW=x\n"],
    ["behind a byte order mark", "\ufeff", "x", "\ufeffNEW=x\n"],
    ["behind a last line without newline", "A=1", "x", "A=1\nNEW=x"],
    ["with the newline of the file", "A=1\r\n", "x", "A=1\r\nNEW=x\r\n"],
    ["in quotes when a shell would not take it bare", "A=1\n", "p$w d", 'A=1\nNEW="p$w d"\n'],
    ["not as the value of a dangling colon", "A=1\nB:", "x", "A=1\nNEW=x\nB:"],
    ["not behind a dangling export", "A=1\nexport\n", "x", "A=1\nNEW=x\nexport\n"],
    ["not into an open quote", 'A="open\n', "\nx", 'A="open\nNEW="\\nx"\n'],
    ["above a line that would swallow it anywhere else", "B:", "x", "NEW=x\nB:"],
  ])("%s", (_name, text, value, expected) => {
    expect(edited(text, (document) => setKey(document, "NEW", value))).toBe(expected);
    expect(parse(expected)).toStrictEqual({ ...parse(text), NEW: value });
  });

  it("goes behind the key that is asked for, with export where wished", () => {
    const set = (document: DotenvDocument) => setKey(document, "NEW", "x", { after: "A", exported: true });
    expect(edited("A='1\n2'\r\nB=3\n", set)).toBe("A='1\n2'\r\nexport NEW=x\r\nB=3\n");
    expect(edited("A=1", set)).toBe("A=1\nexport NEW=x");
    expect(refusal("B=1\n", set).code).toBe("KEY_NOT_FOUND");
  });
});

describe("a value that dotenv cannot read back", () => {
  it.each([
    ["all three quotes and a #", "\"'`#"],
    ["all three quotes and a line break", "\"'`\nx"],
    ["a carriage return and a double quote", '\r"'],
    ["a carriage return and a backslash before n", "\r\\n"],
    ["half of a surrogate pair", "\ud800"],
  ])("is refused: %s", (_name, value) => {
    for (const text of ["", "NEW='old'\n"]) {
      const { code, message, next } = refusal(text, (document) => setKey(document, "NEW", value));
      expect(code).toBe("VALUE_NOT_WRITABLE");
      expect(message).toContain("NEW");
      expect(message + next).not.toContain(value);
    }
  });

  it("is written bare when only bare text holds it", () => {
    expect(edited("", (document) => setKey(document, "NEW", "a\"'`b"))).toBe("NEW=a\"'`b\n");
  });
});

describe("key names", () => {
  it.each(["A", "a.b-c", "1", "_", "export"])("%s can be set", (key) => {
    expect(isValidKey(key)).toBe(true);
    expect(parse(edited("", (document) => setKey(document, key, "x")))).toStrictEqual({ [key]: "x" });
  });

  it.each(["", "A B", "Ä", "A=", "A\n", "__proto__", "$"])("%j cannot", (key) => {
    expect(isValidKey(key)).toBe(false);
    expect(refusal("", (document) => setKey(document, key, "x")).code).toBe("KEY_INVALID");
    expect(refusal("A=1\n", (document) => renameKey(document, "A", key)).code).toBe("KEY_INVALID");
  });
});

describe("renaming", () => {
  it("changes the name only, of the effective entry", () => {
    const rename = (document: DotenvDocument) => renameKey(document, "A", "Z");
    expect(edited("A=1\nexport A = '2' # A\n", rename)).toBe("A=1\nexport Z = '2' # A\n");
    expect(refusal("A=1\nZ=2\n", rename)).toMatchObject({ code: "KEY_EXISTS" });
    expect(refusal("B=1\n", rename).code).toBe("KEY_NOT_FOUND");
  });
});

describe("removing", () => {
  it("takes the whole lines of the effective entry, or of all", () => {
    const text = "\ufeffA=1\n# note\n  A='2\n3' # c\nB=4\n";
    expect(edited(text, (document) => removeKey(document, "A"))).toBe("\ufeffA=1\n# note\nB=4\n");
    expect(edited(text, (document) => removeKey(document, "A", "all"))).toBe("\ufeff# note\nB=4\n");
    expect(refusal(text, (document) => removeKey(document, "C")).code).toBe("KEY_NOT_FOUND");
  });

  it("is refused where another value would then run on", () => {
    const text = 'B="open\nA=x" y\nq"\n';
    expect(refusal(text, (document) => removeKey(document, "A"))).toMatchObject({
      code: "VALUE_NOT_WRITABLE",
      message: expect.stringContaining("line 2"),
    });
  });
});

describe("commenting out", () => {
  it.each([
    ["one line", "A=1\nB=2\n", "# A=1\nB=2\n"],
    ["an indented line", "  export A=1\n", "  # export A=1\n"],
    ["every line of a value", "A='1\n\n 2'\r\nB=3", "# A='1\n# \n#  2'\r\nB=3"],
    ["the effective one of two", "A=1\nA=2", "A=1\n# A=2"],
    ["a line above a comment that could pass for its value", "A=\n# 'x'\n", "#A=\n# 'x'\n"],
  ])("%s, and back", (_name, text, expected) => {
    const without = edited(text, (document) => commentOutKey(document, "A"));
    expect(without).toBe(expected);
    expect(edited(without, (document) => uncommentKey(document, "A"))).toBe(text);
  });

  it("brings back the last one, or the one asked for", () => {
    const text = "#A=1\n# A=2\n";
    expect(edited(text, (document) => uncommentKey(document, "A"))).toBe("#A=1\nA=2\n");
    expect(edited(text, (document) => uncommentKey(document, "A", 0))).toBe("A=1\n# A=2\n");
    expect(refusal(text, (document) => uncommentKey(document, "B")).code).toBe("KEY_NOT_FOUND");
  });

  it("brings back lines whose trailing space an editor has trimmed", () => {
    expect(edited("# A='1\n#\n# 2'\n", (document) => uncommentKey(document, "A"))).toBe("A='1\n\n2'\n");
  });
});

describe("moving", () => {
  it.each([
    ["behind another key", "A=1\n# c\nB='2\n3'\nC=4\n", "B", "# c\nB='2\n3'\nA=1\nC=4\n"],
    ["behind the last key without newline", "A=1\nB=2", "B", "B=2\nA=1"],
    ["to where it is", "B=2\nA=1\n", "B", "B=2\nA=1\n"],
  ])("%s", (_name, text, behind, expected) => {
    expect(edited(text, (document) => moveKey(document, "A", behind))).toBe(expected);
  });

  it("to the top of the entries, from a last line without newline", () => {
    expect(edited("# head\nB=2\r\nA=1", (document) => moveKey(document, "A", null))).toBe(
      "# head\nA=1\r\nB=2",
    );
  });

  it("is refused where a duplicate would win", () => {
    const moved = (document: DotenvDocument) => moveKey(document, "A", null);
    expect(refusal("B=1\nA=1\nA=2\n", moved).code).toBe("VALUE_NOT_WRITABLE");
  });
});

describe("applying edits", () => {
  it("takes them in any order", () => {
    const edits = [
      { start: 4, end: 5, text: "E" },
      { start: 0, end: 1, text: "" },
      { start: 2, end: 2, text: "++" },
    ];
    expect(applyEdits("abcdef", edits)).toBe("b++cdEf");
  });

  it("throws for edits that overlap or lie outside", () => {
    const overlapping = [
      { start: 0, end: 2, text: "" },
      { start: 1, end: 3, text: "" },
    ];
    expect(() => applyEdits("abc", overlapping)).toThrow(RangeError);
    expect(() => applyEdits("abc", [{ start: 3, end: 4, text: "" }])).toThrow(RangeError);
  });
});

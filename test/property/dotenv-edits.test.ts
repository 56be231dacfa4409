import { parse } from "dotenv";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { effectiveEntry, parseDocument } from "../../src/dotenv/document.ts";
import {
  applyEdits,
  commentOutKey,
  type EditResult,
  moveKey,
  removeKey,
  renameKey,
  setKey,
  uncommentKey,
} from "../../src/dotenv/edit.ts";
import { nastyText, nastyValue, soupRun } from "./dotenv-soup.ts";

const anyKey = fc.constantFrom("A", "B", "C1", "a.b-c", "NEW", "export");

function without(text: string, ...keys: string[]): Record<string, string> {
  const read = parse(text);
  for (const key of keys) delete read[key];
  return read;
}

/** The text after an edit, undefined for a refusal; checks that all outside the edited ranges is still there. */
function edited(text: string, result: EditResult): string | undefined {
  if (!result.ok) return undefined;
  const after = applyEdits(text, result.edits);
  const ordered = result.edits.toSorted((one, other) => one.start - other.start || one.end - other.end);
  let from = 0;
  let shift = 0;
  for (const edit of ordered) {
    expect(after.slice(from + shift, edit.start + shift)).toBe(text.slice(from, edit.start));
    from = edit.end;
    shift += edit.text.length - (edit.end - edit.start);
  }
  expect(after.slice(from + shift)).toBe(text.slice(from));
  return after;
}

describe("edits of any text", () => {
  it("set a key to exactly the value asked for, and no other key", () => {
    fc.assert(
      fc.property(nastyText, anyKey, nastyValue, fc.boolean(), (text, key, value, exported) => {
        const document = parseDocument(text);
        const entry = effectiveEntry(document, key);
        const result = setKey(document, key, value, { exported });
        const after = edited(text, result);
        if (!result.ok) {
          expect(result.refusal.code).toBe("VALUE_NOT_WRITABLE");
          return;
        }
        expect(parse(after!)[key]).toBe(value);
        expect(without(after!, key)).toStrictEqual(without(text, key));
        for (const edit of result.edits) {
          expect(entry === undefined || edit.start >= entry.span.start).toBe(true);
          expect(entry === undefined || edit.end <= entry.lineSpan.end).toBe(true);
        }
      }),
      soupRun("set"),
    );
  });

  it("write every value that one of the quotes can hold", () => {
    fc.assert(
      fc.property(nastyValue, (value) => {
        const writable = !value.includes("\r") && !(value.includes("'") && value.includes("`"));
        const result = setKey(parseDocument("X=1\n"), "NEW", value);
        if (writable) expect(result.ok).toBe(true);
      }),
      soupRun("writable values"),
    );
  });

  it("rename the effective entry and keep all values", () => {
    fc.assert(
      fc.property(nastyText, anyKey, anyKey, (text, from, to) => {
        const read = parse(text);
        const after = edited(text, renameKey(parseDocument(text), from, to));
        if (after === undefined || from === to) return;
        expect(parse(after)[to]).toBe(read[from]);
        expect(without(after, from, to)).toStrictEqual(without(text, from, to));
      }),
      soupRun("rename"),
    );
  });

  it("remove a key and keep all others", () => {
    fc.assert(
      fc.property(nastyText, anyKey, fc.constantFrom("effective", "all"), (text, key, occurrences) => {
        const after = edited(text, removeKey(parseDocument(text), key, occurrences));
        if (after === undefined) return;
        expect(without(after, key)).toStrictEqual(without(text, key));
        if (occurrences === "all") expect(Object.hasOwn(parse(after), key)).toBe(false);
      }),
      soupRun("remove"),
    );
  });

  it("comment a key out, and bring it back with the very text it had", () => {
    fc.assert(
      fc.property(nastyText, anyKey, (text, key) => {
        const document = parseDocument(text);
        const commentedBefore = uncommentKey(document, key);
        if (commentedBefore.ok || commentedBefore.refusal.code !== "KEY_NOT_FOUND") return;
        const after = edited(text, commentOutKey(document, key));
        if (after === undefined) return;
        expect(without(after, key)).toStrictEqual(without(text, key));
        const back = edited(after, uncommentKey(parseDocument(after), key));
        expect(back).toBe(text);
      }),
      soupRun("comment out"),
    );
  });

  it("uncomment a key without touching the values of others", () => {
    fc.assert(
      fc.property(nastyText, anyKey, (text, key) => {
        const after = edited(text, uncommentKey(parseDocument(text), key));
        if (after === undefined) return;
        expect(Object.hasOwn(parse(after), key)).toBe(true);
        expect(without(after, key)).toStrictEqual(without(text, key));
      }),
      soupRun("uncomment"),
    );
  });

  it("move a key and keep every value", () => {
    fc.assert(
      fc.property(nastyText, anyKey, fc.option(anyKey), (text, key, after) => {
        const moved = edited(text, moveKey(parseDocument(text), key, after));
        if (moved !== undefined) expect(parse(moved)).toStrictEqual(parse(text));
      }),
      soupRun("move"),
    );
  });
});

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "dotenv";
import { describe, expect, it } from "vitest";
import { parseDocument, values } from "../../src/dotenv/document.ts";
import { applyEdits, commentOutKey, setKey, uncommentKey } from "../../src/dotenv/edit.ts";

const folder = join(import.meta.dirname, "../fixtures/dotenv");
const corpus = readdirSync(folder).filter((name) => name.endsWith(".env"));

describe("the hand-written corpus", () => {
  it("is all there", () => {
    expect(corpus.length).toBeGreaterThanOrEqual(25);
  });

  describe.each(corpus)("%s", (name) => {
    const text = readFileSync(join(folder, name), "utf8");
    const document = parseDocument(text);

    it("reads as dotenv reads it, from the text and from the bytes", () => {
      expect(values(document)).toStrictEqual(parse(text));
      expect(values(document)).toStrictEqual(parse(readFileSync(join(folder, name))));
    });

    it("comes back byte for byte", () => {
      const joined = document.tokens.map((token) => token.text).join("");
      expect(Buffer.from(joined)).toStrictEqual(readFileSync(join(folder, name)));
    });

    it("takes a new value for each key and keeps the others", () => {
      for (const key of Object.keys(parse(text))) {
        const result = setKey(document, key, "new value");
        if (!result.ok) throw new Error(result.refusal.message);
        expect(parse(applyEdits(text, result.edits))).toStrictEqual({ ...parse(text), [key]: "new value" });
      }
    });

    it("has each key commented out and back with the same text", () => {
      for (const key of Object.keys(parse(text))) {
        const result = commentOutKey(document, key);
        if (!result.ok) throw new Error(result.refusal.message);
        const without = applyEdits(text, result.edits);
        const back = uncommentKey(parseDocument(without), key);
        expect(back.ok && applyEdits(without, back.edits)).toBe(text);
      }
    });
  });
});

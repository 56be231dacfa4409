import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDocument, reparseDocument, values } from "../../src/dotenv/document.ts";
import { nastyText, soupRun } from "./dotenv-soup.ts";

const place = fc.double({ min: 0, max: 1, noNaN: true });
const change = fc.record({ from: place, length: fc.nat({ max: 12 }), text: nastyText });

describe("a text that changed", () => {
  it("is read anew as it would be read from the start, change after change", () => {
    fc.assert(
      fc.property(nastyText, fc.array(change, { maxLength: 4 }), (first, changes) => {
        let text = first;
        let document = parseDocument(text);
        for (const { from, length, text: inserted } of changes) {
          const at = Math.floor(from * (text.length + 1));
          text = text.slice(0, at) + inserted + text.slice(at + length);
          const { document: next, change } = reparseDocument(document, text);
          const fresh = parseDocument(text);
          expect(next.statements).toStrictEqual(fresh.statements);
          expect(next.entries).toStrictEqual(fresh.entries);
          expect(next.invalid).toStrictEqual(fresh.invalid);
          expect(values(next)).toStrictEqual(values(fresh));
          expect(change.statements.slice(change.rest)).toStrictEqual(
            document.statements
              .slice(change.oldRest)
              .map((offset) => (offset === -1 ? -1 : offset + change.delta)),
          );
          document = next;
        }
      }),
      soupRun("reparsing"),
    );
  });

  it("is read where it changed only", () => {
    const line = (n: number) => `KEY_${n}="value ${n}"\n`;
    const text = Array.from({ length: 1_000 }, (_, n) => line(n)).join("");
    const at = text.indexOf("value 500");
    const { change } = reparseDocument(parseDocument(text), `${text.slice(0, at)}x${text.slice(at)}`);
    expect((change.rest - change.firstRecord) / 6).toBeLessThanOrEqual(2);
  });
});

describe("the index of keys", () => {
  it("finds of each key the last assignment, and which keys look alike", () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[aA_b-]{1,3}$/), { maxLength: 30 }), (keys) => {
        const document = parseDocument(keys.map((key) => `${key}=x\n`).join(""));
        const { keys: index } = document;
        for (const [at, key] of keys.entries()) {
          expect(index.effective(key)).toBe(keys.lastIndexOf(key) * 6);
          expect(index.isEffective(at * 6)).toBe(keys.lastIndexOf(key) === at);
        }
        const folded = (key: string) => key.toLowerCase().replaceAll("-", "_");
        const groups = Map.groupBy(new Set(keys), folded);
        const expected = [...groups.values()]
          .filter((group) => group.length > 1)
          .map((group) => group.sort());
        const found = index.alikeGroups().map((group) => group.map((record) => keys[record / 6]!).sort());
        expect(found.sort()).toStrictEqual(expected.sort());
        expect(index.hasDuplicates).toBe(new Set(keys).size < keys.length);
      }),
      soupRun("key index"),
    );
  });

  it("is made in time that grows with the number of keys, also of keys that look alike", () => {
    const spelt = (n: number) =>
      Array.from("abcdefghijklmnopq", (unit, bit) => ((n >> bit) & 1 ? unit.toUpperCase() : unit));
    const names = Array.from({ length: 60_000 }, (_, n) => spelt(n).join(""));
    const { keys } = parseDocument(names.map((name) => `${name}=x\n`).join(""));
    expect(keys.effective(names[41_000]!)).toBe(41_000 * 6);
    expect(keys.alikeGroups()).toHaveLength(1);
  });

  it("tells which keys of another text are missing", () => {
    const keys = fc.array(fc.stringMatching(/^[aA_b-]{1,3}$/), { maxLength: 20 });
    const text = (names: readonly string[]) => names.map((name) => `${name}=x\n`).join("");
    fc.assert(
      fc.property(keys, keys, (ours, theirs) => {
        const lacking = parseDocument(text(ours)).keys.lackingOf(parseDocument(text(theirs)).keys);
        const expected = theirs.filter((key, at) => theirs.indexOf(key) === at && !ours.includes(key));
        expect(lacking.map((record) => theirs[record / 6])).toStrictEqual(expected);
      }),
      soupRun("keys of another"),
    );
  });
});

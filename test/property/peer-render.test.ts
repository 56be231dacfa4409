import fc from "fast-check";
import { expect, it } from "vitest";
import { type Change, render, renderEach, valuesOf } from "../../src/peer/render.ts";

const key = fc.constantFrom(...Array.from({ length: 14 }, (_, n) => `KEY_${n}`));
const value = fc.oneof(
  fc.stringMatching(/^[ -~]{0,12}$/u),
  fc.constantFrom("two\nlines", "it's", 'a "quote"', "a # b", "`'\"", " spaced ", "ü"),
);
const line = fc.oneof(
  fc.tuple(key, fc.stringMatching(/^[\w-]{0,8}$/u)).map(([name, text]) => `${name}=${text}`),
  fc.tuple(key, fc.stringMatching(/^[\w -]{0,8}$/u)).map(([name, text]) => `export ${name}="${text}" # note`),
  fc.constantFrom("# a comment", "", "not an assignment", "KEY_3='one\ntwo'", 'KEY_4="left open'),
);
const text = fc
  .tuple(
    fc.array(line, { maxLength: 16 }),
    fc.constantFrom("\n", "\r\n"),
    fc.boolean(),
    fc.constantFrom("", "\uFEFF"),
  )
  .map(([lines, eol, ended, mark]) => mark + lines.join(eol) + (ended ? eol : ""));
const changes = fc.uniqueArray(
  fc.tuple(key, fc.option(value, { nil: undefined })).map(([name, to]): Change => ({ key: name, value: to })),
  { selector: (change) => change.key, minLength: 8, maxLength: 14 },
);

it.each([2, 20])("keeps references that readers expand, among %i changes", (count) => {
  const others = Array.from({ length: count - 2 }, (_, n): Change => ({ key: `K${n}`, value: "1" }));
  const wanted = [{ key: "URL", value: "http://$HOST/x y" }, { key: "HOST", value: "h" }, ...others];
  for (const rendered of [render("A=1\n", wanted, ["compose"]), renderEach("A=1\n", wanted, ["compose"])]) {
    const after = "ok" in rendered ? (rendered.ok ? rendered.value : "") : rendered.text;
    expect(after).toContain('URL="http://$HOST/x y"\n');
  }
});

it("makes many changes at once: each is read as asked for or refused, nothing else changes", () => {
  fc.assert(
    fc.property(text, changes, (before, wanted) => {
      const { text: after, refused } = renderEach(before, wanted);
      const isRefused = new Set(refused.map((refusal) => refusal.key));
      const expected = new Map(valuesOf(before));
      for (const { key: name, value: to } of wanted) {
        if (isRefused.has(name)) continue;
        if (to === undefined) expected.delete(name);
        else expected.set(name, to);
      }
      expect(Object.fromEntries(valuesOf(after))).toEqual(Object.fromEntries(expected));
      const comments = (of: string) =>
        of.split(/[\uFEFF\r\n]+/u).filter((found) => found.includes("a comment"));
      expect(comments(after)).toEqual(comments(before));
    }),
    { numRuns: 1_000 },
  );
});

it("refuses no more than one by one", () => {
  fc.assert(
    fc.property(text, changes, (before, wanted) => {
      let one = before;
      const refusedOne = new Set<string>();
      for (const change of wanted) {
        const rendered = render(one, [change]);
        if (rendered.ok) one = rendered.value;
        else refusedOne.add(change.key);
      }
      const { refused } = renderEach(before, wanted);
      expect(refused.filter((refusal) => !refusedOne.has(refusal.key))).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

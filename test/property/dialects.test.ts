import { parseEnv } from "node:util";
import { parse } from "dotenv";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Names } from "../../src/dotenv/dialects/reader.ts";
import { openDialect } from "../../src/dotenv/dialects/readers.ts";
import { agreeingSpellings, dialectIds, partingsIn, readAs } from "../../src/dotenv/dialects.ts";
import { parseDocument, values } from "../../src/dotenv/document.ts";
import { applyEdits, setKey } from "../../src/dotenv/edit.ts";
import { refers } from "../../src/dotenv/spelling.ts";
import { dialectText } from "./dialect-soup.ts";
import { nastyValue, soupRun } from "./dotenv-soup.ts";

const others = dialectIds.filter((id) => id !== "dotenv");

/** Lines that everybody reads alike, among which the odd ones have to be found. */
const plainLine = fc.constantFrom(
  "A=1\n",
  "B=two words\n",
  "C1='x y'\n",
  'D="a#b"\r\n',
  "E=\n",
  "\n",
  "  \n",
  "# title\n",
  "  # indented\n",
  "F=x # note\n",
  "  B=3\n",
  "`x`\n",
);

const mixedText = fc
  .array(fc.oneof({ weight: 3, arbitrary: plainLine }, { weight: 1, arbitrary: dialectText }), {
    maxLength: 8,
  })
  .map((pieces) => pieces.join(""));

describe("any text at all", () => {
  it("is read as dotenv itself reads it", () => {
    fc.assert(
      fc.property(dialectText, (text) => {
        const reading = readAs("dotenv", text);
        expect(reading.ok && Object.fromEntries(reading.values)).toStrictEqual({ ...parse(text) });
      }),
      soupRun("the dialect dotenv"),
    );
  });

  it("is read as the Node that runs here reads it", () => {
    fc.assert(
      fc.property(dialectText, (text) => {
        const reading = readAs("node", text);
        expect(reading.ok && Object.fromEntries(reading.values)).toStrictEqual({ ...parseEnv(text) });
      }),
      soupRun("the dialect node"),
    );
  });

  it("takes every reader no more steps than it has characters", () => {
    fc.assert(
      fc.property(fc.oneof(dialectText, fc.string({ unit: "binary", maxLength: 60 })), (text) => {
        for (const dialect of others) {
          const { seen, start, reader } = openDialect(dialect, text, new Names(() => undefined, {}));
          for (let at = start; at < seen.text.length; ) {
            const { end } = reader.step(at);
            if (end <= at || end > seen.text.length) expect.fail(`${dialect} went from ${at} to ${end}`);
            at = end;
          }
          readAs(dialect, text, { A: "1" });
        }
      }),
      soupRun("steps of the dialects"),
    );
  });

  it("has a difference told wherever a dialect does not get what dotenv gets", () => {
    fc.assert(
      fc.property(mixedText, fc.constantFrom(...others), (text, dialect) => {
        const document = parseDocument(text);
        const { differences, refusals } = partingsIn(document, [dialect]);
        const starts = differences.map(({ entry }) => entry.span.start);
        expect(starts).toStrictEqual([...new Set(starts)].sort((one, other) => one - other));
        if (differences.length > 0 || refusals.length > 0) return;
        const reading = readAs(dialect, text);
        const read = Object.entries(values(document)).map(([key]) => [
          key,
          reading.ok && reading.values.get(key),
        ]);
        expect(Object.fromEntries(read)).toStrictEqual({ ...values(document) });
      }),
      soupRun("differences of the dialects"),
    );
  });
});

describe("a value for several readers", () => {
  const some = fc.subarray([...dialectIds]);

  it("has spellings that each of them reads back, when any are offered", () => {
    fc.assert(
      fc.property(nastyValue, some, (value, dialects) => {
        for (const spelling of agreeingSpellings(value, dialects)) {
          const text = `FIRST=1\nKEY=${spelling}\nLAST=1\n`;
          for (const dialect of dialects) {
            const reading = readAs(dialect, text);
            expect(reading.ok && Object.fromEntries(reading.values)).toStrictEqual({
              FIRST: "1",
              KEY: value,
              LAST: "1",
            });
          }
        }
      }),
      soupRun("agreeing spellings"),
    );
  });

  it("is written so that all of them read it alike where that can be, and dotenv always does", () => {
    fc.assert(
      fc.property(
        nastyValue,
        some,
        fc.constantFrom("KEY=old\n", 'A=1\nKEY="old"\n', "A=1\n"),
        (value, dialects, text) => {
          const result = setKey(parseDocument(text), "KEY", value, { dialects });
          if (!result.ok) return;
          const written = applyEdits(text, result.edits);
          expect(parse(written).KEY).toBe(value);
          if (/\$\{\w|\$(?:A|KEY)(?!\w)/.test(value)) {
            // It may refer to another variable: then single quotes, which stop readers from that, are the last resort.
            const quoted = value.includes('"') ? value : `"${value}"`;
            const isFree = [quoted, value].some((spelling) => parse(`KEY=${spelling}\n`).KEY === value);
            if (refers(value, (name) => Object.hasOwn(parse(written), name)) && isFree) {
              const entry = parseDocument(written).entries.findLast(({ key }) => key === "KEY");
              expect(entry?.quote).not.toBe("'");
            }
            return;
          }
          if (agreeingSpellings(value, dialects).length === 0) return;
          for (const dialect of dialects) {
            const reading = readAs(dialect, written);
            expect(reading.ok && reading.values.get("KEY")).toBe(value);
          }
        },
      ),
      soupRun("writing for dialects"),
    );
  });
});

describe("a text made to slow a reader down", () => {
  const repeated = [
    'A="\n',
    "A='x\n",
    '\\"',
    'A="\\"\n',
    "${",
    "A=${A:-",
    "}",
    "A\n",
    "export\n",
    "=\n",
    "A=$B$B\n",
    "$A",
    "\r",
  ];
  const charactersMin = 60_000;

  it.each(["", 'A="', "A="])(
    "is read to its end, after %j",
    (start) => {
      for (const piece of repeated) {
        const text = start + piece.repeat(charactersMin / piece.length);
        for (const dialect of dialectIds) readAs(dialect, text);
        partingsIn(parseDocument(text), dialectIds);
      }
    },
    30_000,
  );
});

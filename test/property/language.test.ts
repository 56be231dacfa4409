import { parse } from "dotenv";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cloakedSpans } from "../../src/dotenv/cloaking.ts";
import { completionPlace } from "../../src/dotenv/completing.ts";
import { dialectIds, readAs } from "../../src/dotenv/dialects.ts";
import { parseDocument } from "../../src/dotenv/document.ts";
import { applyEdits } from "../../src/dotenv/edit.ts";
import { foldsOf } from "../../src/dotenv/folding.ts";
import { formatEdits } from "../../src/dotenv/formatting.ts";
import { occurrenceAt, occurrencesOf } from "../../src/dotenv/occurrences.ts";
import { type OutlineNode, outlineOf } from "../../src/dotenv/outline.ts";
import { renameEverywhere } from "../../src/dotenv/renaming.ts";
import { readsSame } from "../../src/dotenv/sameReading.ts";
import { nastyText, soupRun } from "./dotenv-soup.ts";

const run = soupRun("language features");

/** A text, and a place in it or at its end. */
const textAndPlace = nastyText.chain((text) =>
  fc.record({ text: fc.constant(text), offset: fc.nat({ max: text.length }) }),
);

function namesOf(nodes: readonly OutlineNode[]): string[] {
  return nodes.flatMap((node) => (node.kind === "key" ? [node.entry.key] : [...namesOf(node.children)]));
}

describe("Language features of any text", () => {
  it("cloak everything that dotenv reads, by spans in order", () => {
    fc.assert(
      fc.property(nastyText, (text) => {
        const document = parseDocument(text);
        const spans = cloakedSpans(document);
        for (const [index, { start, end }] of spans.entries()) {
          expect(start).toBeGreaterThanOrEqual(index === 0 ? 0 : spans[index - 1]!.end);
          expect(end).toBeGreaterThanOrEqual(start);
          expect(end).toBeLessThanOrEqual(text.length);
        }
        for (const { valueSpan } of document.entries) {
          const covered = spans.some(({ start, end }) => start <= valueSpan.start && valueSpan.end <= end);
          expect(covered).toBe(true);
        }
      }),
      run,
    );
  });

  it("list every key once in the outline, and folds within the text", () => {
    fc.assert(
      fc.property(nastyText, (text) => {
        const document = parseDocument(text);
        expect(namesOf(outlineOf(document))).toEqual(document.entries.map(({ key }) => key));
        for (const { start, end } of foldsOf(document)) {
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThan(document.lineStarts.length);
        }
      }),
      run,
    );
  });

  it("find a name at a place among the places of that name", () => {
    fc.assert(
      fc.property(textAndPlace, ({ text, offset }) => {
        const document = parseDocument(text);
        const found = occurrenceAt(document, offset);
        if (found) {
          expect(text.slice(found.span.start, found.span.end)).toBe(found.name);
          expect(occurrencesOf(document, found.name).map(({ span }) => span)).toContainEqual(found.span);
        }
        const place = completionPlace(document, offset);
        if (place) {
          expect(place.span.start).toBeLessThanOrEqual(offset);
          expect(place.span.end).toBeGreaterThanOrEqual(offset);
        }
      }),
      run,
    );
  });

  it("rename forth and back to the same text, or refuse", () => {
    fc.assert(
      fc.property(textAndPlace, ({ text, offset }) => {
        const document = parseDocument(text);
        const name = occurrenceAt(document, offset)?.name;
        if (name === undefined) return;
        const there = renameEverywhere(document, name, "FRESH_NAME");
        if (!there.ok) return;
        const renamed = parseDocument(applyEdits(text, there.edits));
        expect(renamed.entries.map(({ key }) => key)).toEqual(
          document.entries.map(({ key }) => (key === name ? "FRESH_NAME" : key)),
        );
        const back = renameEverywhere(renamed, "FRESH_NAME", name);
        if (back.ok)
          expect(applyEdits(renamed.text, back.edits).replaceAll(/[{}]/g, "")).toBe(
            text.replaceAll(/[{}]/g, ""),
          );
      }),
      run,
    );
  });

  it("format without a change of what dotenv or any other dialect reads", () => {
    fc.assert(
      fc.property(nastyText, (text) => {
        const document = parseDocument(text);
        const edits = formatEdits(document, (before, after) => readsSame(before, after, dialectIds));
        const formatted = applyEdits(text, edits);
        expect(parse(formatted)).toEqual(parse(text));
        for (const dialect of dialectIds) {
          const before = readAs(dialect, text);
          if (before.ok) expect(readAs(dialect, formatted), dialect).toEqual(before);
        }
      }),
      { ...run, numRuns: run.numRuns / 5 },
    );
  });
});

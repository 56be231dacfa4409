import { keyAt, linesBehind } from "../../dotenv/assignments.ts";
import { afterLineBreak, lineStart } from "../../dotenv/characters.ts";
import type { DotenvDocument, Span } from "../../dotenv/document.ts";
import { recordLength, startField } from "../../dotenv/statements.ts";
import { firstFrom } from "../places.ts";
import { type Match, type Repair, type Rule, sameReading } from "../rule.ts";

/** Whether nothing but one newline stands between a record and the next. */
function isJoined(document: DotenvDocument, record: number): boolean {
  const [from, to] = linesBehind(document, record);
  return (
    to > from &&
    record + recordLength < document.statements.length &&
    afterLineBreak(document.text, from) === to
  );
}

/** Reports each key that stands behind a greater one in a block: assignments without a line between them. */
export const unorderedKey: Rule = {
  id: "unordered-key",
  run(document) {
    const matches: Match[] = [];
    for (let record = recordLength; record < document.statements.length; record += recordLength) {
      const before = record - recordLength;
      if (keyAt(document, record) >= keyAt(document, before) || !isJoined(document, before)) continue;
      const { key, keySpan } = document.entryOf(record);
      matches.push({
        span: keySpan,
        key,
        message: `${key} comes before ${keyAt(document, before)} in the alphabet.`,
      });
    }
    return matches;
  },
  repair({ span }, document) {
    const blocks = blocksOf(document);
    return blocks[firstFrom(blocks, span.start + 1) - 1]?.repair;
  },
};

interface Block {
  readonly span: Span;
  readonly repair: Repair;
}

/** The blocks of a document, sorted once for the many keys of each that may be out of order. */
const found = new WeakMap<DotenvDocument, readonly Block[]>();

function blocksOf(document: DotenvDocument): readonly Block[] {
  const known = found.get(document);
  if (known) return known;
  const { statements } = document;
  const blocks: Block[] = [];
  let records: number[] = [];
  for (let record = 0; record < statements.length; record += recordLength) {
    records.push(record);
    if (isJoined(document, record)) continue;
    const span = { start: statements[records[0]! + startField]!, end: linesBehind(document, record)[0] };
    blocks.push({ span, repair: sorted(document, records) });
    records = [];
  }
  found.set(document, blocks);
  return blocks;
}

/** The lines of a block in the order of their keys; the newlines stay where they are. */
function sorted(document: DotenvDocument, records: readonly number[]): Repair {
  const { text, statements } = document;
  const places = records.map((record) => ({
    start: lineStart(text, statements[record + startField]!),
    end: linesBehind(document, record)[0],
    key: keyAt(document, record),
  }));
  const first = places[0]!;
  if (first.start === 0 && document.bom) places[0] = { ...first, start: 1 };
  const ordered = places.toSorted((one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : 0));
  let block = "";
  for (const [index, place] of places.entries()) {
    const { start, end } = ordered[index]!;
    block += text.slice(start, end) + text.slice(place.end, places[index + 1]?.start ?? place.end);
  }
  return {
    title: "Sort the keys of this block",
    alternatives: [[{ start: places[0]!.start, end: places.at(-1)!.end, text: block }]],
    changes: sameReading,
  };
}

import { isDropped, localEntryOf, valueAt } from "../dotenv/assignments.ts";
import type { DotenvDocument, Span } from "../dotenv/document.ts";
import { commandsIn, sourceOffsets } from "../dotenv/expand.ts";
import { type Part, parseReferences, type ReferencePart } from "../dotenv/reference.ts";
import {
  type Rescan,
  recordFrom,
  recordLength,
  valueEndField,
  valueStartField,
} from "../dotenv/statements.ts";

/** A `${NAME}` or `$NAME` in a value, by offsets in the value. */
export interface ValueReference {
  readonly part: ReferencePart;
  /** The references in whose default or alternative it stands, the outermost first. */
  readonly within: readonly ReferencePart[];
}

/** What one value refers to. */
export interface ValueReferences {
  readonly references: readonly ValueReference[];
  /** Each `$(…)`, by offsets in the value. */
  readonly commands: readonly Span[];
}

/** What the value of a record refers to. */
export interface RecordReferences extends ValueReferences {
  readonly record: number;
}

const dollar = "$";

/**
 * What every value with a `$` refers to. Kept from one keystroke to the next; it costs what the `$` of the text
 * cost and not its lines.
 */
export class References {
  readonly #document: DotenvDocument;
  readonly #records: readonly number[];
  readonly #values: readonly ValueReferences[];

  private constructor(
    document: DotenvDocument,
    records: readonly number[],
    values: readonly ValueReferences[],
  ) {
    this.#document = document;
    this.#records = records;
    this.#values = values;
  }

  /** Those of a whole document. */
  static of(document: DotenvDocument): References {
    const records = recordsWithDollar(document, 0, document.text.length);
    return new References(document, records, valuesOf(document, records));
  }

  /** Those of a document that was made from the one of these, read anew only where it changed. */
  after({ firstRecord, rest, oldRest }: Rescan, document: DotenvDocument): References {
    const { statements } = document;
    const start = statements[firstRecord + valueStartField] ?? document.text.length;
    const end = rest > firstRecord ? statements[rest - recordLength + valueEndField]! : start;
    const changed = recordsWithDollar(document, start, end);
    const kept = this.#records.filter((record) => record < firstRecord);
    const moved = this.#records.findIndex((record) => record >= oldRest);
    const from = moved === -1 ? this.#records.length : moved;
    const shift = rest - oldRest;
    return new References(
      document,
      [...kept, ...changed, ...this.#records.slice(from).map((record) => record + shift)],
      [...this.#values.slice(0, kept.length), ...valuesOf(document, changed), ...this.#values.slice(from)],
    );
  }

  /** Of the values that are read, in file order. */
  *effective(): Generator<RecordReferences> {
    for (const [index, record] of this.#records.entries()) {
      if (!this.#document.keys.isEffective(record) || isDropped(this.#document, record)) continue;
      yield { record, ...this.#values[index]! };
    }
  }

  /** Where a part of a record's value stands in the text. */
  place(record: number, part: Span): Span {
    const entry = localEntryOf(this.#document, record);
    const offsets = sourceOffsets(this.#document.text, entry);
    return offsets ? { start: offsets[part.start]!, end: offsets[part.end]! } : entry.valueSpan;
  }
}

/** The records between two offsets that have a `$` in their raw value. */
function recordsWithDollar({ text, statements }: DotenvDocument, from: number, to: number): number[] {
  const records: number[] = [];
  for (let at = text.indexOf(dollar, from); at !== -1 && at < to; ) {
    const record = recordFrom(statements, at + 1) - recordLength;
    const end = record < 0 ? at : statements[record + valueEndField]!;
    const isIn = record >= 0 && statements[record + valueStartField]! <= at && at < end;
    if (isIn) records.push(record);
    at = text.indexOf(dollar, isIn ? end : at + 1);
  }
  return records;
}

function valuesOf(document: DotenvDocument, records: readonly number[]): ValueReferences[] {
  return records.map((record) => {
    const parts = parseReferences(valueAt(document, record));
    const references: ValueReference[] = [];
    collect(parts, [], references);
    return { references, commands: [...commandsIn(parts)] };
  });
}

function collect(parts: readonly Part[], within: readonly ReferencePart[], found: ValueReference[]): void {
  for (const part of parts) {
    if (part.kind !== "reference") continue;
    found.push({ part, within });
    if (part.word.length > 0) collect(part.word, [...within, part], found);
  }
}

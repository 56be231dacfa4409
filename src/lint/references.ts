import { isDropped, localEntryOf, valueAt } from "../dotenv/assignments.ts";
import type { DotenvDocument, LocalEntry, Span } from "../dotenv/document.ts";
import { commandsIn, sourceOffsets } from "../dotenv/expand.ts";
import { type Part, parseReferences, type ReferencePart } from "../dotenv/reference.ts";
import type { Rescan } from "../dotenv/rescanning.ts";
import { recordFrom, recordLength, valueEndField, valueStartField } from "../dotenv/statements.ts";

/** A `${NAME}` or `$NAME` in a value, by offsets in the value. */
export interface ValueReference {
  readonly part: ReferencePart;
  /** The references in whose default or alternative it stands, the outermost first. */
  readonly within: readonly ReferencePart[];
}

/** What one value refers to. */
interface ValueReferences {
  readonly references: readonly ValueReference[];
  /** Each `$(…)`, by offsets in the value. */
  readonly commands: readonly Span[];
  /** Each `${` that starts no reference, by offsets in the value. */
  readonly malformed: readonly Span[];
}

/** What the value of a record refers to. */
export interface RecordReferences extends ValueReferences {
  readonly record: number;
  /** For each reference the record that is read for its name, -1 where the document does not set it. */
  readonly targets: readonly number[];
}

const dollar = "$";

/**
 * What every value with a `$` refers to. Kept from one keystroke to the next; it costs what the `$` of the text
 * cost and not its lines.
 */
export class References {
  readonly #document: DotenvDocument;
  readonly #all: readonly RecordReferences[];
  #effective: readonly RecordReferences[] | undefined;
  /** The value that was last asked for: one may hold thousands of references. */
  #placed:
    | {
        readonly record: number;
        readonly entry: LocalEntry;
        readonly offsets: readonly number[] | undefined;
      }
    | undefined;

  private constructor(document: DotenvDocument, all: readonly RecordReferences[]) {
    this.#document = document;
    this.#all = all;
  }

  /** Those of a whole document. */
  static of(document: DotenvDocument): References {
    const records = recordsWithDollar(document, 0, document.text.length);
    return new References(document, readAll(document, records));
  }

  /** Those of a document that was made from the one of these, read anew only where it changed. */
  after(change: Rescan, document: DotenvDocument): References {
    const { firstRecord, rest, oldRest } = change;
    const { statements } = document;
    const start = statements[firstRecord + valueStartField] ?? document.text.length;
    const end = rest > firstRecord ? statements[rest - recordLength + valueEndField]! : start;
    const changed = readAll(document, recordsWithDollar(document, start, end));
    let kept = this.#all.slice(0, countBefore(this.#all, firstRecord));
    let moved = this.#all.slice(countBefore(this.#all, oldRest));
    if (document.keys.identity !== this.#document.keys.identity) {
      const targetsOf = this.#retargeting(change, document);
      kept = kept.map((one) => following(one, 0, targetsOf(one)));
      moved = moved.map((one) => following(one, rest - oldRest, targetsOf(one)));
    }
    return new References(document, kept.concat(changed, moved));
  }

  /** What tells the targets in a document that was made from the one of these and has other keys. */
  #retargeting(
    { rest, oldRest }: Rescan,
    document: DotenvDocument,
  ): (one: RecordReferences) => readonly number[] {
    const { change } = document.keys;
    if (change?.before !== this.#document.keys.identity) {
      return ({ references }) => targetsOf(document, references);
    }
    const changed = new Set(change.keys);
    return ({ references, targets }) => {
      if (references.some(({ part }) => changed.has(part.name))) return targetsOf(document, references);
      return rest === oldRest
        ? targets
        : targets.map((target) => (target < oldRest ? target : target + rest - oldRest));
    };
  }

  /** Of the values that are read, in file order. */
  effective(): readonly RecordReferences[] {
    const { keys } = this.#document;
    this.#effective ??= keys.hasDuplicates
      ? this.#all.filter(({ record }) => keys.isEffective(record))
      : this.#all;
    return this.#effective;
  }

  /** What the value of a record that is read refers to; undefined where it holds no `$`. */
  of(record: number): RecordReferences | undefined {
    const all = this.effective();
    const found = all[countBefore(all, record)];
    return found?.record === record ? found : undefined;
  }

  /** Where a part of a record's value stands in the text. */
  place(record: number, part: Span): Span {
    if (this.#placed?.record !== record) {
      const entry = localEntryOf(this.#document, record);
      this.#placed = { record, entry, offsets: sourceOffsets(this.#document.text, entry) };
    }
    const { entry, offsets } = this.#placed;
    return offsets ? { start: offsets[part.start]!, end: offsets[part.end]! } : entry.valueSpan;
  }
}

/** How many of some records, in file order, stand before one. */
function countBefore(all: readonly RecordReferences[], record: number): number {
  let low = 0;
  let high = all.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (all[middle]!.record < record) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The same value in a text where its record stands `shift` further on. */
function following(one: RecordReferences, shift: number, targets: readonly number[]): RecordReferences {
  if (shift === 0 && targets === one.targets) return one;
  const { record, references, commands, malformed } = one;
  return { record: record + shift, references, commands, malformed, targets };
}

function targetsOf({ keys }: DotenvDocument, references: readonly ValueReference[]): readonly number[] {
  return references.map(({ part }) => keys.effective(part.name) ?? -1);
}

/** The records between two offsets that have a `$` in their raw value, but for dropped ones. */
function recordsWithDollar(document: DotenvDocument, from: number, to: number): number[] {
  const { text, statements } = document;
  const records: number[] = [];
  for (let at = text.indexOf(dollar, from); at !== -1 && at < to; ) {
    const record = recordFrom(statements, at + 1) - recordLength;
    const end = record < 0 ? at : statements[record + valueEndField]!;
    const isIn = record >= 0 && statements[record + valueStartField]! <= at && at < end;
    if (isIn && !isDropped(document, record)) records.push(record);
    at = text.indexOf(dollar, isIn ? end : at + 1);
  }
  return records;
}

function readAll(document: DotenvDocument, records: readonly number[]): RecordReferences[] {
  return records.map((record) => {
    const value = valueAt(document, record);
    const parts = parseReferences(value);
    const references: ValueReference[] = [];
    collect(parts, [], references);
    const commands = [...commandsIn(parts)];
    const malformed = malformedIn(value, references, commands);
    return { record, references, commands, malformed, targets: targetsOf(document, references) };
  });
}

/** What shells and compose know besides: a message for a name that is not set. */
const demand = /\$\{[\w.]+:?\?[^{}]*\}/y;

/** Each `${` that no reader of `.env` files understands, up to its `}` where it has one on the line. */
function malformedIn(
  value: string,
  references: readonly ValueReference[],
  commands: readonly Span[],
): readonly Span[] {
  const found: Span[] = [];
  const starts = new Set(references.map(({ part }) => part.start));
  let command = 0;
  for (let at = value.indexOf("${"); at !== -1; at = value.indexOf("${", at + 2)) {
    if (starts.has(at) || value.charAt(at - 1) === "\\") continue;
    while (command < commands.length && commands[command]!.end <= at) command++;
    if (command < commands.length && commands[command]!.start <= at) continue;
    demand.lastIndex = at;
    if (demand.test(value)) continue;
    const length = /^\$\{[^{}\r\n]*\}/.exec(value.slice(at))?.[0].length ?? 2;
    found.push({ start: at, end: at + length });
  }
  return found;
}

function collect(parts: readonly Part[], within: readonly ReferencePart[], found: ValueReference[]): void {
  for (const part of parts) {
    if (part.kind !== "reference") continue;
    found.push({ part, within });
    if (part.word.length > 0) collect(part.word, [...within, part], found);
  }
}

/** Whether readers get as far as a reference inside those of others: a default is for a name that is not set. */
export function isAsked(within: readonly ReferencePart[], isSet: (name: string) => boolean): boolean {
  return within.every(({ name, operator }) => isSet(name) === (operator?.endsWith("+") ?? false));
}

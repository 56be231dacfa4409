import { droppedKey, isDropped, keyAt, valueAt } from "../assignments.ts";
import type { DotenvDocument, Entry } from "../document.ts";
import type { Span } from "../scanner.ts";
import { keyStartField, recordFrom, recordLength, startField } from "../statements.ts";
import { type DialectId, type DifferenceKind, dialectIds } from "./dialect.ts";
import type { DollarLine } from "./dollarLines.ts";
import { OddLines } from "./oddLines.ts";
import type { OtherDialect } from "./readers.ts";
import { nothingOdd, type Placed, type Walk, walk } from "./walk.ts";

/** An entry that some dialects do not read as dotenv does. */
export interface Difference {
  readonly record: number;
  readonly entry: Entry;
  readonly kind: DifferenceKind;
  /** Those that part from dotenv in this way. */
  readonly dialects: readonly DialectId[];
  /** They are still reading the value of an entry above that opens a quote which nothing closes, or lost their way in it. */
  readonly swallowed: boolean;
}

/** How one dialect parts from dotenv over an entry. */
interface Parting {
  readonly record: number;
  readonly kind: DifferenceKind;
  readonly swallowed: boolean;
}

/** A line for which dialects read nothing of the whole file, whether dotenv takes an entry from it or not. */
export interface Refusal {
  /** Where the statement starts that they cannot read. */
  readonly offset: number;
  readonly dialects: readonly DialectId[];
}

/** The gravest first: what is told of an entry that dialects read in several other ways. */
const gravity: readonly DifferenceKind[] = [
  "refuses-file",
  "spans-lines",
  "skips-line",
  "key",
  "expands",
  "comment-cut",
  "quotes-kept",
  "escapes",
  "trims",
  "other",
];

function* recordsWithin(document: DotenvDocument, { start, end }: Span): Generator<number> {
  const { statements } = document;
  for (
    let record = recordFrom(statements, start, keyStartField);
    record < statements.length;
    record += recordLength
  ) {
    if (statements[record + keyStartField]! >= end) return;
    if (!isDropped(document, record)) yield record;
  }
}

function linesIn(text: string): number {
  return text.split(/\r\n?|\n/).length;
}

/** The value without one pair of quotes around it. */
function withoutQuotes(value: string): string {
  return /^(["'`])([\s\S]*)\1$/.exec(value)?.[2] ?? value;
}

/** Whether one value is the other one up to a `#`. */
function isCut(longer: string, shorter: string): boolean {
  return longer.startsWith(shorter) && longer.slice(shorter.length).trimStart().startsWith("#");
}

/** Why a statement's value is not the entry's. */
function kindOfValue(text: string, entry: Entry, { statement, end }: Placed): DifferenceKind | undefined {
  const { value } = entry;
  const { literal } = statement;
  const raw = text.slice(entry.valueSpan.start, entry.valueSpan.end);
  if (literal === null)
    return linesIn(text.slice(entry.span.start, entry.span.end)) > 1 ? "spans-lines" : "other";
  if (literal === value) return statement.expanded ? "expands" : undefined;
  if (literal.trim() === value.trim()) return "trims";
  if (end > entry.lineSpan.end || linesIn(literal) < linesIn(raw)) return "spans-lines";
  if (isCut(literal, value) || isCut(value, literal)) return "comment-cut";
  if (withoutQuotes(literal) === value || withoutQuotes(value) === literal) return "quotes-kept";
  if (raw.includes("\\")) return "escapes";
  if (statement.expanded) return "expands";
  return /^["'`]/.test(raw) ? "quotes-kept" : "other";
}

/** Tells entry by entry, in file order, how a dialect parts from dotenv. */
class Comparison {
  readonly #document: DotenvDocument;
  readonly #walk: Walk;
  readonly #placed: readonly Placed[];
  readonly #refusedAt: ReadonlySet<number>;
  /** How many statements start at or before the entry in hand, how far they reach, how many refusals are behind. */
  #passed = 0;
  #reach = -1;
  #refusals = 0;

  constructor(document: DotenvDocument, walked: Walk) {
    this.#document = document;
    this.#walk = walked;
    this.#placed = [...walked.byKey.values()];
    this.#refusedAt = new Set(walked.refused);
  }

  *partings(): Generator<Parting> {
    const lost: Span[] = [];
    for (const stretch of this.#walk.stretches) {
      let lostFrom: number | undefined;
      for (const record of recordsWithin(this.#document, stretch)) {
        const isRead = this.#isRead(record);
        if (isRead && lostFrom === undefined) continue;
        const entry = this.#document.entryOf(record);
        const kind = isRead ? undefined : this.#kindOf(entry);
        if (lostFrom !== undefined && this.#isInStep(entry)) {
          lost.push({ start: lostFrom, end: entry.span.start });
          lostFrom = undefined;
        }
        if (kind !== undefined) yield { record, kind, swallowed: lostFrom !== undefined };
        if (kind !== undefined && entry.unclosed) lostFrom ??= entry.span.end;
      }
      if (lostFrom !== undefined) lost.push({ start: lostFrom, end: stretch.end });
    }
    yield* this.#overridden(lost);
  }

  /** Whether the dialect comes to an entry as to a line of its own, whatever it makes of it. */
  #isInStep({ key, keySpan, span }: Entry): boolean {
    return this.#walk.byKey.get(keySpan.start)?.statement.key === key || this.#refusedAt.has(span.start);
  }

  /** Whether the dialect certainly reads a record as dotenv does; no entry is made to find that out. */
  #isRead(record: number): boolean {
    const own = this.#walk.byKey.get(this.#document.statements[record + keyStartField]!);
    if (own === undefined || this.#walk.refused.length > 0) return false;
    const { key, literal, expanded } = own.statement;
    return !expanded && key === keyAt(this.#document, record) && literal === valueAt(this.#document, record);
  }

  #kindOf(entry: Entry): DifferenceKind | undefined {
    const { refused, byKey } = this.#walk;
    const { start, end } = entry.keySpan;
    // A line's span starts behind a byte order mark, and that is what some refuse.
    const lineStart = this.#document.bom && entry.lineSpan.start === 1 ? 0 : entry.lineSpan.start;
    while (this.#refusals < refused.length && refused[this.#refusals]! < lineStart) this.#refusals++;
    if ((refused[this.#refusals] ?? Infinity) < entry.lineSpan.end) return "refuses-file";
    while (this.#passed < this.#placed.length && this.#placed[this.#passed]!.start < start) {
      this.#reach = Math.max(this.#reach, this.#placed[this.#passed]!.end);
      this.#passed += 1;
    }
    const own = byKey.get(start);
    if (own !== undefined) {
      return own.statement.key === entry.key ? kindOfValue(this.#document.text, entry, own) : "key";
    }
    const before = this.#placed[this.#passed - 1];
    if (before !== undefined && before.start + before.statement.key.length >= end) return "key";
    return this.#reach > start ? "spans-lines" : "skips-line";
  }

  /** Entries that lose to a statement further down which dotenv takes nothing from. */
  *#overridden(lost: readonly Span[]): Generator<Parting> {
    const { statements } = this.#document;
    let passed = 0;
    for (const { statement, start } of this.#placed) {
      while (passed < lost.length && lost[passed]!.end <= start) passed++;
      const record = recordFrom(statements, start, keyStartField);
      if (statements[record + keyStartField] === start) continue;
      const read = statement.key === droppedKey ? undefined : this.#document.keys.effective(statement.key);
      if (read === undefined || statements[read + keyStartField]! >= start) continue;
      if (valueAt(this.#document, read) === statement.value) continue;
      const swallowed = passed < lost.length && lost[passed]!.start <= start;
      yield { record: read, kind: "other", swallowed };
    }
  }
}

/** What is so for another reason than an open quote above counts more than what is not. */
function isGraver(one: Pick<Parting, "kind" | "swallowed">, other: Pick<Parting, "kind" | "swallowed">) {
  if (one.swallowed !== other.swallowed) return other.swallowed;
  return gravity.indexOf(one.kind) < gravity.indexOf(other.kind);
}

/** Every way in which dialects part from dotenv in a document. */
export interface Partings {
  readonly differences: readonly Difference[];
  readonly refusals: readonly Refusal[];
}

/** Gathers how dialects part from dotenv over one entry, whose object is made for who asks for it. */
class GatheredDifference implements Difference {
  readonly #document: DotenvDocument;
  readonly record: number;
  kind: DifferenceKind;
  swallowed: boolean;
  dialects: DialectId[];

  constructor(document: DotenvDocument, { record, kind, swallowed }: Parting, dialect: DialectId) {
    this.#document = document;
    this.record = record;
    this.kind = kind;
    this.swallowed = swallowed;
    this.dialects = [dialect];
  }

  get entry(): Entry {
    return this.#document.entryOf(this.record);
  }

  add({ kind, swallowed }: Parting, dialect: DialectId): void {
    if (kind === this.kind && swallowed === this.swallowed) {
      if (this.dialects.at(-1) !== dialect) this.dialects.push(dialect);
    } else if (isGraver({ kind, swallowed }, this)) {
      this.kind = kind;
      this.swallowed = swallowed;
      this.dialects = [dialect];
    }
  }
}

/** What a dialect makes of the lines of which only a `$` is odd, but for those that another line's statement takes in. */
function* dollarPartings(
  { statements }: DotenvDocument,
  lines: readonly DollarLine[],
  stretches: readonly Span[],
): Generator<Parting> {
  let passed = 0;
  for (const { record, kind } of lines) {
    if (kind === undefined) continue;
    const start = statements[record + startField]!;
    while (passed < stretches.length && stretches[passed]!.end <= start) passed++;
    if (passed === stretches.length || stretches[passed]!.start > start)
      yield { record, kind, swallowed: false };
  }
}

/**
 * Where the dialects read a document otherwise than dotenv does, which is always in force. At most one difference an
 * entry, the gravest, in file order. Costs little more than a look at every line: only the lines that a dialect may
 * read otherwise are read as it reads them, and what a statement among them swallows. `lines`: those of the document,
 * where they are known.
 */
export function partingsIn(
  document: DotenvDocument,
  dialects: readonly DialectId[],
  lines: OddLines = OddLines.of(document),
): Partings {
  const others = dialectIds.filter((id): id is OtherDialect => id !== "dotenv" && dialects.includes(id));
  const found = new Map<number, GatheredDifference>();
  const refusals = new Map<number, DialectId[]>();
  const refuse = (offset: number, dialect: DialectId) => {
    const refusing = refusals.get(offset);
    if (refusing === undefined) refusals.set(offset, [dialect]);
    else refusing.push(dialect);
  };
  const part = (parting: Parting, dialect: DialectId) => {
    const known = found.get(parting.record);
    if (known === undefined) found.set(parting.record, new GatheredDifference(document, parting, dialect));
    else known.add(parting, dialect);
  };
  for (const dialect of others) {
    const odd = lines.spans(true);
    const walked = odd.length === 0 ? nothingOdd : walk(document, dialect, odd);
    for (const offset of walked.refused) refuse(offset, dialect);
    for (const parting of new Comparison(document, walked).partings()) part(parting, dialect);
    // To Node, a `$` is a character like others.
    if (dialect === "node") continue;
    for (const parting of dollarPartings(document, lines.dollarLines(dialect), walked.stretches)) {
      part(parting, dialect);
      if (parting.kind === "refuses-file") refuse(document.statements[parting.record + startField]!, dialect);
    }
  }
  return {
    differences: [...found.values()].sort((one, other) => one.record - other.record),
    refusals: [...refusals]
      .map(([offset, refusing]) => ({ offset, dialects: refusing }))
      .sort((one, other) => one.offset - other.offset),
  };
}

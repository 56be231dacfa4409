import { isDropped, keyAt, valueAt } from "../assignments.ts";
import { skipSpace } from "../characters.ts";
import { type DotenvDocument, type Entry, effectiveEntry } from "../document.ts";
import type { Span } from "../scanner.ts";
import { keyStartField, recordFrom, recordLength } from "../statements.ts";
import { type DialectId, type DifferenceKind, dialectIds } from "./dialect.ts";
import { oddSpans } from "./plain.ts";
import { Names, type ReadStatement } from "./reader.ts";
import { type OtherDialect, openDialect } from "./readers.ts";

/** An entry that some dialects do not read as dotenv does. */
export interface Difference {
  readonly entry: Entry;
  readonly kind: DifferenceKind;
  /** Those that part from dotenv in this way. */
  readonly dialects: readonly DialectId[];
  /** They are still reading the value of an entry above that opens a quote which nothing closes, or lost their way in it. */
  readonly swallowed: boolean;
}

/** How one dialect parts from dotenv over an entry. */
interface Parting {
  readonly entry: Entry;
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

/** A statement as a dialect reads it, its offsets those of the file's text. */
interface Placed {
  readonly statement: ReadStatement;
  readonly start: number;
  readonly end: number;
}

/** What one dialect makes of the odd lines of a document. */
interface Walk {
  readonly byKey: ReadonlyMap<number, Placed>;
  readonly refused: readonly number[];
  /** The stretches that were read, in order; outside of them the dialect agrees with dotenv. */
  readonly stretches: readonly Span[];
}

/** Answers what a name was set to above an offset. */
class NamesAbove {
  readonly #document: DotenvDocument;
  #firstRecords: Map<string, number> | undefined;

  constructor(document: DotenvDocument) {
    this.#document = document;
  }

  valueOf(name: string, offset: number): string | undefined {
    const effective = effectiveEntry(this.#document, name);
    if (effective === undefined || effective.keySpan.start < offset) return effective?.value;
    this.#firstRecords ??= firstRecordsIn(this.#document);
    const first = this.#document.entryOf(this.#firstRecords.get(name)!);
    return first.keySpan.start < offset ? first.value : undefined;
  }
}

function firstRecordsIn(document: DotenvDocument): Map<string, number> {
  const firsts = new Map<string, number>();
  for (let record = document.statements.length - recordLength; record >= 0; record -= recordLength) {
    if (!isDropped(document, record)) firsts.set(keyAt(document, record), record);
  }
  return firsts;
}

function walk(document: DotenvDocument, dialect: OtherDialect, spans: readonly Span[]): Walk {
  const above = new NamesAbove(document);
  let here = 0;
  const names = new Names((name) => above.valueOf(name, here), {});
  const { seen, start, reader } = openDialect(dialect, document.text, names);
  const byKey = new Map<number, Placed>();
  const refused: number[] = [];
  const stretches: Span[] = [];
  let at = start;
  for (const span of spans) {
    const end = seen.seen(span.end);
    if (at >= end) continue;
    at = Math.max(at, seen.seen(span.start));
    const from = at;
    // A statement may end in the middle of a line that is plain to dotenv: then that line is read as well.
    while (at < seen.text.length && (at < end || seen.text.charAt(at - 1) !== "\n")) {
      here = skipSpace(document.text, seen.original(at));
      const next = reader.step(at);
      if (next.kind === "refused") refused.push(seen.original(next.at));
      if (next.kind === "statement") {
        const place = seen.original(next.keyStart);
        byKey.set(place, { statement: next, start: place, end: seen.original(next.end) });
      }
      at = next.end;
    }
    stretches.push({ start: seen.original(from), end: seen.original(at) });
  }
  return { byKey, refused, stretches };
}

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
        if (kind !== undefined) yield { entry, kind, swallowed: lostFrom !== undefined };
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
      const entry = effectiveEntry(this.#document, statement.key);
      if (entry !== undefined && entry.keySpan.start < start && entry.value !== statement.value) {
        const swallowed = passed < lost.length && lost[passed]!.start <= start;
        yield { entry, kind: "other", swallowed };
      }
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

/**
 * Where the dialects read a document otherwise than dotenv does, which is always in force. At most one difference an
 * entry, the gravest, in file order. Costs little more than a look at every line: only the lines that a dialect may
 * read otherwise are read as it reads them, and what a statement among them swallows.
 */
export function partingsIn(document: DotenvDocument, dialects: readonly DialectId[]): Partings {
  const others = dialectIds.filter((id): id is OtherDialect => id !== "dotenv" && dialects.includes(id));
  const spans = others.some((id) => id !== "node") ? oddSpans(document) : [];
  const found = new Map<Entry, { kind: DifferenceKind; dialects: DialectId[]; swallowed: boolean }>();
  const refusals = new Map<number, DialectId[]>();
  for (const dialect of others) {
    const odd = dialect === "node" ? oddSpans(document, true) : spans;
    if (odd.length === 0) continue;
    const walked = walk(document, dialect, odd);
    for (const offset of walked.refused) {
      const refusing = refusals.get(offset);
      if (refusing === undefined) refusals.set(offset, [dialect]);
      else refusing.push(dialect);
    }
    for (const { entry, kind, swallowed } of new Comparison(document, walked).partings()) {
      const known = found.get(entry);
      if (known !== undefined && known.kind === kind && known.swallowed === swallowed) {
        if (!known.dialects.includes(dialect)) known.dialects.push(dialect);
      } else if (known === undefined || isGraver({ kind, swallowed }, known)) {
        found.set(entry, { kind, dialects: [dialect], swallowed });
      }
    }
  }
  return {
    differences: [...found]
      .map(([entry, difference]) => ({ entry, ...difference }))
      .sort((one, other) => one.entry.span.start - other.entry.span.start),
    refusals: [...refusals]
      .map(([offset, refusing]) => ({ offset, dialects: refusing }))
      .sort((one, other) => one.offset - other.offset),
  };
}

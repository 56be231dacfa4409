import { isDropped, keyAt } from "../assignments.ts";
import type { DotenvDocument } from "../document.ts";
import type { Rescan } from "../rescanning.ts";
import { recordLength, startField } from "../statements.ts";
import type { DifferenceKind } from "./dialect.ts";
import { NamesAbove } from "./namesAbove.ts";
import { plainLineEnd } from "./plain.ts";
import { expandedFileCharactersMax, Names, type Step } from "./reader.ts";
import { type OtherDialect, openDialect } from "./readers.ts";

/**
 * What a dialect makes of an assignment of whose line nothing but a `$` is odd: it reads that line by itself, and takes
 * the value as it stands before it replaces anything.
 */
export interface DollarLine {
  readonly record: number;
  /** How it parts from dotenv; undefined where it does not. */
  readonly kind: DifferenceKind | undefined;
  /** The names whose values in the file this depends on. */
  readonly asked: readonly string[];
  /** UTF-16 units that were made of references. */
  readonly expandedCharacters: number;
}

/** Whether dotenv reads a record and nothing but a `$` is odd in its line. */
export function isDollarLine(document: DotenvDocument, record: number): boolean {
  if (plainLineEnd(document, record, false) !== -1) return false;
  return plainLineEnd(document, record, true) !== -1 && !isDropped(document, record);
}

/** Reads the lines of records, in file order, as a dialect does. */
export function readDollarLines(
  document: DotenvDocument,
  dialect: OtherDialect,
  records: readonly number[],
): DollarLine[] {
  if (records.length === 0) return [];
  const above = new NamesAbove(document);
  let here = 0;
  let asked: string[] = [];
  const names = new Names((name) => {
    asked.push(name);
    return above.valueOf(name, here);
  }, {});
  const { seen, reader } = openDialect(dialect, document.text, names);
  return records.map((record) => {
    here = document.statements[record + startField]!;
    asked = [];
    const before = names.charactersLeft;
    const kind = kindOf(reader.step(seen.seen(here)));
    return { record, kind, asked, expandedCharacters: before - names.charactersLeft };
  });
}

function kindOf(step: Step): DifferenceKind | undefined {
  if (step.kind === "refused") return "refuses-file";
  return step.kind === "statement" && step.expanded ? "expands" : undefined;
}

/**
 * The lines of a document by those of the one it was made from, with only those read that changed or that refer to an
 * assignment that did. Undefined where references make so much of the text that the readers stop to replace them: then
 * one line's reading depends on all before it.
 */
export function dollarLinesAfter(
  before: readonly DollarLine[],
  earlier: DotenvDocument,
  { firstRecord, rest, oldRest }: Rescan,
  document: DotenvDocument,
  dialect: OtherDialect,
): readonly DollarLine[] | undefined {
  if (charactersOf(before) > expandedFileCharactersMax) return undefined;
  // What stands before the first assignment behind the change on its line may be new.
  const end = Math.min(rest + recordLength, document.statements.length);
  const oldEnd = end - rest + oldRest;
  const changed = new Set<string>();
  for (let record = firstRecord; record < oldRest; record += recordLength)
    changed.add(keyAt(earlier, record));
  for (let record = firstRecord; record < rest; record += recordLength) changed.add(keyAt(document, record));
  const lines: DollarLine[] = [];
  const toRead: number[] = [];
  for (const line of before) {
    if (line.record >= firstRecord && line.record < oldEnd) continue;
    const record = line.record < firstRecord ? line.record : line.record - oldRest + rest;
    if (line.asked.some((name) => changed.has(name))) toRead.push(record);
    else lines.push(record === line.record ? line : { ...line, record });
  }
  for (let record = firstRecord; record < end; record += recordLength) {
    if (isDollarLine(document, record)) toRead.push(record);
  }
  for (const line of readDollarLines(document, dialect, toRead.sort(ascending))) lines.push(line);
  lines.sort((one, other) => one.record - other.record);
  return charactersOf(lines) > expandedFileCharactersMax ? undefined : lines;
}

function ascending(one: number, other: number): number {
  return one - other;
}

function charactersOf(lines: readonly DollarLine[]): number {
  return lines.reduce((sum, { expandedCharacters }) => sum + expandedCharacters, 0);
}

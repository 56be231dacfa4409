import { isDropped } from "./assignments.ts";
import type { DotenvDocument, Entry, Span } from "./document.ts";
import { sourceOffsets } from "./expand.ts";
import { parseReferences, referencesAmong } from "./reference.ts";
import { recordFrom, recordLength } from "./statements.ts";

/** A place where the name of a key stands in a text. */
export interface Occurrence {
  readonly name: string;
  /** The name alone, without `$`, braces and operator. */
  readonly span: Span;
  /** `reference` is `$NAME` or `${NAME…}` in a value, of whatever quotes. */
  readonly kind: "assignment" | "commented" | "reference";
}

/** A `${NAME}` or `$NAME` in the raw value of an entry, a duplicate that is hidden included. */
export interface ReferenceOccurrence extends Occurrence {
  readonly kind: "reference";
  /** From the `$` to the end of the name, or to the closing brace. */
  readonly whole: Span;
  readonly braced: boolean;
}

/** The references in one entry's value, in order; none where its places in the text cannot be told. */
export function referencesInEntry(text: string, entry: Entry): ReferenceOccurrence[] {
  if (!entry.value.includes("$")) return [];
  const offsets = sourceOffsets(text, entry);
  if (offsets === undefined) return [];
  return [...referencesAmong(parseReferences(entry.value))].map((part) => {
    const braced = entry.value.charAt(part.start + 1) === "{";
    const nameStart = part.start + (braced ? 2 : 1);
    return {
      name: part.name,
      kind: "reference",
      braced,
      span: { start: offsets[nameStart]!, end: offsets[nameStart + part.name.length]! },
      whole: { start: offsets[part.start]!, end: offsets[part.end]! },
    };
  });
}

/** Every reference of a document, in order. */
export function referencesIn(document: DotenvDocument): ReferenceOccurrence[] {
  if (!document.text.includes("$")) return [];
  return document.entries.flatMap((entry) => referencesInEntry(document.text, entry));
}

/** Where a key is assigned, assigned in a comment, and referred to, by place. */
export function occurrencesOf(document: DotenvDocument, name: string): Occurrence[] {
  const found: Occurrence[] = [];
  for (const entry of document.entries) {
    if (entry.key === name) found.push({ name, span: entry.keySpan, kind: "assignment" });
    // Most values name nothing; only those that may are cut into parts.
    if (!entry.value.includes(name)) continue;
    for (const reference of referencesInEntry(document.text, entry)) {
      if (reference.name === name) found.push(reference);
    }
  }
  for (const entry of document.commented) {
    if (entry.key === name) found.push({ name, span: entry.keySpan, kind: "commented" });
  }
  return found.sort((one, other) => one.span.start - other.span.start);
}

/** The entry whose span, from `export` or its key to the end of its comment, holds or touches an offset. */
export function entryAt(document: DotenvDocument, offset: number): Entry | undefined {
  const record = recordFrom(document.statements, offset + 1) - recordLength;
  if (record < 0 || isDropped(document, record)) return undefined;
  const entry = document.entryOf(record);
  return offset <= entry.span.end ? entry : undefined;
}

/** The name that an offset stands in or touches: a key, a commented-out key, or the name in a reference. */
export function occurrenceAt(document: DotenvDocument, offset: number): Occurrence | undefined {
  const touches = ({ start, end }: Span) => start <= offset && offset <= end;
  const entry = entryAt(document, offset);
  if (entry === undefined) {
    const commented = document.commented.find(({ keySpan }) => touches(keySpan));
    return commented && { name: commented.key, span: commented.keySpan, kind: "commented" };
  }
  if (touches(entry.keySpan)) return { name: entry.key, span: entry.keySpan, kind: "assignment" };
  const references = referencesInEntry(document.text, entry).filter(({ whole }) => touches(whole));
  // Of nested references the innermost one counts: it starts last.
  return references.findLast(({ span }) => touches(span)) ?? references.at(-1);
}

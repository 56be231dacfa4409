import { type DotenvDocument, type Entry, type LocalEntry, lineOf, type Span } from "../dotenv/document.ts";

/** The index of the first of spans in file order that starts at `offset` or behind it; their number for none. */
export function firstFrom(places: readonly { readonly span: Span }[], offset: number): number {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle]!.span.start < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The line of an offset, from 1. */
export function lineAt(document: DotenvDocument, offset: number): number {
  return lineOf(document, offset).line;
}

/** The first line that is not blank, without the space around it; an empty span at the start when all are. */
export function firstLine(document: DotenvDocument): Span {
  const found = /\S[^\r\n]*/.exec(document.bom ? ` ${document.text.slice(1)}` : document.text);
  if (!found) return { start: 0, end: 0 };
  return { start: found.index, end: found.index + found[0].trimEnd().length };
}

/** The offset of an entry's `=` or `:`. */
export function separatorOf(document: DotenvDocument, entry: LocalEntry): number {
  return skipSpaces(document.text, entry.keySpan.end, document.text.length);
}

/** The first offset from `from` on, `end` at most, where no white space stands. */
export function skipSpaces(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && /\s/.test(text.charAt(at))) at++;
  return at;
}

/** The changes of a repair that gives an entry's key another reading; a shadowed entry changes none. */
export function readAs(entry: Entry, value: string): ReadonlyMap<string, string> {
  return new Map(entry.effective ? [[entry.key, value]] : []);
}

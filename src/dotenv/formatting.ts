import { afterLineBreak, isQuote, isSpace, lineEnd, skipSpaceInLine } from "./characters.ts";
import { type DotenvDocument, type Entry, parseDocument, values } from "./document.ts";
import { applyEdits, type TextEdit } from "./edit.ts";
import { commentField, recordLength, startField, valueEndField } from "./statements.ts";

/** How often one formatting reads the text again to prove that parts of it change no value. */
const proofsMax = 64;

/** Comments whose first sign means something: rules, `#!`, decorators, regions, and titles of several `#`. */
const markedComment = /^#(?:$|[\s#!@\-=*~_/]|(?:end)?region\b)/;

/** Says whether every reader in force reads the same from a text before and after its formatting. */
export type SameReading = (before: string, after: string) => boolean;

/** A line of the text, its break not included. */
interface Line {
  readonly start: number;
  readonly end: number;
  /** Behind the line break. */
  readonly next: number;
  /** A value of several lines goes on from the line above, or to the line below: that end is not touched. */
  readonly goesOnAbove: boolean;
  readonly goesOnBelow: boolean;
}

function linesOf({ text, statements, bom }: DotenvDocument): Line[] {
  const lines: Line[] = [];
  let record = 0;
  const endOf = (of: number) => Math.max(statements[of + valueEndField]!, statements[of + commentField]!);
  for (let at = bom ? 1 : 0; at < text.length; ) {
    const end = lineEnd(text, at);
    while (record < statements.length && endOf(record) < at) record += recordLength;
    let goesOnAbove = false;
    let goesOnBelow = false;
    for (let of = record; of < statements.length && statements[of + startField]! <= end; of += recordLength) {
      if (statements[of + startField]! < at && endOf(of) >= at) goesOnAbove = true;
      if (endOf(of) > end) goesOnBelow = true;
    }
    const next = afterLineBreak(text, end);
    lines.push({ start: at, end, next, goesOnAbove, goesOnBelow });
    at = next;
  }
  return lines;
}

/** Space at both ends of a line; nothing for a line that is blank. */
function marginEdits(text: string, { start, end, goesOnAbove, goesOnBelow }: Line): TextEdit[] {
  const first = skipSpaceInLine(text, start);
  let last = end;
  while (last > start && isSpace(text.charCodeAt(last - 1))) last--;
  const edits: TextEdit[] = [];
  if (!goesOnAbove && first > start && first < end) edits.push({ start, end: first, text: "" });
  if (!goesOnBelow && last < end && last > start) edits.push({ start: last, end, text: "" });
  return edits;
}

/** Blank lines: one where there are several, none at the start and the end. */
function blankLineEdits(text: string, lines: readonly Line[]): TextEdit[] {
  const edits: TextEdit[] = [];
  const isBlank = (line: Line | undefined) =>
    line !== undefined &&
    !line.goesOnAbove &&
    !line.goesOnBelow &&
    skipSpaceInLine(text, line.start) >= line.end;
  for (let index = 0; index < lines.length; index++) {
    const first = index;
    while (isBlank(lines[index])) index++;
    if (index === first) continue;
    const isOuter = first === 0 || index === lines.length;
    const kept = isOuter ? undefined : lines[first]!;
    if (kept && kept.end > kept.start) edits.push({ start: kept.start, end: kept.end, text: "" });
    const doomed = lines.slice(kept ? first + 1 : first, index);
    if (doomed.length > 0) edits.push({ start: doomed[0]!.start, end: doomed.at(-1)!.next, text: "" });
  }
  return edits;
}

function entryEdits(text: string, entry: Entry): TextEdit[] {
  const { span, keySpan, valueSpan, comment } = entry;
  const edits: TextEdit[] = [];
  const replace = (start: number, end: number, wanted: string): void => {
    const present = text.slice(start, end);
    if (present !== wanted && !/[\r\n\u2028\u2029]/.test(present)) edits.push({ start, end, text: wanted });
  };
  if (entry.exported) replace(span.start + "export".length, keySpan.start, " ");
  if (entry.separator === "=") replace(keySpan.end, valueSpan.start, "=");
  if (comment === undefined || valueSpan.end === valueSpan.start) return edits;
  const spaced = isSpace(text.charCodeAt(comment.start - 1));
  if (!spaced && !isQuote(text.charCodeAt(valueSpan.end - 1))) return edits;
  if (!spaced) edits.push({ start: comment.start, end: comment.start, text: " " });
  return [...edits, ...commentEdits(text, comment.start, comment.end)];
}

/** A space behind the `#` of prose. */
function commentEdits(text: string, start: number, end: number): TextEdit[] {
  if (markedComment.test(text.slice(start, end))) return [];
  return [{ start: start + 1, end: start + 1, text: " " }];
}

function candidates(document: DotenvDocument): TextEdit[] {
  const { text, eol } = document;
  const lines = linesOf(document);
  const edits = blankLineEdits(text, lines);
  const commentedOut = new Set<number>();
  for (const { span } of document.commented) {
    for (let at = span.start; at < span.end; at = afterLineBreak(text, lineEnd(text, at))) {
      commentedOut.add(skipSpaceInLine(text, at));
    }
  }
  for (const line of lines) {
    const first = skipSpaceInLine(text, line.start);
    edits.push(...marginEdits(text, line));
    const isComment = text.charAt(first) === "#" && !line.goesOnAbove && first < line.end;
    if (isComment && !commentedOut.has(first)) edits.push(...commentEdits(text, first, line.end));
  }
  for (const entry of document.entries) edits.push(...entryEdits(text, entry));
  const last = lines.at(-1);
  if (last && last.next === last.end && skipSpaceInLine(text, last.start) < last.end) {
    edits.push({ start: last.end, end: last.end, text: eol });
  }
  return edits.sort((one, other) => one.start - other.start || one.end - other.end);
}

/** Keeps what can be kept of the edits: all of them, else the provable ones of each half. */
class Prover {
  readonly #text: string;
  readonly #sameReading: SameReading;
  #proofs = 0;

  constructor(text: string, sameReading: SameReading) {
    this.#text = text;
    this.#sameReading = sameReading;
  }

  keep(edits: readonly TextEdit[], kept: readonly TextEdit[] = []): readonly TextEdit[] {
    if (edits.length === 0 || this.#proofs++ >= proofsMax) return kept;
    const all = [...kept, ...edits];
    if (this.#sameReading(this.#text, applyEdits(this.#text, all))) return all;
    if (edits.length === 1) return kept;
    const middle = edits.length >> 1;
    return this.keep(edits.slice(middle), this.keep(edits.slice(0, middle), kept));
  }
}

/** Whether dotenv reads the same entries, in the same order, from both texts. */
function readsAlike(before: string, after: string): boolean {
  const one = parseDocument(before);
  const other = parseDocument(after);
  return (
    one.entries.length === other.entries.length &&
    JSON.stringify(Object.entries(values(one))) === JSON.stringify(Object.entries(values(other)))
  );
}

/**
 * The edits that give a document one look: `KEY=value` without space around `=`, no space at line ends, one blank
 * line at most, `# ` before prose, a newline at the end. Lines of values are left as they are. Every edit is proven:
 * dotenv and `sameReading` (what the other readers in force say) read the same afterwards, or it is left out.
 */
export function formatEdits(document: DotenvDocument, sameReading: SameReading): readonly TextEdit[] {
  const proven: SameReading = (before, after) => readsAlike(before, after) && sameReading(before, after);
  return new Prover(document.text, proven).keep(candidates(document));
}

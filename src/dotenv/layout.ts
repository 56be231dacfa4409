import { afterLineBreak, isLineBreak, isSpace, lineEnd, skipSpaceInLine } from "./characters.ts";
import type { DotenvDocument, Entry } from "./document.ts";

/** Replaces the text between two UTF-16 offsets of the document's text. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The newline that ends an entry's last line, else the file's. */
export function newlineAt(document: DotenvDocument, entry: Entry): string {
  return /(?:\r\n?|\n)$/.exec(document.text.slice(entry.span.end, entry.lineSpan.end))?.[0] ?? document.eol;
}

/** The edit that puts a spelling in the place of an entry's value, apart from `=` and `#` where it was empty. */
export function valueEdit(document: DotenvDocument, entry: Entry, spelling: string): TextEdit {
  const { text } = document;
  const { start, end } = entry.valueSpan;
  if (end > start || spelling === "") return { start, end, text: spelling };
  const spaceEnd = skipSpaceInLine(text, start);
  if (entry.separator === ":" && text.charAt(start - 1) === ":") return { start, end, text: ` ${spelling}` };
  if (entry.comment?.start !== spaceEnd) return { start: spaceEnd, end: spaceEnd, text: spelling };
  const before = isSpace(text.charCodeAt(entry.keySpan.end)) ? " " : "";
  const behind = spaceEnd === start ? " " : "";
  return { start, end, text: before + spelling + behind };
}

/** Where a new line may go: behind the wished key, at the end, then where no open quote reaches. */
export function insertionPoints(document: DotenvDocument, after: Entry | undefined): number[] {
  const { entries, text } = document;
  const points = [text.length, document.bom ? 1 : 0];
  const last = entries.at(-1);
  if (last) points.splice(1, 0, last.lineSpan.end, entries[0]!.lineSpan.start);
  if (after) points.unshift(after.lineSpan.end);
  return [...new Set(points)];
}

/** The edit that makes `line` a line of its own at a line's start or at the text's end. */
export function lineEdit(
  document: DotenvDocument,
  at: number,
  line: string,
): { edit: TextEdit; start: number } {
  const { text } = document;
  const first = at === (document.bom ? 1 : 0);
  const newline = /(?:\r\n?|\n)$/.exec(text.slice(Math.max(0, at - 2), at))?.[0];
  const open = !first && !isLineBreak(text.charCodeAt(at - 1));
  const before = open ? document.eol : "";
  const behind = open && at === text.length ? "" : (newline ?? document.eol);
  return { edit: { start: at, end: at, text: before + line + behind }, start: at + before.length };
}

/** The edits that put a prefix before the entry and before every further line it spans. */
export function prefixEdits(document: DotenvDocument, entry: Entry, prefix: string): TextEdit[] {
  const { text } = document;
  const edits: TextEdit[] = [];
  for (let at = entry.span.start; at < entry.span.end; at = afterLineBreak(text, lineEnd(text, at))) {
    edits.push({ start: at, end: at, text: prefix });
  }
  return edits;
}

/** Cuts and inserts whole lines; a last line without a newline hands that over to the line that is last then. */
export function moveEdits(document: DotenvDocument, entry: Entry, target: number): TextEdit[] {
  const { text } = document;
  const { start, end } = entry.lineSpan;
  const block = text.slice(start, end);
  const newlineOf = (lines: string) => /\r\n?$|[\n\u2028\u2029]$/.exec(lines)?.[0] ?? "";
  const own = newlineOf(block);
  if (own === "") {
    const before = newlineOf(text.slice(0, start));
    return [
      { start: target, end: target, text: block + before },
      { start: start - before.length, end, text: "" },
    ];
  }
  const open = target === text.length && !isLineBreak(text.charCodeAt(target - 1));
  const moved = open ? own + block.slice(0, -own.length) : block;
  return [
    { start, end, text: "" },
    { start: target, end: target, text: moved },
  ];
}

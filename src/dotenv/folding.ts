import { type DotenvDocument, lineOf } from "./document.ts";
import { type CommentLine, commentLinesIn, headingsIn } from "./headings.ts";

/** Lines that can be folded into the first of them; numbers from 0, both ends included. */
export interface Fold {
  readonly start: number;
  readonly end: number;
  readonly kind: "section" | "value" | "comment" | "region";
}

const regionStart = /^#\s*#?region\b/i;
const regionEnd = /^#\s*#?endregion\b/i;

/** Folds by headings, marked regions (`# region`, `# endregion`), values of several lines and blocks of comments. */
export function foldsOf(document: DotenvDocument): Fold[] {
  const comments = commentLinesIn(document);
  return [
    ...sectionFolds(document, comments),
    ...regionFolds(document, comments),
    ...valueFolds(document),
    ...commentFolds(document, comments),
  ]
    .filter(({ start, end }) => end > start)
    .sort((one, other) => one.start - other.start || other.end - one.end);
}

function lineAt(document: DotenvDocument, offset: number): number {
  return lineOf(document, offset).line - 1;
}

/** The last line before `before` that is not blank. */
function lastFilledLine(document: DotenvDocument, before: number): number {
  const { lineStarts, text } = document;
  let line = before - 1;
  while (line > 0 && text.slice(lineStarts[line], lineStarts[line + 1]).trim() === "") line--;
  return line;
}

function sectionFolds(document: DotenvDocument, comments: readonly CommentLine[]): Fold[] {
  const headings = headingsIn(document, comments);
  const lineCount = document.lineStarts.length;
  const folds: Fold[] = [];
  const open: { level: number; start: number }[] = [];
  const closeTo = (level: number, before: number): void => {
    while (open.length > 0 && open.at(-1)!.level >= level) {
      const { start } = open.pop()!;
      folds.push({ start, end: lastFilledLine(document, before), kind: "section" });
    }
  };
  for (const { level, span } of headings) {
    const start = lineAt(document, span.start);
    closeTo(level, start);
    open.push({ level, start });
  }
  closeTo(0, lineCount);
  return folds;
}

function regionFolds({ text }: DotenvDocument, comments: readonly CommentLine[]): Fold[] {
  const folds: Fold[] = [];
  const open: number[] = [];
  for (const { line, span } of comments) {
    const comment = text.slice(span.start, span.end);
    if (regionStart.test(comment)) open.push(line);
    else if (regionEnd.test(comment) && open.length > 0) {
      folds.push({ start: open.pop()!, end: line, kind: "region" });
    }
  }
  return folds;
}

function valueFolds(document: DotenvDocument): Fold[] {
  const { text } = document;
  return document.entries.flatMap(({ keySpan, valueSpan }): Fold[] => {
    if (!/[\r\n]/.test(text.slice(keySpan.start, valueSpan.end))) return [];
    return [{ start: lineAt(document, keySpan.start), end: lineAt(document, valueSpan.end), kind: "value" }];
  });
}

/** Two comment lines or more in a row; a heading begins a block of its own. */
function commentFolds(document: DotenvDocument, comments: readonly CommentLine[]): Fold[] {
  const headingLines = new Set<number>();
  for (const { span } of headingsIn(document, comments)) {
    const last = lineAt(document, span.end);
    for (let line = lineAt(document, span.start); line <= last; line++) headingLines.add(line);
  }
  const folds: Fold[] = [];
  let block: { start: number; end: number } | undefined;
  const close = (): void => {
    if (block) folds.push({ ...block, kind: "comment" });
    block = undefined;
  };
  for (const { line, span } of comments) {
    const comment = document.text.slice(span.start, span.end);
    const apart = headingLines.has(line) || regionStart.test(comment) || regionEnd.test(comment);
    if (apart || block?.end !== line - 1) close();
    if (apart) continue;
    block = block ? { start: block.start, end: line } : { start: line, end: line };
  }
  close();
  return folds;
}

import { afterLineBreak, hash, isSpace, lineEnd, skipSpaceInLine } from "./characters.ts";
import { type CommentedEntry, type DotenvDocument, lineOf, type Span } from "./document.ts";
import { commentField, recordLength, startField, statementOnLine, valueEndField } from "./statements.ts";

/** A line that holds a comment and nothing else. */
export interface CommentLine {
  /** The number of the line, from 0. */
  readonly line: number;
  /** From the first `#` to the end of the line. */
  readonly span: Span;
}

/** A comment that names what follows it. */
export interface Heading {
  readonly title: string;
  /** 1 for a framed title, 2 for `## Title`, 3 for `### Title`, and so on. */
  readonly level: number;
  /** The comment lines of the heading. */
  readonly span: Span;
}

const titleCharactersMax = 80;
/** A longer word is rather a token than a word of a title. */
const titleWordCharactersMax = 24;

/** What a frame before a title is made of: `--- Title`, `=== Title`, `*** Title`. */
const frame = /^(?:-{2,}|={2,}|\*{2,}|~{2,}|_{2,})(?=\s)/;
const frameSigns = "-=*~_";

/** The comment lines of a document, in order: lines whose first character other than space is `#`. */
export function commentLinesIn(document: DotenvDocument): CommentLine[] {
  const { text, statements } = document;
  const found: CommentLine[] = [];
  const collect = (from: number, to: number): void => {
    for (let at = from; at < to; at = afterLineBreak(text, lineEnd(text, at))) {
      const first = skipSpaceInLine(text, at);
      const end = lineEnd(text, first);
      if (first < to && text.charCodeAt(first) === hash) {
        found.push({ line: lineOf(document, first).line - 1, span: { start: first, end } });
      }
      if (end >= text.length) return;
    }
  };
  let from = document.bom ? 1 : 0;
  for (let record = 0; record < statements.length; record += recordLength) {
    collect(from, statements[record + startField]!);
    const comment = statements[record + commentField]!;
    const end = comment === -1 ? statements[record + valueEndField]! : comment;
    from = afterLineBreak(text, lineEnd(text, end));
  }
  collect(from, text.length);
  return found;
}

/** Whether a text may be shown as a title: short, in words, and nothing that an assignment is made of. */
function isTitle(title: string): boolean {
  return (
    title.length <= titleCharactersMax &&
    /\p{L}/u.test(title) &&
    !/[=@`"']/.test(title) &&
    title.split(/\s+/).every((word) => word.length <= titleWordCharactersMax) &&
    statementOnLine(title, 0).length === 0
  );
}

/** A text without some signs, and with `spaces` without space, at its end. One step a character: comments are of any length. */
function withoutTail(text: string, signs: string, spaces = false): string {
  let end = text.length;
  while (end > 0 && (signs.includes(text.charAt(end - 1)) || (spaces && isSpace(text.charCodeAt(end - 1)))))
    end--;
  return text.slice(0, end);
}

/** Title and level of `# --- Title ---` (the frame behind is optional), `#### Title ####` or `## Title`. */
function titleOf(line: string): { title: string; level: number } | undefined {
  const hashes = line.length - line.replace(/^#+/, "").length;
  const body = line.slice(hashes).trim();
  const opening = frame.exec(body)?.[0];
  if (opening !== undefined) {
    const framed = body.slice(opening.length).trim();
    const inner = withoutTail(framed, "#", true);
    const bare = withoutTail(inner, frameSigns);
    const title = inner.length - bare.length >= 2 ? bare.trimEnd() : framed;
    return isTitle(title) ? { title, level: 1 } : undefined;
  }
  if (hashes < 2 || !isSpace(line.charCodeAt(hashes))) return undefined;
  const bare = withoutTail(body, "#");
  if (body.length - bare.length >= 2 && isSpace(bare.charCodeAt(bare.length - 1))) {
    const title = bare.trimEnd();
    return isTitle(title) ? { title, level: 1 } : undefined;
  }
  return hashes <= 6 && isTitle(body) ? { title: body, level: hashes } : undefined;
}

/** A line of signs only, as above and below a title: three in a row at least, between hashes and space. */
function isRule(line: string): boolean {
  const inner = withoutTail(line, "#", true).replace(/^[#\s]+/, "");
  if (inner === "") return line.includes("###");
  if (!/^[-=*~_#]+$/.test(inner)) return false;
  const start = line.indexOf(inner);
  const around = line.slice(Math.max(0, start - 2), start + inner.length + 2);
  return /[-=*~_#]{3}/.test(around);
}

/** The text of a comment between two rules, without its signs. */
function bannerTitle(line: string): string | undefined {
  const title = withoutTail(line, "#*|", true).replace(/^[#*\s|]+/, "");
  return isTitle(title) ? title : undefined;
}

function follows(one: CommentLine | undefined, other: CommentLine | undefined): boolean {
  return one !== undefined && other !== undefined && other.line === one.line + 1;
}

/**
 * The headings of a document: `# --- Title ---`, `#### Title ####`, `## Title`, or a title between two rules.
 * Commented-out assignments, and what might be one, are none: a title never holds a value.
 */
export function headingsIn(
  document: DotenvDocument,
  comments: readonly CommentLine[] = commentLinesIn(document),
): Heading[] {
  const headings: Heading[] = [];
  const textOf = ({ span }: CommentLine) => document.text.slice(span.start, span.end);
  const isCommentedOut = lookUpIn(document.commented);
  for (let index = 0; index < comments.length; index++) {
    const comment = comments[index]!;
    if (isCommentedOut(comment.span.start)) continue;
    const text = textOf(comment);
    const title = comments[index + 1];
    const closing = comments[index + 2];
    if (isRule(text) && follows(comment, title) && follows(title, closing)) {
      const banner = isRule(textOf(closing!)) ? bannerTitle(textOf(title!)) : undefined;
      if (banner !== undefined && !isCommentedOut(title!.span.start)) {
        const span = { start: comment.span.start, end: closing!.span.end };
        headings.push({ title: banner, level: 1, span });
        index += 2;
        continue;
      }
    }
    const named = titleOf(text);
    if (named) headings.push({ ...named, span: trimmed(document.text, comment.span) });
  }
  return headings;
}

/** Whether growing offsets stand in one of several spans; both in order. */
function lookUpIn(commented: readonly CommentedEntry[]): (offset: number) => boolean {
  let next = 0;
  return (offset) => {
    while (next < commented.length && commented[next]!.span.end < offset) next++;
    const span = commented[next]?.span;
    return span !== undefined && span.start <= offset;
  };
}

function trimmed(text: string, { start, end }: Span): Span {
  let last = end;
  while (last > start && isSpace(text.charCodeAt(last - 1))) last--;
  return { start, end: last };
}

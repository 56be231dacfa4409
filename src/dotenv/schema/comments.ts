import { isLineBreak } from "../characters.ts";
import type { DotenvDocument, Entry } from "../document.ts";
import type { Span } from "../scanner.ts";
import { type Decorator, DecoratorScanner, type SyntaxProblem } from "./syntax.ts";
import { decoratorWord } from "./vocabulary.ts";

/** Decorators that one comment line may hold; what follows them is not read. */
export const decoratorsPerLineMax = 64;

/** A mistake in a comment, with the decorator it belongs to. */
export interface CommentProblem extends SyntaxProblem {
  readonly decorator: string;
}

/** A comment line with decorators, and the lines that an argument list of it goes on in. */
export interface DecoratorComment {
  /** From the `#` to the end of the last line that was read. */
  readonly span: Span;
  readonly decorators: readonly Decorator[];
  readonly problems: readonly CommentProblem[];
}

/** Comment lines that follow each other directly. */
export interface CommentBlock {
  /** The entry right below, or the one that the comment stands behind; undefined for a block of its own. */
  readonly entry: Entry | undefined;
  /** Stands before the first key. */
  readonly header: boolean;
  /** Lines without decorators, from `#` to the end of the line. */
  readonly prose: readonly Span[];
  readonly decorated: readonly DecoratorComment[];
}

const dividerPattern = /^#[ \t]*[-=*#]{3}/;

/** The comment blocks of a document, in order; dividers belong to none. */
export function commentBlocks(document: DotenvDocument): CommentBlock[] {
  const blocks: CommentBlock[] = [];
  let lines: Span[] = [];
  let newlines = 1;
  let header = true;
  let next = 0;
  const close = (entry: Entry | undefined): void => {
    if (lines.length > 0) blocks.push(readBlock(document.text, lines, entry, header && entry === undefined));
    lines = [];
  };
  for (const token of document.tokens) {
    if (token.kind === "newline") newlines++;
    if (token.kind === "newline" || token.kind === "space" || token.kind === "bom") continue;
    if (newlines > 1) close(undefined);
    if (token.kind === "comment" && newlines > 0) {
      if (dividerPattern.test(token.text)) close(undefined);
      else lines.push({ start: token.start, end: token.end });
    } else if (token.kind === "invalid") {
      close(undefined);
    } else if (token.kind === "key") {
      const { entries } = document;
      while (next < entries.length && entries[next]!.keySpan.start < token.start) next++;
      const entry = entries[next];
      close(entry?.keySpan.start === token.start ? entry : undefined);
      header = false;
      if (entry?.comment !== undefined) blocks.push(readBlock(document.text, [entry.comment], entry, false));
    }
    newlines = 0;
  }
  close(undefined);
  return blocks;
}

function readBlock(
  text: string,
  lines: readonly Span[],
  entry: Entry | undefined,
  header: boolean,
): CommentBlock {
  const prose: Span[] = [];
  const decorated: DecoratorComment[] = [];
  const limit = lines.at(-1)!.end;
  let leftOpen = false;
  let behind = 0;
  for (const line of lines) {
    if (line.start < behind) continue;
    const read = readComment(text, line, limit, leftOpen);
    if (read === undefined) {
      prose.push(line);
      continue;
    }
    decorated.push(read.comment);
    leftOpen ||= read.leftOpen;
    behind = read.comment.span.end;
  }
  return { entry, header, prose, decorated };
}

/**
 * The decorators of a comment line; undefined for an ordinary comment, such as `# @todo: tidy` or `# @ann knows why`.
 * `limit`: the end of the last comment line that follows directly. `leftOpen`: a list above was never closed.
 */
function readComment(
  text: string,
  line: Span,
  limit: number,
  leftOpen: boolean,
): { readonly comment: DecoratorComment; readonly leftOpen: boolean } | undefined {
  const scanner = new DecoratorScanner(text, line.start + 1, limit);
  scanner.leftOpen = leftOpen;
  scanner.skipBlank();
  const decorators: Decorator[] = [];
  const problems: CommentProblem[] = [];
  while (decorators.length < decoratorsPerLineMax) {
    const name = scanner.readName();
    if (name === undefined) break;
    if (decorators.length === 0 && scanner.peek() === ":") return undefined;
    decorators.push(readDecorator(scanner, name));
    for (const problem of scanner.problems.splice(0)) problems.push({ ...problem, decorator: name.name });
    const stray = skipStray(scanner);
    if (stray === undefined) continue;
    if (decorators.length === 1 && isMention(decorators[0]!)) return undefined;
    const next = "Start the text behind it with #, or put it on a line of its own.";
    problems.push({ span: stray, code: "stray-text", next, decorator: name.name });
  }
  if (decorators.length === 0) return undefined;
  // A list that runs over several lines takes all of its last one.
  const span = { start: line.start, end: scanner.lineEnd(scanner.at) };
  return { comment: { span, decorators, problems }, leftOpen: scanner.leftOpen };
}

function isMention({ name, value }: Decorator): boolean {
  return value === undefined && decoratorWord(name) === undefined;
}

function readDecorator(
  scanner: DecoratorScanner,
  { name, span: nameSpan }: { readonly name: string; readonly span: Span },
): Decorator {
  const { start } = nameSpan;
  const value = scanner.peek() === "(" ? readClosed(scanner, () => scanner.readBareCall()) : undefined;
  if (value !== undefined) return { name, nameSpan, span: { start, end: scanner.at }, value, bare: true };
  if (scanner.peek() !== "=") return { name, nameSpan, span: nameSpan, value, bare: false };
  scanner.at++;
  const argument = decoratorWord(name)?.argument;
  const takesText = argument === undefined || argument === "text" || argument === "flag-or-text";
  const given = takesText ? readTextOrCall(scanner) : readClosed(scanner, () => scanner.readValue());
  const span = { start, end: scanner.at };
  if (given === undefined) {
    scanner.problem("missing-value", span, "Write a value behind the =, or take the = away.");
  }
  return { name, nameSpan, span, value: given, bare: false };
}

/** A list that nothing closes in any line of the comment is taken to end with its first line. */
function readClosed<T>(scanner: DecoratorScanner, read: () => T): T {
  const { at, leftOpen } = scanner;
  const value = read();
  if (leftOpen || !scanner.leftOpen) return value;
  scanner.at = at;
  scanner.problems.splice(0);
  return read();
}

/** Text may look like a list that is never closed, as in `@example=a(b`: then it is taken as it stands. */
function readTextOrCall(scanner: DecoratorScanner): Decorator["value"] {
  const { at, leftOpen } = scanner;
  scanner.leftOpen = true;
  const value = scanner.readValue();
  scanner.leftOpen = leftOpen;
  if (scanner.problems.length === 0 || value === undefined || value.kind === "static") return value;
  scanner.problems.splice(0);
  scanner.at = at;
  return scanner.readPlain();
}

/** Goes on to the next decorator or the end of the line; returns the text in between that belongs to neither. */
function skipStray(scanner: DecoratorScanner): Span | undefined {
  const start = scanner.at;
  scanner.skipBlank();
  const blank = scanner.at > start;
  if (scanner.atLineEnd()) return undefined;
  if (scanner.peek() === "#") {
    scanner.at = scanner.lineEnd();
    return undefined;
  }
  if (blank && startsDecorator(scanner)) return undefined;
  const from = scanner.at;
  let end = from;
  while (!scanner.atLineEnd()) {
    const word = scanner.peek();
    if (word === " " || word === "\t") {
      scanner.skipBlank();
      if (scanner.peek() === "#") scanner.at = scanner.lineEnd();
      if (startsDecorator(scanner)) break;
    } else {
      scanner.at++;
      end = scanner.at;
    }
  }
  return { start: from, end };
}

function startsDecorator(scanner: DecoratorScanner): boolean {
  return scanner.peek() === "@" && /^[A-Za-z]$/.test(scanner.peek(scanner.at + 1));
}

/** A comment line's text without `#` and the space around it. */
export function proseOf(text: string, { start, end }: Span): string {
  let last = end;
  while (last > start && isLineBreak(text.charCodeAt(last - 1))) last--;
  return text.slice(start + 1, last).trim();
}

import { isSpace, lineEnd } from "./characters.ts";
import type { DotenvDocument, InvalidLine, Span } from "./document.ts";
import { commentLinesIn } from "./headings.ts";
import { looksLikeSecret } from "./schema/secrets.ts";
import { commentField, recordLength, valueEndField, valueStartField } from "./statements.ts";

/** A line without `=` that is no longer than this may be a key that is being typed; a longer one is hidden. */
const typedKeyCharactersMax = 32;

/** An assignment behind any number of `#`, as `## export KEY = value`. */
const commentedAssignment = /^[#\s]*(?:export\s+)?[\w.-]+\s*=/;
/** Characters of a comment's only word from which on it may be a line of a key that was pasted. */
const longWordCharactersMin = 25;
/** An address without credentials stays readable. */
const openAddress = /^[a-z]+:\/\/[^@]*$/;
/** A word in a comment that is long enough to be a token or an address with a password. */
const tokenWord = /[^\s"'`,;()<>]{12,}/g;
/** `# KEY: value`, in capitals: prose such as `Note: …` stays readable. */
const commentedColon = /^[#\s]*(?:export\s+)?[A-Z][A-Z\d_]*_[A-Z\d_]*\s*:/;

/**
 * Everything of a text that is a value or may be one, in order and without overlaps: raw values with their
 * quotes, also of assignments in comments; words of comments that look like secrets; what follows a `#` that cuts a
 * value without a space; what stands on lines that dotenv skips. An assignment without a value has an empty span, where one may be typed.
 */
export function cloakedSpans(document: DotenvDocument): Span[] {
  const spans: Span[] = [];
  for (let record = 0; record < document.statements.length; record += recordLength) {
    const value = statementSpan(document, record);
    spans.push(value);
    const comment = document.statements[record + commentField]!;
    if (comment < value.end) continue;
    spans.push(...commentSpans(document.text, { start: comment, end: lineEnd(document.text, comment) }));
  }
  for (const line of document.invalid) spans.push(...invalidSpans(document.text, line));
  for (const { span, valueSpan } of document.commented) {
    spans.push({ start: valueSpan.start, end: Math.max(valueSpan.end, span.end) });
  }
  for (const { span } of commentLinesIn(document)) spans.push(...commentSpans(document.text, span));
  return joined(spans);
}

/** Of spans in order and without overlaps those that reach into a part of the text, touching ones included. */
export function spansBetween(spans: readonly Span[], { start, end }: Span): readonly Span[] {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (spans[middle]!.end < start) low = middle + 1;
    else high = middle;
  }
  let behind = low;
  while (behind < spans.length && spans[behind]!.start <= end) behind++;
  return spans.slice(low, behind);
}

/** Also of a key that dotenv drops: what stands behind it may be a secret all the same. */
function statementSpan({ text, statements }: DotenvDocument, record: number): Span {
  const start = statements[record + valueStartField]!;
  const end = statements[record + valueEndField]!;
  const comment = statements[record + commentField]!;
  const isCut = comment > 0 && !isSpace(text.charCodeAt(comment - 1));
  return { start, end: isCut ? lineEnd(text, comment) : end };
}

function invalidSpans(text: string, { span, reason }: InvalidLine): Span[] {
  const line = text.slice(span.start, span.end);
  if (reason === "unclosed-quote") return [span];
  const separator = line.search(/[=:]/);
  if (separator !== -1) return [{ start: span.start + separator + 1, end: span.end }];
  return reason === "no-separator" && line.length <= typedKeyCharactersMax ? [] : [span];
}

/** What may be a value in a comment: an assignment's, a line of a key, or words that look like secrets in prose. */
function commentSpans(text: string, { start, end }: Span): Span[] {
  const comment = text.slice(start, end);
  if (isLongWord(comment.replace(/^[#\s]+/, "").trimEnd())) return [{ start, end }];
  const found = commentedAssignment.exec(comment) ?? commentedColon.exec(comment);
  if (found) return [{ start: start + found[0].length, end }];
  const spans: Span[] = [];
  for (const { 0: word, index } of comment.matchAll(tokenWord)) {
    if (looksLikeSecret(word)) spans.push({ start: start + index, end: start + index + word.length });
  }
  return spans;
}

function isLongWord(word: string): boolean {
  return (
    word.length >= longWordCharactersMin &&
    !/\s/.test(word) &&
    /[A-Za-z\d]{8}/.test(word) &&
    !openAddress.test(word)
  );
}

/** In order, those that overlap as one. */
function joined(spans: Span[]): Span[] {
  const result: { start: number; end: number }[] = [];
  for (const { start, end } of spans.sort((one, other) => one.start - other.start || one.end - other.end)) {
    const last = result.at(-1);
    if (last && start < last.end) last.end = Math.max(last.end, end);
    else if (last?.start !== start || last.end !== end) result.push({ start, end });
  }
  return result;
}

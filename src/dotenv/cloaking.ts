import { isSpace, lineEnd } from "./characters.ts";
import type { DotenvDocument, InvalidLine, Span } from "./document.ts";
import { type CommentLine, commentLinesIn } from "./headings.ts";
import { commentField, recordLength, valueEndField, valueStartField } from "./statements.ts";

/** A line without `=` that is no longer than this may be a key that is being typed; a longer one is hidden. */
const typedKeyCharactersMax = 32;

/** An assignment behind any number of `#`, as `## export KEY = value`. */
const commentedAssignment = /^[#\s]*(?:export\s+)?[\w.-]+\s*=/;
/** A comment of one long word, as a line of a key that was pasted; an address without credentials stays readable. */
const longWord = /^[#\s]*(?![a-z]+:\/\/[^@]*$)(?=\S*[A-Za-z\d]{8})\S{25,}\s*$/;
/** `# KEY: value`, in capitals: prose such as `Note: …` stays readable. */
const commentedColon = /^[#\s]*(?:export\s+)?[A-Z][A-Z\d_]*_[A-Z\d_]*\s*:/;

/**
 * Everything of a text that is a value or may be one, in order and without overlaps: raw values with their
 * quotes, also of assignments in comments; what follows a `#` that cuts a value without a space; what stands on
 * lines that dotenv skips. An assignment without a value has an empty span, where one may be typed.
 */
export function cloakedSpans(document: DotenvDocument): Span[] {
  const spans: Span[] = [];
  for (let record = 0; record < document.statements.length; record += recordLength) {
    spans.push(statementSpan(document, record));
  }
  for (const line of document.invalid) spans.push(...invalidSpans(document.text, line));
  for (const { span, valueSpan } of document.commented) {
    spans.push({ start: valueSpan.start, end: Math.max(valueSpan.end, span.end) });
  }
  for (const line of commentLinesIn(document)) spans.push(...commentSpans(document.text, line));
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

function commentSpans(text: string, { span }: CommentLine): Span[] {
  const comment = text.slice(span.start, span.end);
  if (longWord.test(comment)) return [span];
  const found = commentedAssignment.exec(comment) ?? commentedColon.exec(comment);
  if (!found) return [];
  return [{ start: span.start + found[0].length, end: lineEnd(text, span.start) }];
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

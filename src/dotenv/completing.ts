import { isKeyCode, lineStart } from "./characters.ts";
import type { DotenvDocument, Entry, Span } from "./document.ts";
import { entryAt } from "./occurrences.ts";

/** What may be completed at a place of a document. */
export type CompletionPlace =
  /** A key at the start of a line; `assigned` when its `=` is there already. */
  | { readonly kind: "key"; readonly span: Span; readonly assigned: boolean }
  /** A name behind `$` or `${`; `closed` when a `}` follows it. */
  | {
      readonly kind: "reference";
      readonly key: string;
      readonly span: Span;
      readonly braced: boolean;
      readonly closed: boolean;
    }
  /** The whole value of a key, without its quotes. */
  | { readonly kind: "value"; readonly key: string; readonly span: Span; readonly quoted: boolean };

const startedReference = /(\\?)\$(\{?)([\w.]*)$/;
const startedKey = /^\s*(?:export\s+)?([\w.-]*)$/;

/** Says what is being written at an offset; undefined in comments and where nothing can be said. */
export function completionPlace(document: DotenvDocument, offset: number): CompletionPlace | undefined {
  const entry = entryAt(document, offset);
  if (entry && offset > entry.keySpan.end) return placeInEntry(document.text, entry, offset);
  if (entry && offset < entry.keySpan.start) return undefined;
  const { text } = document;
  const typed = startedKey.exec(text.slice(lineStart(text, offset), offset))?.[1];
  if (typed === undefined) return undefined;
  let end = offset;
  while (end < text.length && isKeyCode(text.charCodeAt(end))) end++;
  return { kind: "key", span: { start: offset - typed.length, end }, assigned: entry !== undefined };
}

function placeInEntry(text: string, entry: Entry, offset: number): CompletionPlace | undefined {
  const { key, valueSpan, comment } = entry;
  const first = text.charAt(valueSpan.start);
  const isQuoted = valueSpan.end > valueSpan.start && `"'\``.includes(first);
  const afterValue = offset > valueSpan.end || (isQuoted && !entry.unclosed && offset === valueSpan.end);
  if (offset < valueSpan.start || (comment && offset > comment.start)) return undefined;
  if (valueSpan.end > valueSpan.start && afterValue) return undefined;
  if (isQuoted && offset === valueSpan.start) return undefined;
  const started = startedReference.exec(text.slice(valueSpan.start, offset));
  if (started?.[1] === "" && !(isQuoted && first !== '"')) {
    return reference(text, key, offset, started[2] === "{", started[3]!);
  }
  if (started) return undefined;
  const trim = isQuoted ? 1 : 0;
  const end = isQuoted && entry.unclosed ? valueSpan.end : valueSpan.end - trim;
  const empty = valueSpan.end === valueSpan.start;
  const span = empty ? { start: offset, end: offset } : { start: valueSpan.start + trim, end };
  return { kind: "value", key, span, quoted: isQuoted };
}

function reference(
  text: string,
  key: string,
  offset: number,
  braced: boolean,
  typed: string,
): CompletionPlace {
  let end = offset;
  while (end < text.length && /[\w.]/.test(text.charAt(end))) end++;
  const span = { start: offset - typed.length, end };
  return { kind: "reference", key, span, braced, closed: braced && text.charAt(end) === "}" };
}

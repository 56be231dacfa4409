import { linesBehind } from "../../dotenv/assignments.ts";
import {
  afterLineBreak,
  hash,
  isLineBreak,
  isSpace,
  lineEnd,
  skipSpaceInLine,
} from "../../dotenv/characters.ts";
import type { DotenvDocument, Span } from "../../dotenv/document.ts";
import { entryAt } from "../../dotenv/occurrences.ts";
import { readAs } from "../places.ts";
import { type Match, type Repair, type Rule, sameReading } from "../rule.ts";

const none: Match[] = [];
const atLineEnd = "There is white space at the end of the line.";

/**
 * Reports white space at the end of a line, and at the end of a value in quotes, where it is read. Space inside of a
 * value that goes over lines is the value's, and a line that no reader takes in has a finding of its own.
 */
export const trailingWhitespace: Rule = {
  id: "trailing-whitespace",
  entry: {
    suspects: ({ text, valueStart, valueEnd, comment, quote }) =>
      (quote !== 0 && valueEnd - 2 > valueStart && isBlank(text.charCodeAt(valueEnd - 2))) ||
      (comment !== -1 && isBlank(text.charCodeAt(lineEnd(text, comment) - 1))),
    check({ key, quote, valueSpan, comment }, { text }) {
      const inner =
        quote === undefined ? undefined : spaceBefore(text, valueSpan.start + 1, valueSpan.end - 1);
      if (inner !== undefined && inner.start < inner.end) {
        const message = `The value of ${key} ends with white space inside its quotes, and that is read as a part of it.`;
        return { span: inner, key, message };
      }
      const behind = comment && spaceBefore(text, comment.start, comment.end);
      return behind && behind.start < behind.end ? { span: behind, message: atLineEnd } : undefined;
    },
  },
  lines(document, record) {
    const { text } = document;
    const [from, to] = linesBehind(document, record);
    let matches = none;
    for (
      let at = record < 0 && document.bom ? 1 : from;
      at < to;
      at = afterLineBreak(text, lineEnd(text, at))
    ) {
      const span = spaceAt(text, at, to, at === from && record >= 0);
      if (span === undefined) continue;
      if (matches === none) matches = [];
      matches.push({ span, message: atLineEnd });
    }
    return matches;
  },
  repair({ key, span }) {
    if (key !== undefined) return undefined;
    return {
      title: "Remove the white space at the end of the line",
      alternatives: [[{ ...span, text: "" }]],
      changes: sameReading,
    };
  },
  choices({ key, span }, document) {
    return key === undefined ? [] : withoutEnd(document, span);
  },
};

/** Space that is no line break. */
function isBlank(code: number): boolean {
  return isSpace(code) && !isLineBreak(code);
}

function spaceBefore(text: string, start: number, end: number): Span {
  let at = end;
  while (at > start && isBlank(text.charCodeAt(at - 1))) at--;
  return { start: at, end };
}

/** The space at the end of the line that goes on at `at`; `behind` says that an assignment stands before it. */
function spaceAt(text: string, at: number, to: number, behind: boolean): Span | undefined {
  const end = lineEnd(text, at);
  // The last line belongs to the assignment that follows, and is its indentation.
  if (end >= to && to < text.length) return undefined;
  const first = skipSpaceInLine(text, at);
  if (first === end) return first > at ? { start: at, end } : undefined;
  if (behind || text.charCodeAt(first) !== hash) return undefined;
  const space = spaceBefore(text, first, end);
  return space.start < end ? space : undefined;
}

function withoutEnd(document: DotenvDocument, span: Span): Repair[] {
  const entry = entryAt(document, span.start);
  if (!entry) return [];
  const value = entry.value.slice(0, entry.value.length - (span.end - span.start));
  return [
    {
      title: `Remove the white space at the end of the value of ${entry.key} (changes what is read)`,
      alternatives: [[{ ...span, text: "" }]],
      changes: readAs(entry, value),
    },
  ];
}

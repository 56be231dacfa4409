import { isQuote } from "../../dotenv/characters.ts";
import type { DotenvDocument, Entry, LocalEntry } from "../../dotenv/document.ts";
import { entryAt } from "../../dotenv/occurrences.ts";
import { lineAt, readAs } from "../places.ts";
import { quotings } from "../quoting.ts";
import { type Match, type Repair, type Rule, sameReading } from "../rule.ts";

/** Reports each value that opens a quote which nothing closes, at the value. */
export const unclosedQuote: Rule = {
  id: "unclosed-quote",
  entry: {
    suspects: ({ text, valueStart, valueEnd, quote }) =>
      quote === 0 && valueStart < valueEnd && isQuote(text.charCodeAt(valueStart)),
    check: (entry) => (entry.unclosed ? matchOf(entry) : undefined),
  },
  choices(finding, document) {
    const entry = entryAt(document, finding.span.start);
    if (!entry?.unclosed) return [];
    const several = closeBelow(document, entry);
    return [...(several ? [several] : []), closeOnLine(document, entry), keepQuote(document, entry)];
  },
};

function matchOf(entry: LocalEntry): Match {
  return {
    span: entry.valueSpan,
    key: entry.key,
    message: `The quote that opens the value of ${entry.key} is never closed, so the quote itself is read as a part of the value.`,
  };
}

/** What a reader makes of the text between two quotes. */
function between(quote: string, raw: string): string {
  const text = raw.replace(/\r\n?/g, "\n");
  return quote === '"' ? text.replaceAll("\\n", "\n").replaceAll("\\r", "\r") : text;
}

/** Closes the quote where the value ends; with a comment glued to the value, where the line ends. */
function closeOnLine(document: DotenvDocument, entry: Entry): Repair {
  const { text } = document;
  const { valueSpan, comment, key } = entry;
  const quote = text.charAt(valueSpan.start);
  const glued = comment?.start === valueSpan.end;
  const end = glued ? comment.start + text.slice(comment.start, comment.end).trimEnd().length : valueSpan.end;
  return {
    title: glued
      ? `Close the quote at the end of the line: ${key} is read without the quote, and with the # and what follows it`
      : `Close the quote at the end of the value: ${key} is read without the quote`,
    alternatives: [[{ start: end, end, text: quote }]],
    changes: readAs(entry, between(quote, text.slice(valueSpan.start + 1, end))),
  };
}

/** Closes the quote behind the lines that nobody reads because of it. */
function closeBelow(document: DotenvDocument, entry: Entry): Repair | undefined {
  const { text, invalid, entries } = document;
  const next = entries.find((other) => other.span.start > entry.span.start)?.span.start ?? text.length;
  const last = invalid.findLast(
    ({ span, reason }) =>
      reason === "unclosed-quote" && span.start > entry.valueSpan.start && span.end <= next,
  );
  if (!last) return undefined;
  const quote = text.charAt(entry.valueSpan.start);
  const { end } = last.span;
  return {
    title: `Close the quote at the end of line ${lineAt(document, end)}: the lines up to there become the value of ${entry.key}`,
    alternatives: [[{ start: end, end, text: quote }]],
    changes: readAs(entry, between(quote, text.slice(entry.valueSpan.start + 1, end))),
  };
}

function keepQuote(document: DotenvDocument, entry: Entry): Repair {
  const { start, end } = entry.valueSpan;
  return {
    title: `Keep what is read now: put ${entry.key} with its quote character into other quotes`,
    alternatives: quotings(document.text.slice(start, end)).map((text) => [{ start, end, text }]),
    changes: sameReading,
  };
}

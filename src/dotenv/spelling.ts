import { type Entry, parseDocument, type Quote } from "./document.ts";
import { parseReferences } from "./reference.ts";

/** How the value that is to be replaced was written; what a new value follows where it can. */
export interface SpellingStyle {
  readonly quote: Quote | undefined;
  /** Line feeds stand as `\n` in the double quotes rather than as lines. */
  readonly escapedNewlines: boolean;
  /** Whether any text that reads back may go unquoted, or only what every shell takes as it is. */
  readonly bareText: "any" | "plain";
  readonly eol: string;
}

const plainText = /^[\w./:@%+,=?&~-]*$/;
const allQuotes: readonly Quote[] = ['"', "'", "`"];

/** The style of an entry, for a value that takes its place; a quote left open counts as its quote. */
export function styleOf(text: string, entry: Entry, eol: string): SpellingStyle {
  const raw = text.slice(entry.valueSpan.start, entry.valueSpan.end);
  const quote = entry.unclosed ? (raw.charAt(0) as Quote) : entry.quote;
  return {
    quote,
    escapedNewlines: quote === '"' && raw.includes("\\n") && !/[\r\n]/.test(raw),
    bareText: quote === undefined && entry.value !== "" ? "any" : "plain",
    eol,
  };
}

/** What stands between and including the quotes, the preferred form first; none when the quote cannot hold it. */
function quotedForms(value: string, quote: Quote, style: SpellingStyle): string[] {
  if (value.includes(quote)) return [];
  if (quote !== '"') {
    return value.includes("\r") ? [] : [quote + value.replaceAll("\n", style.eol) + quote];
  }
  const escapedReturns = value.replaceAll("\r", "\\r");
  const overLines = `"${escapedReturns.replaceAll("\n", style.eol)}"`;
  const onOneLine = `"${escapedReturns.replaceAll("\n", "\\n")}"`;
  return style.escapedNewlines ? [onOneLine, overLines] : [overLines, onOneLine];
}

/** Whether dotenv reads exactly `value` from the spelling when it stands alone. */
function readsBack(spelling: string, value: string): boolean {
  const read = parseDocument(`KEY=${spelling}\n`);
  return read.entries.length === 1 && read.entries[0]?.value === value;
}

/**
 * The ways to write a value so that dotenv reads it back exactly, the one nearest to the style first.
 * Empty when there is none: nothing escapes a quote, so a value with all three quotes and a `#`, a newline
 * or outer space cannot be written, nor one with a CR that double quotes cannot hold.
 */
export function spellings(value: string, style: SpellingStyle): string[] {
  const bare = style.bareText === "any" ? !/^['"`]|[\u2028\u2029]/.test(value) : plainText.test(value);
  const quotes = style.quote === undefined ? allQuotes : [style.quote, ...allQuotes];
  const quoted = quotes.flatMap((quote) => quotedForms(value, quote, style));
  const ordered = style.quote === undefined && bare ? [value, ...quoted] : [...quoted, value];
  return [...new Set(ordered)].filter((spelling) => readsBack(spelling, value));
}

/** `${NAME:?message}`, which compose and shells know and nobody else. */
const demand = /(?<![\\$])\$\{\w+:?\?[^{}]*\}/;

/** Whether a value refers to other variables: by `${NAME…}`, or by `$NAME` with a name that is known. */
export function refers(value: string, isKnown: (name: string) => boolean): boolean {
  if (!value.includes("$")) return false;
  const isReference = parseReferences(value).some(
    (part) => part.kind === "reference" && (value.startsWith("${", part.start) || isKnown(part.name)),
  );
  return isReference || demand.test(value);
}

/**
 * The {@link spellings} of a value that refers to other variables. Single quotes stop most readers from expanding it and
 * backticks are quotes to few, so both come last unless the style has them.
 */
export function expandableSpellings(value: string, style: SpellingStyle): string[] {
  const rank = (spelling: string): number => {
    const quote = spelling.charAt(0);
    if (quote === style.quote) return 0;
    return quote === "'" ? 3 : quote === "`" ? 2 : 1;
  };
  return spellings(value, style).sort((one, other) => rank(one) - rank(other));
}

/** Why {@link spellings} found none, in words that name kinds of characters and never the value. */
export function whyNotWritable(value: string): string {
  if (!value.isWellFormed()) return "it holds half of a surrogate pair, which no UTF-8 file can keep";
  if (value.includes("\r")) {
    return 'a carriage return is only read from "…\\r…", and the value does not fit into double quotes';
  }
  return "it holds characters that no quote of dotenv can enclose, and dotenv has no escape for them";
}

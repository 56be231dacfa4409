import { doubleQuote, isLineBreak, isQuote } from "./characters.ts";

/** What a text holds that makes reading its values more than a slice; asked once a text. */
export interface Quirks {
  readonly carriageReturns: boolean;
  /** U+2028 or U+2029, which end a line for dotenv's pattern though not for an unquoted value. */
  readonly lineSeparators: boolean;
}

export function quirksOf(text: string): Quirks {
  return {
    carriageReturns: text.includes("\r"),
    lineSeparators: text.includes("\u2028") || text.includes("\u2029"),
  };
}

/**
 * Takes the quotes off lines inside an unquoted value, as dotenv's `/^(['"`])([\s\S]*)\1$/mg` does.
 * The pattern is greedy, so a quote that opens a line goes with the last one of its kind that ends a line.
 */
function stripQuotedLines(value: string): string {
  const lastCloser = new Map<number, number>();
  const endsLine = (at: number) => at + 1 === value.length || isLineBreak(value.charCodeAt(at + 1));
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if (isQuote(code) && endsLine(at)) lastCloser.set(code, at);
  }
  let result = "";
  let kept = 0;
  for (let at = 0; at < value.length; at++) {
    if (at > 0 && !isLineBreak(value.charCodeAt(at - 1))) continue;
    const closer = lastCloser.get(value.charCodeAt(at)) ?? -1;
    if (closer <= at) continue;
    result += value.slice(kept, at) + value.slice(at + 1, closer);
    kept = closer + 1;
    at = closer;
  }
  return result + value.slice(kept);
}

/** Whether the raw value between the offsets stands in a pair of quotes that dotenv takes off. */
export function isQuoted(text: string, start: number, end: number): boolean {
  if (end - start < 2) return false;
  const first = text.charCodeAt(start);
  return isQuote(first) && text.charCodeAt(end - 1) === first;
}

/** What dotenv reads for the raw value between the offsets (quotes included, space around it not). */
export function readValue(text: string, start: number, end: number, quirks: Quirks): string {
  let value: string;
  if (isQuoted(text, start, end)) {
    value = text.slice(start + 1, end - 1);
    if (quirks.carriageReturns && value.includes("\r")) value = value.replace(/\r\n?/g, "\n");
  } else {
    value = text.slice(start, end);
    if (quirks.lineSeparators) value = stripQuotedLines(value);
  }
  if (text.charCodeAt(start) === doubleQuote && start < end && value.includes("\\")) {
    value = value.replaceAll("\\n", "\n").replaceAll("\\r", "\r");
  }
  return value;
}

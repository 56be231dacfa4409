/**
 * How a dialect takes carriage returns before it reads: `kept`; `crlf` makes CRLF an LF; `unified` makes a lone CR
 * one as well; `removed` drops them all.
 */
export type NewlineRule = "kept" | "crlf" | "unified" | "removed";

/** A text as a dialect sees it, with the way back to the offsets of the file's text. */
export interface SeenText {
  readonly text: string;
  /** The offset in the file's text of the character at an offset here. */
  original(at: number): number;
  /** The offset here for one in the file's text; for a dropped character, that of the next one kept. */
  seen(at: number): number;
}

/** How many of the ascending numbers are below `limit`. */
function countBelow(numbers: readonly number[], limit: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The text that a dialect reads instead of the file's. */
export function seenText(text: string, rule: NewlineRule): SeenText {
  if (rule === "kept" || !text.includes("\r")) {
    return { text, original: (at) => at, seen: (at) => at };
  }
  const dropped: number[] = [];
  /** For each dropped character, where the text here has the one behind it. */
  const gaps: number[] = [];
  for (let at = text.indexOf("\r"); at !== -1; at = text.indexOf("\r", at + 1)) {
    if (rule !== "removed" && text.charAt(at + 1) !== "\n") continue;
    gaps.push(at - dropped.length);
    dropped.push(at);
  }
  const crlf = rule === "removed" ? text.replaceAll("\r", "") : text.replaceAll("\r\n", "\n");
  return {
    text: rule === "unified" ? crlf.replaceAll("\r", "\n") : crlf,
    original: (at) => at + countBelow(gaps, at + 1),
    seen: (at) => at - countBelow(dropped, at),
  };
}

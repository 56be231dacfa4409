import { carriageReturn, lineFeed } from "./characters.ts";

/** The offset of each line's first character; lines end at LF, CRLF or a lone CR. */
export function lineStartsOf(text: string): Int32Array {
  let starts = new Int32Array(256);
  let lines = 1;
  const carriageReturns = text.includes("\r");
  const next = carriageReturns ? afterNextNewline : (_: string, from: number) => text.indexOf("\n", from) + 1;
  for (let at = next(text, 0); at !== 0; at = next(text, at)) {
    if (lines === starts.length) {
      const grown = new Int32Array(lines * 2);
      grown.set(starts);
      starts = grown;
    }
    starts[lines++] = at;
  }
  return starts.slice(0, lines);
}

/** The offset behind the first LF, CRLF or lone CR at or after `from`, 0 for none. */
function afterNextNewline(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === lineFeed) return at + 1;
    if (code === carriageReturn) return text.charCodeAt(at + 1) === lineFeed ? at + 2 : at + 1;
  }
  return 0;
}

/** The newline that a text has most of; LF where it has none. */
export function prevailingNewline(text: string): "\n" | "\r\n" | "\r" {
  const counts = { "\n": 0, "\r\n": 0, "\r": 0 };
  for (const [newline] of text.matchAll(/\r\n?|\n/g)) counts[newline as "\n" | "\r\n" | "\r"]++;
  if (counts["\r\n"] > counts["\n"]) return counts["\r"] > counts["\r\n"] ? "\r" : "\r\n";
  return counts["\r"] > counts["\n"] ? "\r" : "\n";
}

import type { CodeUsage } from "./usage.ts";

/** A usage with its place as editors count: lines and characters from 0, lines ending at LF, CRLF or a lone CR. */
export interface PlacedUsage extends CodeUsage {
  readonly line: number;
  readonly character: number;
}

/** The same text with memory of its own: a slice would keep the whole file that it was cut from. */
function detached(text: string): string {
  return ` ${text}`.slice(1);
}

/** Gives usages, in the order of the text, their lines and characters. */
export function placed(text: string, usages: readonly CodeUsage[]): PlacedUsage[] {
  let line = 0;
  let lineStart = 0;
  let at = 0;
  return usages.map((usage) => {
    const { start } = usage.nameSpan;
    for (; at < start; at++) {
      const code = text.charCodeAt(at);
      if (code !== 10 && (code !== 13 || text.charCodeAt(at + 1) === 10)) continue;
      line++;
      lineStart = at + 1;
    }
    return { ...usage, name: detached(usage.name), line, character: start - lineStart };
  });
}

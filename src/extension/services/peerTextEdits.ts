/** Pure: the smallest edits that turn one text into another, for documents that are open in an editor. */
import type { TextEdit } from "../../dotenv/edit.ts";

interface Hunk {
  readonly start: number;
  readonly before: string;
  readonly after: string;
}

/**
 * Edits (offsets into `before`, in order) that give `after`: one a changed line when the number of lines in the
 * changed part is the same, else one for the whole part. Never splits a line end or a surrogate pair, because an
 * editor cannot address a place inside of one.
 */
export function editsBetween(before: string, after: string): readonly TextEdit[] {
  return hunksOf(trimmed({ start: 0, before, after })).map(({ start, before: old, after: text }) => ({
    start,
    end: start + old.length,
    text,
  }));
}

function hunksOf(hunk: Hunk): readonly Hunk[] {
  if (hunk.before === hunk.after) return [];
  const old = linesOf(hunk.before);
  const fresh = linesOf(hunk.after);
  if (old.length !== fresh.length) return [hunk];
  const hunks: Hunk[] = [];
  let start = hunk.start;
  for (const [index, line] of old.entries()) {
    const text = fresh[index] ?? "";
    if (line !== text) hunks.push(trimmed({ start, before: line, after: text }));
    start += line.length;
  }
  return hunks;
}

function trimmed({ start, before, after }: Hunk): Hunk {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head += 1;
  while (head > 0 && (splits(before, head) || splits(after, head))) head -= 1;
  let tail = 0;
  while (tail < shorter - head && before[before.length - 1 - tail] === after[after.length - 1 - tail])
    tail += 1;
  while (tail > 0 && (splits(before, before.length - tail) || splits(after, after.length - tail))) tail -= 1;
  return {
    start: start + head,
    before: before.slice(head, before.length - tail),
    after: after.slice(head, after.length - tail),
  };
}

/** Whether a boundary before `at` would fall between `\r` and `\n` or into a surrogate pair. */
function splits(text: string, at: number): boolean {
  const left = text.charCodeAt(at - 1);
  const right = text.charCodeAt(at);
  return (
    (left === 13 && right === 10) || (left >= 0xd800 && left < 0xdc00 && right >= 0xdc00 && right < 0xe000)
  );
}

function linesOf(text: string): readonly string[] {
  return text.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/g) ?? [];
}

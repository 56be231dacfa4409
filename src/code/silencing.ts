/** A comment of any language, up to the words behind the directive. */
const directive = /(?:\/\/|\/\*+|#|--|<!--)[^\S\r\n]*envpact-ignore(-file)?(?![\w-])([^\r\n]*)/g;

/** What ends a comment in the midst of a line. */
const commentEnd = /\*\/|-->/;

/** What may stand before a comment that has its line to itself; a brace opens one in JSX. */
const alone = /^\s*\{?\s*$/;

/**
 * Says on which lines of code, counted from 0, comments silence a finding: `envpact-ignore` on the line it stands on,
 * or on the one that follows when it has its line to itself, and `envpact-ignore-file` everywhere; with ids behind
 * it, only those, and a reason behind ` --`.
 */
export function silencedIn(text: string, finding: string): (line: number) => boolean {
  const lines = new Set<number>();
  if (!text.includes("envpact-ignore")) return () => false;
  const starts = lineStartsOf(text);
  let line = 0;
  for (const { 1: wholeFile, 2: words = "", index } of text.matchAll(directive)) {
    if (!names(words, finding)) continue;
    if (wholeFile !== undefined) return () => true;
    while (line + 1 < starts.length && starts[line + 1]! <= index) line++;
    const above = alone.test(text.slice(starts[line], index));
    lines.add(above ? line + 1 : line);
  }
  return (each) => lines.has(each);
}

function names(words: string, finding: string): boolean {
  const named = words
    .split(commentEnd)[0]!
    .split(/(?:^|\s)--/)[0]!
    .split(/[\s,]+/)
    .filter((word) => word !== "");
  return named.length === 0 || named.includes(finding);
}

function lineStartsOf(text: string): readonly number[] {
  const starts = [0];
  for (const { 0: end, index } of text.matchAll(/\r\n|\r|\n/g)) starts.push(index + end.length);
  return starts;
}

import { isSpace } from "../../dotenv/characters.ts";
import type { DotenvDocument, LocalEntry } from "../../dotenv/document.ts";
import { entryAt } from "../../dotenv/occurrences.ts";
import { readAs, separatorOf, skipSpaces } from "../places.ts";
import { quotings } from "../quoting.ts";
import type { Match, Rule } from "../rule.ts";

/** Reports an unquoted value that `#` cuts with no space before it: there it was most likely meant as text. */
export const valueCutByHash: Rule = {
  id: "value-cut-by-hash",
  entry: {
    suspects: ({ text, comment, quote }) =>
      comment !== -1 && quote === 0 && !isSpace(text.charCodeAt(comment - 1)),
    check: (entry, document) => (isCut(document, entry) ? matchOf(document, entry) : undefined),
  },
  choices(finding, document) {
    const entry = entryAt(document, finding.span.start);
    if (!entry || !isCut(document, entry)) return [];
    const { start, cut, end } = cutOf(document, entry);
    const { text } = document;
    const whole = text.slice(start, end);
    return [
      {
        title: `Make # a part of the value of ${entry.key}: quote it whole (changes what is read)`,
        alternatives: quotings(whole).map((quoted) => [{ start, end, text: quoted }]),
        changes: readAs(entry, whole),
      },
      {
        title: `Keep what dotenv reads now: quote ${entry.key} up to the #`,
        alternatives: quotings(text.slice(start, cut)).map((quoted) => [
          { start, end: cut, text: `${quoted} ` },
        ]),
        changes: readAs(entry, text.slice(start, cut)),
      },
    ];
  },
};

/** A value with an unclosed quote is that rule's to report: closing the quote mends both. */
export function isCut(document: DotenvDocument, entry: LocalEntry): boolean {
  const { comment, quote, unclosed } = entry;
  if (!comment || quote || unclosed) return false;
  return !/\s/.test(document.text.charAt(comment.start - 1));
}

/** Where the value starts, where `#` cuts it, and where it ends when `#` belongs to it; a ` #` starts a comment. */
function cutOf(document: DotenvDocument, entry: LocalEntry): { start: number; cut: number; end: number } {
  const { text } = document;
  const comment = entry.comment!;
  const start = skipSpaces(text, separatorOf(document, entry) + 1, comment.start);
  const tail = text.slice(comment.start, comment.end);
  const note = tail.search(/\s#/);
  const kept = note === -1 ? tail : tail.slice(0, note);
  return { start, cut: comment.start, end: comment.start + kept.trimEnd().length };
}

function matchOf(document: DotenvDocument, entry: LocalEntry): Match {
  const { start, end } = cutOf(document, entry);
  return {
    span: { start, end },
    key: entry.key,
    message: `# cuts the value of ${entry.key}: dotenv takes what follows for a comment, other readers for a part of the value. Quote the value.`,
  };
}

import type { DotenvDocument, Span } from "../dotenv/document.ts";
import type { TextEdit } from "../dotenv/edit.ts";
import { isRuleId } from "../lint/catalog.ts";
import { fixesFor } from "../lint/fixes.ts";
import type { LintedText } from "../lint/lint.ts";
import type { Finding } from "../lint/rule.ts";

/** UTF-16 units that are gone through to prove the fixes of one file; the findings behind get none. */
const proofUnitsMax = 2 * 1024 * 1024;

/** A proven fix of which every piece may be shown to anybody: what it takes out and puts in holds no value. */
export interface ShownFix {
  /** Says what it does to what programs read. */
  readonly title: string;
  /** By position, without overlaps, the byte order mark left alone. */
  readonly edits: readonly TextEdit[];
}

/** The fixes of each finding of `linted`, in their order. A fix that moves, takes out or puts in a value is left out. */
export function shownFixes({ document, context, findings }: LintedText): readonly (readonly ShownFix[])[] {
  const hidden = hiddenSpans(document);
  const findingsMax = Math.floor(proofUnitsMax / (document.text.length + 1));
  return findings.map((finding, index) => {
    if (index >= findingsMax) return [];
    const showable = (edit: TextEdit) => isShowable(document, hidden, finding, edit);
    return fixesFor(finding, document, context).flatMap(({ title, edits }) => {
      const pieces = edits.flatMap((edit) => (showable(edit) ? [edit] : piecesOf(document.text, edit)));
      return pieces.every(showable)
        ? [{ title, edits: pieces.toSorted((one, other) => one.start - other.start) }]
        : [];
    });
  });
}

/** Where values stand, or what once was one: the insides of quotes, commented values, lines that nobody reads. */
function hiddenSpans({ text, entries, commented, invalid }: DotenvDocument): readonly Span[] {
  const inner = ({ start, end }: Span) => {
    const first = text.charAt(start);
    const isPair = end - start >= 2 && /["'`]/.test(first) && text.charAt(end - 1) === first;
    return isPair ? { start: start + 1, end: end - 1 } : { start, end };
  };
  return [
    ...entries.map(({ valueSpan }) => inner(valueSpan)),
    ...commented.map(({ valueSpan }) => inner(valueSpan)),
    ...invalid.map(({ span }) => span),
  ];
}

/** An edit as the least that it comes to: quotes put around a text are two insertions, not the text once more. */
function piecesOf(text: string, edit: TextEdit): readonly TextEdit[] {
  let { start, end, text: after } = edit;
  while (start < end && after !== "" && text.charAt(start) === after.charAt(0)) {
    start += 1;
    after = after.slice(1);
  }
  while (start < end && after !== "" && text.charAt(end - 1) === after.at(-1)) {
    end -= 1;
    after = after.slice(0, -1);
  }
  const before = text.slice(start, end);
  const kept = before === "" ? -1 : after.indexOf(before);
  if (kept >= 0) {
    const pieces = [
      { start, end: start, text: after.slice(0, kept) },
      { start: end, end, text: after.slice(kept + before.length) },
    ];
    return pieces.filter((piece) => piece.text !== "");
  }
  const left = after === "" ? -1 : before.indexOf(after);
  if (left >= 0) {
    const pieces = [
      { start, end: start + left, text: "" },
      { start: start + left + after.length, end, text: "" },
    ];
    return pieces.filter((piece) => piece.start < piece.end);
  }
  return start === end && after === "" ? [] : [{ start, end, text: after }];
}

function isShowable(
  document: DotenvDocument,
  hidden: readonly Span[],
  finding: Finding,
  { start, end, text }: TextEdit,
): boolean {
  // Columns do not count the mark, so what is done to it has no place.
  if (document.bom && start === 0) return false;
  if (hidden.some((span) => start < span.end && end > span.start && start < end)) return false;
  const isInValue = document.entries.some(
    ({ valueSpan }) => start >= valueSpan.start && end <= valueSpan.end,
  );
  if (isInValue) return /^[\s"'`\\{}]*$/.test(text);
  const isName = (word: string) =>
    document.keys.has(word) || finding.key === word || finding.keys?.includes(word) === true;
  return text.split(/\r\n|[\r\n]/).every((line) => {
    const assigned = /^(?:export )?([^\s=]+)=$/.exec(line)?.[1];
    return assigned === undefined ? /^[\s#"'`]*$/.test(line) || isRuleId(line) : isName(assigned);
  });
}

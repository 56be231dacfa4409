import { invalidAt } from "../../dotenv/assignments.ts";
import { lineStart, skipSpaceInLine } from "../../dotenv/characters.ts";
import type { DotenvDocument, InvalidLine } from "../../dotenv/document.ts";
import { firstFrom } from "../places.ts";
import { type Match, type Repair, type Rule, sameReading } from "../rule.ts";

// The texts quote nothing of the line: a line out of place is often the rest of a secret.
const messages: Readonly<Record<InvalidLine["reason"], string>> = {
  "no-separator":
    "This line has no = behind its name. dotenv skips it; some other readers refuse the whole file.",
  "bad-key":
    "What stands before = is not a name that dotenv accepts (letters, digits, _ . and - only), so the line is skipped; some other readers refuse the whole file.",
  "unclosed-quote":
    "No reader takes this in: it follows a value whose quote is never closed. Close the quote if it belongs to that value.",
  garbage:
    "This is neither KEY=value nor a comment. dotenv skips it; some other readers refuse the whole file.",
};

/** Reports what dotenv takes nothing from; the lines behind an unclosed quote as one, for they have one cause. */
export const invalidLine: Rule = {
  id: "invalid-line",
  lines(document, record) {
    const matches: Match[] = [];
    let previous: InvalidLine | undefined;
    for (const line of invalidAt(document, record)) {
      const last = matches.at(-1);
      const between = last && document.text.slice(last.span.end, line.span.start);
      const continues = line.reason === "unclosed-quote" && previous?.reason === "unclosed-quote";
      if (last && continues && between?.trim() === "") {
        matches[matches.length - 1] = { ...last, span: { start: last.span.start, end: line.span.end } };
      } else {
        matches.push({ span: line.span, message: messages[line.reason] });
      }
      previous = line;
    }
    return matches;
  },
  repair(finding, document) {
    const lines = linesOf(finding, document);
    return lines[0]?.reason === "unclosed-quote" ? undefined : commentOut(lines, document);
  },
  choices(finding, document) {
    const lines = linesOf(finding, document);
    const repair = commentOut(lines, document);
    if (!repair) return [];
    const mending = {
      ...repair,
      title: `${repair.title}, so that no reader of this file takes anything from there`,
      mends: true,
    };
    return lines[0]?.reason === "unclosed-quote" ? [repair, mending] : [mending];
  },
};

/** The invalid lines that one finding stands for. */
function linesOf({ span }: Match, { invalid }: DotenvDocument): InvalidLine[] {
  const first = firstFrom(invalid, span.start);
  let end = first;
  while (end < invalid.length && invalid[end]!.span.end <= span.end) end++;
  return invalid.slice(first, end);
}

function commentOut(lines: readonly InvalidLine[], { text }: DotenvDocument): Repair | undefined {
  const starts = Array.from(
    new Set(lines.map(({ span }) => skipSpaceInLine(text, lineStart(text, span.start)))),
  );
  if (starts.length === 0) return undefined;
  return {
    title: starts.length > 1 ? `Comment out these ${starts.length} lines` : "Comment out this line",
    alternatives: [starts.map((start) => ({ start, end: start, text: "# " }))],
    changes: sameReading,
  };
}

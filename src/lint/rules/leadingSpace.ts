import { keyAt, linesBehind } from "../../dotenv/assignments.ts";
import { isLineBreak, isSpace } from "../../dotenv/characters.ts";
import { recordLength } from "../../dotenv/statements.ts";
import { type Match, type Rule, sameReading } from "../rule.ts";

const none: Match[] = [];

/** Reports space before an assignment on its line. */
export const leadingSpace: Rule = {
  id: "leading-space",
  lines(document, record) {
    const { text, statements } = document;
    const next = record < 0 ? 0 : record + recordLength;
    if (next >= statements.length) return none;
    const [from, end] = linesBehind(document, record);
    const first = record < 0 && document.bom ? 1 : from;
    let start = end;
    while (start > first && isIndentation(text.charCodeAt(start - 1))) start--;
    if (start === end) return none;
    const key = keyAt(document, next);
    return [{ span: { start, end }, key, message: `The line of ${key} is indented.` }];
  },
  repair: ({ span, key = "" }) => ({
    title: `Remove the indentation of ${key}`,
    alternatives: [[{ ...span, text: "" }]],
    changes: sameReading,
  }),
};

function isIndentation(code: number): boolean {
  return isSpace(code) && !isLineBreak(code);
}

import { linesBehind } from "../../dotenv/assignments.ts";
import { afterLineBreak, lineEnd, skipSpaceInLine } from "../../dotenv/characters.ts";
import { type Match, type Rule, sameReading } from "../rule.ts";

/** Reports blank lines that follow another blank line, those in a row as one. */
export const extraBlankLine: Rule = {
  id: "extra-blank-line",
  lines(document, record) {
    const { text } = document;
    const [from, to] = linesBehind(document, record);
    const matches: Match[] = [];
    let blank = 0;
    let extra = -1;
    const close = (end: number) => {
      if (extra !== -1)
        matches.push({ span: { start: extra, end }, message: "Another blank line stands before." });
      blank = 0;
      extra = -1;
    };
    let at = record < 0 ? from : afterLineBreak(text, lineEnd(text, from));
    while (at < to) {
      const end = lineEnd(text, at);
      const next = afterLineBreak(text, end);
      if (end >= to || next === end || skipSpaceInLine(text, at) !== end) close(at);
      else if (++blank === 2) extra = at;
      at = next === end ? to : next;
    }
    close(Math.min(at, to));
    return matches;
  },
  repair({ span }) {
    return {
      title: "Remove the extra blank lines",
      alternatives: [[{ ...span, text: "" }]],
      changes: sameReading,
    };
  },
};

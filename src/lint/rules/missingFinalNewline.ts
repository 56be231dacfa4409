import { isLineBreak } from "../../dotenv/characters.ts";
import { type Rule, sameReading } from "../rule.ts";

/** Reports a text, empty ones apart, whose last line has no newline. */
export const missingFinalNewline: Rule = {
  id: "missing-final-newline",
  run({ text }) {
    const end = text.length;
    if (end === 0 || isLineBreak(text.charCodeAt(end - 1))) return [];
    return [{ span: { start: end, end }, message: "The file does not end with a newline." }];
  },
  repair(_finding, { text, eol }) {
    const end = text.length;
    return {
      title: "Add a newline at the end of the file",
      alternatives: [[{ start: end, end, text: eol }]],
      changes: sameReading,
    };
  },
};

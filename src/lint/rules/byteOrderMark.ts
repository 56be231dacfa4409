import { byteOrderMark as byteOrderMarkCode } from "../../dotenv/characters.ts";
import { type Rule, sameReading } from "../rule.ts";

/** Reports a byte order mark, in the text or, where decoding took it off, by word of who read the bytes. */
export const byteOrderMark: Rule = {
  id: "byte-order-mark",
  run(document, context) {
    if (!document.bom && !context.problems?.includes("byte-order-mark")) return [];
    return [
      {
        span: { start: 0, end: marksAt(document.text) },
        message:
          "The file starts with a byte order mark, which some readers take for a part of the first key.",
      },
    ];
  },
  repair(_finding, document) {
    if (!document.bom) return undefined;
    return {
      title: "Remove the byte order mark",
      alternatives: [[{ start: 0, end: marksAt(document.text), text: "" }]],
      changes: sameReading,
    };
  },
  choices(_finding, document) {
    if (!document.bom) return [];
    return [
      {
        title: "Remove the byte order mark, so that every reader of this file gets the first key",
        alternatives: [[{ start: 0, end: marksAt(document.text), text: "" }]],
        changes: sameReading,
        mends: true,
      },
    ];
  },
};

/** How many marks a text starts with: files that were joined or written twice have several. */
function marksAt(text: string): number {
  let end = 0;
  while (text.charCodeAt(end) === byteOrderMarkCode) end += 1;
  return end;
}

import fc from "fast-check";
import { nastyText } from "./dotenv-soup.ts";

/** What readers of other ecosystems look for: references, escapes and the spaces that only some of them know. */
const dialectPieces = [
  "A",
  "B",
  "a_b",
  "é",
  "A=1\n",
  "\nB=",
  "\nC=",
  "=",
  "=",
  " ",
  " #",
  "#",
  "\n",
  "\n",
  "\r\n",
  "\r",
  "'",
  '"',
  "`",
  ":",
  ": ",
  "$A",
  "${A}",
  "${A:-x}",
  "${A-",
  "${B:+y}",
  "${A:?}",
  "${",
  "}",
  "{",
  "$",
  "$$",
  "\\",
  "\\$",
  "\\\\",
  "\\n",
  "\\r",
  "\\t",
  "\\0101",
  "\\0999",
  "\\07",
  "\\c",
  "\\'",
  '\\"',
  "\u0085",
  "\u00a0",
  "\u001c",
  "\u2003",
  "\ufeff",
  "export ",
  "export",
  "[section]",
  "K",
];

const dialectSoup = fc
  .array(fc.constantFrom(...dialectPieces), { maxLength: 30 })
  .map((pieces) => pieces.join(""));

const value = fc.array(fc.constantFrom(...dialectPieces.filter((piece) => !/[\r\n]/.test(piece))), {
  maxLength: 8,
});

const line = fc
  .tuple(
    fc.constantFrom("", "", "", "export ", " "),
    fc.constantFrom("A", "B", "C", "a_b", "D.e", "F-g", "1"),
    fc.constantFrom("=", "=", "=", " = ", ": "),
    fc.constantFrom("", '"', "'", "`"),
    value,
    fc.constantFrom("", "", " # note", "  "),
    fc.constantFrom("\n", "\n", "\n", "\r\n"),
  )
  .map(([start, key, separator, quote, pieces, behind, end]) =>
    [start, key, separator, quote, ...pieces, quote, behind, end].join(""),
  );

const dialectFile = fc.array(line, { maxLength: 6 }).map((lines) => lines.join(""));

/** Texts that readers of `.env` files are likely to part over: soup, lines nearly as people write them, and both. */
export const dialectText = fc.oneof(dialectSoup, dialectFile, nastyText);

import fc from "fast-check";

/** What `.env` readers stumble over, the frequent characters more often than the odd ones. */
const nastyPieces = [
  "A",
  "B",
  "C1",
  "a.b-c",
  "__proto__",
  "constructor",
  "export",
  "export ",
  " ",
  " ",
  "\t",
  "=",
  "=",
  "=",
  ":",
  ": ",
  "#",
  " # ",
  "# ",
  "'",
  "'",
  '"',
  '"',
  "`",
  "`",
  "\\",
  "\\n",
  "\\r",
  "\\'",
  '\\"',
  "\n",
  "\n",
  "\n",
  "\r",
  "\r\n",
  "\u2028",
  "\u2029",
  "\u00a0",
  "\ufeff",
  "\u3000",
  "\v",
  "$",
  "${A}",
  "x",
  "1",
  "é",
  "😀",
  "A=1",
  "\nB=",
  '\nA="',
  "='",
  "=\n",
  "\nexport C1=",
  "\n# A=",
];

/** Any text at all: pieces in any order. */
const soup = fc.array(fc.constantFrom(...nastyPieces), { maxLength: 40 }).map((pieces) => pieces.join(""));

const key = fc.constantFrom("A", "B", "C1", "a.b-c", "D_2", "__proto__", "export", "1");

const rawValue = fc.constantFrom(
  "",
  "x",
  "two words",
  "cut#here",
  "'single'",
  '"double"',
  "`back`",
  '"over\nlines"',
  "'over\r\nlines'",
  '"open',
  "'open",
  '"a\\"b"',
  '"a\\nb"',
  "\n'next line'",
  '"1" B="2"',
  '"1"junk',
  "'ends\\'",
  "\u2028'odd'",
);

/** A line as people write it, or nearly so. */
const line = fc
  .tuple(
    fc.constantFrom("", "", " ", "export ", "# ", "#", "export\n"),
    key,
    fc.constantFrom("=", "=", " = ", ": ", ":", "\n="),
    rawValue,
    fc.constantFrom("", "", " # note", "# A=2", "  "),
    fc.constantFrom("\n", "\n", "\n", "\r\n", "\r", "", "\n\n"),
  )
  .map((parts) => parts.join(""));

const prose = fc.constantFrom(
  "# a title\n",
  "\n",
  "B:2\n",
  "no separator\n",
  "export\n",
  "# don't\n",
  "===\n",
);

const file = fc
  .tuple(
    fc.constantFrom("", "", "", "\ufeff"),
    fc.array(fc.oneof({ weight: 5, arbitrary: line }, { weight: 1, arbitrary: prose }), { maxLength: 8 }),
  )
  .map(([mark, lines]) => mark + lines.join(""));

/** Texts for a `.env` reader: half near to real files, half soup. */
export const nastyText = fc.oneof(soup, file);

/** Values somebody may want to store, with all that quoting has to deal with. */
export const nastyValue = fc.oneof(
  fc.array(fc.constantFrom(...nastyPieces), { maxLength: 6 }).map((pieces) => pieces.join("")),
  fc.constantFrom("", "plain", "p@ss$word", "two words", "line\nline", "C:\\new", '{"a":"b#c"}', " outer "),
);

/**
 * How many cases to run and from which seed. The seed is printed; `ENVPACT_SEED=<seed>` replays it, and
 * `ENVPACT_RUNS=<cases>` asks for a longer run.
 */
export function soupRun(name: string): { seed: number; numRuns: number } {
  const seed = Number(process.env.ENVPACT_SEED ?? Math.trunc(Math.random() * 0x7fffffff));
  const numRuns = Number(process.env.ENVPACT_RUNS ?? 10_000);
  console.info(`${name}: ${numRuns} cases, ENVPACT_SEED=${seed}`);
  return { seed, numRuns };
}

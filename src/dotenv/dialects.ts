import type { DialectId } from "./dialects/dialect.ts";
import { type Difference, partingsIn } from "./dialects/differences.ts";
import type { OddLines } from "./dialects/oddLines.ts";
import { readAs } from "./dialects/readers.ts";
import type { DotenvDocument } from "./document.ts";
import { type SpellingStyle, spellings } from "./spelling.ts";

export {
  type DialectId,
  type DialectReading,
  type DifferenceKind,
  dialectIds,
  dialectLabel,
  isDialectId,
} from "./dialects/dialect.ts";
export { type Difference, partingsIn } from "./dialects/differences.ts";
export { OddLines } from "./dialects/oddLines.ts";
export { readAs };

const plainStyle: SpellingStyle = {
  quote: undefined,
  escapedNewlines: false,
  bareText: "plain",
  eol: "\n",
};

/** Where dialects in force read an entry otherwise than dotenv does: the differences of {@link partingsIn}. */
export function differencesIn(
  document: DotenvDocument,
  dialects: readonly DialectId[],
  lines?: OddLines,
): readonly Difference[] {
  return partingsIn(document, dialects, lines).differences;
}

/**
 * The spellings of a value that dotenv and every dialect in force read back as exactly that value, the one nearest to
 * the style first. Empty when there is none: so for most values with both kinds of quotes and a `$`.
 */
export function agreeingSpellings(
  value: string,
  dialects: readonly DialectId[],
  style: SpellingStyle = plainStyle,
): string[] {
  return spellings(value, style).filter((spelling) =>
    dialects.every((dialect) => readsAlike(dialect, spelling, value)),
  );
}

/** Whether a dialect reads the value from the spelling, and the next line as it stands. */
function readsAlike(dialect: DialectId, spelling: string, value: string): boolean {
  const reading = readAs(dialect, `KEY=${spelling}\nNEXT=1\n`);
  return (
    reading.ok &&
    reading.values.size === 2 &&
    reading.values.get("KEY") === value &&
    reading.values.get("NEXT") === "1"
  );
}

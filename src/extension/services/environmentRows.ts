/** Pure: which rows a `.env` document has in the tree, and the words for their state. Holds no value. */
import { type DotenvDocument, lineOf } from "../../dotenv/document.ts";

/** Key rows shown below one environment; the rest is one row that leads to the file. */
export const keyRowsMax = 5_000;

/** What a row says about its key, most pressing first. */
export type RowState = "drift" | "problem" | "duplicate" | "commented" | "missing" | "shared" | "plain";

const pressing: readonly RowState[] = [
  "drift",
  "problem",
  "duplicate",
  "commented",
  "missing",
  "shared",
  "plain",
];

/** One key of one environment as the tree shows it. */
export interface KeyRow {
  readonly key: string;
  /** Every state that holds, most pressing first; never empty. The first gives the icon. */
  readonly states: readonly RowState[];
  /** Lines on which the key is assigned (from 1), the effective one last; empty for a missing key. */
  readonly lines: readonly number[];
}

/** What the rows of a document depend on besides its text. */
export interface RowContext {
  /** Keys of the example, in its order; empty when there is no example. */
  readonly exampleKeys: readonly string[];
  /** Keys that files overridden by this one already hold; they are not missing here. */
  readonly inheritedKeys: ReadonlySet<string>;
  /** Keys with a finding. */
  readonly problemKeys: ReadonlySet<string>;
  readonly stateOf: (key: string) => "shared" | "drift" | undefined;
}

/**
 * Rows in file order: assigned keys and commented-out ones where they stand, then the keys that the
 * example has and this file lacks. A key that is assigned several times has one row, at its effective line.
 */
export function rowsOf(document: DotenvDocument, context: RowContext): readonly KeyRow[] {
  const linesOf = assignedLines(document);
  const placed: { at: number; row: KeyRow }[] = [];
  for (const entry of document.entries) {
    if (!entry.effective) continue;
    const lines = linesOf.get(entry.key) ?? [];
    const states: RowState[] = [];
    const sharing = context.stateOf(entry.key);
    if (sharing !== undefined) states.push(sharing);
    if (entry.unclosed || context.problemKeys.has(entry.key)) states.push("problem");
    if (lines.length > 1) states.push("duplicate");
    placed.push({ at: entry.span.start, row: { key: entry.key, states: order(states), lines } });
  }
  const missing = new Set(missingKeys(document, context));
  const lineAt = lineCounter(document);
  const commented = new Set<string>();
  for (const entry of document.commented) {
    if (linesOf.has(entry.key) || commented.has(entry.key)) continue;
    commented.add(entry.key);
    placed.push({
      at: entry.span.start,
      row: {
        key: entry.key,
        states: missing.has(entry.key) ? ["commented", "missing"] : ["commented"],
        lines: [lineAt(entry.keySpan.start)],
      },
    });
  }
  placed.sort((a, b) => a.at - b.at);
  return [
    ...placed.map((item) => item.row),
    ...[...missing]
      .filter((key) => !commented.has(key))
      .map((key): KeyRow => ({ key, states: missingStates(context, key), lines: [] })),
  ];
}

/** True for a key that has a value in the file. */
export function isAssigned(row: KeyRow): boolean {
  return row.lines.length > 0 && !row.states.includes("commented");
}

/** Keys that the example has and neither this document nor one that it overrides has, in the example's order. */
export function missingKeys(
  document: DotenvDocument,
  context: Pick<RowContext, "exampleKeys" | "inheritedKeys">,
): readonly string[] {
  const here = new Set(document.entries.map((entry) => entry.key));
  const wanted = new Set(context.exampleKeys);
  return [...wanted].filter((key) => !here.has(key) && !context.inheritedKeys.has(key));
}

/** The words of a row's states, for descriptions, tooltips and screen readers; empty for a plain key. */
export function wordsOf(row: KeyRow): readonly string[] {
  return row.states.filter((state) => state !== "plain").map((state) => stateWords[state](row));
}

const stateWords: Readonly<Record<RowState, (row: KeyRow) => string>> = {
  drift: () => "drift",
  problem: () => "problem",
  duplicate: (row) => `duplicate, lines ${row.lines.join(", ")}`,
  missing: () => "missing",
  shared: () => "shared",
  commented: () => "commented out",
  plain: () => "",
};

function missingStates(context: RowContext, key: string): readonly RowState[] {
  const sharing = context.stateOf(key);
  return order(sharing === undefined ? ["missing"] : ["missing", sharing]);
}

function order(states: readonly RowState[]): readonly RowState[] {
  if (states.length === 0) return ["plain"];
  return pressing.filter((state) => states.includes(state));
}

function assignedLines(document: DotenvDocument): Map<string, readonly number[]> {
  const linesOf = new Map<string, number[]>();
  const lineAt = lineCounter(document);
  for (const entry of document.entries) {
    const line = lineAt(entry.keySpan.start);
    const lines = linesOf.get(entry.key);
    if (lines === undefined) linesOf.set(entry.key, [line]);
    else lines.push(line);
  }
  return linesOf;
}

/** Line numbers for offsets that only grow: one pass over the text instead of one a call. */
function lineCounter(document: DotenvDocument): (offset: number) => number {
  let seen = 0;
  let line = 1;
  return (offset) => {
    if (offset < seen) return lineOf(document, offset).line;
    for (; seen < offset; seen += 1) {
      const unit = document.text.charCodeAt(seen);
      if (unit === 10 || (unit === 13 && document.text.charCodeAt(seen + 1) !== 10)) line += 1;
    }
    return line;
  };
}

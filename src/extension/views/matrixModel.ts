/** Pure: what the matrix shows: which rows a filter leaves, how they travel, and a cell in words. Holds no value. */
import type { CellState, ComparedCell, ComparedRow, ComparedState } from "../../dotenv/comparison.ts";

/** States in the order in which the legend and the filter show them. */
export const cellStates: readonly CellState[] = ["differs", "missing", "empty", "equal"];

/** Which rows are wanted. */
export interface MatrixFilter {
  /** A part of the key's name, in any case; empty for all. */
  readonly text: string;
  /** Rows in which one of these states holds; empty for all. */
  readonly states: readonly CellState[];
}

/** Rows in which each state holds, and all of them. */
export type MatrixCounts = Readonly<Record<CellState | "all", number>>;

/** A row on its way to the page. */
export interface MatrixRowMessage {
  readonly key: string;
  /**
   * A letter a cell: `=` equal, `!` differs, `1` held against no other, `0` empty, `-` missing, `^` missing here and
   * taken from another file.
   */
  readonly states: string;
  /** Group of each cell, see `ComparedCell.group`; left out where all are 0. */
  readonly groups?: readonly number[];
  /** Values of cells that the user revealed, by column, on one line. */
  readonly shown?: Readonly<Record<number, string>>;
}

const letters: Readonly<Record<ComparedState, string>> = {
  equal: "=",
  differs: "!",
  alone: "1",
  empty: "0",
  missing: "-",
};

/** How a row travels; `shown` holds what the user revealed of it. */
export function rowMessage(row: ComparedRow, shown: ReadonlyMap<number, string>): MatrixRowMessage {
  const states = row.cells.map((cell) => (cell.inherited ? "^" : letters[cell.state])).join("");
  const groups = row.cells.map(({ group }) => group);
  return {
    key: row.key,
    states,
    ...(groups.some((group) => group > 0) ? { groups } : {}),
    ...(shown.size > 0 ? { shown: Object.fromEntries(shown) } : {}),
  };
}

/** The rows that a filter leaves, in their order. */
export function filterRows(
  rows: readonly ComparedRow[],
  { text, states }: MatrixFilter,
): readonly ComparedRow[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === "" && states.length === 0) return rows;
  return rows.filter(
    (row) =>
      (wanted === "" || row.key.toLowerCase().includes(wanted)) &&
      (states.length === 0 || states.some((state) => row.states.has(state))),
  );
}

/** In how many rows each state holds. */
export function countRows(rows: readonly ComparedRow[]): MatrixCounts {
  const count = (state: CellState): number => rows.filter((row) => row.states.has(state)).length;
  return {
    all: rows.length,
    equal: count("equal"),
    differs: count("differs"),
    empty: count("empty"),
    missing: count("missing"),
  };
}

/** How many keys a column lacks that it does not take from a file it overrides. */
export function missingInColumn(rows: readonly ComparedRow[], column: number): number {
  return rows.filter(({ cells }) => isLacking(cells[column])).length;
}

/** True for a key that is neither here nor taken from another file. */
export function isLacking(cell: ComparedCell | undefined): boolean {
  return cell?.state === "missing" && !cell.inherited;
}

/** A column as its words need it. */
export interface NamedColumn {
  readonly name: string;
  readonly isExample: boolean;
  /** Names of the environments that this one overrides, the nearest first. */
  readonly overrides: readonly string[];
}

/** A cell in words: `differs from .env; same as .env.test`. */
export function cellWords({ cells }: ComparedRow, column: number, columns: readonly NamedColumn[]): string {
  const cell = cells[column];
  if (cell === undefined) return "";
  if (cell.state === "missing") {
    const has = (name: string): boolean =>
      cells[columns.findIndex((other) => other.name === name)]?.state !== "missing";
    const base = columns[column]?.overrides.find(
      (name) => columns.some((other) => other.name === name) && has(name),
    );
    return base === undefined ? "missing" : `not set here; taken from ${base}`;
  }
  if (cell.state === "empty") return "set to an empty value";
  if (columns[column]?.isExample === true) return "the example's own value, compared with no other";
  const others = (accepts: (other: ComparedCell) => boolean): readonly string[] =>
    columns.flatMap(({ name, isExample }, at) => {
      const other = cells[at];
      return at !== column && !isExample && other !== undefined && accepts(other) ? [name] : [];
    });
  const empty = others(({ state }) => state === "empty");
  if (cell.state === "alone") return empty.length === 0 ? "set here only" : `empty in ${listed(empty)}`;
  const same = others((other) => hasValue(other) && other.group === cell.group);
  const different = others((other) => hasValue(other) && other.group !== cell.group);
  if (different.length === 0) return `same as ${listed(same)}`;
  if (same.length === 0) return `differs from ${listed(different)}`;
  return `same as ${listed(same)}; differs from ${listed(different)}`;
}

/** Names in one list before it says how many more there are. */
const namesListedMax = 4;

function listed(names: readonly string[]): string {
  if (names.length <= namesListedMax) return names.join(", ");
  return `${names.slice(0, namesListedMax - 1).join(", ")} and ${names.length - namesListedMax + 1} more`;
}

function hasValue({ state }: ComparedCell): boolean {
  return state === "equal" || state === "differs";
}

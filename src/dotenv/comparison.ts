/** Comparing the same keys over several environments. Says what is equal, and never holds a value. */
import { type DotenvDocument, effectiveEntry } from "./document.ts";

/** How a key stands in one environment, held against the first environment that has a value for it. */
export type CellState = "equal" | "differs" | "empty" | "missing";

/** The sign of each state, the same wherever it is shown, so that no state is told by colour alone. */
export const stateSigns: Readonly<Record<CellState, string>> = {
  equal: "=",
  differs: "≠",
  empty: "∅",
  missing: "–",
};

/** The sign of a key that a file does not set and takes from a file under it. */
export const inheritedSign = "↑";
/** The sign of a value that is held against no other. */
export const aloneSign = "•";

/** How a value stands against another one. */
export type ValueState = Exclude<CellState, "missing">;

/** A value's state in words. */
export const valueWords: Readonly<Record<ValueState, string>> = {
  equal: "the same value",
  differs: "another value",
  empty: "empty",
};

/** A value's state as its sign and in words. */
export function signedWords(state: ValueState): string {
  return `${stateSigns[state]} ${valueWords[state]}`;
}

/** One environment that takes part in a comparison. */
export interface ComparedEnvironment {
  readonly name: string;
  readonly document: DotenvDocument;
  /** Examples are shown beside the environments; their values decide about no row and are held against none. */
  readonly isExample: boolean;
  /** Names of the environments that this one only overrides: their keys are not missing in it. */
  readonly overrides: readonly string[];
}

/** As {@link CellState}; `alone` is a value that is held against no other: the only one of its row, or an example's. */
export type ComparedState = CellState | "alone";

/** One key in one environment. */
export interface ComparedCell {
  readonly state: ComparedState;
  /**
   * Which value of the row it is: cells of one group hold the same value, numbered from 1 in the order of the
   * environments. 0 where there is no value, in examples, and in rows whose values are all the same.
   */
  readonly group: number;
  /** The key is not here, and an environment that this one overrides has it. */
  readonly inherited: boolean;
}

/** One key in all environments, cells in their order. */
export interface ComparedRow {
  readonly key: string;
  readonly cells: readonly ComparedCell[];
  /** The states that hold somewhere in the row, examples left out; `equal` only when nothing else does. */
  readonly states: ReadonlySet<CellState>;
}

/** Compares environments key by key, on what a program would read from each file by itself. */
export function compareEnvironments(environments: readonly ComparedEnvironment[]): readonly ComparedRow[] {
  const inherited = environments.map(({ overrides }) => inheritedKeys(environments, overrides));
  return orderedKeys(environments).map((key) => compareKey(key, environments, inherited));
}

/**
 * Every key once: as the first environment orders them, and a key that only later ones have behind the key that
 * it follows there.
 */
function orderedKeys(environments: readonly ComparedEnvironment[]): readonly string[] {
  const next = new Map<string | undefined, string | undefined>([[undefined, undefined]]);
  for (const { document } of environments) {
    let previous: string | undefined;
    for (const { key } of document.entries) {
      if (!next.has(key)) {
        next.set(key, next.get(previous));
        next.set(previous, key);
      }
      previous = key;
    }
  }
  const keys: string[] = [];
  for (let key = next.get(undefined); key !== undefined; key = next.get(key)) keys.push(key);
  return keys;
}

function inheritedKeys(
  environments: readonly ComparedEnvironment[],
  overrides: readonly string[],
): ReadonlySet<string> {
  const bases = environments.filter(({ name }) => overrides.includes(name));
  return new Set(bases.flatMap(({ document }) => [...document.effectiveEntries.keys()]));
}

function compareKey(
  key: string,
  environments: readonly ComparedEnvironment[],
  inherited: readonly ReadonlySet<string>[],
): ComparedRow {
  const values = environments.map(({ document }) => effectiveEntry(document, key)?.value);
  const compared = values.filter((value, at) => isSet(value) && environments[at]?.isExample === false);
  const groups = new Map([...new Set(compared)].map((value, at) => [value, at + 1]));
  const cells = values.map((value, at): ComparedCell => {
    if (value === undefined) {
      return { state: "missing", group: 0, inherited: inherited[at]?.has(key) ?? false };
    }
    if (value === "") return { state: "empty", group: 0, inherited: false };
    if (environments[at]?.isExample === true || compared.length === 1) {
      return { state: "alone", group: 0, inherited: false };
    }
    const group = groups.size > 1 ? (groups.get(value) ?? 0) : 0;
    return { state: value === compared[0] ? "equal" : "differs", group, inherited: false };
  });
  return { key, cells, states: statesOf(cells, environments) };
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}

function statesOf(
  cells: readonly ComparedCell[],
  environments: readonly ComparedEnvironment[],
): ReadonlySet<CellState> {
  const own = cells.filter((cell, at) => environments[at]?.isExample === false && !cell.inherited);
  const states = own.map(({ state }) => state).filter((state) => state !== "alone" && state !== "equal");
  return new Set(states.length === 0 ? ["equal"] : states);
}

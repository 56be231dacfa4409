import { type DialectId, readAs } from "./dialects.ts";

/**
 * Whether dialects read the same values from two texts. One that refused the first text has read nothing from it, so
 * whatever it gets from the second is no change of a value.
 */
export function readsSame(before: string, after: string, dialects: readonly DialectId[]): boolean {
  return dialects.every((dialect) => {
    const one = readAs(dialect, before);
    if (!one.ok) return true;
    const other = readAs(dialect, after);
    return other.ok && sameValues(one.values, other.values);
  });
}

/** Whether two readings have the same keys with the same values. */
export function sameValues(
  one: ReadonlyMap<string, string | null>,
  other: ReadonlyMap<string, string | null>,
): boolean {
  if (one.size !== other.size) return false;
  for (const [key, value] of one) if (!other.has(key) || other.get(key) !== value) return false;
  return true;
}

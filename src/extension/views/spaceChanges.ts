/** Pure: which rows of the view became others, so that no row is drawn anew under the user's pointer without need. */
import type { SpaceRow } from "./spaceRow.ts";

/**
 * Ids of the rows that must be drawn anew with all that is below them, or undefined when the list itself has other
 * rows or another order. Empty: nothing changed.
 */
export function changedRows(
  before: readonly SpaceRow[],
  after: readonly SpaceRow[],
): readonly string[] | undefined {
  if (idsOf(before) !== idsOf(after)) return undefined;
  return after.flatMap((row, index) => {
    const old = before[index];
    if (old === undefined || ownText(old) !== ownText(row)) return [row.id];
    return changedRows(old.children ?? [], row.children ?? []) ?? [row.id];
  });
}

function idsOf(rows: readonly SpaceRow[]): string {
  return rows.map(({ id }) => id).join("\0");
}

function ownText({ children: _, ...own }: SpaceRow): string {
  return JSON.stringify(own);
}

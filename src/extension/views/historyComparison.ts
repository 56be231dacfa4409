/** Pure: the two texts of a comparison. Masked texts tell which keys change and never what their values are. */
import type { RevealedChange } from "../../peer/api.ts";
import { mask } from "../services/environmentMask.ts";
import { keyName } from "./spaceWords.ts";

export type ComparisonSide = "before" | "after";

/** What is compared: keys with their values on both sides, and what the sides are, in a few words. */
export interface ComparisonSubject {
  readonly space: string;
  readonly before: string;
  readonly after: string;
  readonly changes: readonly RevealedChange[];
}

/**
 * One side of a comparison as text; `revealed` puts the values in. The head is equal on both sides, and high enough
 * that a picker which asks about the comparison does not cover the keys.
 */
export function comparisonText(subject: ComparisonSubject, side: ComparisonSide, revealed: boolean): string {
  const head = [
    `# Space ${subject.space}`,
    "#",
    `#   left:  ${subject.before}`,
    `#   right: ${subject.after}`,
    "#",
    ...(revealed
      ? ["# Values are shown until this comparison closes.", "# “Hide Values” masks them again."]
      : ["# Values are masked. The action “Reveal Values”", "# in this editor's title shows them."]),
  ];
  const lines = subject.changes.map((change) => {
    const value = change[side];
    const name = keyName(change);
    if (value === undefined) return `# ${name}: not there`;
    if (revealed) return `${name} = ${value}`;
    const isNew = side === "after" && value !== change.before;
    return `${name} = ${mask}${isNew ? "  (another value)" : ""}`;
  });
  return `${[...head, "", ...lines].join("\n")}\n`;
}

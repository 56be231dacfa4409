/** Pure: the two texts of a comparison. Masked texts tell which keys change and never what their values are. */
import type { RevealedChange } from "../../peer/api.ts";
import { mask } from "../services/environmentMask.ts";

export type ComparisonSide = "before" | "after";

/** One side of a comparison as text; `revealed` puts the values in. */
export function comparisonText(
  changes: readonly RevealedChange[],
  side: ComparisonSide,
  revealed: boolean,
): string {
  const head = revealed
    ? "# Values are shown until this comparison is closed."
    : "# Values are masked. Use “Reveal Values” in the title of this editor to see them.";
  const lines = changes.map((change) => {
    const value = change[side];
    const name = `${change.env} / ${change.key}`;
    if (value === undefined) return `# ${name}: not in the space`;
    if (revealed) return `${name} = ${value}`;
    const isNew = side === "after" && value !== change.before;
    return `${name} = ${mask}${isNew ? "  (another value)" : ""}`;
  });
  return `${[head, "", ...lines].join("\n")}\n`;
}

/**
 * What the editor finds by its index of the workspace's code. They are no rules: `envpact lint` reads no code, and
 * each has a setting of its own. Comments silence them as they silence rules.
 */
export const codeFindingIds = ["undefined-variable", "unused-key"] as const;

export type CodeFindingId = (typeof codeFindingIds)[number];

/** Whether a text is the id of a finding about code. */
export function isCodeFindingId(text: string): text is CodeFindingId {
  return codeFindingIds.some((id) => id === text);
}

/** Members of a frame that a trace does without: what is random by itself, and what only repeats. */
const left = new Set(["sealed", "hash", "prevHash", "signature", "roster", "keyEpoch", "author", "at"]);

/** A message or a record in a line of the trace: short, the same for the same seed, and nothing of what is sealed. */
export function summary(data: unknown): string {
  const short = JSON.stringify(data, (name, part: unknown) => (left.has(name) ? undefined : part));
  return short.replace(/"/gu, "").slice(0, 300);
}

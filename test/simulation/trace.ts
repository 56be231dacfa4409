import type { ParticipantWrite } from "../../src/commit/effects.ts";

/** Members of a frame that a trace does without: what is random by itself, and what only repeats. */
const left = new Set(["sealed", "hash", "prevHash", "signature", "roster", "keyEpoch", "author", "at"]);

/** A write of a journal in a line of the trace. */
export function describeWrite(write: ParticipantWrite): string {
  if (write.kind === "prepared") return `prepared ${write.prepared.tx} on ${write.prepared.base}`;
  if (write.kind === "committed") return `committed ${write.record.rev} ${write.record.tx}`;
  if (write.kind === "snapshot") return `a snapshot of revision ${write.rev}`;
  if (write.kind === "heuristic") {
    const { tx, forced, done, status, revision } = write.heuristic;
    return `forced ${forced} of ${tx}${done ? ", done" : ""}: ${status} ${revision ?? ""}`;
  }
  return JSON.stringify(write);
}

/** A message or a record in a line of the trace: short, the same for the same seed, and nothing of what is sealed. */
export function summary(data: unknown): string {
  const short = JSON.stringify(data, (name, part: unknown) => (left.has(name) ? undefined : part));
  return short.replace(/"/gu, "").slice(0, 300);
}

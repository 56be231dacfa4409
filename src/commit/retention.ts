import { limits } from "../protocol/limits.ts";

/** How many revisions keep their bodies. */
export interface Retention {
  /** Bodies that a compaction leaves. */
  readonly keptRevisions: number;
  /** Bodies beyond those that are waited for, so that compaction happens rarely. */
  readonly compactedRevisionsMin: number;
}

/** Keeps `keptRevisions` bodies (at least one) and drops a quarter as many at once, never more than the usual number. */
export function retentionOf(keptRevisions: number = limits.keptRevisionsMax): Retention {
  const kept = Math.max(1, keptRevisions);
  const compactedRevisionsMin = Math.min(limits.compactedRevisionsMin, Math.ceil(kept / 4));
  return { keptRevisions: kept, compactedRevisionsMin };
}

/** The floor after a compaction: up to it bodies are dropped. `floor` itself when it is not worth it yet. */
export function nextFloor(retention: Retention, floor: number, head: number): number {
  const { keptRevisions, compactedRevisionsMin } = retention;
  return head - floor > keptRevisions + compactedRevisionsMin ? head - keptRevisions : floor;
}

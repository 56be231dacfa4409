/** One line of the table: our time against a reference of the same run. */
export interface Row {
  readonly work: string;
  readonly ours: number;
  readonly reference: number;
  readonly referenceName: string;
  readonly unit: "ms";
  /** ours / reference; below 1 is faster than the reference. */
  readonly ratio: number;
}

/** A row of two times in milliseconds. */
export function row(work: string, ours: number, reference: number, referenceName: string): Row {
  return { work, ours, reference, referenceName, unit: "ms", ratio: ours / reference };
}

/** The median time of `runs` calls in milliseconds, after a few to warm up. */
export function medianMs(runs: number, call: () => void): number {
  for (let warm = 0; warm < Math.min(5, runs); warm += 1) call();
  const times: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const start = performance.now();
    call();
    times.push(performance.now() - start);
  }
  return median(times);
}

/** The middle one of some numbers. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** One line of the table: our figure against a reference of the same run. */
export interface Row {
  readonly work: string;
  readonly ours: number;
  /** What it is compared with; undefined for a row that only reports. */
  readonly reference: number | undefined;
  readonly referenceName: string;
  readonly unit: "ms" | "commits/s" | "KiB" | "MiB";
  /** ours / reference. */
  readonly ratio: number | undefined;
  /** The bound of the ratio (of `ours` where there is no reference), as in `<= 1.5`. */
  readonly goal?: string;
  readonly met?: boolean;
}

/** A row of two times in milliseconds. */
export function row(work: string, ours: number, reference: number, referenceName: string): Row {
  return { work, ours, reference, referenceName, unit: "ms", ratio: ours / reference };
}

/** A row whose ratio is to stay at or below `goal`. */
export function goalRow(
  work: string,
  ours: number,
  reference: number,
  referenceName: string,
  goal: number,
): Row {
  return withGoal(row(work, ours, reference, referenceName), goal);
}

/** The row with a bound for its ratio; as it is where there is none. */
export function withGoal(measured: Row, goal: number | undefined): Row {
  if (goal === undefined || measured.ratio === undefined) return measured;
  return { ...measured, goal: `<= ${goal}`, met: measured.ratio <= goal };
}

/** A figure with nothing to compare it with. */
export function reported(work: string, ours: number, unit: Row["unit"] = "ms"): Row {
  return { work, ours, reference: undefined, referenceName: "", unit, ratio: undefined };
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
  return quantile(numbers, 0.5);
}

/** The nearest-rank quantile of some numbers; `q` in [0, 1]. */
export function quantile(numbers: readonly number[], q: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

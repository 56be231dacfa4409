/** Seeds that a job runs at a time: from `from` up to, not including, `to`. */
export interface Batch {
  readonly from: number;
  readonly to: number;
  /** The name of the mistake that is made in them, if any. */
  readonly mutant?: string;
}

/** What runs did, in total. */
export interface Sum {
  seeds: number;
  steps: number;
  commits: number;
  crashes: number;
  /** Outcomes that people forced, and those that turned out mixed. */
  forced: number;
  mixed: number;
}

/** What a batch did, up to the first seed that broke a rule. */
export interface Done extends Sum {
  failed: { readonly seed: number; readonly invariant: number; readonly text: string } | undefined;
}

export function emptySum(): Sum {
  return { seeds: 0, steps: 0, commits: 0, crashes: 0, forced: 0, mixed: 0 };
}

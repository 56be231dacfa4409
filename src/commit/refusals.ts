import type { Problem } from "../protocol/errors.ts";

/** A coordinator that speaks in an older term than this peer has heard. */
export function staleTerm(term: number, heard: number): Problem {
  return {
    code: "STALE_TERM",
    message: `The coordinator speaks in term ${term}; this peer has heard term ${heard}.`,
    next: "An older copy of the coordinator's data folder may be running: stop it, or restore the newer one.",
  };
}

/** A coordinator whose revision `rev` does not continue this peer's history. */
export function forked(rev: number): Problem {
  return {
    code: "FORKED",
    message: `Revision ${rev} from the coordinator does not continue this peer's history.`,
    next: "Nothing was changed. Compare the history of two peers; the coordinator may run on a restored copy.",
  };
}

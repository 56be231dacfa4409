import { errorCodes, type Problem } from "../protocol/errors.ts";
import type { CoordinatorMessage, RosterEntry } from "../protocol/messages.ts";
import type { PeerRow } from "./api.ts";

/** The roster as the peer `self` shows it. */
export function rowsOf(roster: readonly RosterEntry[], self: string): PeerRow[] {
  return roster.map(({ absentSince, ...row }) => ({
    ...row,
    self: row.peer === self,
    absentSinceMs: absentSince,
  }));
}

/** An ERROR message as a problem; a code that this version does not know counts as BAD_MESSAGE. */
export function problemHeard(message: Extract<CoordinatorMessage, { t: "error" }>): Problem {
  return {
    code: errorCodes.find((code) => code === message.code) ?? "BAD_MESSAGE",
    message: message.message,
    next: message.retryable ? "It is tried again." : "See the log of the coordinator.",
  };
}

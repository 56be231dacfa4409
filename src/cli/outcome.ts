import type { CommitOutcome, CommitProgress } from "../peer/api.ts";
import { type ExitCode, exitCodes } from "./exit.ts";
import type { Output } from "./output.ts";

/** Says what happens between the submit and its answer: a line a vote, and who is waited for. */
export function tellProgress(output: Output): (progress: CommitProgress) => void {
  let last = "";
  return (progress) => {
    if (progress.kind === "vote") {
      const { tx, peer, vote, code, reason } = progress;
      const said = vote === "no" ? "no" : "yes";
      output.result(
        { event: "vote", peer, vote: said, reason: reason ?? "", ...(code ? { code } : {}), tx },
        said === "yes" ? `${peer}: yes` : `${peer}: no, ${reason ?? code ?? "without a reason"}`,
      );
      return;
    }
    const text = phaseText(progress.phase, progress.peers);
    if (text !== last && text !== "") output.note(text);
    last = text;
  };
}

function phaseText(
  phase: Extract<CommitProgress, { kind: "phase" }>["phase"],
  peers: readonly string[],
): string {
  if (phase === "queued") return "Waiting for another transaction of this space …";
  if (phase === "waiting") return `Waiting for ${peers.join(", ")}, who is not there …`;
  if (phase === "preparing") return peers.length === 0 ? "" : `Asking ${peers.join(", ")} …`;
  if (phase === "unknown")
    return "The connection was lost after the request was sent; asking for the outcome …";
  return "";
}

/** Says how a transaction ended, and with which exit code. */
export function tellOutcome(output: Output, outcome: CommitOutcome): ExitCode {
  if (outcome.outcome === "committed") {
    const { revision, detached } = outcome;
    output.result(
      { outcome: "committed", revision, ...(detached.length > 0 ? { detached } : {}) },
      `Committed revision ${revision}.`,
    );
    if (detached.length > 0) {
      output.note(`Without ${detached.join(", ")}: absent for too long, gets this revision on return.`);
    }
    return exitCodes.done;
  }
  if (outcome.outcome === "aborted") {
    const { code, reason, conflicts } = outcome;
    output.result(
      { outcome: "aborted", code, reason, ...(conflicts.length > 0 ? { conflicts } : {}) },
      `Aborted, nothing has changed anywhere: ${reason} (${code})`,
    );
    return exitCodes.refused;
  }
  const next = "Run `envpact log` when the coordinator is back: the commit is there, or it did not happen.";
  output.result({ outcome: "unknown", tx: outcome.tx, next }, `Outcome unknown (${outcome.tx}). ${next}`);
  return exitCodes.unknown;
}

import type { CommitOutcome, CommitProgress, Peer } from "../peer/api.ts";
import type { Conflict } from "../protocol/messages.ts";
import { type ExitCode, exitCodes } from "./exit.ts";
import type { Output } from "./output.ts";
import { keyText } from "./peers.ts";
import type { Session } from "./session.ts";

/** Says what happens between the submit and its answer: a line a vote, and who is waited for. */
export function tellProgress(output: Output): (progress: CommitProgress) => void {
  let last = "";
  return (progress) => {
    if (progress.kind === "vote") {
      const { tx, peer, vote, code, reason } = progress;
      if (vote === "reviewing") {
        output.result({ event: "reviewing", peer, tx }, undefined);
        return;
      }
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

/** Commits, tells the progress, and says that the outcome is unknown when a second signal ends the process before. */
export async function whileUndecided(
  { output, stop }: Pick<Session, "output" | "stop">,
  commit: (onProgress: (progress: CommitProgress) => void) => Promise<CommitOutcome>,
): Promise<CommitOutcome> {
  const tell = tellProgress(output);
  try {
    return await commit((progress) => {
      const { tx } = progress;
      if (tx !== undefined) stop.whenForced(() => tellOutcome(output, { outcome: "unknown", tx }));
      tell(progress);
    });
  } finally {
    stop.whenForced(undefined);
  }
}

function phaseText(
  phase: Extract<CommitProgress, { kind: "phase" }>["phase"],
  peers: readonly string[],
): string {
  if (phase === "queued") return "Waiting for another transaction of this space …";
  if (phase === "waiting") return `Waiting for ${peers.join(", ")}, who is not there …`;
  if (phase === "preparing") return peers.length === 0 ? "" : `Asking ${peers.join(", ")} …`;
  if (phase === "reviewing") return `Waiting for the review of ${peers.join(", ")} …`;
  if (phase === "unknown")
    return "The connection was lost after the request was sent; asking for the outcome …";
  return "";
}

/** How long a commit that is decided waits for the connected peers to have it in their files. */
const appliedTimeoutMs = 3_000;

/**
 * Resolves when every connected peer, this one included, has applied `revision`, or with the names of those that
 * have not after {@link appliedTimeoutMs}. What follows a commit in a script finds the files changed.
 */
function appliedEverywhere(peer: Peer, revision: number): Promise<readonly string[]> {
  const behind = () =>
    peer.view.roster
      .filter((row) => row.connected && row.state !== "left" && row.appliedRevision < revision)
      .map(({ name }) => name);
  return new Promise((resolve) => {
    const settle = () => {
      clearTimeout(timer);
      listening.dispose();
      resolve(behind());
    };
    const timer = setTimeout(settle, appliedTimeoutMs);
    const listening = peer.onChange(() => {
      if (behind().length === 0) settle();
    });
    if (behind().length === 0) settle();
  });
}

/** Says how a transaction of `peer` ended and who still has to apply it; returns the exit code. */
export async function concludeCommit(output: Output, peer: Peer, outcome: CommitOutcome): Promise<ExitCode> {
  const exitCode = tellOutcome(output, outcome);
  if (outcome.outcome !== "committed") return exitCode;
  const behind = await appliedEverywhere(peer, outcome.revision);
  if (behind.length > 0) output.note(`Not in the files of ${behind.join(", ")} yet; that follows by itself.`);
  return exitCode;
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
    const next = conflicts.length === 0 ? {} : { conflicts: conflicts.map(conflictData), next: conflictNext };
    output.result(
      { outcome: "aborted", code, reason, ...next },
      [
        `Aborted, nothing has changed anywhere: ${reason} (${code})`,
        ...conflicts.map(conflictText),
        ...(conflicts.length === 0 ? [] : [conflictNext]),
      ].join("\n"),
    );
    return exitCodes.refused;
  }
  const next = "Run `envpact log` when the coordinator is back: the commit is there, or it did not happen.";
  output.result({ outcome: "unknown", tx: outcome.tx, next }, `Outcome unknown (${outcome.tx}). ${next}`);
  return exitCodes.unknown;
}

const conflictNext =
  "The newer value comes to this folder by itself. See `envpact diff`, put your own back with `envpact restore KEY` where it was replaced, and commit again.";

function conflictData({ env, key, expected, current, author, at }: Conflict): object {
  return { env, key, expected, current, author, at: new Date(at).toISOString() };
}

function conflictText(conflict: Conflict): string {
  const { expected, current, author, at } = conflict;
  const by = author === "" ? "" : ` by ${author} at ${new Date(at).toISOString()}`;
  return `  ${keyText(conflict)}: you changed version ${expected}, the space has version ${current}${by}`;
}

/** Pure: the words for what happens between a submit and its answer, and for the answer. Never a value. */
import type { CommitOutcome, CommitProgress, KeyRef, PeerView } from "../../peer/api.ts";
import { editorText } from "../views/problemWords.ts";
import { keyNames, withStop } from "../views/spaceWords.ts";

/** Votes that the progress line names; earlier ones are counted. */
const namedVotesMax = 3;

/** Collects the votes of one submission into one line. */
export class ProgressWords {
  readonly #voters: number;
  readonly #votes = new Map<string, string>();
  #phase: string;

  /** `view`: the author's, for the number of voters and whether anybody can hear. */
  constructor(view: Pick<PeerView, "roster" | "connection">) {
    this.#phase =
      view.connection === "connected" ? "sending…" : "waiting for the coordinator, nothing is sent yet…";
    this.#voters = view.roster.filter((peer) => peer.state === "voter").length;
  }

  /** The line before anything is heard. */
  get first(): string {
    return this.#phase;
  }

  /** The line after one more step. */
  after(progress: CommitProgress): string {
    if (progress.kind === "vote") {
      const reason = progress.reason ?? progress.code;
      const words = { yes: "yes", no: "no", readonly: "not concerned", reviewing: "being reviewed" }[
        progress.vote
      ];
      this.#votes.set(progress.peer, reason === undefined ? words : `${words} (${editorText(reason)})`);
    } else this.#phase = phaseText(progress);
    const isPast = progress.kind === "phase" && progress.phase === "unknown";
    if (this.#votes.size === 0 || isPast) return this.#phase;
    const last = [...this.#votes].slice(-namedVotesMax).map(([peer, words]) => `${peer}: ${words}`);
    return `${this.#votes.size} of ${Math.max(this.#voters, this.#votes.size)} votes. ${last.join(", ")}`;
  }
}

function phaseText({ phase, peers }: Extract<CommitProgress, { kind: "phase" }>): string {
  const names = peers.join(", ");
  switch (phase) {
    case "sending":
      return "sending…";
    case "queued":
      return "waiting for another transaction of the space…";
    case "waiting":
      return names === "" ? "waiting…" : `waiting for ${names}, who is away…`;
    case "preparing":
      return names === "" ? "asking the peers…" : `asking ${names}…`;
    case "reviewing":
      return names === "" ? "waiting for a review…" : `waiting for the review of ${names}…`;
    case "unknown":
      return "connection lost, asking for the outcome…";
  }
}

/** How a submission ended, for a notification. */
export function outcomeWords(outcome: CommitOutcome, keys: readonly KeyRef[]): string {
  switch (outcome.outcome) {
    case "committed": {
      const away = outcome.detached.join(", ");
      const later = away === "" ? "" : ` ${away} was away and gets it on return.`;
      return `Committed r${outcome.revision}: ${keyNames(keys)}.${later}`;
    }
    case "aborted":
      if (outcome.code === "CANCELLED") return "Cancelled. Nothing was changed anywhere.";
      return `Not committed, and nothing was changed anywhere: ${withStop(editorText(outcome.reason))}`;
    case "unknown":
      return `The connection was lost after ${keyNames(keys)} had been sent. The outcome is unknown; checking as soon as the coordinator answers.`;
  }
}

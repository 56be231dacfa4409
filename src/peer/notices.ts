import type { HeuristicRecord, ParticipantEvent } from "../commit/effects.ts";
import type { Prepare } from "../commit/participantState.ts";
import { EnvpactError, type Problem } from "../protocol/errors.ts";
import type { LogRecord } from "../protocol/record.ts";
import type { ConsentView, KeyRef, PeerEvent } from "./api.ts";
import { needsConsent, withConsent, withoutKeys } from "./consent.ts";
import type { Asked } from "./liveState.ts";
import type { PeerIdentity } from "./ports.ts";
import type { Traces } from "./traces.ts";
import { heuristicView, refsOf } from "./view.ts";

/** What telling needs of the participant that it tells of. */
interface Surroundings {
  readonly identity: PeerIdentity;
  readonly now: () => number;
  readonly timelines: Traces;
  readonly record: (rev: number) => LogRecord | undefined;
  /** The space's last revision, as far as known. */
  readonly head: () => number;
  readonly tell: (event: PeerEvent) => void;
  readonly fail: (error: unknown) => void;
  readonly welcomed: () => void;
  /** A record came into the log. */
  readonly logged: (record: LogRecord) => void;
  /** The files say something else than before. */
  readonly filesChanged: () => void;
  /** Other processes of the peer should see it at once. */
  readonly urgent: () => void;
}

/** Turns what the participant's state machine notes into events, marks, and what the view shows besides its state. */
export class Notices {
  readonly #peer: Surroundings;
  /** The last transaction that this peer was asked about. */
  asked: Asked | undefined;
  /** The transaction that a person was told to be in doubt. */
  doubted: string | undefined;
  /** Why a committed revision is not in the files yet. */
  applyProblem: Problem | undefined;
  /** What was refused here for want of consent, as long as nobody has committed it. */
  consents: readonly ConsentView[] = [];

  constructor(peer: Surroundings) {
    this.#peer = peer;
  }

  /** PREPARE was heard; `deadlineAtMs` by this machine's clock. */
  heard(prepare: Prepare, deadlineAtMs: number): void {
    this.asked = { prepare, deadlineAtMs, vote: undefined };
  }

  take(event: ParticipantEvent): void {
    const { timelines, tell, fail, logged, head, identity, urgent, welcomed } = this.#peer;
    switch (event.kind) {
      case "welcome":
        welcomed();
        break;
      case "committed":
        logged(event.record);
        timelines.logged(event.record, identity.name, event.record.rev >= head());
        break;
      case "applied":
        this.#appliedUpTo(event.from, event.to);
        break;
      case "applyFailed": {
        const { code, message, next } = event.problem;
        this.applyProblem = event.problem;
        fail(new EnvpactError(code, `Committed, not applied yet: ${message}`, next));
        break;
      }
      case "voted":
        this.#voted(event);
        break;
      case "review": {
        const { tx, author, items, deadlineAtMs } = event;
        timelines.mark(tx, undefined, { kind: "reviewing", peer: identity.name });
        tell({ kind: "review", tx, author, keys: refsOf(items), deadlineAtMs });
        urgent();
        break;
      }
      case "inDoubt": {
        const { tx, sinceMs } = event;
        this.doubted = tx;
        timelines.mark(tx, undefined, { kind: "inDoubt", peer: identity.name });
        tell({ kind: "in-doubt", tx, sinceMs, keys: event.keys.map(refOf) });
        urgent();
        break;
      }
      case "heuristic":
        this.#heuristic(event.heuristic);
        break;
      case "resolved":
        this.#resolved(event.tx, event.outcome);
        break;
      case "coordinator":
        break;
    }
  }

  #voted(event: Extract<ParticipantEvent, { kind: "voted" }>): void {
    const { tx, author, vote, code, reason } = event;
    const { timelines, tell, identity, now, urgent } = this.#peer;
    const said = { vote, code, reason };
    if (code === "CONSENT_NEEDED" && this.asked?.prepare.tx === tx) {
      const { items } = this.asked.prepare;
      const keys = items.filter(
        ({ env, key, op }) => op !== "release" && env in identity.environments && needsConsent(key),
      );
      this.consents = withConsent(this.consents, { tx, author, atMs: now(), keys: refsOf(keys) });
      urgent();
    }
    if (this.asked?.prepare.tx === tx) this.asked = { ...this.asked, vote: { peer: identity.name, ...said } };
    timelines.mark(tx, undefined, { kind: vote, peer: identity.name, text: reason });
    tell({ kind: "vote", tx, author, ...said });
  }

  #resolved(tx: string, outcome: "commit" | "abort"): void {
    const { timelines, tell, identity, urgent } = this.#peer;
    const wasDoubted = this.doubted === tx;
    if (wasDoubted) tell({ kind: "resolved", tx, outcome });
    this.doubted = undefined;
    if (outcome === "abort") timelines.aborted(tx, identity.name, undefined);
    if (wasDoubted) urgent();
  }

  /** A person forced an outcome here, or what it is compared with is known. */
  #heuristic(record: HeuristicRecord): void {
    const { timelines, tell, identity, urgent, filesChanged } = this.#peer;
    const { tx, forced, items } = record;
    const about = { author: "", message: "", keys: refsOf(items) };
    timelines.mark(tx, about, { kind: "forced", peer: identity.name, text: forced });
    // No longer in doubt: what becomes of it is told by events of its own.
    this.doubted = undefined;
    tell({ kind: "heuristic", heuristic: heuristicView(record) });
    urgent();
    filesChanged();
  }

  #appliedUpTo(from: number, to: number): void {
    const { record: recordOf, timelines, tell, identity, filesChanged } = this.#peer;
    for (let rev = from + 1; rev <= to; rev += 1) {
      const record = recordOf(rev);
      if (record?.kind !== "commit") continue;
      timelines.applied(record.tx, identity.name);
      const changed = new Set(record.items.map(({ key }) => key));
      this.consents = withoutKeys(this.consents, (key) => changed.has(key));
      tell({
        kind: "applied",
        revision: rev,
        author: record.author.name,
        mine: record.author.peer === identity.peer,
        message: record.message,
        keys: refsOf(record.items),
      });
    }
    filesChanged();
  }
}

function refOf(slotName: string): KeyRef {
  const [env = "", key = ""] = slotName.split("\0");
  return { env, key };
}

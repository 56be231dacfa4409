import { EnvpactError, type ErrorCode, errorCodes, type Problem } from "../protocol/errors.ts";
import { limits } from "../protocol/limits.ts";
import type { ClientMessage, CoordinatorMessage } from "../protocol/messages.ts";
import { type Item, type LogRecord, requestsOf } from "../protocol/record.ts";
import { type Disposable, DisposableStore } from "../shared/disposable.ts";
import type { CommitOptions, CommitOutcome, CommitProgress, TransactionView, VoteView } from "./api.ts";
import type { PeerPorts } from "./ports.ts";
import type { Traces } from "./traces.ts";
import { refsOf } from "./view.ts";

/** After the deadline of a submit its answer is awaited this much longer before it counts as unknown. */
const answerGraceMs = 3_000;

interface Pending {
  readonly requestId: string;
  readonly message: Extract<ClientMessage, { t: "submit" }>;
  readonly options: CommitOptions;
  readonly submittedAt: number;
  deadlineAt: number;
  readonly finish: (outcome: CommitOutcome) => void;
  readonly fail: (error: EnvpactError) => void;
  readonly lifetime: DisposableStore;
  sent: boolean;
  tx: string | undefined;
  phase: TransactionView["phase"];
  waitingFor: readonly string[];
  votes: VoteView[];
  /** Voters that were asked, by name. */
  asked: readonly string[];
  /** When the phase ends by itself. */
  phaseEndsAt: number | undefined;
  /** Ends the wait for an answer. */
  expiry: Disposable;
  cancelled: boolean;
}

type Ports = Pick<PeerPorts, "now" | "at" | "token">;

/** Where the author's side is noted, and under which name. */
interface Noted {
  readonly traces: Traces;
  readonly name: string;
}

/**
 * The author's side: change sets that were submitted and not answered yet. A request id is sent again after every
 * reconnect; the coordinator answers the same id the same way, so a change set commits at most once.
 */
export class Submissions {
  readonly #ports: Ports;
  readonly #send: (message: ClientMessage) => boolean;
  readonly #changed: () => void;
  readonly #noted: Noted;
  readonly #pending = new Map<string, Pending>();
  /** Why there is no connection, and whether there will be none. */
  #cut: { readonly problem: Problem | undefined; readonly final: boolean } | undefined;

  constructor(ports: Ports, send: (message: ClientMessage) => boolean, changed: () => void, noted: Noted) {
    this.#noted = noted;
    this.#ports = ports;
    this.#send = send;
    this.#changed = changed;
  }

  /**
   * Submits and resolves with the answer. Rejects, and nothing was sent then: with what keeps the coordinator from
   * being reached (UNREACHABLE, VERSION_MISMATCH, …), in time or for good, and with LIMIT when none would take it.
   */
  async submit(items: readonly Item[], options: CommitOptions, reverts?: number): Promise<CommitOutcome> {
    const timeoutMs = options.timeoutMs ?? limits.submitTimeoutDefaultMs;
    const requestId = this.#ports.token(18);
    const message: Pending["message"] = {
      t: "submit",
      requestId,
      items,
      message: options.message.slice(0, limits.commitMessageCharsMax),
      timeoutMs,
      ...(reverts === undefined ? {} : { reverts }),
      ...(options.policy === undefined ? {} : { policy: options.policy }),
      ...(options.reviewMs === undefined ? {} : { reviewMs: options.reviewMs }),
    };
    if (
      items.length > limits.itemsMax ||
      Buffer.byteLength(JSON.stringify(message)) > limits.messageBytesMax
    ) {
      const text = `The change is too large for one commit (${limits.itemsMax} keys, ${limits.messageBytesMax} bytes).`;
      throw new EnvpactError("LIMIT", text, "Commit fewer keys at a time.");
    }
    return new Promise((finish, fail) => {
      const lifetime = new DisposableStore();
      const pending: Pending = {
        requestId,
        message,
        options,
        submittedAt: this.#ports.now(),
        deadlineAt: this.#ports.now() + timeoutMs,
        finish,
        fail,
        lifetime,
        sent: false,
        tx: undefined,
        phase: "sending",
        waitingFor: [],
        votes: [],
        asked: [],
        phaseEndsAt: undefined,
        expiry: { dispose: () => undefined },
        cancelled: false,
      };
      this.#pending.set(requestId, pending);
      this.#await(pending, pending.deadlineAt);
      lifetime.add({ dispose: () => pending.expiry.dispose() });
      const cancel = () => this.#cancel(pending);
      options.signal?.addEventListener("abort", cancel, { once: true });
      lifetime.add({ dispose: () => options.signal?.removeEventListener("abort", cancel) });
      this.#dispatch(pending);
      if (options.signal?.aborted) cancel();
      if (this.#cut?.final && !pending.sent) this.#expire(pending);
    });
  }

  /** Sends again what has no answer yet: called after WELCOME. */
  resend(): void {
    this.#cut = undefined;
    for (const pending of this.#pending.values()) this.#dispatch(pending);
  }

  /**
   * The connection is gone, `final` for good: what was sent is unknown until the coordinator can be asked again, and
   * what was not sent then never will be.
   */
  lost(problem: Problem | undefined, final: boolean): void {
    this.#cut = { problem, final };
    for (const pending of [...this.#pending.values()]) {
      if (pending.sent) this.#phase(pending, "unknown", [], undefined);
      else if (final) this.#expire(pending);
    }
  }

  /** Takes PROGRESS, VOTED and ANSWER; other messages are none of its business. */
  receive(message: CoordinatorMessage): void {
    if (message.t !== "progress" && message.t !== "voted" && message.t !== "answer") return;
    const pending = this.#pending.get(message.requestId);
    if (!pending) return;
    if (message.tx !== undefined && message.tx !== pending.tx) this.#begin(pending, message.tx);
    if (message.t === "progress") this.#progress(pending, message);
    else if (message.t === "voted") {
      const vote: VoteView = {
        peer: message.peer,
        vote: message.vote,
        code: message.code,
        reason: message.reason,
      };
      // A person's answer takes the place of the notice that they were asked.
      pending.votes = [...pending.votes.filter(({ peer }) => peer !== vote.peer), vote];
      const text = vote.vote === "no" ? `${vote.code ?? ""}: ${vote.reason ?? ""}` : undefined;
      this.#noted.traces.mark(message.tx, undefined, { kind: vote.vote, peer: vote.peer, text });
      this.#report(pending, { kind: "vote", tx: message.tx, ...vote });
    } else this.#settle(pending, outcomeOf(message));
  }

  /** A record of the log that is one of ours is an answer too. */
  committed(record: LogRecord): void {
    const { rev: revision, detached = [] } = record;
    for (const requestId of requestsOf(record)) {
      const pending = this.#pending.get(requestId);
      if (pending) this.#settle(pending, { outcome: "committed", revision, detached });
    }
  }

  /** The transaction that this request is part of now; after a refusal of others it may be another one. */
  #begin(pending: Pending, tx: string): void {
    pending.tx = tx;
    pending.votes = [];
    const { traces, name } = this.#noted;
    const { message, items } = pending.message;
    const about = { author: name, message, keys: refsOf(items) };
    traces.mark(tx, about, { kind: "submitted", peer: name, atMs: pending.submittedAt });
  }

  #progress(pending: Pending, message: Extract<CoordinatorMessage, { t: "progress" }>): void {
    const { phase, peers, deadlineMs } = message;
    const endsAt = deadlineMs === undefined ? undefined : this.#ports.now() + deadlineMs;
    if (phase === "preparing" && pending.tx !== undefined) {
      pending.asked = peers;
      for (const peer of peers) this.#noted.traces.mark(pending.tx, undefined, { kind: "prepare", peer });
    }
    // A person may take longer than the submit would have waited for machines.
    if (endsAt !== undefined && endsAt > pending.deadlineAt) this.#await(pending, endsAt);
    this.#phase(pending, phase, peers, endsAt ?? pending.deadlineAt);
  }

  #await(pending: Pending, deadlineAt: number): void {
    pending.deadlineAt = deadlineAt;
    pending.expiry.dispose();
    pending.expiry = this.#ports.at(deadlineAt + answerGraceMs, () => this.#expire(pending));
  }

  /** What is under way, for the view. */
  view(author: string): TransactionView[] {
    return [...this.#pending.values()].map((pending) => ({
      id: pending.tx ?? pending.requestId,
      mine: true,
      author,
      message: pending.message.message,
      keys: refsOf(pending.message.items),
      phase: pending.phase,
      waitingFor: pending.waitingFor,
      votes: pending.votes,
      deadlineAtMs: pending.phaseEndsAt,
      policy: pending.options.policy,
    }));
  }

  /** The peer closes: what was sent is unknown, what was not sent never happened. */
  close(): void {
    for (const pending of [...this.#pending.values()]) this.#expire(pending);
  }

  #dispatch(pending: Pending): void {
    const timeoutMs = Math.max(1, pending.deadlineAt - this.#ports.now());
    if (this.#send({ ...pending.message, timeoutMs })) {
      pending.sent = true;
      if (pending.cancelled) this.#send({ t: "cancel", requestId: pending.requestId });
    }
  }

  #cancel(pending: Pending): void {
    if (!this.#pending.has(pending.requestId)) return;
    pending.cancelled = true;
    if (!pending.sent) {
      this.#settle(pending, {
        outcome: "aborted",
        code: "CANCELLED",
        reason: "cancelled before it was sent",
        conflicts: [],
      });
      return;
    }
    // Refused by the link while offline: it goes out with the next resend, and the answer tells what became of it.
    this.#send({ t: "cancel", requestId: pending.requestId });
  }

  #expire(pending: Pending): void {
    if (!this.#pending.has(pending.requestId)) return;
    if (pending.sent) {
      this.#settle(pending, { outcome: "unknown", tx: pending.tx ?? pending.requestId });
      return;
    }
    this.#end(pending);
    pending.fail(unsent(this.#cut?.problem));
  }

  #settle(pending: Pending, outcome: CommitOutcome): void {
    this.#end(pending);
    const { traces, name } = this.#noted;
    if (pending.tx !== undefined && outcome.outcome === "committed")
      traces.committed(pending.tx, outcome.revision, name, pending.asked);
    else if (pending.tx !== undefined && outcome.outcome === "aborted")
      traces.aborted(pending.tx, name, `${outcome.code}: ${outcome.reason}`);
    pending.finish(outcome);
  }

  #end(pending: Pending): void {
    pending.lifetime.dispose();
    this.#pending.delete(pending.requestId);
    this.#changed();
  }

  #phase(
    pending: Pending,
    phase: TransactionView["phase"],
    peers: readonly string[],
    deadlineAtMs: number | undefined,
  ): void {
    pending.phase = phase;
    pending.waitingFor = peers;
    pending.phaseEndsAt = deadlineAtMs;
    this.#report(pending, { kind: "phase", phase, tx: pending.tx, peers, deadlineAtMs });
  }

  #report(pending: Pending, progress: CommitProgress): void {
    pending.options.onProgress?.(progress);
    this.#changed();
  }
}

function unsent(problem: Problem | undefined): EnvpactError {
  if (problem) return new EnvpactError(problem.code, `Nothing was sent. ${problem.message}`, problem.next);
  return new EnvpactError(
    "UNREACHABLE",
    "The coordinator could not be reached; nothing was sent.",
    "Check that the coordinator runs, then commit again.",
  );
}

function outcomeOf(message: Extract<CoordinatorMessage, { t: "answer" }>): CommitOutcome {
  if (message.outcome === "committed") {
    return { outcome: "committed", revision: message.rev ?? 0, detached: message.detached ?? [] };
  }
  const code = errorCodes.find((known) => known === message.code) ?? ("INTERNAL" satisfies ErrorCode);
  return {
    outcome: "aborted",
    code,
    reason: message.reason ?? "no reason given",
    conflicts: message.conflicts ?? [],
  };
}

import type { CoordinatorMessage } from "../protocol/messages.ts";
import { follows, type LogRecord, type MemberState, requestsOf, slot } from "../protocol/record.ts";
import type { HeuristicRecord, PreparedRecord } from "./effects.ts";

/** A broken rule, by its number under "Invariants" in docs/PROTOCOL.md. Names peers, keys and ids, never a value. */
export interface Violation {
  readonly invariant: number;
  readonly text: string;
}

/** A violation of the rule with this number. */
export function broken(invariant: number, text: string): Violation {
  return { invariant, text };
}

type Answer = Extract<CoordinatorMessage, { t: "answer" }>;

/** Outcomes that can be said of a transaction or a request. */
export type SaidOutcome = "commit" | "abort";

/**
 * Replays a log record by record against plain maps. Holds what was durable, so that whatever is said later can be
 * compared with it.
 */
export class LogAudit {
  readonly #records: LogRecord[] = [];
  readonly #versions = new Map<string, number>();
  readonly #byRequest = new Map<string, LogRecord>();
  readonly #byTransaction = new Map<string, LogRecord>();
  readonly #members = new Map<string, MemberState>();
  /** Names of voters that others went on without, at any time. */
  readonly #leftBehind = new Set<string>();

  /** The last durable revision, with its hash. */
  get head(): { readonly rev: number; readonly hash: string } {
    const last = this.#records.at(-1);
    return { rev: last?.rev ?? 0, hash: last?.hash ?? "" };
  }

  get records(): readonly LogRecord[] {
    return this.#records;
  }

  record(rev: number): LogRecord | undefined {
    return this.#records[rev - 1];
  }

  byTransaction(tx: string): LogRecord | undefined {
    return this.#byTransaction.get(tx);
  }

  byRequest(requestId: string): LogRecord | undefined {
    return this.#byRequest.get(requestId);
  }

  /** The voters of the present epoch, sorted. */
  voters(): string[] {
    return [...this.#members]
      .filter(([, state]) => state === "voter")
      .map(([peer]) => peer)
      .sort();
  }

  stateOf(peer: string): MemberState | undefined {
    return this.#members.get(peer);
  }

  /** Adds a record that became durable; reports what it breaks of 4, 6, 7 and 8. */
  add(record: LogRecord): Violation[] {
    const found: Violation[] = [];
    const name = `revision ${record.rev} (${record.tx})`;
    const last = this.#records.at(-1);
    if (!follows(this.head, record)) found.push(broken(6, `${name} does not continue the log`));
    if (last && (record.term < last.term || record.epoch < last.epoch)) {
      found.push(broken(6, `${name} has an older term or epoch than the revision before it`));
    }
    if (this.#byTransaction.has(record.tx)) found.push(broken(1, `${name} repeats a transaction id`));
    for (const requestId of requestsOf(record)) {
      if (this.#byRequest.has(requestId))
        found.push(broken(8, `${name} commits the request ${requestId} again`));
    }
    for (const name of record.detached ?? []) {
      if (!this.#leftBehind.has(name))
        found.push(broken(8, `revision ${record.rev} names ${name} as detached`));
    }
    for (const item of record.items) {
      const version = this.#versions.get(slot(item.env, item.key)) ?? 0;
      if (version !== item.expected) {
        found.push(broken(7, `${name} expects version ${item.expected} of ${item.key}; it is ${version}`));
      }
    }
    if (record.kind === "commit" && [...record.participants].sort().join() !== this.voters().join()) {
      found.push(broken(4, `${name} was not decided by the voters of its epoch`));
    }
    this.#take(record);
    return found;
  }

  #take(record: LogRecord): void {
    this.#records.push(record);
    this.#byTransaction.set(record.tx, record);
    for (const requestId of requestsOf(record)) this.#byRequest.set(requestId, record);
    for (const item of record.items) this.#versions.set(slot(item.env, item.key), item.expected + 1);
    for (const { peer, name, state } of record.members) {
      this.#members.set(peer, state);
      if (state === "syncing") this.#leftBehind.add(name);
    }
  }
}

/** Everything that was ever said about outcomes, compared with the log: 1, 3, 5, 8 and 9. */
export class OutcomeAudit {
  readonly #log: LogAudit;
  readonly #abortedTransactions = new Set<string>();
  readonly #abortedRequests = new Set<string>();
  readonly #contents = new Map<string, string>();
  /** What was answered to requests that were aborted, by term and request: a coordinator remembers them while it runs. */
  readonly #refusals = new Map<string, string>();

  constructor(log: LogAudit) {
    this.#log = log;
  }

  /** A PREPARE was said: a transaction id stands for one attempt, with one content, for ever. */
  asked(tx: string, content: string): Violation[] {
    const before = this.#contents.get(tx);
    this.#contents.set(tx, content);
    if (before !== undefined && before !== content) return [broken(1, `${tx} names two attempts`)];
    return this.#abortedTransactions.has(tx) ? [broken(1, `${tx} is asked for after its abort`)] : [];
  }

  /** Somebody was told how a transaction ended. */
  told(tx: string, outcome: SaidOutcome): Violation[] {
    const logged = this.#log.byTransaction(tx) !== undefined;
    if (outcome === "commit") {
      const found = logged ? [] : [broken(9, `${tx} was told as committed before that was durable`)];
      if (this.#abortedTransactions.has(tx)) found.push(broken(1, `${tx} was told as aborted and committed`));
      return found;
    }
    this.#abortedTransactions.add(tx);
    return logged ? [broken(3, `${tx} is in the log and was told as aborted`)] : [];
  }

  /** An answer to a request was said in `term`: the truth, and the same one each time, the names left behind included. */
  answered(
    term: number,
    { requestId, outcome, rev, tx, code, reason, conflicts, detached }: Answer,
  ): Violation[] {
    const record = this.#log.byRequest(requestId);
    if (outcome === "aborted") {
      if (record) return [abortedThough(requestId, record)];
      const said = JSON.stringify([tx, code, reason, conflicts, detached]);
      const before = this.#refusals.get(`${term} ${requestId}`) ?? said;
      this.#refusals.set(`${term} ${requestId}`, said);
      return before === said
        ? []
        : [broken(8, `the request ${requestId} got two answers: ${before}, ${said}`)];
    }
    if (record?.rev !== rev)
      return [
        broken(9, `the request ${requestId} was acknowledged as revision ${rev}, which is not durable`),
      ];
    const names = record ? namesLeftBehind(record, detached) : undefined;
    return names === undefined ? [] : [broken(8, `the request ${requestId} was answered ${names}`)];
  }

  /** The author took an abort for final: the request must never commit from now on. */
  settledAsAborted(requestId: string): Violation[] {
    this.#abortedRequests.add(requestId);
    const record = this.#log.byRequest(requestId);
    return record ? [abortedThough(requestId, record)] : [];
  }

  /** A record became durable. */
  logged(record: LogRecord): Violation[] {
    const found: Violation[] = [];
    if (this.#abortedTransactions.has(record.tx)) {
      found.push(broken(3, `${record.tx} was told as aborted and became revision ${record.rev}`));
    }
    for (const requestId of requestsOf(record)) {
      if (this.#abortedRequests.has(requestId))
        found.push(broken(8, `the request ${requestId} was aborted for its author and committed`));
    }
    return found;
  }

  /** A peer gave up a promise: only the coordinator's word or another transaction at its place allows that. */
  abandoned(peer: string, prepared: Pick<PreparedRecord, "tx" | "base">): Violation[] {
    const decided = this.#log.record(prepared.base + 1);
    if (this.#abortedTransactions.has(prepared.tx) || (decided && decided.tx !== prepared.tx)) return [];
    return [broken(5, `${peer} decided ${prepared.tx} alone`)];
  }

  /** 15: a peer compared what a person forced there with the outcome. */
  compared(peer: string, heuristic: HeuristicRecord): Violation[] {
    const { tx, base, forced, status, revision } = heuristic;
    const logged = this.#log.byTransaction(tx);
    if (!logged && !this.#abortedTransactions.has(tx) && !this.#log.record(base + 1)) {
      return [broken(15, `${peer} compared the forced ${tx} with an outcome that nobody told`)];
    }
    const truth: SaidOutcome = logged ? "commit" : "abort";
    if (status === (forced === truth ? "same" : "mixed") && revision === logged?.rev) return [];
    return [broken(15, `${peer} calls the forced ${forced} of ${tx} ${status}; its outcome is ${truth}`)];
  }
}

function abortedThough(requestId: string, { rev }: LogRecord): Violation {
  return broken(3, `the request ${requestId} is revision ${rev}, answered: aborted`);
}

/** What is wrong with the names that the author of a record was told to have been left behind, if anything. */
export function namesLeftBehind(record: LogRecord, told: readonly string[] = []): string | undefined {
  const { rev, detached = [] } = record;
  const [said, logged] = [[...told].sort().join(), [...detached].sort().join()];
  return said === logged ? undefined : `without "${said}", and revision ${rev} was made without "${logged}"`;
}

/** What a voter's journal durably holds. */
export interface Held {
  /** Where the records begin: what comes before is compacted. */
  readonly base: { readonly rev: number };
  readonly records: readonly LogRecord[];
  readonly appliedRev: number;
  readonly prepared: Pick<PreparedRecord, "tx" | "base"> | undefined;
}

/** What a voter's journal holds of outcomes that were forced there. */
export interface HeldForced extends Held {
  readonly heuristics?: readonly HeuristicRecord[];
}

/** The promise whose outcome a journal does not know. */
export function openPromise(held: Held): Held["prepared"] {
  const { prepared } = held;
  return prepared && heldRevision(held) <= prepared.base ? prepared : undefined;
}

/** 15: what was forced waits for its outcome exactly as long as the promise does, also after a restart. */
export function checkComparisons(peer: string, held: HeldForced): Violation[] {
  const open = openPromise(held)?.tx;
  return (held.heuristics ?? [])
    .filter(({ tx, status }) => status === "pending" && tx !== open)
    .map(({ tx }) => broken(15, `${peer} knows the outcome of ${tx} and did not compare what was forced`));
}

/** 15: what a person forced stays the business of this peer: the coordinator hears of the promise as before. */
export function checkHello(
  peer: string,
  held: Held,
  said: readonly Pick<PreparedRecord, "tx" | "base">[],
): Violation[] {
  const open = openPromise(held);
  if (!open || said.some(({ tx }) => tx === open.tx)) return [];
  return [broken(15, `${peer} does not name its promise ${open.tx} in HELLO`)];
}

/** The last revision of a journal. */
export function heldRevision({ base, records }: Held): number {
  return base.rev + records.length;
}

/** 4: every participant that maps one of the record's environments durably held YES when it became durable. */
export function checkPromisesHeld(
  record: LogRecord,
  heldBy: (peer: string) => Held | undefined,
  maps: (peer: string, env: string) => boolean,
): Violation[] {
  // A sole voter leaves nobody behind: it need not have forced its promise (docs/PROTOCOL.md, "One voter").
  if (record.kind !== "commit" || record.participants.length === 1) return [];
  return record.participants
    .filter((peer) => record.items.some((item) => maps(peer, item.env)))
    .filter((peer) => {
      const held = heldBy(peer);
      return held?.prepared?.tx !== record.tx && (held ? heldRevision(held) : 0) < record.rev;
    })
    .map((peer) => broken(4, `revision ${record.rev} was decided without a durable YES of ${peer}`));
}

/** 10, and what a YES promises: the base is what the peer has, and nothing else is open there. */
export function checkPromise(
  peer: string,
  held: Held,
  prepared: Pick<PreparedRecord, "tx" | "base">,
): Violation[] {
  const found: Violation[] = [];
  const last = heldRevision(held);
  const open = openPromise(held);
  if (open && open.tx !== prepared.tx)
    found.push(broken(10, `${peer} promised ${prepared.tx} beside ${open.tx}`));
  if (prepared.base !== last || prepared.base !== held.appliedRev) {
    const at = `${held.appliedRev} of ${last}`;
    found.push(broken(10, `${peer} at revision ${at} promised ${prepared.tx} on top of ${prepared.base}`));
  }
  return found;
}

/** 11: what a peer adds to its copy of the log leaves no gap: the next record, or a snapshot that is newer. */
export function checkAdded(peer: string, held: Held, kind: "record" | "snapshot", rev: number): Violation[] {
  const last = heldRevision(held);
  if (kind === "record" ? rev === last + 1 : rev > last) return [];
  return [broken(11, `${peer} holds revision ${last} and takes a ${kind} of ${rev} after it`)];
}

/** 11: a peer's copy of the log (a record, or a snapshot in the place of what is before it) is the durable log. */
export function checkCopy(peer: string, record: Pick<LogRecord, "rev" | "hash">, log: LogAudit): Violation[] {
  const original = log.record(record.rev);
  if (original?.hash === record.hash) return [];
  return [broken(original ? 11 : 9, `${peer} holds a revision ${record.rev} that is not the durable one`)];
}

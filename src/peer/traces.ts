import { problemOf } from "../protocol/errors.ts";
import { limits } from "../protocol/limits.ts";
import type { CoordinatorMessage, RosterEntry } from "../protocol/messages.ts";
import type { LogRecord } from "../protocol/record.ts";
import type { Disposable } from "../shared/disposable.ts";
import type { KeyRef, PeerRow } from "./api.ts";
import type { PeerPorts } from "./ports.ts";
import type { TraceMark, TransactionTrace } from "./trace.ts";
import { refsOf } from "./view.ts";

/** Marks are written together this long after the first of them: a trace must not slow down what it is about. */
const flushDelayMs = 1_000;

interface OpenTrace {
  about: About;
  revision: number | undefined;
  outcome: TransactionTrace["outcome"];
  readonly marks: Map<string, TraceMark>;
  /** Voters (ids or names) that have yet to apply it, once it is committed. */
  waitingFor: ReadonlySet<string>;
}

/** What a transaction is about, for people. */
export interface About {
  readonly author: string;
  readonly message: string;
  readonly keys: readonly KeyRef[];
}

/**
 * Timelines of the transactions that this process sees: marks as they are heard, by this machine's clock. Kept in
 * memory while something is still to come, and behind the desk for later and for other processes.
 */
export class Traces {
  readonly #ports: Pick<PeerPorts, "now" | "at" | "log" | "desk">;
  readonly #open = new Map<string, OpenTrace>();
  readonly #dirty = new Set<string>();
  #timer: Disposable | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(ports: Pick<PeerPorts, "now" | "at" | "log" | "desk">) {
    this.#ports = ports;
  }

  /** Notes a mark of `peer` (a name) at a transaction that is under way, now or at `atMs`; the first of a kind counts. */
  mark(
    tx: string,
    about: About | undefined,
    mark: Pick<TraceMark, "kind" | "peer"> & { readonly text?: string | undefined; readonly atMs?: number },
  ): void {
    const trace = this.#trace(tx, about);
    const name = `${mark.kind} ${mark.peer}`;
    if (!trace || trace.marks.has(name)) return;
    trace.marks.set(name, {
      kind: mark.kind,
      peer: mark.peer,
      atMs: mark.atMs ?? this.#ports.now(),
      text: mark.text,
    });
    this.#changed(tx);
  }

  /** A record came into the log of `peer`. Of one that is not followed only what was just decided is noted. */
  logged(record: LogRecord, peer: string, isNews: boolean): void {
    if (record.kind !== "commit" || !(isNews || this.#open.has(record.tx))) return;
    const about = { author: record.author.name, message: record.message, keys: refsOf(record.items) };
    this.#trace(record.tx, about);
    this.committed(record.tx, record.rev, peer, record.participants);
  }

  /** It is decided, as `peer` heard; `voters` (ids or names) are to apply it. */
  committed(tx: string, revision: number, peer: string, voters: readonly string[]): void {
    const trace = this.#open.get(tx);
    if (!trace || trace.outcome === "committed") return;
    trace.outcome = "committed";
    trace.revision = revision;
    trace.waitingFor = new Set(voters);
    this.mark(tx, undefined, { kind: "committed", peer });
  }

  /** This peer's own files are at `revision`. */
  applied(tx: string, peer: string): void {
    if (this.#open.has(tx)) this.mark(tx, undefined, { kind: "applied", peer });
  }

  /** Takes what a message tells of transactions; `peer`: who hears it. */
  heard(message: CoordinatorMessage, peer: string): void {
    if (message.t === "prepare") {
      const { tx, author, items } = message;
      this.mark(
        tx,
        { author: author.name, message: message.message, keys: refsOf(items) },
        { kind: "prepare", peer },
      );
    } else if (message.t === "abort") this.aborted(message.tx, peer, `${message.code}: ${message.reason}`);
    else if (message.t === "welcome" || message.t === "roster") this.#roster(message.roster);
  }

  aborted(tx: string, peer: string, text: string | undefined): void {
    const trace = this.#open.get(tx);
    if (!trace || trace.outcome === "aborted") return;
    trace.outcome = "aborted";
    this.mark(tx, undefined, { kind: "aborted", peer, text });
  }

  /** Who has applied what, as the coordinator says. */
  #roster(rows: readonly RosterEntry[]): void {
    for (const [tx, trace] of this.#open) {
      const { revision, waitingFor } = trace;
      if (revision === undefined || waitingFor.size === 0) continue;
      const settled = rows.filter(({ peer, name, state, appliedRevision }) => {
        const isAwaited = waitingFor.has(peer) || waitingFor.has(name);
        return isAwaited && (state === "left" || appliedRevision >= revision);
      });
      for (const { name, appliedRevision } of settled) {
        if (appliedRevision >= revision) this.mark(tx, undefined, { kind: "applied", peer: name });
      }
      const gone = new Set(settled.flatMap(({ peer, name }) => [peer, name]));
      if (gone.size > 0) trace.waitingFor = new Set([...waitingFor].filter((voter) => !gone.has(voter)));
    }
  }

  /** Running and stored ones, newest first; what several processes saw of one transaction is one trace. */
  async list(): Promise<TransactionTrace[]> {
    const stored = (await this.#ports.desk?.readTraces()) ?? [];
    const running = [...this.#open].map(([tx, open]) => traceOf(tx, open));
    return newestFirst(mergeAll([...stored, ...running])).slice(0, limits.tracesMax);
  }

  /** Writes what is not written yet; a failure is logged, a trace is worth no more. */
  async close(): Promise<void> {
    this.#timer?.dispose();
    this.#flush();
    await this.#writing;
  }

  #trace(tx: string, about: About | undefined): OpenTrace | undefined {
    const known = this.#open.get(tx);
    if (known) {
      if (about && known.about.author === "") known.about = about;
      return known;
    }
    if (!about) return undefined;
    const trace: OpenTrace = {
      about,
      revision: undefined,
      outcome: "running",
      marks: new Map(),
      waitingFor: new Set(),
    };
    this.#open.set(tx, trace);
    return trace;
  }

  #changed(tx: string): void {
    this.#dirty.add(tx);
    if (this.#ports.desk) {
      this.#timer ??= this.#ports.at(this.#ports.now() + flushDelayMs, () => this.#flush());
    } else if (this.#open.size > limits.tracesMax) this.#forget();
  }

  #flush(): void {
    this.#timer = undefined;
    const { desk } = this.#ports;
    const traces = [...this.#dirty].flatMap((tx) => {
      const open = this.#open.get(tx);
      return open ? [traceOf(tx, open)] : [];
    });
    this.#dirty.clear();
    this.#forget();
    if (!desk || traces.length === 0) return;
    this.#writing = this.#writing
      .then(() => desk.keepTraces(traces))
      .catch((error: unknown) => this.#ports.log(`traces: ${problemOf(error).message}`));
  }

  /** Lets go of what is complete, and of the oldest when too many are not. Without a desk, only of the oldest. */
  #forget(): void {
    for (const [tx, trace] of this.#open) {
      const isComplete = trace.outcome !== "running" && trace.waitingFor.size === 0;
      const isSurplus = this.#open.size > limits.tracesMax;
      if (isSurplus || (isComplete && this.#ports.desk)) this.#open.delete(tx);
    }
  }
}

function traceOf(tx: string, open: OpenTrace): TransactionTrace {
  const { about, revision, outcome, marks } = open;
  return { tx, ...about, revision, outcome, marks: inOrder([...marks.values()]) };
}

function inOrder(marks: readonly TraceMark[]): TraceMark[] {
  return [...marks].sort((a, b) => a.atMs - b.atMs);
}

function newestFirst(traces: readonly TransactionTrace[]): TransactionTrace[] {
  const startOf = (trace: TransactionTrace) => trace.marks[0]?.atMs ?? 0;
  return [...traces].sort((a, b) => startOf(b) - startOf(a));
}

/** Traces with one for each transaction, in the order in which they were last told of. */
export function mergeAll(traces: Iterable<TransactionTrace>): TransactionTrace[] {
  const merged = new Map<string, TransactionTrace>();
  for (const trace of traces) {
    const known = merged.get(trace.tx);
    merged.delete(trace.tx);
    merged.set(trace.tx, known ? mergeTraces(known, trace) : trace);
  }
  return [...merged.values()];
}

/** What two processes, or two moments, saw of one transaction; of equal marks the earlier one counts. */
export function mergeTraces(older: TransactionTrace, newer: TransactionTrace): TransactionTrace {
  const marks = new Map<string, TraceMark>();
  for (const mark of inOrder([...older.marks, ...newer.marks])) {
    const name = `${mark.kind} ${mark.peer}`;
    if (!marks.has(name)) marks.set(name, mark);
  }
  const settled = [newer, older].find(({ outcome }) => outcome === "committed" || outcome === "aborted");
  return {
    ...(older.author === "" ? newer : older),
    revision: newer.revision ?? older.revision,
    outcome: settled?.outcome ?? newer.outcome,
    marks: inOrder([...marks.values()]),
  };
}

/** The traces, and for past commits without one what the log alone knows: when it was decided, and who took part. */
export function withLog(
  traces: readonly TransactionTrace[],
  log: { readonly head: number; record(rev: number): LogRecord | undefined },
  roster: readonly PeerRow[],
): TransactionTrace[] {
  const known = new Set(traces.map(({ tx }) => tx));
  const names = new Map(roster.map(({ peer, name }) => [peer, name]));
  const all = [...traces];
  for (let rev = log.head; rev > log.head - limits.tracesMax && all.length < limits.tracesMax; rev -= 1) {
    const record = log.record(rev);
    if (record?.kind === "commit" && !known.has(record.tx)) all.push(traceOfRecord(record, names));
  }
  return newestFirst(all);
}

function traceOfRecord(record: LogRecord, names: ReadonlyMap<string, string>): TransactionTrace {
  const { tx, author, message, items, rev, at, participants } = record;
  return {
    tx,
    author: author.name,
    message,
    keys: refsOf(items),
    revision: rev,
    outcome: "committed",
    marks: participants.map((peer) => ({
      kind: "committed",
      peer: names.get(peer) ?? peer,
      atMs: at,
      text: undefined,
    })),
  };
}

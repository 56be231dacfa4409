import type { ParticipantWrite } from "../../src/commit/effects.ts";
import {
  checkCopy,
  checkFileWrite,
  checkPromise,
  checkPromisesHeld,
  checkSealed,
  type Held,
  heldRevision,
  LogAudit,
  OutcomeAudit,
  type Violation,
} from "../../src/commit/invariants.ts";
import type { CommitOutcome } from "../../src/peer/api.ts";
import { valuesOf } from "../../src/peer/render.ts";
import type { ClientMessage, CoordinatorMessage } from "../../src/protocol/messages.ts";
import { changeSetsOf, type LogRecord, slot } from "../../src/protocol/record.ts";
import type { Folder } from "./folder.ts";
import { History } from "./history.ts";
import type { JournalDisk } from "./journal.ts";
import type { PeerStoreDisk } from "./peerStore.ts";
import type { World } from "./world.ts";

/** Occurs in every value of every file, and so must occur in nothing that leaves a peer. */
export const secretMark = "s3cr3t";
/** Occurs in every line that belongs to no shared key. */
export const foreignMark = "foreign";
/** The key of a line whose quote stays open: what stands after it cannot always be written. */
export const brokenMark = "BROKEN";

const noValues: ReadonlyMap<string, string> = new Map();

/** The durable parts of a peer that the rules are about. */
export interface CheckedPeer {
  readonly id: string;
  readonly environments: Readonly<Record<string, string>>;
  readonly folder: Folder;
  readonly journal: JournalDisk;
  readonly store: PeerStoreDisk;
}

interface Watched extends CheckedPeer {
  /** Keys that the user changed since a commit was written into them, with the revisions held by then. */
  readonly touched: Map<string, number>;
  /** How many revisions were held when the text could last not be written key by key, by environment. */
  readonly brokenAt: Map<string, number>;
}

/** Compares everything that becomes durable and everything that is said with the rules, at once. */
export class Checker {
  readonly log = new LogAudit();
  readonly #outcomes = new OutcomeAudit(this.log);
  readonly #world: World;
  readonly #history: History;
  readonly #peers = new Map<string, Watched>();
  /** Commits that their authors hold for aborted, or never sent, by message. */
  readonly #never = new Set<string>();
  /** Every YES that was said, by peer and transaction. */
  readonly #promised = new Set<string>();
  /** What the texts of this run say. */
  readonly #texts = new Map<string, ReadonlyMap<string, string>>();
  #term = 0;

  constructor(world: World, dataKey: string) {
    this.#world = world;
    this.#history = new History(dataKey, (found) => world.report(found));
  }

  report(...found: readonly Violation[]): void {
    this.#world.report(...found);
  }

  watch(peer: CheckedPeer): void {
    const watched = { ...peer, touched: new Map<string, number>(), brokenAt: new Map<string, number>() };
    this.#peers.set(peer.id, watched);
    for (const [env, file] of Object.entries(peer.environments)) {
      for (const key of this.#read(peer.folder.text(file)).keys()) watched.touched.set(slot(env, key), 0);
    }
  }

  termForced(term: number): void {
    if (term <= this.#term)
      this.#world.report({ invariant: 6, text: `term ${term} after term ${this.#term}` });
    this.#term = term;
  }

  /** A record is on the coordinator's disk. */
  recordForced(record: LogRecord): void {
    this.#world.report(
      ...this.log.add(record),
      ...this.#outcomes.logged(record),
      ...checkPromisesHeld(
        record,
        (peer) => this.#peers.get(peer)?.journal.durable as Held | undefined,
        (peer, env) => Object.hasOwn(this.#peers.get(peer)?.environments ?? {}, env),
      ),
    );
    this.frozen("the log", record);
    this.#history.add(record);
    for (const { message } of changeSetsOf(record)) {
      if (!this.#never.has(message)) continue;
      this.#world.report({
        invariant: 8,
        text: `"${message}" ended for its author and was committed`,
      });
    }
  }

  /** The coordinator says something; `term` is the one it speaks in. */
  coordinatorSays(term: number, message: CoordinatorMessage): void {
    const report = (...found: Violation[]) => this.report(...found);
    if (term !== this.#term)
      report({ invariant: 6, text: `something is said in term ${term} before it is forced` });
    if (message.t === "prepare") {
      const { base, author, items, message: text } = message;
      report(...this.#outcomes.asked(message.tx, JSON.stringify([base, author, items, text])));
    } else if (message.t === "commit") report(...this.#outcomes.told(message.record.tx, "commit"));
    else if (message.t === "catchup") {
      for (const record of message.records) report(...this.#outcomes.told(record.tx, "commit"));
    } else if (message.t === "abort") report(...this.#outcomes.told(message.tx, "abort"));
    else if (message.t === "outcome" && message.outcome !== "pending") {
      report(...this.#outcomes.told(message.tx, message.outcome));
    } else if (message.t === "answer") {
      const outcome = message.outcome === "committed" ? "commit" : "abort";
      report(...this.#outcomes.answered(message.requestId, outcome, message.rev));
    }
  }

  /** A peer says something. */
  said(peer: string, message: ClientMessage): void {
    if (message.t === "vote" && message.vote === "yes") this.#promised.add(`${peer} ${message.tx}`);
    if (message.t !== "applied") return;
    const durable = this.#peers.get(peer)?.journal.durable;
    const held = durable ? heldRevision(durable) : 0;
    if (message.rev > held) {
      this.report({
        invariant: 9,
        text: `${peer} acknowledged revision ${message.rev} and durably holds ${held}`,
      });
    }
  }

  /** 9: what a start finds applied, or applies again, no power loss may take back once it says so. */
  #redone({ id, environments, folder }: Watched, from: number, to: number): void {
    const changed = this.log.records.slice(from, to).flatMap((record) => record.items.map(({ env }) => env));
    for (const [env, file] of Object.entries(environments)) {
      if (!changed.includes(env) || folder.isForced(file)) continue;
      this.report({
        invariant: 9,
        text: `${id} starts, finds revision ${to} in ${file}, and does not force it`,
      });
    }
  }

  /** A peer hears something. */
  heard(_peer: string, message: CoordinatorMessage): void {
    if (message.t !== "answer" || message.outcome !== "aborted") return;
    this.report(...this.#outcomes.settledAsAborted(message.requestId));
  }

  /** Freezes what leaves its maker, all the way down, and looks for values in it; what is frozen was seen before. */
  frozen(where: string, data: unknown): void {
    if (typeof data === "string") {
      if (data.includes(secretMark)) this.report({ invariant: 13, text: `plaintext in ${where}` });
    } else if (typeof data === "object" && data !== null && !Object.isFrozen(data)) {
      Object.freeze(data);
      for (const part of Object.values(data)) this.frozen(where, part);
    }
  }

  /** What an app reads from a text; files are read far more often than they change. */
  #read(text: string | undefined): ReadonlyMap<string, string> {
    if (text === undefined) return noValues;
    let values = this.#texts.get(text);
    if (!values) {
      values = valuesOf(text);
      this.#texts.set(text, values);
    }
    return values;
  }

  /** A frame is on the wire. */
  wire(from: string, text: string): void {
    this.report(...checkSealed(`a frame of ${from}`, text, [secretMark]));
  }

  /** The author of the commit with this message got an answer; undefined: it was told that nothing was sent. */
  settled(message: string, outcome: CommitOutcome | undefined): void {
    const logged = this.log.records.find((record) =>
      changeSetsOf(record).some((changes) => changes.message === message),
    );
    if (outcome?.outcome === "unknown") return;
    if (outcome?.outcome === "committed") {
      if (logged?.rev === outcome.revision) return;
      this.report({ invariant: 9, text: `"${message}" was acknowledged as revision ${outcome.revision}` });
      return;
    }
    this.#never.add(message);
    if (logged)
      this.report({ invariant: 3, text: `"${message}" is revision ${logged.rev} and was called aborted` });
  }

  /** A peer appends to its journal; `starting`: it is not open yet, so nobody but itself writes its files. */
  appended(id: string, write: ParticipantWrite, before: Held, starting: boolean): void {
    const peer = this.#peers.get(id);
    if (!peer) return;
    this.#world.note(() => `${id} journals ${describeWrite(write)}`);
    if (write.kind === "prepared") this.report(...checkPromise(id, before, write.prepared));
    else if (write.kind === "committed") this.report(...checkCopy(id, write.record, this.log));
    else if (write.kind === "snapshot") this.report(...checkCopy(id, write, this.log));
    else if (write.kind === "aborted" && before.prepared?.tx === write.tx) {
      // A record that was never said, because a staged file could not be forced beside it: nobody relies on it.
      if (this.#promised.has(`${id} ${write.tx}`))
        this.report(...this.#outcomes.abandoned(id, before.prepared));
    } else if (write.kind === "applied") {
      this.#applied(peer, before.appliedRev, write.rev);
      if (starting && this.#world.plan.secondWindows === 0) this.#redone(peer, before.appliedRev, write.rev);
    }
  }

  /** 2: what the revisions changed stands in the files now, unless the user changed it again since. */
  #applied(peer: Watched, from: number, to: number): void {
    for (const record of this.log.records.slice(from, to)) {
      for (const { env, key } of record.items) {
        const file = peer.environments[env];
        if (file === undefined) continue;
        const name = slot(env, key);
        const item = this.#history.lastItem(env, key, to);
        const touchedAt = peer.touched.get(name);
        if (item?.op === "release") peer.touched.set(name, Number.POSITIVE_INFINITY);
        else if (this.#read(peer.folder.text(file)).get(key) === this.#history.valueOf(item))
          peer.touched.delete(name);
        else if ((peer.brokenAt.get(env) ?? -1) >= to) peer.touched.set(name, to);
        else if (touchedAt === undefined || touchedAt < to) {
          this.report({ invariant: 2, text: `${peer.id}: ${key} (${env}) is not as revision ${to} says` });
        }
      }
    }
    this.files(peer.id, to);
  }

  /** 2: every key that the user did not change is as some revision from `applied` to what is held says. */
  files(id: string, applied: number): void {
    const peer = this.#peers.get(id);
    if (!peer) return;
    const held = heldRevision(peer.journal.written);
    for (const [env, file] of Object.entries(peer.environments)) {
      const local = this.#read(peer.folder.text(file));
      for (const key of this.#history.keysOf(env, applied)) {
        if (peer.touched.has(slot(env, key))) continue;
        if (this.#history.values(env, key, applied, held).includes(local.get(key))) continue;
        this.report({
          invariant: 2,
          text: `${id}: ${key} (${env}) is as no revision from ${applied} to ${held} says`,
        });
      }
    }
  }

  /** The keys of an environment whose file differs from the log at the head, none excused. */
  differing(id: string): string[] {
    const peer = this.#peers.get(id)!;
    return Object.entries(peer.environments).flatMap(([env, file]) => {
      const local = this.#read(peer.folder.text(file));
      return this.#history
        .keysOf(env, this.log.head.rev)
        .filter((key) => this.#history.lastItem(env, key, this.log.head.rev)?.op === "set")
        .filter(
          (key) =>
            local.get(key) !== this.#history.valueOf(this.#history.lastItem(env, key, this.log.head.rev)),
        )
        .map((key) => slot(env, key));
    });
  }

  /** The user changed a file. */
  edited(id: string, env: string, before: string | undefined, after: string | undefined): void {
    const peer = this.#peers.get(id);
    if (!peer) return;
    const [was, is] = [this.#read(before), this.#read(after)];
    const held = heldRevision(peer.journal.written);
    for (const key of new Set([...was.keys(), ...is.keys()])) {
      if (was.get(key) !== is.get(key)) peer.touched.set(slot(env, key), held);
    }
    if (before?.includes(brokenMark)) peer.brokenAt.set(env, held);
    if (after?.includes(brokenMark)) peer.brokenAt.set(env, Number.POSITIVE_INFINITY);
  }

  #environmentAt(id: string, path: string): string | undefined {
    const peer = this.#peers.get(id);
    const env = Object.keys(peer?.environments ?? {}).find(
      (name) => peer?.folder.absolute(peer.environments[name]!) === path,
    );
    if (env === undefined) {
      this.report({ invariant: 12, text: `${id} replaced ${path}, which is not its file` });
    }
    return env;
  }

  /** A second window puts a value back: beside the process that takes part, that is an edit like any other. */
  replacedAside(id: string, path: string, before: string | undefined, after: string): void {
    const env = this.#environmentAt(id, path);
    if (env !== undefined) this.edited(id, env, before, after);
  }

  /** A peer's write takes the place of a file. */
  replaced(id: string, path: string, before: string | undefined, after: string): void {
    const peer = this.#peers.get(id);
    const env = this.#environmentAt(id, path);
    if (!peer || env === undefined) return;
    const { written } = peer.journal;
    const { appliedRev } = written;
    this.#world.note(() => `${id} renames over ${path}`);
    this.report(
      ...checkFileWrite({
        name: path,
        before: this.#read(before),
        after: this.#read(after),
        foreignBefore: foreignLines(before ?? ""),
        foreignAfter: foreignLines(after),
        logged: (key) => this.#history.values(env, key, appliedRev, heldRevision(written)),
        kept: (key, value) => peer.store.keeps(env, key, value),
      }),
    );
  }
}

/** The foreign lines of a text with their ends; a last line may get one. */
function foreignLines(text: string): string[] {
  const lines = text.split(/(?<=\n)/u).filter((line) => line.includes(foreignMark));
  return lines.map((line, index) => (index === lines.length - 1 ? line.replace(/\r?\n$/u, "") : line));
}

function describeWrite(write: ParticipantWrite): string {
  if (write.kind === "prepared") return `prepared ${write.prepared.tx} on ${write.prepared.base}`;
  if (write.kind === "committed") return `committed ${write.record.rev} ${write.record.tx}`;
  if (write.kind === "snapshot") return `a snapshot of revision ${write.rev}`;
  return JSON.stringify(write);
}

import type { ParticipantWrite } from "../../src/commit/effects.ts";
import { checkFileWrite, checkSealed } from "../../src/commit/fileInvariants.ts";
import {
  checkAdded,
  checkCopy,
  checkHello,
  checkPromise,
  checkPromisesHeld,
  type Held,
  heldRevision,
  LogAudit,
  namesLeftBehind,
  OutcomeAudit,
  openPromise,
  type Violation,
} from "../../src/commit/invariants.ts";
import type { CommitOutcome } from "../../src/peer/api.ts";
import { valuesOf } from "../../src/peer/render.ts";
import type { ClientMessage, CoordinatorMessage } from "../../src/protocol/messages.ts";
import { changeSetsOf, type Item, type LogRecord, slot } from "../../src/protocol/record.ts";
import type { Folder } from "./folder.ts";
import { ForcedOutcomes, forcedItems, isSpared } from "./forced.ts";
import { History } from "./history.ts";
import type { JournalDisk } from "./journal.ts";
import type { PeerStoreDisk } from "./peerStore.ts";
import { describeWrite } from "./trace.ts";
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
  /** How often the user changed a file, or decided about it. */
  edits: number;
}

/** Compares everything that becomes durable and everything that is said with the rules, at once. */
export class Checker {
  readonly log = new LogAudit();
  readonly #outcomes = new OutcomeAudit(this.log);
  readonly forced = new ForcedOutcomes(this.#outcomes, (...found) => this.report(...found));
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
    const watched: Watched = { ...peer, touched: new Map(), brokenAt: new Map(), edits: 0 };
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
      report(...this.#outcomes.answered(term, message));
    }
  }

  /** A peer says something. */
  said(peer: string, message: ClientMessage): void {
    const journal = this.#peers.get(peer)?.journal;
    const open = journal && openPromise(journal.written)?.tx;
    if (message.t === "vote" && message.vote === "yes") this.#promised.add(`${peer} ${message.tx}`);
    // After the outcome is known a late PREPARE may be refused; before that, what was said stands.
    else if (message.t === "vote" && open === message.tx && this.#promised.has(`${peer} ${open}`))
      this.report({ invariant: 5, text: `${peer} took its YES to ${open} back` });
    if (journal && message.t === "hello" && message.kind === "participant")
      this.report(...checkHello(peer, journal.written, message.prepared));
    if (message.t !== "applied") return;
    const durable = journal?.durable;
    const held = durable ? heldRevision(durable) : 0;
    if (message.rev > held) {
      this.report({
        invariant: 9,
        text: `${peer} acknowledged revision ${message.rev} and durably holds ${held}`,
      });
    }
  }

  /** 9: what a start finds applied, or applies again, no power loss may take back once it says so. */
  #redone({ id, environments, folder, journal }: Watched, from: number, to: number): void {
    const items = this.log.records.slice(from, to).flatMap((record) => record.items);
    const changed = items.filter((item) => !isSpared(journal.written, item)).map(({ env }) => env);
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
      const { revision, detached } = outcome;
      const names = logged && namesLeftBehind(logged, detached);
      if (logged?.rev !== revision)
        this.report({ invariant: 9, text: `"${message}" was acknowledged as revision ${revision}` });
      else if (names !== undefined)
        this.report({ invariant: 8, text: `the author of "${message}" heard ${names}` });
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
    this.forced.appended(id, write, before);
    // A new decision changes the files as its person does, whatever was asked for before.
    if (write.kind === "heuristic" && write.heuristic.status === "pending" && !write.heuristic.done)
      peer.edits += 1;
    if (write.kind === "prepared") this.report(...checkPromise(id, before, write.prepared));
    else if (write.kind === "committed" || write.kind === "snapshot") this.#copied(id, write, before);
    else if (write.kind === "aborted" && before.prepared?.tx === write.tx) {
      // A record that was never said, because a staged file could not be forced beside it: nobody relies on it.
      if (this.#promised.has(`${id} ${write.tx}`))
        this.report(...this.#outcomes.abandoned(id, before.prepared));
    } else if (write.kind === "applied") {
      this.#applied(peer, before.appliedRev, write.rev);
      if (starting && this.#world.plan.secondWindows === 0) this.#redone(peer, before.appliedRev, write.rev);
    }
  }

  /** 11: a copy of the log got longer. */
  #copied(
    id: string,
    write: Extract<ParticipantWrite, { kind: "committed" | "snapshot" }>,
    before: Held,
  ): void {
    const [kind, copy] =
      write.kind === "committed" ? (["record", write.record] as const) : (["snapshot", write] as const);
    this.report(...checkAdded(id, before, kind, copy.rev), ...checkCopy(id, copy, this.log));
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
        else if ((peer.brokenAt.get(env) ?? -1) >= to || isSpared(peer.journal.written, item))
          peer.touched.set(name, to);
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

  /** 15: what holds when a resync that begins now was answered: the keys are as the log says, or as the user made them since. */
  resyncing(id: string, tx: string): () => void {
    const peer = this.#peers.get(id)!;
    const { edits } = peer;
    const heuristic = peer.journal.written.heuristics?.find((one) => one.tx === tx);
    return () => {
      if (heuristic?.status !== "mixed" || peer.edits !== edits) return;
      for (const item of heuristic.items) this.#putBack(peer, item, heuristic.revision !== undefined);
    };
  }

  #putBack(peer: Watched, item: Item, wasCommitted: boolean): void {
    const { env, key } = item;
    const file = peer.environments[env];
    const { written } = peer.journal;
    const last = this.#history.lastItem(env, key, written.appliedRev);
    // What a held revision changes is looked at when it is applied.
    const isComing = last !== this.#history.lastItem(env, key, heldRevision(written));
    if (file === undefined || isComing || last?.op === "release" || peer.brokenAt.has(env)) return;
    const local = this.#read(peer.folder.text(file)).get(key);
    // What the log does not hold may be the user's own by now; the forced value may not stay.
    const isLogged = last?.op === "set" || (item.op === "delete" && wasCommitted);
    const isRight = isLogged
      ? local === this.#history.valueOf(last)
      : item.op !== "set" || local !== this.#history.valueOf(item);
    if (!isRight)
      this.report({ invariant: 15, text: `${peer.id}: after a resync ${key} is not as the log says` });
    else if (isLogged) peer.touched.delete(slot(env, key));
  }

  /** The user changed a file. */
  edited(id: string, env: string, before: string | undefined, after: string | undefined): void {
    const peer = this.#peers.get(id);
    if (!peer) return;
    peer.edits += 1;
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
    const { written, durable } = peer.journal;
    const { appliedRev } = written;
    const held = heldRevision(written);
    const [was, is] = [this.#read(before), this.#read(after)];
    const logged = (key: string) => this.#history.values(env, key, appliedRev, held);
    const valuesIn = (items: readonly Item[], key: string) =>
      items.filter((item) => item.key === key).map((item) => this.#history.valueOf(item));
    const forced = forcedItems(durable, env);
    const mixed = forcedItems(durable, env, true);
    // A resync takes a forced value out again that the log did not hold; a revision may come in while it writes.
    const isTakenOut = (key: string) =>
      !this.#history.lastItem(env, key, appliedRev) && valuesIn(mixed, key).includes(was.get(key));
    this.#world.note(() => `${id} renames over ${path}`);
    // From here on it is a value of this peer's person, as if they had typed it.
    for (const { key } of forced) {
      if (was.get(key) !== is.get(key) && !logged(key).includes(is.get(key)))
        peer.touched.set(slot(env, key), held);
    }
    this.report(
      ...checkFileWrite({
        name: path,
        before: was,
        after: is,
        foreignBefore: foreignLines(before ?? ""),
        foreignAfter: foreignLines(after),
        logged,
        forced: (key) => [...valuesIn(forced, key), ...(isTakenOut(key) ? [undefined] : [])],
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

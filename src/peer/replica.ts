import { emptySnapshot, type Snapshot } from "../commit/snapshot.ts";
import { openValue, sealValue } from "../crypto/seal.ts";
import { EnvpactError } from "../protocol/errors.ts";
import { changeSetsOf, type Item, type LogRecord, slot } from "../protocol/record.ts";
import type { KeyRef, RevealedChange, RevisionView } from "./api.ts";

/** Items whose value is found again by its sealed text. */
const openedLatelyMax = 1_000;

interface SlotState {
  readonly env: string;
  readonly key: string;
  /** Revisions that changed the key, ascending, with the item. */
  readonly changes: Change[];
}

interface Change {
  readonly rev: number;
  readonly item: Item;
  /** Who made it when, where that is not in a record any more. */
  readonly made?: { readonly author: string; readonly at: number };
}

/** The space's data key and name: what opens and seals values. */
export interface Sealing {
  readonly space: string;
  readonly dataKey: string;
}

/**
 * The log as this peer holds it, and the state that it gives: a view that can be redone from the records, and from the
 * state at the base behind which older ones are compacted. Values stay sealed until they are asked for.
 */
export class Replica {
  readonly #sealing: Sealing;
  #base: { readonly rev: number; readonly hash: string } = emptySnapshot;
  readonly #records: LogRecord[] = [];
  readonly #slots = new Map<string, SlotState>();
  /** The slots of each environment: what one of them asks costs nothing for the others. */
  readonly #byEnvironment = new Map<string, SlotState[]>();
  readonly #opened = new WeakMap<Item, string>();
  /** What was opened lately by its sealed text: the item of a PREPARE comes again in its record, as another object. */
  readonly #openedLately = new Map<string, Item>();

  constructor(sealing: Sealing, records: readonly LogRecord[], base: Snapshot = emptySnapshot) {
    this.#sealing = sealing;
    this.rebase(base);
    for (const record of records) this.add(record);
  }

  /** The last revision held. */
  get head(): number {
    return this.tip.rev;
  }

  /** The last revision held, with its hash. */
  get tip(): { readonly rev: number; readonly hash: string } {
    return this.#records.at(-1) ?? this.#base;
  }

  /** Goes on from the state of `snapshot`; one that is not newer than what is held is passed over. */
  rebase(snapshot: Snapshot): void {
    if (snapshot.rev <= this.head) return;
    const { rev, hash, keys } = snapshot;
    this.#base = { rev, hash };
    this.#records.length = 0;
    for (const key of keys) {
      const name = slot(key.env, key.key);
      const { changes } = this.#slots.get(name) ?? this.#newSlot(name, key);
      // Changes from before stay: they tell a committed value of the files from a local one.
      if (changes.at(-1)?.rev === key.rev) changes.pop();
      changes.push({ rev: key.rev, item: key, made: { author: key.author, at: key.at } });
    }
  }

  /** Adds the next record; one that is held already is passed over. */
  add(record: LogRecord): void {
    if (record.rev !== this.head + 1) return;
    this.#records.push(record);
    for (const item of record.items) {
      const name = slot(item.env, item.key);
      const state = this.#slots.get(name) ?? this.#newSlot(name, item);
      state.changes.push({ rev: record.rev, item });
    }
  }

  #newSlot(name: string, { env, key }: Item): SlotState {
    const state: SlotState = { env, key, changes: [] };
    this.#slots.set(name, state);
    const others = this.#byEnvironment.get(env);
    if (others) others.push(state);
    else this.#byEnvironment.set(env, [state]);
    return state;
  }

  record(rev: number): LogRecord | undefined {
    return this.#records[rev - this.#base.rev - 1];
  }

  /** The record of a revision. Throws REVISION_UNKNOWN, or REVISION_COMPACTED when it was dropped for its age. */
  known(rev: number): LogRecord {
    const record = this.record(rev);
    if (record) return record;
    if (rev >= 1 && rev <= this.#base.rev) {
      throw new EnvpactError(
        "REVISION_COMPACTED",
        `Revision ${rev} is compacted: this peer keeps the revisions after ${this.#base.rev} in full.`,
        "Its values are no longer kept. See `envpact log` for the revisions that are.",
      );
    }
    throw new EnvpactError(
      "REVISION_UNKNOWN",
      `Revision ${rev} is not in this peer's history (it goes to ${this.head}).`,
      "See `envpact log`.",
    );
  }

  /** At most `limit` revisions, newest first. */
  history(limit: number): RevisionView[] {
    const first = Math.max(0, this.#records.length - limit);
    return this.#records.slice(first).reverse().map(describe);
  }

  #lastChange(ref: KeyRef, rev: number): Change | undefined {
    const state = this.#slots.get(slot(ref.env, ref.key));
    return state && lastOf(state, rev);
  }

  /** Who changed a key last, up to revision `rev`, and when; undefined when it never existed. */
  origin(
    ref: KeyRef,
    rev: number,
  ): { readonly revision: number; readonly author: string; readonly atMs: number } | undefined {
    const change = this.#lastChange(ref, rev);
    if (change?.made) return { revision: change.rev, author: change.made.author, atMs: change.made.at };
    const record = change && this.record(change.rev);
    if (!change || !record) return undefined;
    const sets = record.riders === undefined ? [] : changeSetsOf(record);
    const { author } = sets.find(({ items }) => items.includes(change.item)) ?? record;
    return { revision: change.rev, author: author.name, atMs: record.at };
  }

  /** The version of a key at revision `rev`, tombstones included; 0 when it never existed. */
  versionAt(ref: KeyRef, rev: number): number {
    const change = this.#lastChange(ref, rev);
    return change ? change.item.expected + 1 : 0;
  }

  /** The value of a key at revision `rev`; undefined when the space does not hold it then. Throws UNSEALABLE. */
  valueAt(ref: KeyRef, rev: number): string | undefined {
    const change = this.#lastChange(ref, rev);
    return change?.item.op === "set" ? this.open(change.item) : undefined;
  }

  /** Whether the key left the space at or before `rev` with its lines left in the files. */
  isReleased(ref: KeyRef, rev: number): boolean {
    return this.#lastChange(ref, rev)?.item.op === "release";
  }

  /** The keys that the space (or one environment of it) holds at revision `rev`, with the revision that last changed each. */
  keysAt(rev: number, env?: string): (KeyRef & { readonly revision: number })[] {
    const keys: (KeyRef & { readonly revision: number })[] = [];
    for (const state of env === undefined ? this.#slots.values() : (this.#byEnvironment.get(env) ?? [])) {
      const change = lastOf(state, rev);
      if (change?.item.op === "set") keys.push({ env: state.env, key: state.key, revision: change.rev });
    }
    return keys;
  }

  /** Whether the space holds the key at revision `rev`. */
  holds(ref: KeyRef, rev: number): boolean {
    return this.#lastChange(ref, rev)?.item.op === "set";
  }

  /** The keys that the revisions after `from` up to `to` change, each once. */
  changedKeys(from: number, to: number): (KeyRef & { readonly item: Item })[] {
    const changed = new Map<string, KeyRef & { readonly item: Item }>();
    const { rev: base } = this.#base;
    if (from < base) {
      for (const [name, state] of this.#slots) {
        const change = lastOf(state, base);
        if (change && change.rev > from)
          changed.set(name, { env: state.env, key: state.key, item: change.item });
      }
    }
    for (const record of this.#records.slice(Math.max(0, from - base), Math.max(0, to - base))) {
      for (const item of record.items)
        changed.set(slot(item.env, item.key), { env: item.env, key: item.key, item });
    }
    return [...changed.values()];
  }

  /** Opens the value of a `set` item. Throws UNSEALABLE. */
  open(item: Item): string {
    const known = this.#opened.get(item) ?? this.#openedAs(item);
    if (known !== undefined) return known;
    const context = {
      space: this.#sealing.space,
      env: item.env,
      key: item.key,
      version: item.expected + 1,
      keyEpoch: 1,
    };
    const opened = openValue(this.#sealing.dataKey, context, item.sealed ?? "");
    if (!opened.ok) throw new EnvpactError(opened.error.code, opened.error.message, opened.error.next);
    this.#opened.set(item, opened.value);
    this.#openedLately.set(item.sealed ?? "", item);
    if (this.#openedLately.size > openedLatelyMax) {
      const oldest = this.#openedLately.keys().next();
      if (!oldest.done) this.#openedLately.delete(oldest.value);
    }
    return opened.value;
  }

  /** The value of an equal item: a sealed text opens only for its own environment, key and version. */
  #openedAs(item: Item): string | undefined {
    const twin = this.#openedLately.get(item.sealed ?? "");
    if (twin?.env !== item.env || twin.key !== item.key || twin.expected !== item.expected) return undefined;
    return this.#opened.get(twin);
  }

  /** An item that sets (or, for undefined, deletes) a key on top of what is held at `rev`. */
  propose(ref: KeyRef, value: string | undefined, rev: number): Item {
    const expected = this.versionAt(ref, rev);
    if (value === undefined) return { env: ref.env, key: ref.key, op: "delete", expected };
    const context = {
      space: this.#sealing.space,
      env: ref.env,
      key: ref.key,
      version: expected + 1,
      keyEpoch: 1,
    };
    return {
      env: ref.env,
      key: ref.key,
      op: "set",
      expected,
      sealed: sealValue(this.#sealing.dataKey, context, value),
    };
  }

  /** The values that revision `rev` replaced and made. */
  reveal(record: LogRecord): RevealedChange[] {
    return record.items.map((item) => ({
      env: item.env,
      key: item.key,
      op: item.op,
      before: this.valueAt(item, record.rev - 1),
      after: this.valueAt(item, record.rev),
    }));
  }
}

/** The last change of a slot at or before `rev`. */
function lastOf({ changes }: SlotState, rev: number): Change | undefined {
  for (let index = changes.length - 1; index >= 0; index -= 1) {
    const change = changes[index]!;
    if (change.rev <= rev) return change;
  }
  return undefined;
}

/** One revision for people. */
function describe(record: LogRecord): RevisionView {
  return {
    revision: record.rev,
    kind: record.kind,
    tx: record.tx,
    author: record.author.name,
    atMs: record.at,
    message: record.message,
    reverts: record.reverts,
    riders: (record.riders ?? []).map(({ author, message }) => ({ author: author.name, message })),
    changes: record.items.map(({ env, key, op }) => ({ env, key, op })),
    members: record.members.map(({ name, state, reason }) => ({ name, state, reason })),
  };
}

import { openValue, sealValue } from "../crypto/seal.ts";
import { EnvpactError } from "../protocol/errors.ts";
import { type Item, type LogRecord, slot } from "../protocol/record.ts";
import type { KeyRef, RevealedChange, RevisionView } from "./api.ts";

interface SlotState {
  readonly env: string;
  readonly key: string;
  /** Revisions that changed the key, ascending, with the item. */
  readonly changes: { readonly rev: number; readonly item: Item }[];
}

/** The space's data key and name: what opens and seals values. */
export interface Sealing {
  readonly space: string;
  readonly dataKey: string;
}

/**
 * The log as this peer holds it, and the state that it gives: a view that can be redone from the records.
 * Values stay sealed until they are asked for.
 */
export class Replica {
  readonly #sealing: Sealing;
  readonly #records: LogRecord[] = [];
  readonly #slots = new Map<string, SlotState>();
  readonly #opened = new WeakMap<Item, string>();

  constructor(sealing: Sealing, records: readonly LogRecord[]) {
    this.#sealing = sealing;
    for (const record of records) this.add(record);
  }

  /** The last revision held. */
  get head(): number {
    return this.#records.length;
  }

  /** Adds the next record; one that is held already is passed over. */
  add(record: LogRecord): void {
    if (record.rev !== this.head + 1) return;
    this.#records.push(record);
    for (const item of record.items) {
      const name = slot(item.env, item.key);
      const state = this.#slots.get(name) ?? { env: item.env, key: item.key, changes: [] };
      state.changes.push({ rev: record.rev, item });
      this.#slots.set(name, state);
    }
  }

  record(rev: number): LogRecord | undefined {
    return this.#records[rev - 1];
  }

  /** The record of a revision. Throws REVISION_UNKNOWN. */
  known(rev: number): LogRecord {
    const record = this.record(rev);
    if (record) return record;
    throw new EnvpactError(
      "REVISION_UNKNOWN",
      `Revision ${rev} is not in this peer's history (it goes to ${this.head}).`,
      "See `envpact log`.",
    );
  }

  /** At most `limit` revisions, newest first. */
  history(limit: number): RevisionView[] {
    const first = Math.max(0, this.head - limit);
    return this.#records.slice(first).reverse().map(describe);
  }

  #lastChange(ref: KeyRef, rev: number): { readonly rev: number; readonly item: Item } | undefined {
    const changes = this.#slots.get(slot(ref.env, ref.key))?.changes ?? [];
    for (let index = changes.length - 1; index >= 0; index -= 1) {
      const change = changes[index]!;
      if (change.rev <= rev) return change;
    }
    return undefined;
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

  /** The keys that the space holds at revision `rev`, with the revision that last changed each. */
  keysAt(rev: number): (KeyRef & { readonly revision: number })[] {
    const keys: (KeyRef & { readonly revision: number })[] = [];
    for (const { env, key } of this.#slots.values()) {
      const change = this.#lastChange({ env, key }, rev);
      if (change?.item.op === "set") keys.push({ env, key, revision: change.rev });
    }
    return keys;
  }

  /** The keys that the revisions after `from` up to `to` change, each once. */
  changedKeys(from: number, to: number): (KeyRef & { readonly item: Item })[] {
    const changed = new Map<string, KeyRef & { readonly item: Item }>();
    for (const record of this.#records.slice(from, to)) {
      for (const item of record.items)
        changed.set(slot(item.env, item.key), { env: item.env, key: item.key, item });
    }
    return [...changed.values()];
  }

  /** Opens the value of a `set` item. Throws UNSEALABLE. */
  open(item: Item): string {
    const known = this.#opened.get(item);
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
    return opened.value;
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
    changes: record.items.map(({ env, key, op }) => ({ env, key, op })),
    members: record.members.map(({ name, state, reason }) => ({ name, state, reason })),
  };
}

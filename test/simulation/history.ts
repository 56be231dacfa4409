import type { Violation } from "../../src/commit/invariants.ts";
import { openValue } from "../../src/crypto/seal.ts";
import { type Item, type LogRecord, slot } from "../../src/protocol/record.ts";

/** The one space of a run. */
export const space = "sim";

interface Change {
  readonly rev: number;
  readonly item: Item;
}

/** The durable log by key, with its values opened: what a file may say at a revision. Grows with the log. */
export class History {
  readonly #dataKey: string;
  readonly #report: (found: Violation) => void;
  readonly #changes = new Map<string, Change[]>();
  /** The keys of each environment, with the revision that first changed them, in order. */
  readonly #keys = new Map<string, { readonly key: string; readonly rev: number }[]>();
  readonly #opened = new Map<string, string>();

  constructor(dataKey: string, report: (found: Violation) => void) {
    this.#dataKey = dataKey;
    this.#report = report;
  }

  add(record: LogRecord): void {
    for (const item of record.items) {
      const name = slot(item.env, item.key);
      let changes = this.#changes.get(name);
      if (!changes) {
        changes = [];
        this.#changes.set(name, changes);
        const keys = this.#keys.get(item.env) ?? [];
        keys.push({ key: item.key, rev: record.rev });
        this.#keys.set(item.env, keys);
      }
      changes.push({ rev: record.rev, item });
    }
  }

  /** The keys of an environment that the log up to `rev` ever changed. */
  keysOf(env: string, rev: number): string[] {
    const keys = this.#keys.get(env) ?? [];
    return keys.filter((one) => one.rev <= rev).map((one) => one.key);
  }

  /** The last change of a key up to revision `rev`. */
  lastItem(env: string, key: string, rev: number): Item | undefined {
    const changes = this.#changes.get(slot(env, key)) ?? [];
    for (let at = changes.length - 1; at >= 0; at -= 1) {
      if (changes[at]!.rev <= rev) return changes[at]!.item;
    }
    return undefined;
  }

  /** What the key may be while a file goes from revision `from` to `to`; undefined: absent. */
  values(env: string, key: string, from: number, to: number): (string | undefined)[] {
    const values: (string | undefined)[] = [];
    const changes = this.#changes.get(slot(env, key)) ?? [];
    for (let at = changes.length - 1; at >= 0; at -= 1) {
      const { rev, item } = changes[at]!;
      if (rev > to) continue;
      // A released key belongs to the user again; before its first revision nobody said anything of it.
      if (item.op !== "release") values.push(this.valueOf(item));
      if (rev <= from) break;
    }
    return values;
  }

  /** The value that an item makes; undefined: none. */
  valueOf(item: Item | undefined): string | undefined {
    if (item?.op !== "set" || item.sealed === undefined) return undefined;
    const known = this.#opened.get(item.sealed);
    if (known !== undefined) return known;
    const context = { space, env: item.env, key: item.key, version: item.expected + 1, keyEpoch: 1 };
    const opened = openValue(this.#dataKey, context, item.sealed);
    if (!opened.ok) {
      this.#report({ invariant: 13, text: `${item.key} (${item.env}) does not open` });
      return undefined;
    }
    this.#opened.set(item.sealed, opened.value);
    return opened.value;
  }
}

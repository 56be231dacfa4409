import { type Item, slot } from "../protocol/record.ts";
import type { Replica } from "./replica.ts";

/** What the files of a workspace are compared with and brought to. */
export type LogView = Pick<Replica, "changedKeys" | "valueAt" | "isReleased" | "holds" | "keysAt" | "open">;

/**
 * The log as if `items` had been committed at revision `base + 1`, whatever that revision is or will be: what a
 * forced commit brings into the files.
 */
export function withItems(log: LogView, base: number, items: readonly Item[]): LogView {
  const bySlot = new Map(items.map((item) => [slot(item.env, item.key), item]));
  const itemAt = (env: string, key: string, rev: number) =>
    rev > base ? bySlot.get(slot(env, key)) : undefined;
  return {
    changedKeys: () => items.map((item) => ({ env: item.env, key: item.key, item })),
    valueAt(ref, rev) {
      const item = itemAt(ref.env, ref.key, rev);
      if (!item) return log.valueAt(ref, Math.min(rev, base));
      return item.op === "set" ? log.open(item) : undefined;
    },
    isReleased(ref, rev) {
      const item = itemAt(ref.env, ref.key, rev);
      return item ? item.op === "release" : log.isReleased(ref, Math.min(rev, base));
    },
    holds(ref, rev) {
      const item = itemAt(ref.env, ref.key, rev);
      return item ? item.op === "set" : log.holds(ref, Math.min(rev, base));
    },
    keysAt: (rev, env) => log.keysAt(Math.min(rev, base), env),
    open: (item) => log.open(item),
  };
}

/** The log without the changes that `spared` made, unless a later one of the same key came after them. */
export function withoutItems(log: LogView, spared: readonly Item[]): LogView {
  const isSpared = (item: Item) =>
    spared.some(({ env, key, expected }) => {
      return env === item.env && key === item.key && expected === item.expected;
    });
  return {
    changedKeys: (from, to) => log.changedKeys(from, to).filter(({ item }) => !isSpared(item)),
    valueAt: (ref, rev) => log.valueAt(ref, rev),
    isReleased: (ref, rev) => log.isReleased(ref, rev),
    holds: (ref, rev) => log.holds(ref, rev),
    keysAt: (rev, env) => log.keysAt(rev, env),
    open: (item) => log.open(item),
  };
}

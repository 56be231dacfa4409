import type { HeuristicRecord } from "../commit/effects.ts";
import { EnvpactError } from "../protocol/errors.ts";
import type { KeyRef, RevealedChange, ThreeWay } from "./api.ts";
import type { Replica } from "./replica.ts";

/** What the revisions after `from` up to `to` change, as one difference; keys that end where they began are left out. */
export function compareRevisions(replica: Replica, from: number, to: number): RevealedChange[] {
  if (from > to)
    return compareRevisions(replica, to, from).map(({ env, key, before, after }) => {
      return { env, key, op: before === undefined ? "delete" : "set", before: after, after: before };
    });
  if (to > 0) replica.known(to);
  if (from > 0) replica.known(from);
  return replica.changedKeys(from, to).flatMap(({ env, key, item }) => {
    const before = replica.valueAt({ env, key }, from);
    const after = replica.valueAt({ env, key }, to);
    return before === after ? [] : [{ env, key, op: item.op, before, after }];
  });
}

/** What a three-way comparison needs of its peer. */
export interface Sides {
  readonly replica: Replica;
  /** The revision that the files are at. */
  readonly appliedRev: number;
  readonly heuristics: readonly HeuristicRecord[];
  readonly localValue: (ref: KeyRef) => Promise<string | undefined>;
}

/**
 * The three sides of a key: `base` is what the file was last brought to before the sides went apart, `theirs` what
 * the space holds now as far as this peer knows. Throws KEY_NOT_FOUND for a key that the space never held and that
 * is not in the file, or the problem of the file.
 */
export async function threeWayOf(ref: KeyRef, sides: Sides): Promise<ThreeWay> {
  const { replica, appliedRev, heuristics } = sides;
  const { env, key } = ref;
  const mine = await sides.localValue(ref);
  const origin = replica.origin(ref, replica.head);
  if (!origin && mine === undefined) {
    throw new EnvpactError(
      "KEY_NOT_FOUND",
      `${key} is neither in the space nor in the file of the environment ${env}.`,
      "See `envpact status` for the keys that differ.",
    );
  }
  // What a person forced here never was the space's: both sides started from the revision before it.
  const forced = heuristics.find(({ items }) => items.some((item) => item.env === env && item.key === key));
  return {
    env,
    key,
    base: replica.valueAt(ref, forced?.base ?? appliedRev),
    theirs: replica.valueAt(ref, replica.head),
    mine,
    author: origin?.author ?? "",
    atMs: origin?.atMs ?? 0,
    revision: origin?.revision ?? 0,
  };
}

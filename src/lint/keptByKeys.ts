import type { KeyIndex } from "../dotenv/keyIndex.ts";

/**
 * What was found out about the keys of documents: kept while a document has the same keys, and followed when a
 * keystroke changed a few of them. Rules ask at every keystroke.
 */
export class KeptByKeys<Asked, Found> {
  readonly #kept = new WeakMap<object, { readonly asked: Asked; readonly found: Found }>();
  readonly #isSame: (one: Asked, other: Asked) => boolean;

  /** `isSame`: whether what a document was held against is still the same. */
  constructor(isSame: (one: Asked, other: Asked) => boolean) {
    this.#isSame = isSame;
  }

  /** What is kept for these keys, else what `after` makes of what was kept before they changed, else `anew`. */
  find(
    keys: KeyIndex,
    asked: Asked,
    anew: () => Found,
    after?: (before: Found, changed: readonly string[]) => Found,
  ): Found {
    const kept = this.#keptFor(keys.identity, asked);
    if (kept) return kept.found;
    const before = after && keys.change && this.#keptFor(keys.change.before, asked);
    const found = before ? after(before.found, keys.change!.keys) : anew();
    this.#kept.set(keys.identity, { asked, found });
    return found;
  }

  #keptFor(identity: object, asked: Asked): { readonly found: Found } | undefined {
    const kept = this.#kept.get(identity);
    return kept && this.#isSame(kept.asked, asked) ? kept : undefined;
  }
}

import type { PlacedUsage } from "./places.ts";

/** Usages that one index keeps; past this it takes up no further file. */
export const indexedUsagesMax = 200_000;

/** Files of code that are read at the same time to fill an index. */
export const readsInFlightMax = 16;

/** The usages of one file, by the file's id. */
export interface FileUsages {
  readonly file: string;
  readonly usages: readonly PlacedUsage[];
}

/** Which files name which variables. Files are strings to it, such as URIs; what is in them it is told. */
export class UsageIndex {
  readonly #files = new Map<string, readonly PlacedUsage[]>();
  readonly #names = new Map<string, Set<string>>();
  #count = 0;
  #overflowed = false;

  /** Number of usages that are kept. */
  get size(): number {
    return this.#count;
  }

  /** True once usages were left out because there are more than {@link indexedUsagesMax}. */
  get overflowed(): boolean {
    return this.#overflowed;
  }

  /** Replaces what is known of a file. Answers whether anything is different, places included. */
  set(file: string, usages: readonly PlacedUsage[]): boolean {
    const before = this.#files.get(file);
    if (before === undefined && usages.length === 0) return false;
    if (before !== undefined) this.delete(file);
    if (usages.length === 0) return true;
    if (this.#count + usages.length > indexedUsagesMax) {
      this.#overflowed = true;
      return before !== undefined;
    }
    this.#files.set(file, usages);
    this.#count += usages.length;
    for (const { name } of usages) {
      const files = this.#names.get(name);
      if (files) files.add(file);
      else this.#names.set(name, new Set([file]));
    }
    return before === undefined || !sameUsages(before, usages);
  }

  /** Forgets a file. */
  delete(file: string): boolean {
    const usages = this.#files.get(file);
    if (usages === undefined) return false;
    this.#files.delete(file);
    this.#count -= usages.length;
    for (const { name } of usages) {
      const files = this.#names.get(name);
      files?.delete(file);
      if (files?.size === 0) this.#names.delete(name);
    }
    return true;
  }

  /** Forgets the files for which `isGone` holds. */
  deleteWhere(isGone: (file: string) => boolean): boolean {
    const gone = [...this.#files.keys()].filter(isGone);
    for (const file of gone) this.delete(file);
    return gone.length > 0;
  }

  /** Whether any file names a variable. */
  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** Every name that is used, in no order. */
  names(): IterableIterator<string> {
    return this.#names.keys();
  }

  /** The files that name a variable, with those usages only, ordered by file. */
  of(name: string): FileUsages[] {
    return [...(this.#names.get(name) ?? [])].sort().map((file) => ({
      file,
      usages: this.#files.get(file)!.filter((usage) => usage.name === name),
    }));
  }
}

function sameUsages(one: readonly PlacedUsage[], other: readonly PlacedUsage[]): boolean {
  return (
    one.length === other.length &&
    one.every((usage, index) => {
      const { name, line, character, kind } = other[index]!;
      return (
        usage.name === name && usage.line === line && usage.character === character && usage.kind === kind
      );
    })
  );
}

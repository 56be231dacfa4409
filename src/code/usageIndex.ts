import { importedFiles, moduleId } from "./modules.ts";
import type { PlacedScan, PlacedUsage } from "./places.ts";
import type { CodeUsage, EnvironmentExport, ModuleName } from "./usage.ts";

/** Usages that one index keeps; past this it takes up no further file. */
export const indexedUsagesMax = 200_000;

/** Files of code that are read at the same time to fill an index. */
export const readsInFlightMax = 16;

/** Answers about exports that are remembered. */
const answersMax = 20_000;

/** The usages of one file, by the file's id. */
export interface FileUsages {
  readonly file: string;
  readonly usages: readonly PlacedUsage[];
}

/** A module that is looked for: the file that names it, and its export. */
interface Wanted {
  readonly file: string;
  readonly through: ModuleName;
}

/**
 * Which files name which variables. Files are strings to it, such as URIs; what is in them it is told. A usage that
 * depends on another file's export counts as long as that export leads to the object of variables.
 */
export class UsageIndex {
  readonly #files = new Map<string, PlacedScan>();
  readonly #names = new Map<string, Set<string>>();
  /** The files that export the object of variables or pass exports on, by {@link moduleId}. */
  readonly #modules = new Map<string, string>();
  /** Whether an export leads to the object, as far as it was asked since the exports changed last. */
  readonly #known = new Map<string, boolean>();
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
  set(file: string, scan: PlacedScan): boolean {
    const before = this.#files.get(file);
    const isEmpty = scan.usages.length === 0 && scan.exports.length === 0;
    if (before === undefined && isEmpty) return false;
    if (before !== undefined) this.delete(file);
    if (isEmpty) return true;
    if (this.#count + scan.usages.length > indexedUsagesMax) {
      this.#overflowed = true;
      return before !== undefined;
    }
    this.#files.set(file, scan);
    this.#count += scan.usages.length;
    for (const { name } of scan.usages) {
      const files = this.#names.get(name);
      if (files) files.add(file);
      else this.#names.set(name, new Set([file]));
    }
    if (scan.exports.length > 0) {
      this.#modules.set(moduleId(file), file);
      this.#known.clear();
    }
    return before === undefined || !sameUsages(before.usages, scan.usages) || !sameExports(before, scan);
  }

  /** Forgets a file. */
  delete(file: string): boolean {
    const scan = this.#files.get(file);
    if (scan === undefined) return false;
    this.#files.delete(file);
    this.#count -= scan.usages.length;
    for (const { name } of scan.usages) {
      const files = this.#names.get(name);
      files?.delete(file);
      if (files?.size === 0) this.#names.delete(name);
    }
    if (this.#modules.delete(moduleId(file))) this.#known.clear();
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
    const files = [...(this.#names.get(name) ?? [])];
    return files.some((file) =>
      this.#files.get(file)!.usages.some((usage) => usage.name === name && this.#counts(file, usage)),
    );
  }

  /** Every name that is used, in no order. */
  *names(): IterableIterator<string> {
    for (const name of this.#names.keys()) if (this.has(name)) yield name;
  }

  /** The files that name a variable, with those usages only, ordered by file. */
  of(name: string): FileUsages[] {
    return [...(this.#names.get(name) ?? [])].sort().flatMap((file) => {
      const all = this.#files.get(file)!.usages.filter((usage) => usage.name === name);
      const usages = this.counting(file, all);
      return usages.length === 0 ? [] : [{ file, usages }];
    });
  }

  /** Of usages in a file those that count, by what other files export now. */
  counting<Usage extends CodeUsage>(file: string, usages: readonly Usage[]): readonly Usage[] {
    return usages.filter((usage) => this.#counts(file, usage));
  }

  #counts(file: string, { through }: CodeUsage): boolean {
    if (through === undefined) return true;
    const key = `${file}\n${through.specifier}\n${through.name}`;
    let leads = this.#known.get(key);
    if (leads === undefined) {
      leads = this.#leads({ file, through });
      if (this.#known.size >= answersMax) this.#known.clear();
      this.#known.set(key, leads);
    }
    return leads;
  }

  /** Follows exports that other modules pass on; each is looked at once, however the modules are linked. */
  #leads(wanted: Wanted): boolean {
    const queue = [wanted];
    const seen = new Set<string>();
    for (const { file, through } of queue) {
      const meant = importedFiles(file, through.specifier).find((each) => this.#modules.has(each));
      const module = meant === undefined ? undefined : this.#modules.get(meant);
      const key = `${module}\n${through.name}`;
      if (module === undefined || seen.has(key)) continue;
      seen.add(key);
      for (const each of this.#files.get(module)!.exports) {
        const next = passedOn(each, through.name);
        if (next === "variables") return true;
        if (next) queue.push({ file: module, through: next });
      }
    }
    return false;
  }
}

/** What an export says about a name: it is the object, it is another module's export, or nothing. */
function passedOn(given: EnvironmentExport, name: string): "variables" | ModuleName | undefined {
  if (given.name === name) return given.through ?? "variables";
  const isStar = given.name === "*" && name !== "default" && name !== "=";
  return isStar && given.through ? { ...given.through, name } : undefined;
}

function sameModule(one: ModuleName | undefined, other: ModuleName | undefined): boolean {
  return one?.specifier === other?.specifier && one?.name === other?.name;
}

function sameExports({ exports: one }: PlacedScan, { exports: other }: PlacedScan): boolean {
  return (
    one.length === other.length &&
    one.every(({ name, through }, at) => name === other[at]!.name && sameModule(through, other[at]!.through))
  );
}

function sameUsages(one: readonly PlacedUsage[], other: readonly PlacedUsage[]): boolean {
  return (
    one.length === other.length &&
    one.every((usage, index) => {
      const { name, line, character, kind, through } = other[index]!;
      const isThere = usage.line === line && usage.character === character;
      return usage.name === name && isThere && usage.kind === kind && sameModule(usage.through, through);
    })
  );
}

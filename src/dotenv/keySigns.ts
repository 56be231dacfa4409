import { type CellState, stateSigns } from "./comparison.ts";
import { type DotenvDocument, type Entry, effectiveEntry } from "./document.ts";

/** A document that an assignment is held against. */
export interface Sibling {
  readonly name: string;
  readonly document: DotenvDocument;
  /** The sibling gets the key from a file under it, so that it is not missing there. */
  readonly inherits: (key: string) => boolean;
}

export type KeySign = CellState | "hidden";

/** The sign for an assignment that a later one with the same key hides. */
const hiddenSign = "↓";

/** How one assignment stands: signs for the end of its line, and what they mean in words. Holds no value. */
export interface KeyMark {
  readonly entry: Entry;
  readonly signs: readonly KeySign[];
  /** One sentence a sign, with the names of the files. */
  readonly words: readonly string[];
}

/** The character of a sign, the same wherever a state is shown. */
export function signOf(sign: KeySign): string {
  return sign === "hidden" ? hiddenSign : stateSigns[sign];
}

/** How an assignment of a document stands against its siblings; undefined when there is nothing to say. */
export function markOf(entry: Entry, siblings: readonly Sibling[]): KeyMark | undefined {
  const { key, value } = entry;
  if (!entry.effective) return { entry, signs: ["hidden"], words: ["A later line with this key wins."] };
  const signs: KeySign[] = [];
  const words: string[] = [];
  const say = (sign: KeySign, sentence: string): void => {
    signs.push(sign);
    words.push(sentence);
  };
  const named = (holds: (sibling: Sibling) => boolean) => siblings.filter(holds).map(({ name }) => name);
  const valueIn = ({ document }: Sibling) => effectiveEntry(document, key)?.value;
  const missing = named((sibling) => valueIn(sibling) === undefined && !sibling.inherits(key));
  const other = named((sibling) => ![undefined, value].includes(valueIn(sibling)));
  const same = named((sibling) => valueIn(sibling) === value);
  if (value === "") say("empty", "Empty here.");
  if (other.length > 0) say("differs", `Another value in ${other.join(", ")}.`);
  if (missing.length > 0) say("missing", `Missing in ${missing.join(", ")}.`);
  if (signs.length === 0 && same.length > 0) say("equal", `The same value in ${same.join(", ")}.`);
  return signs.length === 0 ? undefined : { entry, signs, words };
}

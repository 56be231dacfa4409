import type { DialectId } from "./dialects/dialect.ts";
import { partingsIn } from "./dialects/differences.ts";
import { type DotenvDocument, effectiveEntry } from "./document.ts";
import type { TextEdit } from "./layout.ts";
import { expandableSpellings, refers, type SpellingStyle, spellings, styleOf } from "./spelling.ts";

/** What counts for the spelling of a value besides the value and the file. */
export interface SpellingOptions {
  /**
   * Who else reads the file: a spelling that all of them read as dotenv does goes first, where there is one. A value that
   * refers to other variables is not theirs to take as it stands: it keeps a spelling in which they expand it.
   */
  readonly dialects?: readonly DialectId[];
  /** Where the value is copied from: its spelling there is followed, and its keys are names that it may refer to. */
  readonly from?: DotenvDocument;
  /** Names besides that the value may refer to, as keys that are written together with it. */
  readonly names?: ReadonlySet<string>;
}

/** The spellings of a value for a key of a document, and which of the documents that they make is taken. */
export class SpellingChoice {
  /** The best first; the order in which to {@link offer} what they make. */
  readonly candidates: readonly string[];
  readonly #dialects: readonly DialectId[];
  readonly #differencesBefore: number;
  #first: readonly TextEdit[] | undefined;

  /** @param own The style of the key's entry, none for a key that is new. */
  constructor(
    document: DotenvDocument,
    key: string,
    value: string,
    own: SpellingStyle | undefined,
    eol: string,
    options: SpellingOptions,
  ) {
    const { dialects = [], from, names } = options;
    const expands = refers(value, (name) =>
      [document.keys, from?.keys, names].some((known) => known?.has(name)),
    );
    const source = from && effectiveEntry(from, key);
    const followed = source && styleOf(from.text, source, eol);
    const plain: SpellingStyle = { quote: undefined, escapedNewlines: false, bareText: "plain", eol };
    this.candidates = expands
      ? expandableSpellings(value, followed ?? own ?? plain)
      : spellings(value, own ?? followed ?? plain);
    this.#dialects = expands ? [] : dialects;
    this.#differencesBefore = partingsIn(document, this.#dialects).differences.length;
  }

  /** Whether the other dialects read an edited document's entry as dotenv does: then no better one follows. */
  offer(edited: DotenvDocument, index: number, edits: readonly TextEdit[]): boolean {
    this.#first ??= edits;
    const { differences } = partingsIn(edited, this.#dialects);
    const parts = differences.some(({ entry }) => entry === edited.entries[index]);
    return !parts && differences.length <= this.#differencesBefore;
  }

  /** What to take when no offer was as good as that. */
  get first(): readonly TextEdit[] | undefined {
    return this.#first;
  }
}

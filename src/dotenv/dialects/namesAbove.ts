import { isDropped, keyAt } from "../assignments.ts";
import { type DotenvDocument, effectiveEntry } from "../document.ts";
import { recordLength } from "../statements.ts";

/** Answers what a name was set to above an offset. */
export class NamesAbove {
  readonly #document: DotenvDocument;
  #firstRecords: Map<string, number> | undefined;

  constructor(document: DotenvDocument) {
    this.#document = document;
  }

  /** What the last assignment of the name reads where it stands above the offset, else the first one if it does. */
  valueOf(name: string, offset: number): string | undefined {
    const effective = effectiveEntry(this.#document, name);
    if (effective === undefined || effective.keySpan.start < offset) return effective?.value;
    this.#firstRecords ??= firstRecordsIn(this.#document);
    const first = this.#document.entryOf(this.#firstRecords.get(name)!);
    return first.keySpan.start < offset ? first.value : undefined;
  }
}

function firstRecordsIn(document: DotenvDocument): Map<string, number> {
  const firsts = new Map<string, number>();
  for (let record = document.statements.length - recordLength; record >= 0; record -= recordLength) {
    if (!isDropped(document, record)) firsts.set(keyAt(document, record), record);
  }
  return firsts;
}

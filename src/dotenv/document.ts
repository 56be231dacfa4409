import {
  droppedKey,
  type Entry,
  type InvalidLine,
  invalidAt,
  isDropped,
  keyAt,
  localEntryOf,
  type ScannedText,
  valueAt,
} from "./assignments.ts";
import { byteOrderMark } from "./characters.ts";
import { type CommentedEntry, commentedIn } from "./commented.ts";
import { hashesOfRecord, type KeyChange, KeyIndex, keyHashes } from "./keyIndex.ts";
import { lineStartsOf, prevailingNewline } from "./lines.ts";
import { type Quirks, quirksOf } from "./reading.ts";
import { type Rescan, rescanText } from "./rescanning.ts";
import { type Token, tokenize } from "./scanner.ts";
import { recordLength, type Scan, type Statements, scanText } from "./statements.ts";

export type { Entry, InvalidLine, LocalEntry, Quote } from "./assignments.ts";
export type { CommentedEntry } from "./commented.ts";
export type { Span } from "./scanner.ts";

/** A `.env` text and everything it holds. Offsets count UTF-16 units of `text`, a byte order mark included. */
export interface DotenvDocument {
  readonly text: string;
  /** Where the assignments are: what the views below are made from. */
  readonly statements: Statements;
  readonly quirks: Quirks;
  /** Joined, their texts are `text`. */
  readonly tokens: readonly Token[];
  readonly entries: readonly Entry[];
  /** The entry of a record that is not dropped; the same object as in {@link entries}. */
  entryOf(record: number): Entry;
  /** Which assignment is read for a key; quicker to ask than to make all entries. */
  readonly keys: KeyIndex;
  readonly effectiveEntries: ReadonlyMap<string, Entry>;
  readonly commented: readonly CommentedEntry[];
  readonly invalid: readonly InvalidLine[];
  /** The offset of each line's first character; lines end at LF, CRLF or a lone CR. */
  readonly lineStarts: Int32Array;
  readonly bom: boolean;
  /** The newline used most; LF where there is none. */
  readonly eol: "\n" | "\r\n" | "\r";
}

/** A change of more assignments is one of the whole file to who follows keys. */
const changedRecordsMax = 64;

function keysBetween(scanned: ScannedText, from: number, to: number): string[] {
  const keys: string[] = [];
  for (let record = from; record < to; record += recordLength) keys.push(keyAt(scanned, record));
  return keys;
}

/** Each view of the text is made when first asked for: most readers want one of them. */
class ScannedDocument implements DotenvDocument {
  readonly text: string;
  readonly scan: Scan;
  readonly bom: boolean;
  readonly quirks: Quirks;
  #hashes: Int32Array | undefined;
  #keys: KeyIndex | undefined;
  #keyChange: KeyChange | undefined;
  #tokens: Token[] | undefined;
  #entries: Entry[] | undefined;
  readonly #made = new Map<number, Entry>();
  #effective: Map<string, Entry> | undefined;
  #commented: CommentedEntry[] | undefined;
  #invalid: InvalidLine[] | undefined;
  #lineStarts: Int32Array | undefined;
  #eol: "\n" | "\r\n" | "\r" | undefined;

  constructor(text: string, scan: Scan) {
    this.text = text;
    this.scan = scan;
    this.bom = text.charCodeAt(0) === byteOrderMark;
    this.quirks = quirksOf(text);
  }

  get statements(): Statements {
    return this.scan.statements;
  }

  /** The document of a text that this one became; what is known of the keys goes over to it. */
  after(text: string, change: Rescan): ScannedDocument {
    const next = new ScannedDocument(text, change);
    const { statements, firstRecord, rest, oldRest } = change;
    if (this.#hashes === undefined) return next;
    if (rest === oldRest && this.#hasSameKeys(next, firstRecord, rest)) {
      next.#hashes = this.#hashes;
      next.#keys = this.#keys?.movedTo(text, statements);
      return next;
    }
    const place = (record: number) => (record / recordLength) * hashesOfRecord;
    const hashes = new Int32Array(place(statements.length));
    hashes.set(this.#hashes.subarray(0, place(firstRecord)));
    hashes.set(keyHashes(text, statements.subarray(firstRecord, rest)), place(firstRecord));
    hashes.set(this.#hashes.subarray(place(oldRest)), place(rest));
    next.#hashes = hashes;
    if (rest - firstRecord + oldRest - firstRecord <= changedRecordsMax * recordLength && this.#keys) {
      const keys = [...keysBetween(this, firstRecord, oldRest), ...keysBetween(next, firstRecord, rest)];
      next.#keyChange = { before: this.#keys.identity, keys };
    }
    return next;
  }

  #hasSameKeys(other: ScannedDocument, from: number, to: number): boolean {
    for (let record = from; record < to; record += recordLength) {
      if (keyAt(this, record) !== keyAt(other, record)) return false;
    }
    return true;
  }

  get keys(): KeyIndex {
    this.#hashes ??= keyHashes(this.text, this.statements);
    this.#keys ??= KeyIndex.of(this.text, this.statements, this.#hashes, this.#keyChange);
    return this.#keys;
  }

  get tokens(): readonly Token[] {
    this.#tokens ??= tokenize(this.text, this.statements);
    return this.#tokens;
  }

  get entries(): readonly Entry[] {
    this.#entries ??= this.#readEntries();
    return this.#entries;
  }

  get effectiveEntries(): ReadonlyMap<string, Entry> {
    this.#effective ??= new Map(this.entries.map((entry) => [entry.key, entry]));
    return this.#effective;
  }

  get commented(): readonly CommentedEntry[] {
    this.#commented ??= commentedIn(this);
    return this.#commented;
  }

  get invalid(): readonly InvalidLine[] {
    this.#invalid ??= invalidIn(this);
    return this.#invalid;
  }

  get lineStarts(): Int32Array {
    this.#lineStarts ??= lineStartsOf(this.text);
    return this.#lineStarts;
  }

  get eol(): "\n" | "\r\n" | "\r" {
    this.#eol ??= prevailingNewline(this.text);
    return this.#eol;
  }

  entryOf(record: number): Entry {
    let entry = this.#made.get(record);
    if (entry === undefined) {
      entry = { ...localEntryOf(this, record), effective: this.keys.isEffective(record) };
      this.#made.set(record, entry);
    }
    return entry;
  }

  #readEntries(): Entry[] {
    const entries: Entry[] = [];
    for (let record = 0; record < this.statements.length; record += recordLength) {
      if (!isDropped(this, record)) entries.push(this.entryOf(record));
    }
    return entries;
  }
}

function invalidIn(document: DotenvDocument): InvalidLine[] {
  const found = invalidAt(document, -1);
  for (let record = 0; record < document.statements.length; record += recordLength) {
    for (const line of invalidAt(document, record)) found.push(line);
  }
  return found;
}

/** Reads any text; nothing is an error, what dotenv skips is kept and named in `invalid`. */
export function parseDocument(text: string): DotenvDocument {
  return new ScannedDocument(text, scanText(text));
}

/** A document with what it has in common with the one it was made from. */
export interface Reparsed {
  readonly document: DotenvDocument;
  readonly change: Rescan;
}

/**
 * Reads a text that differs little from one already read, as after a keystroke: the same as
 * {@link parseDocument}, and quicker, for it reads only what the change can reach.
 */
export function reparseDocument(old: DotenvDocument, text: string): Reparsed {
  if (!(old instanceof ScannedDocument))
    throw new TypeError("Only a document of parseDocument can be reparsed.");
  const change = rescanText(old.text, old.scan, text);
  return { document: old.after(text, change), change };
}

/**
 * What an application gets: for every text deep-equal to `dotenv.parse(text)` of dotenv 18 at its default parser.
 * A plain object as dotenv's own, so ask it with `Object.hasOwn`; `__proto__` is never among its keys.
 */
export function values(document: DotenvDocument): Record<string, string> {
  const result: Record<string, string> = {};
  for (let record = 0; record < document.statements.length; record += recordLength) {
    if (!isDropped(document, record)) result[keyAt(document, record)] = valueAt(document, record);
  }
  return result;
}

/** The entry whose value an application sees, the last with this key. */
export function effectiveEntry(document: DotenvDocument, key: string): Entry | undefined {
  const record = key === droppedKey ? undefined : document.keys.effective(key);
  return record === undefined ? undefined : document.entryOf(record);
}

/**
 * The line and column of an offset, both from 1, the column in UTF-16 units.
 * Lines end at LF, CRLF or a lone CR, as in an editor. Offsets outside the text count as its nearest end.
 */
export function lineOf(document: DotenvDocument, offset: number): { line: number; column: number } {
  const at = Math.min(Math.max(offset, 0), document.text.length);
  const starts = document.lineStarts;
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= at) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: at - starts[low]! + 1 };
}

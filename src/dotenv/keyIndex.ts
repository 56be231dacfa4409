import { keyEndField, keyStartField, recordLength, type Statements } from "./statements.ts";

const none = -1;
/** 32-bit FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/). */
const hashBasis = 0x811c9dc5;
const hashPrime = 0x01000193;
const underscore = 95;
const hyphen = 45;

/** A unit of a key as two keys that look alike share it: without case, `-` as `_`. */
function folded(code: number): number {
  if (code >= 65 && code <= 90) return code + 32;
  return code === hyphen ? underscore : code;
}

/** The hash of each record's key, alike for keys that differ by case or by `-` and `_` only. */
export function keyHashes(text: string, statements: Statements): Int32Array {
  const hashes = new Int32Array(statements.length / recordLength);
  for (let index = 0, record = 0; index < hashes.length; index++, record += recordLength) {
    hashes[index] = hashOf(text, statements[record + keyStartField]!, statements[record + keyEndField]!);
  }
  return hashes;
}

function hashOf(text: string, start: number, end: number): number {
  let hash = hashBasis;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ folded(text.charCodeAt(at)), hashPrime);
  return hash | 0;
}

/** By record number, but for the slots. */
interface Table {
  readonly hashes: Int32Array;
  /** A record number, or {@link none}. */
  readonly slots: Int32Array;
  /** The record before it with the same key. */
  readonly earlier: Int32Array;
  /** The last record of another key that folds to the same. */
  readonly alike: Int32Array;
  /** 1 where a later record has the same key. */
  readonly hidden: Uint8Array;
  hasDuplicates: boolean;
  hasAlike: boolean;
}

function firstSlot(hash: number, mask: number): number {
  return (hash ^ (hash >>> 15)) & mask;
}

/**
 * Which records have which key, by hashes with open addressing: no string is made for any of 100,000 keys.
 * A slot holds the last record of a key; other spellings that fold to the same, and earlier records, are chained.
 */
export class KeyIndex {
  readonly #text: string;
  readonly #statements: Statements;
  readonly #table: Table;

  private constructor(text: string, statements: Statements, table: Table) {
    this.#text = text;
    this.#statements = statements;
    this.#table = table;
  }

  /** The index of a text; `hashes` are those of {@link keyHashes}. */
  static of(text: string, statements: Statements, hashes: Int32Array): KeyIndex {
    const { length } = hashes;
    let size = 16;
    while (size < length * 2) size *= 2;
    const table: Table = {
      hashes,
      slots: new Int32Array(size).fill(none),
      earlier: new Int32Array(length).fill(none),
      alike: new Int32Array(length).fill(none),
      hidden: new Uint8Array(length),
      hasDuplicates: false,
      hasAlike: false,
    };
    const index = new KeyIndex(text, statements, table);
    for (let at = 0; at < length; at++) index.#add(at);
    return index;
  }

  /** The index of a text with the same keys in the same order. */
  movedTo(text: string, statements: Statements): KeyIndex {
    return new KeyIndex(text, statements, this.#table);
  }

  get hasDuplicates(): boolean {
    return this.#table.hasDuplicates;
  }

  /** Whether there are keys that differ by case or by `-` and `_` only. */
  get hasAlike(): boolean {
    return this.#table.hasAlike;
  }

  /** The same object for indexes of the same keys in the same order, when one was made from the other. */
  get identity(): object {
    return this.#table;
  }

  /** The record whose value is read for a key, undefined where no record has it. */
  effective(key: string): number | undefined {
    const { slots, hashes, alike } = this.#table;
    const hash = hashOf(key, 0, key.length);
    const mask = slots.length - 1;
    for (let slot = firstSlot(hash, mask); ; slot = (slot + 1) & mask) {
      let index = slots[slot]!;
      if (index === none) return undefined;
      if (hashes[index] !== hash) continue;
      if (this.#spells(index, key)) return index * recordLength;
      if (!this.#folds(index, key)) continue;
      while (index !== none && !this.#spells(index, key)) index = alike[index]!;
      return index === none ? undefined : index * recordLength;
    }
  }

  has(key: string): boolean {
    return this.effective(key) !== undefined;
  }

  /** The keys of another text that this one does not have: the first record of each, in order. */
  lackingOf(other: KeyIndex): number[] {
    const lacking: number[] = [];
    const { hashes, earlier } = other.#table;
    for (let index = 0; index < hashes.length; index++) {
      if (earlier[index] === none && !this.#hasKeyOf(other, index)) lacking.push(index * recordLength);
    }
    return lacking;
  }

  /** Whether no later record has the same key as this one. */
  isEffective(record: number): boolean {
    return this.#table.hidden[record / recordLength] === 0;
  }

  /** The records of a key whose effective one is given, the last first. */
  recordsOf(effective: number): number[] {
    const records: number[] = [];
    let index = effective / recordLength;
    for (; index !== none; index = this.#table.earlier[index]!) records.push(index * recordLength);
    return records;
  }

  /** Sets of effective records whose keys differ by case or by `-` and `_` only, each in file order. */
  alikeGroups(): number[][] {
    const groups: number[][] = [];
    const { slots, alike } = this.#table;
    for (const head of slots) {
      if (head === none || alike[head] === none) continue;
      const group: number[] = [];
      for (let index = head; index !== none; index = alike[index]!) group.push(index * recordLength);
      groups.push(group.sort((a, b) => a - b));
    }
    return groups.sort((a, b) => a[0]! - b[0]!);
  }

  #hasKeyOf(other: KeyIndex, theirs: number): boolean {
    const { slots, hashes, alike } = this.#table;
    const hash = other.#table.hashes[theirs]!;
    const mask = slots.length - 1;
    for (let slot = firstSlot(hash, mask); ; slot = (slot + 1) & mask) {
      if (slots[slot] === none) return false;
      for (let index = slots[slot]!; index !== none && hashes[index] === hash; index = alike[index]!) {
        if (this.#agree(index, theirs, exact, other)) return true;
      }
    }
  }

  #add(index: number): void {
    const table = this.#table;
    const { slots, alike } = table;
    const slot = this.#slotOf(index);
    const head = slots[slot]!;
    slots[slot] = index;
    if (head === none) return;
    let previous = none;
    let at = head;
    while (at !== none && !this.#agree(at, index, exact)) {
      previous = at;
      at = alike[at]!;
    }
    alike[index] = at === head ? alike[at]! : head;
    if (at === none) {
      table.hasAlike = true;
      return;
    }
    table.hasDuplicates = true;
    table.earlier[index] = at;
    table.hidden[at] = 1;
    if (previous !== none) alike[previous] = alike[at]!;
    alike[at] = none;
  }

  /** The slot of the keys that fold to the same as a record's, or a free one. */
  #slotOf(index: number): number {
    const { slots, hashes } = this.#table;
    const hash = hashes[index]!;
    const mask = slots.length - 1;
    for (let slot = firstSlot(hash, mask); ; slot = (slot + 1) & mask) {
      const other = slots[slot]!;
      if (other === none || (hashes[other] === hash && this.#agree(other, index, folded))) return slot;
    }
  }

  /** Whether the key of a record is, unit by unit, that of a record of this or of another index. */
  #agree(one: number, other: number, as: (code: number) => number, of: KeyIndex = this): boolean {
    const start = this.#start(one);
    const otherStart = of.#start(other);
    const length = this.#end(one) - start;
    if (of.#end(other) - otherStart !== length) return false;
    for (let at = 0; at < length; at++) {
      if (as(this.#text.charCodeAt(start + at)) !== as(of.#text.charCodeAt(otherStart + at))) return false;
    }
    return true;
  }

  #folds(index: number, key: string): boolean {
    const start = this.#start(index);
    if (this.#end(index) - start !== key.length) return false;
    for (let at = 0; at < key.length; at++) {
      if (folded(this.#text.charCodeAt(start + at)) !== folded(key.charCodeAt(at))) return false;
    }
    return true;
  }

  #spells(index: number, key: string): boolean {
    const start = this.#start(index);
    return this.#end(index) - start === key.length && this.#text.startsWith(key, start);
  }

  #start(index: number): number {
    return this.#statements[index * recordLength + keyStartField]!;
  }

  #end(index: number): number {
    return this.#statements[index * recordLength + keyEndField]!;
  }
}

function exact(code: number): number {
  return code;
}

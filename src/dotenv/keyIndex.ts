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

function exactHash(text: string, start: number, end: number): number {
  let hash = hashBasis;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ text.charCodeAt(at), hashPrime);
  return hash | 0;
}

/** Numbers that {@link keyHashes} has for a record: the hash of its key, and that of its key folded. */
export const hashesOfRecord = 2;

/** The hashes of each record's key. */
export function keyHashes(text: string, statements: Statements): Int32Array {
  const hashes = new Int32Array((statements.length / recordLength) * hashesOfRecord);
  for (let index = 0, record = 0; index < hashes.length; index += hashesOfRecord, record += recordLength) {
    const end = statements[record + keyEndField]!;
    let hash = hashBasis;
    let alike = hashBasis;
    for (let at = statements[record + keyStartField]!; at < end; at++) {
      const code = text.charCodeAt(at);
      hash = Math.imul(hash ^ code, hashPrime);
      alike = Math.imul(alike ^ folded(code), hashPrime);
    }
    hashes[index] = hash;
    hashes[index + 1] = alike;
  }
  return hashes;
}

/** By record number, but for the slots. */
interface Table {
  /** {@link hashesOfRecord} for each. */
  readonly hashes: Int32Array;
  /** The number of the last record of a key, or {@link none}; open addressing with linear probing. */
  readonly slots: Int32Array;
  /** The record before it with the same key. */
  readonly earlier: Int32Array;
  /** 1 where a later record has the same key. */
  readonly hidden: Uint8Array;
  hasDuplicates: boolean;
  alikeGroups: readonly (readonly number[])[] | undefined;
}

function firstSlot(hash: number, mask: number): number {
  return (hash ^ (hash >>> 15)) & mask;
}

/** Free slots for so many records, at most half of which get filled. */
function slotsFor(records: number): Int32Array {
  let size = 16;
  while (size < records * 2) size *= 2;
  return new Int32Array(size).fill(none);
}

/** How the keys of a text differ from those of the text that it was made from. */
export interface KeyChange {
  /** The {@link KeyIndex.identity} of that text's index. */
  readonly before: object;
  /** The keys of the assignments that went and of those that came; all others are as they were. */
  readonly keys: readonly string[];
}

/** Which records have which key, by hashes: no string is made for any of 100,000 keys. */
export class KeyIndex {
  readonly #text: string;
  readonly #statements: Statements;
  readonly #table: Table;
  /** What changed since an earlier text, where that is known and little. */
  readonly change: KeyChange | undefined;

  private constructor(text: string, statements: Statements, table: Table, change?: KeyChange) {
    this.#text = text;
    this.#statements = statements;
    this.#table = table;
    this.change = change;
  }

  /** The index of a text; `hashes` are those of {@link keyHashes}. */
  static of(text: string, statements: Statements, hashes: Int32Array, change?: KeyChange): KeyIndex {
    const length = hashes.length / hashesOfRecord;
    const table: Table = {
      hashes,
      slots: slotsFor(length),
      earlier: new Int32Array(length).fill(none),
      hidden: new Uint8Array(length),
      hasDuplicates: false,
      alikeGroups: undefined,
    };
    const index = new KeyIndex(text, statements, table, change);
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

  /** The same object for indexes of the same keys in the same order, when one was made from the other. */
  get identity(): object {
    return this.#table;
  }

  /** The record whose value is read for a key, undefined where no record has it. */
  effective(key: string): number | undefined {
    const { slots, hashes } = this.#table;
    const hash = exactHash(key, 0, key.length);
    const mask = slots.length - 1;
    for (let slot = firstSlot(hash, mask); ; slot = (slot + 1) & mask) {
      const index = slots[slot]!;
      if (index === none) return undefined;
      if (hashes[index * hashesOfRecord] === hash && this.#spells(index, key)) return index * recordLength;
    }
  }

  has(key: string): boolean {
    return this.effective(key) !== undefined;
  }

  /** The keys of another text that this one does not have: the first record of each, in order. */
  lackingOf(other: KeyIndex): number[] {
    const lacking: number[] = [];
    const { earlier } = other.#table;
    for (let index = 0; index < earlier.length; index++) {
      if (earlier[index] === none && !this.#hasKeyOf(other, index)) lacking.push(index * recordLength);
    }
    return lacking;
  }

  /** Whether no later record has the same key as this one. */
  isEffective(record: number): boolean {
    return this.#table.hidden[record / recordLength] === 0;
  }

  /** The first record of a key, undefined where no record has it. */
  first(key: string): number | undefined {
    const effective = this.effective(key);
    if (effective === undefined) return undefined;
    const { earlier } = this.#table;
    let index = effective / recordLength;
    while (earlier[index] !== none) index = earlier[index]!;
    return index * recordLength;
  }

  /** Sets of effective records whose keys differ by case or by `-` and `_` only, each in file order. */
  alikeGroups(): readonly (readonly number[])[] {
    this.#table.alikeGroups ??= this.#findAlike();
    return this.#table.alikeGroups;
  }

  #findAlike(): number[][] {
    const { hidden, hashes } = this.#table;
    const slots = slotsFor(hidden.length);
    const mask = slots.length - 1;
    const groups = new Map<number, number[]>();
    for (let index = 0; index < hidden.length; index++) {
      if (hidden[index] === 1) continue;
      const hash = hashes[index * hashesOfRecord + 1]!;
      let slot = firstSlot(hash, mask);
      while (slots[slot] !== none) {
        const other = slots[slot]!;
        if (hashes[other * hashesOfRecord + 1] === hash && this.#resemble(other, index)) break;
        slot = (slot + 1) & mask;
      }
      const first = slots[slot]!;
      if (first === none) slots[slot] = index;
      else if (groups.has(first)) groups.get(first)!.push(index * recordLength);
      else groups.set(first, [first * recordLength, index * recordLength]);
    }
    return [...groups.values()].sort((a, b) => a[0]! - b[0]!);
  }

  #hasKeyOf(other: KeyIndex, theirs: number): boolean {
    const { slots, hashes } = this.#table;
    const hash = other.#table.hashes[theirs * hashesOfRecord]!;
    const mask = slots.length - 1;
    for (let slot = firstSlot(hash, mask); ; slot = (slot + 1) & mask) {
      const index = slots[slot]!;
      if (index === none) return false;
      if (hashes[index * hashesOfRecord] === hash && this.#isKeyOf(index, theirs, other)) return true;
    }
  }

  #add(index: number): void {
    const table = this.#table;
    const { slots, hashes } = table;
    const hash = hashes[index * hashesOfRecord]!;
    const mask = slots.length - 1;
    let slot = firstSlot(hash, mask);
    let before = slots[slot]!;
    while (before !== none && (hashes[before * hashesOfRecord] !== hash || !this.#isKeyOf(before, index))) {
      slot = (slot + 1) & mask;
      before = slots[slot]!;
    }
    slots[slot] = index;
    if (before === none) return;
    table.hasDuplicates = true;
    table.earlier[index] = before;
    table.hidden[before] = 1;
  }

  /** Whether the key of a record is that of a record of this or of another index. */
  #isKeyOf(one: number, other: number, of: KeyIndex = this): boolean {
    const start = this.#start(one);
    const otherStart = of.#start(other);
    const length = this.#end(one) - start;
    if (of.#end(other) - otherStart !== length) return false;
    const text = this.#text;
    const otherText = of.#text;
    for (let at = 0; at < length; at++) {
      if (text.charCodeAt(start + at) !== otherText.charCodeAt(otherStart + at)) return false;
    }
    return true;
  }

  /** Whether the keys of two records look alike. */
  #resemble(one: number, other: number): boolean {
    const start = this.#start(one);
    const otherStart = this.#start(other);
    const length = this.#end(one) - start;
    if (this.#end(other) - otherStart !== length) return false;
    const text = this.#text;
    for (let at = 0; at < length; at++) {
      if (folded(text.charCodeAt(start + at)) !== folded(text.charCodeAt(otherStart + at))) return false;
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

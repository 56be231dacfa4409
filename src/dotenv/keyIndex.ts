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

/**
 * Which records have which key, by hashes with open addressing: no string is made for any of 100,000 keys.
 * A slot holds the last record of a key; other spellings that fold to the same, and earlier records, are chained.
 */
export class KeyIndex {
  readonly #text: string;
  readonly #statements: Statements;
  readonly #hashes: Int32Array;
  readonly #slots: Int32Array;
  /** By record number: the record before it with the same key. */
  readonly #earlier: Int32Array;
  /** By record number: the last record of another key that folds to the same. */
  readonly #alike: Int32Array;
  /** By record number: 1 where a later record has the same key. */
  readonly #hidden: Uint8Array;
  readonly hasDuplicates: boolean;
  readonly hasAlike: boolean;

  constructor(text: string, statements: Statements, hashes: Int32Array) {
    this.#text = text;
    this.#statements = statements;
    this.#hashes = hashes;
    let size = 16;
    while (size < hashes.length * 2) size *= 2;
    this.#slots = new Int32Array(size).fill(none);
    this.#earlier = new Int32Array(hashes.length).fill(none);
    this.#alike = new Int32Array(hashes.length).fill(none);
    this.#hidden = new Uint8Array(hashes.length);
    let duplicates = false;
    let alike = false;
    for (let index = 0; index < hashes.length; index++) {
      const added = this.#add(index);
      duplicates ||= added === "duplicate";
      alike ||= added === "alike";
    }
    this.hasDuplicates = duplicates;
    this.hasAlike = alike;
  }

  /** The record whose value is read for a key, undefined where no record has it. */
  effective(key: string): number | undefined {
    const slot = this.#slotOf(hashOf(key, 0, key.length), (index) => this.#folds(index, key));
    let index = this.#slots[slot]!;
    while (index !== none && !this.#spells(index, key)) index = this.#alike[index]!;
    return index === none ? undefined : index * recordLength;
  }

  has(key: string): boolean {
    return this.effective(key) !== undefined;
  }

  /** Whether no later record has the same key as this one. */
  isEffective(record: number): boolean {
    return this.#hidden[record / recordLength] === 0;
  }

  /** The records of a key whose effective one is given, the last first. */
  recordsOf(effective: number): number[] {
    const records: number[] = [];
    let index = effective / recordLength;
    for (; index !== none; index = this.#earlier[index]!) records.push(index * recordLength);
    return records;
  }

  /** Sets of effective records whose keys differ by case or by `-` and `_` only, each in file order. */
  alikeGroups(): number[][] {
    const groups: number[][] = [];
    for (const head of this.#slots) {
      if (head === none || this.#alike[head] === none) continue;
      const group: number[] = [];
      for (let index = head; index !== none; index = this.#alike[index]!) group.push(index * recordLength);
      groups.push(group.sort((a, b) => a - b));
    }
    return groups.sort((a, b) => a[0]! - b[0]!);
  }

  #add(index: number): "new" | "duplicate" | "alike" {
    const slot = this.#slotOf(this.#hashes[index]!, (other) => this.#agree(other, index, folded));
    const head = this.#slots[slot]!;
    if (head === none) {
      this.#slots[slot] = index;
      return "new";
    }
    let previous = none;
    for (let at = head; at !== none; previous = at, at = this.#alike[at]!) {
      if (!this.#agree(at, index, exact)) continue;
      this.#earlier[index] = at;
      this.#hidden[at] = 1;
      this.#alike[index] = this.#alike[at]!;
      this.#alike[at] = none;
      if (previous === none) this.#slots[slot] = index;
      else this.#alike[previous] = index;
      return "duplicate";
    }
    this.#alike[index] = head;
    this.#slots[slot] = index;
    return "alike";
  }

  /** The slot of a hash whose first record is the one looked for, or a free one. */
  #slotOf(hash: number, isIt: (index: number) => boolean): number {
    const mask = this.#slots.length - 1;
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (; ; slot = (slot + 1) & mask) {
      const index = this.#slots[slot]!;
      if (index === none || (this.#hashes[index] === hash && isIt(index))) return slot;
    }
  }

  #agree(one: number, other: number, as: (code: number) => number): boolean {
    const text = this.#text;
    const start = this.#start(one);
    const otherStart = this.#start(other);
    const length = this.#end(one) - start;
    if (this.#end(other) - otherStart !== length) return false;
    for (let at = 0; at < length; at++) {
      if (as(text.charCodeAt(start + at)) !== as(text.charCodeAt(otherStart + at))) return false;
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

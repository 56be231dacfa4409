/** What rules about missing keys have in common: one finding for all of them, and changes that add them. */
import type { DotenvDocument } from "../dotenv/document.ts";
import { setKey, type TextEdit } from "../dotenv/edit.ts";
import { firstLine } from "./places.ts";
import type { LintContext, Match, Repair } from "./rule.ts";

/** Keys that a message names at most; how many more there are is said. */
const keysInMessageMax = 3;
/** Keys of one finding for which each a fix of its own is offered, besides the one for all. */
const keysOfferedMax = 10;
/** The same in a large text, where each fix takes its time to prove. */
const keysOfferedInLargeTextMax = 2;

/** Keys that one fix adds at most: a spelling is looked for, and proven, for each of them. */
const keysAddedTogetherMax = 500;

/** UTF-16 units from which on a text is large: proving one fix of it takes long enough to be felt. */
export const largeTextUnits = 500_000;

/** What is said of one key, and of several: a sentence that the list of their names ends. */
export interface MissingWords {
  one(key: string): string;
  several(count: number): string;
}

/**
 * One finding for all keys that are missing for the same reason, none without keys. It stands at the first character
 * that is not blank, so that pointing at a key does not show what has nothing to do with it.
 */
export function missingMatches(
  document: DotenvDocument,
  keys: readonly string[],
  words: MissingWords,
): Match[] {
  const [first] = keys;
  if (first === undefined) return [];
  const { start, end } = firstLine(document);
  const character = document.text.codePointAt(start) ?? 0;
  const span = { start, end: Math.min(end, start + (character > 0xffff ? 2 : 1)) };
  if (keys.length === 1) return [{ span, key: first, message: words.one(first) }];
  return [{ span, keys, message: `${words.several(keys.length)}: ${listed(keys, keysInMessageMax)}.` }];
}

/** The first names of a list, and how many more there are. */
export function listed(names: readonly string[], max: number): string {
  const shown = names.slice(0, max).join(", ");
  return names.length > max ? `${shown} and ${names.length - max} more` : shown;
}

/** The keys that a finding is about and the document still lacks. */
export function keysLackedIn(document: DotenvDocument, { key, keys }: Match): readonly string[] {
  return (keys ?? (key === undefined ? [] : [key])).filter((one) => !document.keys.has(one));
}

/** Those of a finding's keys for which each a fix of its own is offered. */
export function offeredKeys(document: DotenvDocument, keys: readonly string[]): readonly string[] {
  const isLarge = document.text.length >= largeTextUnits;
  return keys.slice(0, isLarge ? keysOfferedInLargeTextMax : keysOfferedMax);
}

/** Whether a finding is about several keys, and not about so many that one fix for all would take too long. */
export function addsTogether(keys: readonly string[]): boolean {
  return keys.length > 1 && keys.length <= keysAddedTogetherMax;
}

/** Adds keys for which there is no value to take over. */
export function addedEmpty(
  document: DotenvDocument,
  keys: readonly string[],
  { dialects }: LintContext,
): Repair | undefined {
  const edits: TextEdit[] = [];
  for (const key of keys) {
    const result = setKey(document, key, "", dialects ? { dialects } : {});
    if (!result.ok) return undefined;
    edits.push(...result.edits);
  }
  return {
    title: `Add ${keys.length === 1 ? keys[0] : `all ${keys.length} keys`} without a value`,
    alternatives: [joined(edits)],
    changes: new Map(keys.map((key) => [key, ""])),
  };
}

/** Makes insertions at one place a single one, in their order: who applies edits may take them in any. */
export function joined(edits: readonly TextEdit[]): TextEdit[] {
  const byPlace = new Map<string, TextEdit>();
  for (const edit of edits) {
    const place = `${edit.start}:${edit.end}`;
    const before = byPlace.get(place);
    byPlace.set(place, before ? { ...before, text: before.text + edit.text } : edit);
  }
  return [...byPlace.values()];
}

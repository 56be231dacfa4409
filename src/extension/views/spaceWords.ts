/** Pure: the words by which views, notices and commands name keys, times and counts. Never a value. */
import type { KeyRef } from "../../peer/api.ts";
import type { Problem } from "../../protocol/errors.ts";
import type { DriftItem } from "../../protocol/messages.ts";
import { editorProblem } from "./problemWords.ts";

/** Keys that a sentence names before it says how many more there are. */
export const namedKeysMax = 4;
/** The environment whose name is left out of sentences. */
const plainEnvironment = "default";

const driftWordOf: Readonly<Record<DriftItem["kind"], string>> = {
  changed: "changed here",
  missing: "missing here",
  new: "new, not committed yet",
  released: "leaves the space with the next commit",
};

/** What a difference is, in a few words. */
export function driftWord(kind: DriftItem["kind"]): string {
  return driftWordOf[kind];
}

/** A key as a sentence names it: with its environment, unless that is `default`. */
export function keyName(ref: KeyRef): string {
  return ref.env === plainEnvironment ? ref.key : `${ref.key} (${ref.env})`;
}

/** Names of keys for a sentence; beyond the limit their number. */
export function keyNames(keys: readonly KeyRef[]): string {
  const shown = keys.slice(0, namedKeysMax).map(keyName).join(", ");
  const rest = keys.length - namedKeysMax;
  return rest > 0 ? `${shown} and ${counted(rest, "more key")}` : shown;
}

/** `1 key`, `2 keys`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/**
 * A moment for people: the time of day, with the date when that is not today.
 * @param atMs milliseconds since the epoch
 * @param nowMs the present, likewise
 */
export function timeWord(atMs: number, nowMs: number): string {
  const at = new Date(atMs);
  const time = `${twoDigits(at.getHours())}:${twoDigits(at.getMinutes())}`;
  if (at.toDateString() === new Date(nowMs).toDateString()) return time;
  return `${at.getFullYear()}-${twoDigits(at.getMonth() + 1)}-${twoDigits(at.getDate())} ${time}`;
}

/** Like {@link timeWord}, with seconds where the moment is less than ten minutes away. */
export function preciseTimeWord(atMs: number, nowMs: number): string {
  const near = Math.abs(atMs - nowMs) < 600_000;
  return near ? `${timeWord(atMs, nowMs)}:${twoDigits(new Date(atMs).getSeconds())}` : timeWord(atMs, nowMs);
}

/** One line for a notification: what happened, and the next step. */
export function problemText(problem: Problem): string {
  const { message, next } = editorProblem(problem);
  return `${withStop(message)} ${next}`;
}

/** The text with a full stop at its end. */
export function withStop(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

/** Whether two references mean the same key. */
export function isSameKey(a: KeyRef, b: KeyRef): boolean {
  return a.env === b.env && a.key === b.key;
}

function twoDigits(part: number): string {
  return String(part).padStart(2, "0");
}

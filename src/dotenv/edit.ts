import { commentedAssignments } from "./commented.ts";
import { type DotenvDocument, type Entry, effectiveEntry, lineOf, parseDocument } from "./document.ts";
import {
  insertionPoints,
  lineEdit,
  moveEdits,
  newlineAt,
  prefixEdits,
  type TextEdit,
  valueEdit,
} from "./layout.ts";
import { styleOf, whyNotWritable } from "./spelling.ts";
import { SpellingChoice, type SpellingOptions } from "./spellingChoice.ts";

export type { TextEdit } from "./layout.ts";

/** Why an edit was not made, and what to do next. Names keys and lines, never a value. */
export interface EditRefusal {
  readonly code: "KEY_NOT_FOUND" | "KEY_INVALID" | "KEY_EXISTS" | "VALUE_NOT_WRITABLE";
  readonly message: string;
  readonly next: string;
}

export type EditResult =
  | { readonly ok: true; readonly edits: readonly TextEdit[] }
  | { readonly ok: false; readonly refusal: EditRefusal };

export interface SetKeyOptions extends SpellingOptions {
  /** A new key goes to the line behind this one. */
  readonly after?: string;
  /** A new key is written `export KEY=`; an existing one keeps what it has. */
  readonly exported?: boolean;
}

/** What dotenv reads, in file order, duplicates included. */
type Reading = readonly (readonly [key: string, value: string])[];

const noEdits: EditResult = { ok: true, edits: [] };

/**
 * The text after the edits.
 * @throws RangeError when two edits overlap or one lies outside the text.
 */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const ordered = edits.toSorted((one, other) => one.start - other.start || one.end - other.end);
  let result = "";
  let kept = 0;
  for (const edit of ordered) {
    if (edit.start < kept || edit.end < edit.start || edit.end > text.length) {
      throw new RangeError(`Edit ${edit.start}-${edit.end} overlaps another one or lies outside the text.`);
    }
    result += text.slice(kept, edit.start) + edit.text;
    kept = edit.end;
  }
  return result + text.slice(kept);
}

/** Whether dotenv reads a key of this name: `[\w.-]+`, and not `__proto__`, which it drops. */
export function isValidKey(key: string): boolean {
  return /^[\w.-]+$/.test(key) && key !== "__proto__";
}

function refuse(code: EditRefusal["code"], message: string, next: string): EditResult {
  return { ok: false, refusal: { code, message, next } };
}

function keyNotFound(key: string): EditResult {
  return refuse(
    "KEY_NOT_FOUND",
    `The key ${key} is not set in this file.`,
    "Check the name, or add it first.",
  );
}

/** The name is not repeated: somebody may have pasted `KEY=value` into the field for it. */
function keyInvalid(key: string): EditResult {
  const message =
    key === "__proto__" ? "dotenv drops the key __proto__." : "dotenv cannot read a key of this name.";
  return refuse("KEY_INVALID", message, "Use letters, digits, underscores, dots and hyphens only.");
}

function changesOthers(document: DotenvDocument, entry: Entry, verb: string): EditResult {
  const { line } = lineOf(document, entry.span.start);
  return refuse(
    "VALUE_NOT_WRITABLE",
    `To ${verb} ${entry.key} (line ${line}) would change how other lines of this file are read.`,
    "Close the quotes left open near it, or edit the lines by hand.",
  );
}

function readingOf(document: DotenvDocument): Reading {
  return document.entries.map((entry) => [entry.key, entry.value]);
}

function sameReading(one: Reading, other: Reading): boolean {
  return (
    one.length === other.length &&
    one.every(([key, value], index) => key === other[index]![0] && value === other[index]![1])
  );
}

/** Whether the edited text reads as expected: exactly the requested change and nothing else. */
function readsAs(document: DotenvDocument, edits: readonly TextEdit[], expected: Reading): boolean {
  return sameReading(readingOf(parseDocument(applyEdits(document.text, edits))), expected);
}

/** How many entries start before an offset: the index that one put there will have. */
function indexAt(entries: readonly Entry[], offset: number): number {
  return entries.filter((entry) => entry.span.start < offset).length;
}

function changeValue(
  document: DotenvDocument,
  entry: Entry,
  value: string,
  options: SetKeyOptions,
): EditResult {
  if (entry.value === value) return noEdits;
  const index = document.entries.indexOf(entry);
  const expected = readingOf(document).with(index, [entry.key, value]);
  const eol = newlineAt(document, entry);
  const choice = new SpellingChoice(
    document,
    entry.key,
    value,
    styleOf(document.text, entry, eol),
    eol,
    options,
  );
  for (const spelling of choice.candidates) {
    const edits = [valueEdit(document, entry, spelling)];
    const edited = parseDocument(applyEdits(document.text, edits));
    if (!sameReading(readingOf(edited), expected)) continue;
    if (choice.offer(edited, index, edits)) return { ok: true, edits };
  }
  if (choice.first) return { ok: true, edits: choice.first };
  return choice.candidates.length === 0
    ? notWritable(entry.key, value)
    : changesOthers(document, entry, "change");
}

function notWritable(key: string, value: string): EditResult {
  return refuse(
    "VALUE_NOT_WRITABLE",
    `The value for ${key} cannot be written so that dotenv reads it back: ${whyNotWritable(value)}.`,
    "Change the value, or store it encoded, for example as base64.",
  );
}

function addKey(document: DotenvDocument, key: string, value: string, options: SetKeyOptions): EditResult {
  const after = options.after === undefined ? undefined : effectiveEntry(document, options.after);
  if (options.after !== undefined && !after) return keyNotFound(options.after);
  const eol = after ? newlineAt(document, after) : document.eol;
  const choice = new SpellingChoice(document, key, value, undefined, eol, options);
  if (choice.candidates.length === 0) return notWritable(key, value);
  const reading = readingOf(document);
  for (const at of insertionPoints(document, after)) {
    const index = indexAt(document.entries, at);
    const expected = reading.toSpliced(index, 0, [key, value]);
    for (const spelling of choice.candidates) {
      const line = `${options.exported ? "export " : ""}${key}=${spelling}`;
      const { edit, start } = lineEdit(document, at, line);
      const edited = parseDocument(applyEdits(document.text, [edit]));
      const span = edited.entries[index]?.span;
      const stands = span?.start === start && span.end === start + line.length;
      if (!stands || !sameReading(readingOf(edited), expected)) continue;
      if (choice.offer(edited, index, [edit])) return { ok: true, edits: [edit] };
    }
    if (choice.first) return { ok: true, edits: choice.first };
  }
  return refuse(
    "VALUE_NOT_WRITABLE",
    `No place was found for ${key}: wherever it stands, it would change how other lines are read.`,
    "Close the quotes left open in this file, then try again.",
  );
}

/**
 * Gives a key a value: changes its effective entry, or adds a line at the end (or after a key).
 * The quote, `export`, spacing, newline and inline comment of an existing entry stay; another quote is taken
 * only when its own cannot hold the value, or when the dialects in force would part over it. A value that
 * refers to other variables goes on to be expanded: single quotes are only kept. No edits when the key has the value already.
 * Refuses a name dotenv cannot read, an unknown `after`, and a value that no spelling reads back.
 */
export function setKey(
  document: DotenvDocument,
  key: string,
  value: string,
  options: SetKeyOptions = {},
): EditResult {
  if (!isValidKey(key)) return keyInvalid(key);
  if (!value.isWellFormed()) return notWritable(key, value);
  const entry = effectiveEntry(document, key);
  return entry ? changeValue(document, entry, value, options) : addKey(document, key, value, options);
}

/** Renames the effective entry of a key; an earlier duplicate keeps its name. Refuses a name that is taken. */
export function renameKey(document: DotenvDocument, from: string, to: string): EditResult {
  const entry = effectiveEntry(document, from);
  if (!entry) return keyNotFound(from);
  if (from === to) return noEdits;
  if (!isValidKey(to)) return keyInvalid(to);
  const taken = effectiveEntry(document, to);
  if (taken) {
    const { line } = lineOf(document, taken.span.start);
    return refuse("KEY_EXISTS", `The key ${to} is set already, on line ${line}.`, "Choose another name.");
  }
  const edits = [{ ...entry.keySpan, text: to }];
  const expected = readingOf(document).with(document.entries.indexOf(entry), [to, entry.value]);
  return readsAs(document, edits, expected) ? { ok: true, edits } : changesOthers(document, entry, "rename");
}

/** Removes the whole lines of a key's effective entry, or of all its entries. */
export function removeKey(
  document: DotenvDocument,
  key: string,
  occurrences: "effective" | "all" = "effective",
): EditResult {
  const entry = effectiveEntry(document, key);
  if (!entry) return keyNotFound(key);
  const doomed = (other: Entry) => other === entry || (occurrences === "all" && other.key === key);
  const edits = document.entries.filter(doomed).map(({ lineSpan }) => ({ ...lineSpan, text: "" }));
  const left = document.entries.filter((other) => !doomed(other));
  const expected = left.map((other) => [other.key, other.value] as const);
  return readsAs(document, edits, expected) ? { ok: true, edits } : changesOthers(document, entry, "remove");
}

/**
 * Puts `# ` before every line of a key's effective entry. Where {@link uncommentKey} would then take following
 * comment lines for a part of the value, `#` without the space tells them apart.
 */
export function commentOutKey(document: DotenvDocument, key: string): EditResult {
  const entry = effectiveEntry(document, key);
  if (!entry) return keyNotFound(key);
  const { text } = document;
  const expected = readingOf(document).toSpliced(document.entries.indexOf(entry), 1);
  const attempts = ["# ", "#"]
    .map((prefix) => prefixEdits(document, entry, prefix))
    .filter((edits) => readsAs(document, edits, expected));
  const exact = attempts.find((edits) => {
    const commented = parseDocument(applyEdits(text, edits));
    const undone = uncommentKey(commented, key);
    return undone.ok && applyEdits(commented.text, undone.edits) === text;
  });
  const edits = exact ?? attempts[0];
  return edits ? { ok: true, edits } : changesOthers(document, entry, "comment out");
}

/**
 * Takes the comment signs off a commented assignment, all lines of a multi-line value, so that it undoes
 * {@link commentOutKey}. Among several with this key the last one comes back, or the one whose `#` is at `at`.
 */
export function uncommentKey(document: DotenvDocument, key: string, at?: number): EditResult {
  const found = commentedAssignments(document, key).filter(
    (assignment) => at === undefined || assignment.span.start === at,
  );
  if (found.length === 0 || !isValidKey(key)) {
    return refuse(
      "KEY_NOT_FOUND",
      `There is no commented-out line for ${key} in this file.`,
      "Check the name, or add the key instead.",
    );
  }
  for (const assignment of found) {
    const index = indexAt(document.entries, assignment.span.start);
    const expected = readingOf(document).toSpliced(index, 0, [key, assignment.value]);
    const edits = assignment.prefixes.map((prefix) => ({ ...prefix, text: "" }));
    if (readsAs(document, edits, expected)) return { ok: true, edits };
  }
  const { line } = lineOf(document, found[0]!.span.start);
  return refuse(
    "VALUE_NOT_WRITABLE",
    `To uncomment ${key} (line ${line}) would change how other lines of this file are read.`,
    "Close the quotes left open near it, or edit the lines by hand.",
  );
}

/**
 * Moves the lines of a key's effective entry to behind another key's, or with null before all entries.
 * Refuses where a duplicate would win another value by the new order.
 */
export function moveKey(document: DotenvDocument, key: string, after: string | null): EditResult {
  const entry = effectiveEntry(document, key);
  if (!entry) return keyNotFound(key);
  const anchor = after === null ? undefined : effectiveEntry(document, after);
  if (after !== null && !anchor) return keyNotFound(after);
  const target = anchor ? anchor.lineSpan.end : document.entries[0]!.lineSpan.start;
  if (anchor === entry || target === entry.lineSpan.start) return noEdits;
  const others = document.entries.filter((other) => other !== entry);
  const expected = others
    .toSpliced(indexAt(others, target), 0, entry)
    .map((other) => [other.key, other.value] as const);
  const edits = moveEdits(document, entry, target);
  if (new Map(expected).get(key) !== entry.value) {
    const message = `Once ${key} has moved, another line with the same key would win.`;
    return refuse("VALUE_NOT_WRITABLE", message, "Remove the duplicate first.");
  }
  return readsAs(document, edits, expected) ? { ok: true, edits } : changesOthers(document, entry, "move");
}

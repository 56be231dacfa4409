import type { DialectId } from "../dotenv/dialects.ts";
import { type DotenvDocument, parseDocument, values } from "../dotenv/document.ts";
import { applyEdits, type EditRefusal, removeKey, setKey, type TextEdit } from "../dotenv/edit.ts";
import { err, ok, type Result } from "../shared/result.ts";

/** A value that a key shall have; undefined: the key shall be gone. */
export interface Change {
  readonly key: string;
  readonly value: string | undefined;
}

/** Below this, changes are made one after the other, as a person would; reading the text again for each is cheap. */
const togetherMin = 8;

/** Values of these characters are read alike however they are spelt, so nobody is asked who reads them. */
const readAlike = /^[\w./:@%+,?&~-]*$/;

/** Whether it may matter to the spelling who reads the file. */
export function needsDialects(changes: readonly Change[]): boolean {
  return changes.some(({ value }) => value !== undefined && !readAlike.test(value));
}

/** What an app reads from `text`; nothing for a file that is not there. */
export function valuesOf(text: string | undefined): ReadonlyMap<string, string> {
  return new Map(text === undefined ? [] : Object.entries(values(parseDocument(text))));
}

/** The names that a value may refer to: keys that are there, and those that are written together. */
function keysIn(
  changes: readonly Change[],
  present: ReadonlyMap<string, string> = new Map(),
): ReadonlySet<string> {
  const written = changes.flatMap(({ key, value }) => (value === undefined ? [] : [key]));
  return new Set([...present.keys(), ...written]);
}

/** Why a change cannot be written into this text. */
export interface RenderRefusal {
  readonly key: string;
  readonly refusal: EditRefusal;
}

/**
 * The text with every change made, each read back as exactly the value asked for; other lines byte for byte.
 * Where a value can be spelt so that the given dialects read it like dotenv, it is; one that refers to other variables
 * is spelt so that they expand it.
 * A key that is to go is removed with all its duplicates.
 */
export function render(
  text: string,
  changes: readonly Change[],
  dialects: readonly DialectId[] = [],
): Result<string, RenderRefusal> {
  const together = changes.length < togetherMin ? undefined : renderTogether(text, changes, dialects);
  if (together?.left.length === 0) return ok(together.text);
  const names = keysIn(changes);
  let current = text;
  for (const change of changes) {
    const rendered = renderOne(current, change, dialects, names);
    if (!rendered.ok) return rendered;
    current = rendered.value;
  }
  return ok(current);
}

function renderOne(
  text: string,
  { key, value }: Change,
  dialects: readonly DialectId[],
  names: ReadonlySet<string>,
): Result<string, RenderRefusal> {
  const document: DotenvDocument = parseDocument(text);
  if (value === undefined && !Object.hasOwn(values(document), key)) return ok(text);
  const edit =
    value === undefined ? removeKey(document, key, "all") : setKey(document, key, value, { dialects, names });
  return edit.ok ? ok(applyEdits(text, edit.edits)) : err({ key, refusal: edit.refusal });
}

/** The text with every change that can be written into it, and why the others cannot. */
export interface RenderedChanges {
  readonly text: string;
  readonly refused: readonly RenderRefusal[];
}

/** As {@link render}, but a change that cannot be written leaves the others. Many changes cost one reading, not one each. */
export function renderEach(
  text: string,
  changes: readonly Change[],
  dialects: readonly DialectId[] = [],
): RenderedChanges {
  const together = changes.length < togetherMin ? undefined : renderTogether(text, changes, dialects);
  const names = keysIn(changes);
  let current = together?.text ?? text;
  const refused: RenderRefusal[] = [];
  for (const change of together?.left ?? changes) {
    const rendered = renderOne(current, change, dialects, names);
    if (rendered.ok) current = rendered.value;
    else refused.push(rendered.error);
  }
  return { text: current, refused };
}

/**
 * Makes the edit of every key by its own lines alone and puts them together; `left` are the keys that need a look at
 * the whole text. Undefined when the result does not read as asked for: lines of this text change each other's meaning.
 */
function renderTogether(
  text: string,
  changes: readonly Change[],
  dialects: readonly DialectId[],
): { readonly text: string; readonly left: readonly Change[] } | undefined {
  const document = parseDocument(text);
  const expected = new Map(Object.entries(values(document)));
  const spans = Map.groupBy(document.entries, ({ key }) => key);
  const edits: TextEdit[] = [];
  const added: string[] = [];
  const left: Change[] = [];
  const names = keysIn(changes, expected);
  for (const change of changes) {
    const { key, value } = change;
    const present = spans.get(key) ?? [];
    const entry = document.effectiveEntries.get(key);
    if (value === undefined) {
      edits.push(...present.map(({ lineSpan }) => ({ ...lineSpan, text: "" })));
      expected.delete(key);
      continue;
    }
    const { start, end } = entry?.lineSpan ?? { start: 0, end: 0 };
    const line = text.slice(start, end);
    const edit = setKey(parseDocument(line), key, value, { dialects, names });
    if (!edit.ok) left.push(change);
    else {
      if (entry)
        edits.push(...edit.edits.map((one) => ({ ...one, start: one.start + start, end: one.end + start })));
      else added.push(applyEdits(line, edit.edits).replace(/\n$/u, ""));
      expected.set(key, value);
    }
  }
  let edited = applyEdits(text, edits);
  if (added.length > 0) {
    // A last line without its newline stays so: a line behind it ends as it did.
    const isOpen = !/(?:^|[\r\n\uFEFF])$/u.test(edited);
    const { eol } = document;
    edited += (isOpen ? eol : "") + added.join(eol) + (isOpen ? "" : eol);
  }
  return reads(edited, expected) ? { text: edited, left } : undefined;
}

function reads(text: string, expected: ReadonlyMap<string, string>): boolean {
  const found = valuesOf(text);
  return found.size === expected.size && [...found].every(([key, value]) => expected.get(key) === value);
}

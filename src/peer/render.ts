import { type DotenvDocument, parseDocument, values } from "../dotenv/document.ts";
import { applyEdits, type EditRefusal, removeKey, setKey } from "../dotenv/edit.ts";
import { err, ok, type Result } from "../shared/result.ts";

/** A value that a key shall have; undefined: the key shall be gone. */
export interface Change {
  readonly key: string;
  readonly value: string | undefined;
}

/** What an app reads from `text`; nothing for a file that is not there. */
export function valuesOf(text: string | undefined): ReadonlyMap<string, string> {
  return new Map(text === undefined ? [] : Object.entries(values(parseDocument(text))));
}

/** Why a change cannot be written into this text. */
export interface RenderRefusal {
  readonly key: string;
  readonly refusal: EditRefusal;
}

/**
 * The text with every change made, each read back as exactly the value asked for; other lines byte for byte.
 * A key that is to go is removed with all its duplicates.
 */
export function render(text: string, changes: readonly Change[]): Result<string, RenderRefusal> {
  let current = text;
  for (const { key, value } of changes) {
    const document: DotenvDocument = parseDocument(current);
    const present = Object.hasOwn(values(document), key);
    if (value === undefined && !present) continue;
    const edit = value === undefined ? removeKey(document, key, "all") : setKey(document, key, value);
    if (!edit.ok) return err({ key, refusal: edit.refusal });
    current = applyEdits(current, edit.edits);
  }
  return ok(current);
}

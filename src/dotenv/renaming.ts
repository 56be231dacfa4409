import { type DotenvDocument, type Entry, effectiveEntry, lineOf, parseDocument } from "./document.ts";
import { applyEdits, type EditRefusal, type EditResult, isValidKey, type TextEdit } from "./edit.ts";
import { type Occurrence, occurrencesOf, referencesIn, referencesInEntry } from "./occurrences.ts";

/** Names that `$NAME` reaches without braces, and those that `${NAME}` reaches. */
const bareName = /^[A-Za-z_]\w*$/;
const bracedName = /^[\w.]+$/;

function refusal(code: EditRefusal["code"], message: string, next: string): EditRefusal {
  return { code, message, next };
}

/**
 * Why a key cannot take a name, looked at from one document, or undefined when it can: dotenv cannot read the
 * name, it is set or referred to already (`file` says where, for people), or a reference cannot be written with it.
 */
export function refuseName(
  document: DotenvDocument,
  from: string,
  to: string,
  file = "this file",
): EditRefusal | undefined {
  if (!isValidKey(to)) {
    const next = "Use letters, digits, underscores, dots and hyphens only.";
    return refusal("KEY_INVALID", "dotenv cannot read a key of this name.", next);
  }
  const taken = effectiveEntry(document, to);
  if (taken) {
    const { line } = lineOf(document, taken.span.start);
    return refusal("KEY_EXISTS", `${to} is set already in ${file}, line ${line}.`, "Choose another name.");
  }
  const references = referencesIn(document);
  const captured = references.find((reference) => reference.name === to);
  if (captured) {
    const { line } = lineOf(document, captured.span.start);
    const message = `${file}, line ${line}, refers to another ${to}, which this key would then stand for.`;
    return refusal("KEY_EXISTS", message, "Choose another name.");
  }
  if (!bracedName.test(to) && references.some((reference) => reference.name === from)) {
    const message = `${file} refers to ${from}, and no reference can hold the new name.`;
    return refusal("KEY_INVALID", message, "Use letters, digits, underscores and dots only.");
  }
  return undefined;
}

function editsFor(document: DotenvDocument, from: string, to: string): TextEdit[] {
  return occurrencesOf(document, from).map((occurrence: Occurrence): TextEdit => {
    const needsBraces =
      occurrence.kind === "reference" &&
      document.text.charAt(occurrence.span.start - 1) === "$" &&
      !bareName.test(to);
    return { ...occurrence.span, text: needsBraces ? `{${to}}` : to };
  });
}

/** Keys and references of an entry with the new name in place of the old one. */
function shapeOf(text: string, entry: Entry, renamed: (name: string) => string): string {
  const references = referencesInEntry(text, entry);
  return JSON.stringify([renamed(entry.key), references.map(({ name }) => renamed(name))]);
}

/** Entries that hold a reference are told apart by their names only, all others by their value too. */
function isRenamed(document: DotenvDocument, edited: DotenvDocument, from: string, to: string): boolean {
  if (document.entries.length !== edited.entries.length) return false;
  const renamed = (name: string) => (name === from ? to : name);
  return document.entries.every((entry, index) => {
    const after = edited.entries[index]!;
    const refers = referencesInEntry(document.text, entry).some(({ name }) => name === from);
    return (
      (refers || entry.value === after.value) &&
      shapeOf(document.text, entry, renamed) === shapeOf(edited.text, after, (name) => name)
    );
  });
}

/**
 * Renames every assignment of a key, those in comments included, and every reference to it.
 * Refuses a name that is taken, and a change after which other lines would be read differently. No edits where
 * the document does not hold the name.
 */
export function renameEverywhere(
  document: DotenvDocument,
  from: string,
  to: string,
  file = "this file",
): EditResult {
  if (from === to) return { ok: true, edits: [] };
  const refused = refuseName(document, from, to, file);
  if (refused) return { ok: false, refusal: refused };
  const edits = editsFor(document, from, to);
  if (isRenamed(document, parseDocument(applyEdits(document.text, edits)), from, to)) {
    return { ok: true, edits };
  }
  return {
    ok: false,
    refusal: refusal(
      "VALUE_NOT_WRITABLE",
      `To rename ${from} in ${file} would change how other lines are read.`,
      "Close the quotes left open near it, or edit the lines by hand.",
    ),
  };
}

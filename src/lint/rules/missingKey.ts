import { keyAt } from "../../dotenv/assignments.ts";
import { type DotenvDocument, effectiveEntry, parseDocument, values } from "../../dotenv/document.ts";
import { applyEdits, isValidKey, setKey, type TextEdit, uncommentKey } from "../../dotenv/edit.ts";
import { firstLine } from "../places.ts";
import type { ExampleContext, Repair, Rule } from "../rule.ts";

/** What was missing, as long as a document has the same keys: asked again at every keystroke in a value. */
const found = new WeakMap<
  object,
  { readonly example: ExampleContext; readonly missing: readonly string[] }
>();

/** The keys of the example that the document does not have, in the example's order. */
function missingIn({ keys }: DotenvDocument, example: ExampleContext): readonly string[] {
  const before = found.get(keys.identity);
  if (before?.example.document === example.document && before.example.inherited === example.inherited) {
    return before.missing;
  }
  const missing = keys
    .lackingOf(example.document.keys)
    .map((record) => keyAt(example.document, record))
    .filter((key) => isValidKey(key) && !example.inherited?.has(key));
  found.set(keys.identity, { example, missing });
  return missing;
}

/** Reports each key of the example that is missing, at the first line. */
export const missingKey: Rule = {
  id: "missing-key",
  run(document, context) {
    const { example } = context;
    if (!example || context.isExample) return [];
    const missing = missingIn(document, example);
    if (missing.length === 0) return [];
    const span = firstLine(document);
    const commented = new Set(document.commented.map(({ key }) => key));
    return missing.map((key) => ({
      span,
      key,
      message: `${key} is in ${example.name} but ${commented.has(key) ? "commented out" : "not set"} here.`,
    }));
  },
  choices(finding, document, context) {
    const { example } = context;
    const { key } = finding;
    if (!example || key === undefined) return [];
    const missing = missingIn(document, example);
    if (!missing.includes(key)) return [];
    const repairs = [uncommented(document, key), added(document, example, [key])];
    if (missing.length > 1) repairs.push(added(document, example, missing));
    return repairs.filter((repair) => repair !== undefined);
  },
};

function uncommented(document: DotenvDocument, key: string): Repair | undefined {
  if (!document.commented.some((entry) => entry.key === key)) return undefined;
  const result = uncommentKey(document, key);
  if (!result.ok) return undefined;
  const after = values(parseDocument(applyEdits(document.text, result.edits)));
  if (!Object.hasOwn(after, key)) return undefined;
  return {
    title: `Uncomment ${key}`,
    alternatives: [result.edits],
    changes: new Map([[key, after[key]!]]),
  };
}

/** Adds keys, each behind the nearest key before it in the example that is here, with the example's values. */
function added(
  document: DotenvDocument,
  example: ExampleContext,
  keys: readonly string[],
): Repair | undefined {
  const reading = values(example.document);
  const anchors = anchorsOf(document, example.document);
  const changes = new Map<string, string>();
  const edits: TextEdit[] = [];
  for (const key of keys) {
    const value = reading[key]!;
    const after = anchors.get(key);
    const result = setKey(document, key, value, after === undefined ? {} : { after });
    if (!result.ok) return undefined;
    edits.push(...result.edits);
    changes.set(key, value);
  }
  return {
    title:
      keys.length === 1
        ? `Add ${keys[0]} with its value from ${example.name}`
        : `Add all ${keys.length} missing keys with their values from ${example.name}`,
    alternatives: [joined(edits)],
    changes,
  };
}

/** For each key of the example, the nearest key before it that the document has. */
function anchorsOf(document: DotenvDocument, example: DotenvDocument): Map<string, string> {
  const anchors = new Map<string, string>();
  let anchor: string | undefined;
  for (const { key } of example.entries) {
    if (effectiveEntry(document, key)) anchor = key;
    else if (anchor !== undefined && !anchors.has(key)) anchors.set(key, anchor);
  }
  return anchors;
}

/** Makes insertions at one place a single one, in their order: who applies edits may take them in any. */
function joined(edits: readonly TextEdit[]): TextEdit[] {
  const byPlace = new Map<string, TextEdit>();
  for (const edit of edits) {
    const place = `${edit.start}:${edit.end}`;
    const before = byPlace.get(place);
    byPlace.set(place, before ? { ...before, text: before.text + edit.text } : edit);
  }
  return [...byPlace.values()];
}

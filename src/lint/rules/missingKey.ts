import { keyAt } from "../../dotenv/assignments.ts";
import { type DotenvDocument, effectiveEntry, parseDocument, values } from "../../dotenv/document.ts";
import { applyEdits, isValidKey, setKey, type TextEdit, uncommentKey } from "../../dotenv/edit.ts";
import type { KeyIndex } from "../../dotenv/keyIndex.ts";
import { firstLine } from "../places.ts";
import type { ExampleContext, LintContext, Match, Repair, Rule } from "../rule.ts";
import { schemaMatches } from "../schemaFindings.ts";

/** What a document with certain keys lacks of an example: asked again at every keystroke. */
interface Lacking {
  readonly example: ExampleContext;
  /** Records of the example, in order. */
  readonly records: readonly number[];
}

const found = new WeakMap<object, Lacking>();

/** The keys of the example that the document does not have, in the example's order. */
function missingIn({ keys }: DotenvDocument, example: ExampleContext): readonly string[] {
  const known = (identity: object | undefined) => {
    const before = identity && found.get(identity);
    const same =
      before?.example.document === example.document && before.example.inherited === example.inherited;
    return same ? before.records : undefined;
  };
  const before = known(keys.change?.before);
  const records =
    known(keys.identity) ??
    (before ? afterChange(before, keys, example) : keys.lackingOf(example.document.keys));
  found.set(keys.identity, { example, records });
  return records
    .map((record) => keyAt(example.document, record))
    .filter((key) => isValidKey(key) && !example.inherited?.has(key));
}

function afterChange(before: readonly number[], keys: KeyIndex, example: ExampleContext): readonly number[] {
  const records = new Set(before);
  for (const key of keys.change?.keys ?? []) {
    const record = example.document.keys.first(key);
    if (record === undefined) continue;
    if (keys.has(key)) records.delete(record);
    else records.add(record);
  }
  return [...records].sort((one, other) => one - other);
}

/** Keys that the schema requires and gives no value, and of which the example says nothing. */
function requiredIn(document: DotenvDocument, context: LintContext): readonly Match[] {
  const { schema, example } = context;
  return schemaMatches(document, context, "missing").filter(
    ({ key = "" }) => !schema?.inherited?.has(key) && example?.document.keys.has(key) !== true,
  );
}

/** Reports each key of the example, or required by the schema, that is missing, at the first line. */
export const missingKey: Rule = {
  id: "missing-key",
  run(document, context) {
    const { example } = context;
    if (context.isExample) return [];
    const required = requiredIn(document, context);
    const missing = example ? missingIn(document, example) : [];
    if (!example || missing.length === 0) return [...required];
    const span = firstLine(document);
    const commented = new Set(document.commented.map(({ key }) => key));
    const asked = missing.map((key) => ({
      span,
      key,
      message: `${key} is in ${example.name} but ${commented.has(key) ? "commented out" : "not set"} here.`,
    }));
    return [...asked, ...required];
  },
  choices(finding, document, context) {
    const { example } = context;
    const { key } = finding;
    if (key === undefined || document.keys.has(key)) return [];
    const missing = example ? missingIn(document, example) : [];
    const repairs = [uncommented(document, key)];
    if (example && missing.includes(key)) {
      repairs.push(added(document, example, [key], context));
      if (missing.length > 1) repairs.push(addedAll(document, example, missing, context));
    } else {
      repairs.push(addedEmpty(document, key, context));
    }
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
    expands: true,
  };
}

/** Adds a key for which there is no value to take over. */
export function addedEmpty(
  document: DotenvDocument,
  key: string,
  { dialects }: LintContext,
): Repair | undefined {
  const result = setKey(document, key, "", dialects ? { dialects } : {});
  if (!result.ok) return undefined;
  return {
    title: `Add ${key} without a value`,
    alternatives: [result.edits],
    changes: new Map([[key, ""]]),
  };
}

/** The repair that all missing keys of a document have in common, made once for all of their findings. */
const addedBefore = new WeakMap<
  readonly string[],
  { readonly document: DotenvDocument; readonly context: LintContext; readonly repair: Repair | undefined }
>();

function addedAll(
  document: DotenvDocument,
  example: ExampleContext,
  missing: readonly string[],
  context: LintContext,
): Repair | undefined {
  const before = addedBefore.get(missing);
  if (before?.document === document && before.context === context) return before.repair;
  const repair = added(document, example, missing, context);
  addedBefore.set(missing, { document, context, repair });
  return repair;
}

/** Adds keys, each behind the nearest key before it in the example that is here, with the example's values. */
function added(
  document: DotenvDocument,
  example: ExampleContext,
  keys: readonly string[],
  { dialects }: LintContext,
): Repair | undefined {
  const reading = values(example.document);
  const anchors = anchorsOf(document, example.document);
  const changes = new Map<string, string>();
  const edits: TextEdit[] = [];
  for (const key of keys) {
    const value = reading[key]!;
    const after = anchors.get(key);
    const result = setKey(document, key, value, {
      ...(after === undefined ? {} : { after }),
      ...(dialects ? { dialects } : {}),
    });
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
    expands: true,
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

import { keyAt } from "../../dotenv/assignments.ts";
import { type DotenvDocument, effectiveEntry, parseDocument, values } from "../../dotenv/document.ts";
import { applyEdits, isValidKey, setKey, type TextEdit, uncommentKey } from "../../dotenv/edit.ts";
import type { KeyIndex } from "../../dotenv/keyIndex.ts";
import { KeptByKeys } from "../keptByKeys.ts";
import { addedEmpty, addsTogether, joined, keysLackedIn, missingMatches, offeredKeys } from "../missing.ts";
import type { ExampleContext, LintContext, Repair, Rule } from "../rule.ts";
import { schemaMatches } from "../schemaFindings.ts";

/** Records of the example whose keys a document lacks, in order. */
const lacking = new KeptByKeys<ExampleContext, readonly number[]>(
  (one, other) => one.document === other.document && one.inherited === other.inherited,
);

/** The keys of the example that the document does not have, in the example's order. */
function missingIn({ keys }: DotenvDocument, example: ExampleContext): readonly string[] {
  const records = lacking.find(
    keys,
    example,
    () => keys.lackingOf(example.document.keys),
    (before, changed) => afterChange(before, changed, keys, example),
  );
  return records
    .map((record) => keyAt(example.document, record))
    .filter((key) => isValidKey(key) && !example.inherited?.has(key));
}

function afterChange(
  before: readonly number[],
  changed: readonly string[],
  keys: KeyIndex,
  example: ExampleContext,
): readonly number[] {
  const records = new Set(before);
  for (const key of changed) {
    const record = example.document.keys.first(key);
    if (record === undefined) continue;
    if (keys.has(key)) records.delete(record);
    else records.add(record);
  }
  return [...records].sort((one, other) => one - other);
}

/** Keys that the schema requires and gives no value, and of which the example says nothing. */
function requiredIn(document: DotenvDocument, context: LintContext): readonly string[] {
  const { schema, example } = context;
  return schemaMatches(document, context, "missing").flatMap(({ key }) =>
    key === undefined || schema?.inherited?.has(key) || example?.document.keys.has(key) ? [] : [key],
  );
}

/** Reports the keys of the example that are missing, and those that only the schema requires: one finding each. */
export const missingKey: Rule = {
  id: "missing-key",
  run(document, context) {
    const { example, schema } = context;
    if (context.isExample) return [];
    const asked = example ? missingIn(document, example) : [];
    return [
      ...missingMatches(document, asked, {
        one: (key) => {
          const isCommented = document.commented.some((entry) => entry.key === key);
          return `${key} is in ${example?.name} but ${isCommented ? "commented out" : "not set"} here.`;
        },
        several: (count) => `${count} keys of ${example?.name} are not set here`,
      }),
      ...missingMatches(document, requiredIn(document, context), {
        one: (key) => `${key} is required by ${schema?.name} but not set here.`,
        several: (count) => `${count} keys that ${schema?.name} requires are not set here`,
      }),
    ];
  },
  choices(finding, document, context) {
    const { example } = context;
    const missing = keysLackedIn(document, finding);
    const isOfExample = missing.every((key) => example?.document.keys.has(key));
    const add = (keys: readonly string[]) =>
      example && isOfExample ? added(document, example, keys, context) : addedEmpty(document, keys, context);
    const offered = offeredKeys(document, missing);
    return [
      ...(addsTogether(missing) ? [add(missing)] : []),
      ...offered.map((key) => uncommented(document, key)),
      ...offered.map((key) => add([key])),
    ].filter((repair) => repair !== undefined);
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
      from: example.document,
      ...(after === undefined ? {} : { after }),
      ...(dialects ? { dialects } : {}),
    });
    if (!result.ok) return undefined;
    edits.push(...result.edits);
    changes.set(key, value);
  }
  return {
    title: titleOf(keys, changes, example.name),
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

/** Says whose values are taken, and when there are none to take. */
function titleOf(keys: readonly string[], values: ReadonlyMap<string, string>, from: string): string {
  const [first] = keys;
  const empty = [...values.values()].filter((value) => value === "").length;
  if (keys.length === 1) {
    return empty === 0
      ? `Add ${first} with its value from ${from}`
      : `Add ${first} without a value, as in ${from}`;
  }
  const all = `Add all ${keys.length} missing keys`;
  if (empty === keys.length) return `${all} without values, as in ${from}`;
  return `${all} with their values from ${from}${empty === 0 ? "" : `, ${empty} of them empty`}`;
}

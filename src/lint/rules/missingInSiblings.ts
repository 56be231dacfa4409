import type { DotenvDocument } from "../../dotenv/document.ts";
import { isValidKey } from "../../dotenv/edit.ts";
import { KeptByKeys } from "../keptByKeys.ts";
import { addedEmpty, addsTogether, keysLackedIn, listed, missingMatches, offeredKeys } from "../missing.ts";
import type { LintContext, Rule, SiblingContext } from "../rule.ts";

/** Environments that a message names at most. */
const namesInMessageMax = 3;

interface Missing {
  readonly key: string;
  readonly names: readonly string[];
}

type Asked = Pick<LintContext, "siblings" | "example" | "schema">;

const found = new KeptByKeys<Asked, readonly Missing[]>(
  (one, other) =>
    one.siblings === other.siblings && one.example === other.example && one.schema === other.schema,
);

function missingIn(
  { keys }: DotenvDocument,
  { siblings = [], example, schema }: LintContext,
): readonly Missing[] {
  const isAsked = (key: string) =>
    isValidKey(key) &&
    !keys.has(key) &&
    example?.document.keys.has(key) !== true &&
    schema?.schema.items.has(key) !== true;
  return found.find(keys, { siblings, example, schema }, () =>
    keysOf(siblings)
      .filter(([key]) => isAsked(key))
      .map(([key, names]) => ({ key, names })),
  );
}

function keysOf(siblings: readonly SiblingContext[]): [string, string[]][] {
  const all = new Map<string, string[]>();
  for (const { name, keys } of siblings) {
    for (const key of keys) {
      const names = all.get(key);
      if (names) names.push(name);
      else all.set(key, [name]);
    }
  }
  return [...all];
}

/** Reports the keys that other environments have. Keys of the example are missing-key's to report. */
export const missingInSiblings: Rule = {
  id: "missing-in-siblings",
  run(document, context) {
    if (context.isExample || !context.siblings?.length) return [];
    const missing = missingIn(document, context);
    const names = new Map(missing.map((one) => [one.key, one.names]));
    return missingMatches(document, [...names.keys()], {
      one: (key) => `${key} is set in ${listed(names.get(key) ?? [], namesInMessageMax)} but not here.`,
      several: (count) => {
        const all = [...new Set([...names.values()].flat())];
        return `${count} keys of ${listed(all, namesInMessageMax)} are not set here`;
      },
    });
  },
  choices(finding, document, context) {
    const missing = keysLackedIn(document, finding);
    return [
      ...(addsTogether(missing) ? [addedEmpty(document, missing, context)] : []),
      ...offeredKeys(document, missing).map((key) => addedEmpty(document, [key], context)),
    ].filter((repair) => repair !== undefined);
  },
};

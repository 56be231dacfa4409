import * as vscode from "vscode";
import { type DotenvDocument, effectiveEntry } from "../../dotenv/document.ts";
import { setKey } from "../../dotenv/edit.ts";
import { type EnvironmentFile, shownName } from "../services/environmentFile.ts";
import { type Plan, sequence } from "../services/environmentPlans.ts";
import type { Example } from "../services/environmentSummaries.ts";
import { byFile, changeFile } from "./environmentChanges.ts";
import {
  type CommandArguments,
  type EnvironmentCommandContext,
  inform,
  selectedNodes,
} from "./environmentContext.ts";
import { askValue } from "./environmentInputs.ts";
import { writableDocument } from "./environmentKeys.ts";
import { filesForPicking, pickFile, targetKeys } from "./environmentPickers.ts";

/** Adds keys that the example has and an environment lacks, after the user looked through them. */
export async function addMissingKeys(
  context: EnvironmentCommandContext,
  args: CommandArguments,
): Promise<void> {
  const files = await lackingFiles(context, args);
  for (const file of files) {
    const example = await context.services.summaries.exampleOf(file);
    const missing = await context.services.summaries.missingIn(file);
    if (example === undefined || missing.length === 0) {
      inform(context, nothingMissing(file, example));
      continue;
    }
    if ((await writableDocument(context, file)) === undefined) continue;
    const keys = await review(file, example, missing);
    if (keys.length > 0) await addKeysFrom(context, file, example, keys);
  }
}

/** Adds missing keys from their rows: a single one with a value that the user writes. */
export async function addMissingKey(
  context: EnvironmentCommandContext,
  args: CommandArguments,
): Promise<void> {
  const targets = await targetKeys(context, args, {
    title: "Add Key From Example",
    accepts: (row) => row.states.includes("missing"),
    none: "lacks no key of its example.",
  });
  for (const [file, keys] of byFile(targets)) {
    const example = await context.services.summaries.exampleOf(file);
    const document = await writableDocument(context, file);
    if (example === undefined || document === undefined) continue;
    const [only] = keys;
    if (targets.length > 1 || only === undefined) {
      await addKeysFrom(context, file, example, keys);
      continue;
    }
    const before = effectiveEntry(example.document, only)?.value ?? "";
    const prompt = `Value of ${only} for ${shownName(file)}; ${example.name} has the one to begin with`;
    const value = await askValue(`Add ${only}`, prompt, document, only, before);
    if (value !== undefined) await addKeysFrom(context, file, example, keys, value);
  }
}

/** Adds keys that a file lacks, each where it belongs by its neighbours in the example (or whatever file they come from). */
export async function addKeysFrom(
  context: EnvironmentCommandContext,
  file: EnvironmentFile,
  example: Example,
  keys: readonly string[],
  value?: string,
): Promise<void> {
  const plans = keys.map(
    (key): Plan =>
      (document, writing) => {
        if (effectiveEntry(document, key) !== undefined) return { ok: true, edits: [] };
        const after = neighbourOf(key, example.document, document);
        const text = value ?? effectiveEntry(example.document, key)?.value ?? "";
        const how = { ...writing, from: example.document };
        return setKey(document, key, text, after === undefined ? how : { after, ...how });
      },
  );
  const what = keys.length === 1 ? keys[0] : `${keys.length} keys`;
  await changeFile(context, file, sequence(plans), `Added ${what} to ${shownName(file)}.`);
}

/** The nearest key before `key` in the example that the document has too: the place where it belongs. */
function neighbourOf(key: string, example: DotenvDocument, document: DotenvDocument): string | undefined {
  const order = example.entries.map((entry) => entry.key);
  const before = order.slice(0, order.indexOf(key));
  return before.findLast((each) => effectiveEntry(document, each) !== undefined);
}

async function review(
  file: EnvironmentFile,
  example: Example,
  missing: readonly string[],
): Promise<readonly string[]> {
  const items = missing.map((label) => ({
    label,
    picked: true,
    ...(effectiveEntry(example.document, label)?.value === "" ? { description: "empty there" } : {}),
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: "Add Missing Keys From Example",
    placeHolder: `Keys of ${example.name} to add to ${shownName(file)}, with the example's values`,
    canPickMany: true,
  });
  return (picked ?? []).map((item) => item.label);
}

async function lackingFiles(
  context: EnvironmentCommandContext,
  args: CommandArguments,
): Promise<readonly EnvironmentFile[]> {
  const nodes = selectedNodes(context, args);
  const selected = nodes.flatMap((node) => (node.kind === "folder" ? [] : [node.file]));
  if (selected.length > 0) return [...new Map(selected.map((file) => [file.uri.toString(), file])).values()];
  const files = await filesForPicking(context);
  const environments = files.filter((file) => file.kind === "environment");
  const lacking: EnvironmentFile[] = [];
  for (const file of environments) {
    if ((await context.services.summaries.missingIn(file)).length > 0) lacking.push(file);
  }
  if (lacking.length === 0 && environments.length > 0) {
    inform(context, "No environment lacks a key of its example.");
    return [];
  }
  const picked = await pickFile(context, "Add Missing Keys From Example", lacking);
  return picked === undefined ? [] : [picked];
}

function nothingMissing(file: EnvironmentFile, example: Example | undefined): string {
  return example === undefined
    ? `${shownName(file)} has no example beside it (.env.example, .env.sample or .env.template).`
    : `${shownName(file)} has every key of ${example.name}.`;
}

import * as vscode from "vscode";
import { effectiveEntry } from "../../dotenv/document.ts";
import { isValidKey, setKey } from "../../dotenv/edit.ts";
import { changeFile } from "../commands/environmentChanges.ts";
import { type EnvironmentCommandContext, inform } from "../commands/environmentContext.ts";
import { askValue } from "../commands/environmentInputs.ts";
import { writableDocument } from "../commands/environmentKeys.ts";
import { pickFiles } from "../commands/environmentPickers.ts";
import { type EnvironmentFile, shownName } from "../services/environmentFile.ts";
import type { Plan } from "../services/environmentPlans.ts";

/**
 * Adds a variable that code reads to environments that the user picks, with a value that the user writes; examples
 * among them get the name alone. `near` is the URI of the code. Does nothing with arguments it does not know.
 */
export async function addKeyToEnvironment(
  context: EnvironmentCommandContext,
  near: unknown,
  key: unknown,
): Promise<void> {
  if (typeof near !== "string" || typeof key !== "string" || !isValidKey(key)) return;
  const files = await context.services.knowledge.filesNear(vscode.Uri.parse(near, true));
  const lacking = await withoutKey(context, files, key);
  if (lacking.length === 0) {
    inform(context, `Every environment near this file has ${key}.`);
    return;
  }
  const title = `Add ${key} to Environment`;
  const [only] = lacking;
  const picked =
    lacking.length === 1 && only ? [only] : await pickFiles(title, `Environments that get ${key}`, lacking);
  const environment = picked.find(({ kind }) => kind === "environment");
  let value = "";
  if (environment) {
    const document = await writableDocument(context, environment);
    if (document === undefined) return;
    const names = picked.filter(({ kind }) => kind === "environment").map(shownName);
    const answer = await askValue(
      title,
      `Value of ${key} in ${names.join(", ")}, may be empty`,
      document,
      key,
    );
    if (answer === undefined) return;
    value = answer;
  }
  for (const file of picked) {
    const plan: Plan = (document, writing) =>
      effectiveEntry(document, key) !== undefined
        ? { ok: true, edits: [] }
        : setKey(document, key, file.kind === "example" ? "" : value, writing);
    await changeFile(context, file, plan, `Added ${key} to ${shownName(file)}.`);
  }
}

async function withoutKey(
  { services }: EnvironmentCommandContext,
  files: readonly EnvironmentFile[],
  key: string,
): Promise<readonly EnvironmentFile[]> {
  const contents = await Promise.all(files.map(({ uri }) => services.contents.read(uri)));
  return files.filter((_, at) => {
    const content = contents[at];
    return content?.ok === true && effectiveEntry(content.document, key) === undefined;
  });
}

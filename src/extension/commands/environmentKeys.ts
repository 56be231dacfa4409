import * as vscode from "vscode";
import { type DotenvDocument, effectiveEntry } from "../../dotenv/document.ts";
import { commentOutKey, removeKey, renameKey, setKey, uncommentKey } from "../../dotenv/edit.ts";
import { environmentSettingIds } from "../ids.ts";
import { type EnvironmentFile, shownName } from "../services/environmentFile.ts";
import type { Plan, PlanResult } from "../services/environmentPlans.ts";
import {
  contendedProblem,
  keyGoneProblem,
  multilineProblem,
  outsideProblem,
  textOf,
  unreadableProblem,
} from "../services/environmentProblems.ts";
import { isAssigned, type KeyRow } from "../services/environmentRows.ts";
import { changeFile, changeKeys } from "./environmentChanges.ts";
import {
  type CommandArguments,
  type EnvironmentCommandContext,
  type KeyTarget,
  report,
  selectedNodes,
} from "./environmentContext.ts";
import { askKeyName, askValue, fitsInputBox } from "./environmentInputs.ts";
import { goToTarget } from "./environmentNavigation.ts";
import { targetFile, targetKeys } from "./environmentPickers.ts";

/** Lines of detail that the question before a deletion shows. */
const detailLinesMax = 12;

/** Adds a key: below the row it was called on, at the end of the file otherwise. */
export async function newKey(context: EnvironmentCommandContext, args: CommandArguments): Promise<void> {
  const file = await targetFile(context, args, "New Key");
  if (file === undefined) return;
  const document = await writableDocument(context, file);
  if (document === undefined) return;
  const [node] = selectedNodes(context, args);
  const after = node?.kind === "key" && isAssigned(node.row) ? node.row.key : undefined;
  const taken = (key: string): string | undefined =>
    effectiveEntry(document, key) === undefined
      ? undefined
      : `${key} is in ${file.name} already; use “Edit Value” to change it.`;
  const key = await askKeyName("New Key", `Name of the new key in ${shownName(file)}`, taken);
  if (key === undefined) return;
  const value = await askValue(`New Key ${key}`, `Value of ${key}, may be empty`, document, key);
  if (value === undefined) return;
  const plan: Plan = (current, writing) => {
    if (effectiveEntry(current, key) !== undefined) return refusedAsChanged(file);
    const isThere = after !== undefined && effectiveEntry(current, after) !== undefined;
    return setKey(current, key, value, isThere ? { after, ...writing } : writing);
  };
  await changeFile(context, file, plan, `Added ${key} to ${shownName(file)}.`);
}

/** Changes the value of the effective entry of a key. */
export async function editValue(context: EnvironmentCommandContext, args: CommandArguments): Promise<void> {
  const [target] = await targetKeys(context, args, {
    title: "Edit Value",
    accepts: isAssigned,
    none: "has no key whose value could be edited.",
  });
  if (target === undefined) return;
  const { file, row } = target;
  const document = await writableDocument(context, file);
  if (document === undefined) return;
  const before = effectiveEntry(document, row.key)?.value;
  if (before === undefined) return report(context, keyGoneProblem(shownName(file), row.key));
  if (!fitsInputBox(before)) return editInEditor(context, target);
  const prompt = `Value of ${row.key} in ${shownName(file)}${duplicateNote(row, "is changed", ". ")}`;
  const isRevealed = context.services.revealed.isRevealed(file.uri, row.key);
  const value = await askValue(`Edit Value of ${row.key}`, prompt, document, row.key, before, isRevealed);
  if (value === undefined || value === before) return;
  const plan: Plan = (current, writing) =>
    effectiveEntry(current, row.key)?.value === before
      ? setKey(current, row.key, value, writing)
      : refusedAsChanged(file);
  await changeFile(context, file, plan, `Changed ${row.key} in ${shownName(file)}.`);
}

/** Renames the effective entry of a key. */
export async function renameKeyCommand(
  context: EnvironmentCommandContext,
  args: CommandArguments,
): Promise<void> {
  const [target] = await targetKeys(context, args, {
    title: "Rename Key",
    accepts: isAssigned,
    none: "has no key that could be renamed.",
  });
  if (target === undefined) return;
  const { file, row } = target;
  const document = await writableDocument(context, file);
  if (document === undefined) return;
  const taken = (key: string): string | undefined =>
    effectiveEntry(document, key) === undefined ? undefined : `${key} is in ${file.name} already.`;
  const prompt = `New name of ${row.key} in ${shownName(file)}${duplicateNote(row, "is renamed", ". ")}`;
  const name = await askKeyName("Rename Key", prompt, taken, row.key);
  if (name === undefined || name === row.key) return;
  await changeFile(
    context,
    file,
    (current) => renameKey(current, row.key, name),
    `Renamed ${row.key} to ${name} in ${shownName(file)}.`,
  );
}

/** Deletes keys, after a question unless the setting turns it off. */
export async function deleteKey(context: EnvironmentCommandContext, args: CommandArguments): Promise<void> {
  const targets = await targetKeys(context, args, {
    title: "Delete Key",
    accepts: isAssigned,
    none: "has no key that could be deleted.",
  });
  if (targets.length === 0 || !(await confirmDelete(targets))) return;
  await changeKeys(context, targets, (key) => (document) => removeKey(document, key), "Deleted");
}

/** Turns keys into comments. */
export async function commentOut(context: EnvironmentCommandContext, args: CommandArguments): Promise<void> {
  const targets = await targetKeys(context, args, {
    title: "Comment Out Key",
    accepts: isAssigned,
    none: "has no key that could be commented out.",
  });
  await changeKeys(context, targets, (key) => (document) => commentOutKey(document, key), "Commented out");
}

/** Turns commented-out keys into keys again. */
export async function uncomment(context: EnvironmentCommandContext, args: CommandArguments): Promise<void> {
  const targets = await targetKeys(context, args, {
    title: "Uncomment Key",
    accepts: (row) => row.states.includes("commented"),
    none: "has no key that is commented out.",
  });
  await changeKeys(context, targets, (key) => (document) => uncommentKey(document, key), "Uncommented");
}

/** The document of a file that may be edited; otherwise the user was told why not. */
export async function writableDocument(
  context: EnvironmentCommandContext,
  file: EnvironmentFile,
): Promise<DotenvDocument | undefined> {
  const content = await context.services.contents.readNow(file.uri);
  if (content.ok && !content.outside) return content.document;
  const name = shownName(file);
  report(context, content.ok ? outsideProblem(name) : unreadableProblem(content.reason, name));
  return undefined;
}

async function confirmDelete(targets: readonly KeyTarget[]): Promise<boolean> {
  const configuration = vscode.workspace.getConfiguration();
  if (!configuration.get<boolean>(environmentSettingIds.confirmDelete, true)) return true;
  const [first] = targets;
  const question =
    targets.length === 1 && first !== undefined
      ? `Delete ${first.row.key} from ${shownName(first.file)}?`
      : `Delete ${targets.length} keys?`;
  const lines = targets.flatMap(({ file, row }) => {
    const note = duplicateNote(row, "is deleted");
    if (targets.length === 1) return note === "" ? [] : [note];
    return [`${row.key} in ${shownName(file)}${note === "" ? "" : `: ${note}`}`];
  });
  const detail = lines.length === 0 ? {} : { detail: lines.slice(0, detailLinesMax).join("\n") };
  const answer = await vscode.window.showWarningMessage(question, { modal: true, ...detail }, "Delete");
  return answer === "Delete";
}

/** Says, after `before`, which line of a duplicate key an action takes; empty for other keys. */
function duplicateNote(row: KeyRow, action: string, before = ""): string {
  const line = row.lines.at(-1);
  if (row.lines.length < 2 || line === undefined) return "";
  const others = row.lines.slice(0, -1).join(", ");
  const rest = row.lines.length === 2 ? `line ${others} stays` : `lines ${others} stay`;
  return `${before}It is a duplicate: line ${line}, the one that counts, ${action}; ${rest}`;
}

async function editInEditor(context: EnvironmentCommandContext, target: KeyTarget): Promise<void> {
  const text = textOf(multilineProblem(shownName(target.file), target.row.key));
  const answer = await vscode.window.showInformationMessage(text, "Go To Key");
  if (answer === "Go To Key") await goToTarget(context, target);
}

function refusedAsChanged(file: EnvironmentFile): PlanResult {
  return { ok: false, refusal: contendedProblem(shownName(file)) };
}

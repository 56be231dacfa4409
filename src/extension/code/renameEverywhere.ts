import * as vscode from "vscode";
import {
  type CommandArguments,
  type EnvironmentCommandContext,
  inform,
  report,
} from "../commands/environmentContext.ts";
import { askKeyName } from "../commands/environmentInputs.ts";
import { targetKeys } from "../commands/environmentPickers.ts";
import { isLintable } from "../editor/lintable.ts";
import { occurrenceUnder } from "../editor/occurrenceUnder.ts";
import type { CodeIndex } from "./codeIndex.ts";
import { folderScope, type Scope, scopeOf, variableAt } from "./codeScope.ts";
import { nameRefusals, type RenamePlan, renamePlan } from "./renamePlan.ts";

/** Files that the question about shared keys names. */
const filesNamedMax = 8;

/** A key and the folders whose environments it belongs to. */
interface Target {
  readonly key: string;
  readonly scope: Scope;
}

/**
 * Renames a key in all environments of its folder, their example and schema, in references, code, shell and compose
 * files: one edit that VS Code shows for review and that one undo takes back. Refuses a name that is taken anywhere.
 */
export async function renameKeyEverywhere(
  context: EnvironmentCommandContext,
  index: CodeIndex,
  args: CommandArguments,
): Promise<void> {
  const target = await targetOf(context, index, args);
  if (target === undefined) return;
  const { key } = target;
  let refusals: ReturnType<typeof nameRefusals> | undefined;
  const name = await askKeyName(
    "Rename Key Everywhere",
    `New name of ${key} in environments, example, schema, code and compose files; you review the changes next`,
    async (typed) => {
      refusals ??= nameRefusals(context.services, index, target.scope, key);
      return (await refusals)(typed);
    },
    key,
  );
  if (name === undefined || name === key) return;
  await reviewRename(context, index, target, name);
}

/** Puts a rename before the user for review, without folders whose environments have the new name already. */
export async function reviewRename(
  context: EnvironmentCommandContext,
  index: CodeIndex,
  { key, scope }: Target,
  name: string,
  done: Scope = new Set(),
): Promise<void> {
  const planned = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: `Looking for ${key}` },
    () => renamePlan(context.services, index, scope, key, name, done),
  );
  if (!planned.ok) {
    report(context, planned.refusal);
    return;
  }
  if (!(await confirmShared(planned.plan, key))) return;
  for (const gap of index.gaps) {
    inform(context, `Not all code was looked through: ${gap}. Search for ${key} after the rename.`);
  }
  await vscode.workspace.applyEdit(reviewed(planned.plan, key, name), { isRefactoring: true });
  for (const { uri } of planned.plan.environments) context.services.watch.touch(uri);
}

/** The key of the clicked row, else the one at the cursor, else the one that the user picks. */
async function targetOf(
  context: EnvironmentCommandContext,
  index: CodeIndex,
  args: CommandArguments,
): Promise<Target | undefined> {
  // From a menu of the text editor VS Code hands over a URI instead of a row.
  const isRow = typeof args[0] === "object" && "kind" in args[0];
  const editor = vscode.window.activeTextEditor;
  if (!isRow && editor) {
    const found = await targetAt(context, index, editor.document, editor.selection.active);
    if (found) return found;
  }
  const [picked] = await targetKeys(context, isRow ? args : [], {
    title: "Rename Key Everywhere",
    accepts: () => true,
    none: "has no key that could be renamed.",
  });
  return picked && { key: picked.row.key, scope: folderScope(picked.file.uri) };
}

async function targetAt(
  { services }: EnvironmentCommandContext,
  index: CodeIndex,
  document: vscode.TextDocument,
  position: vscode.Position,
): Promise<Target | undefined> {
  if (isLintable(document)) {
    const key = occurrenceUnder(document, position)?.name;
    return key === undefined ? undefined : { key, scope: folderScope(document.uri) };
  }
  const key = (await variableAt(services.knowledge, index, document, position))?.name;
  return key === undefined ? undefined : { key, scope: await scopeOf(services.knowledge, document.uri) };
}

async function confirmShared({ shared }: RenamePlan, key: string): Promise<boolean> {
  if (shared.length === 0) return true;
  const more = shared.length > filesNamedMax ? ` and ${shared.length - filesNamedMax} more` : "";
  const answer = await vscode.window.showWarningMessage(
    `${key} is shared in a space. Rename it here all the same?`,
    {
      modal: true,
      detail:
        `Shared in ${shared.slice(0, filesNamedMax).join(", ")}${more}. The rename changes this workspace only: ` +
        "the Space view will show it as a difference until you commit the new key and stop sharing the old one, or discard it.",
    },
    "Rename",
  );
  return answer === "Rename";
}

/**
 * The edit with its parts by kind. VS Code shows its review for an edit of which a part wants to be confirmed, and
 * leaves such parts unticked. All of these belong together, so only a part that changes nothing asks for it.
 */
function reviewed(plan: RenamePlan, key: string, name: string): vscode.WorkspaceEdit {
  const edit = new vscode.WorkspaceEdit();
  const parts = [
    { files: plan.environments, label: "Environments, example and schema", icon: "server-environment" },
    { files: plan.code, label: "Code, shell and compose files", icon: "code" },
  ];
  for (const { files, label, icon } of parts) {
    const metadata = { needsConfirmation: false, label, iconPath: new vscode.ThemeIcon(icon) };
    for (const { uri, changes } of files) {
      for (const { range, text } of changes) edit.replace(uri, range, text, metadata);
    }
  }
  // Its row of the review shows the line that it stands on: best an empty one.
  const all = [...plan.code, ...plan.environments];
  const place = all.find(({ end }) => end.character === 0) ?? all[0];
  if (place) {
    const label = `Rename ${key} to ${name}: look through the changes, then choose Apply`;
    const metadata = { needsConfirmation: true, label, iconPath: new vscode.ThemeIcon("info") };
    edit.insert(place.uri, place.end, "", metadata);
  }
  return edit;
}

import * as vscode from "vscode";
import type { EnvironmentCommandContext } from "../commands/environmentContext.ts";
import type { CodeIndex } from "./codeIndex.ts";
import { folderScope, within } from "./codeScope.ts";
import { reviewRename } from "./renameEverywhere.ts";

/** Files that the question names. */
const filesNamedMax = 3;

/**
 * After a rename in the environments of a file's folder alone: tells where code, shell and compose files still have
 * the old name, and renames it there too when the user says so. Silent where nothing has it.
 */
export async function offerRenameInCode(
  context: EnvironmentCommandContext,
  index: CodeIndex,
  near: vscode.Uri,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<void> {
  const scope = folderScope(near);
  const files = await within(context.services.knowledge, await index.usagesOf(from), scope);
  const places = files.reduce((count, { usages }) => count + usages.length, 0);
  if (places === 0) return;
  const named = files.slice(0, filesNamedMax).map(({ uri }) => vscode.workspace.asRelativePath(uri));
  const more = files.length > filesNamedMax ? ` and ${files.length - filesNamedMax} more` : "";
  const count = places === 1 ? "1 other place" : `${places} other places`;
  const answer = await vscode.window.showInformationMessage(
    `${from} is also used in ${count}: ${named.join(", ")}${more}. The rename has not changed them.`,
    "Rename Everywhere…",
  );
  if (answer !== undefined) await reviewRename(context, index, { key: from, scope }, to, scope);
}

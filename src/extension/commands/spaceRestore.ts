import * as vscode from "vscode";
import { setKey } from "../../dotenv/edit.ts";
import type { KeyRef } from "../../peer/api.ts";
import { environmentFileOf } from "../services/environmentFile.ts";
import { mask } from "../services/environmentMask.ts";
import type { OpenFolder } from "../services/peerService.ts";
import { fileOf } from "../services/peerSharedState.ts";
import { keyName } from "../views/spaceWords.ts";
import { choosePeer, notice, reportProblem, type SpaceArguments, type SpaceContext } from "./spaceContext.ts";

/** Puts a local value that a commit or a discard had replaced back into its file, where it then differs again. */
export async function restoreReplaced(context: SpaceContext, args: SpaceArguments): Promise<void> {
  const open = await choosePeer(context, args, "Restore My Value");
  if (open === undefined) return;
  const replaced = [...(await open.peer.superseded())].reverse();
  if (replaced.length === 0) {
    const text = "No value of yours was replaced in this folder.";
    return notice(context, vscode.window.showInformationMessage(text), () => undefined);
  }
  const picked = await vscode.window.showQuickPick(
    replaced.map((value) => ({
      label: value.key,
      description: `${mask} · ${value.env} · replaced at r${value.revision}`,
      value,
    })),
    { title: "Restore My Value", placeHolder: "Newest first; the value goes back into the file" },
  );
  if (picked === undefined || !(await restoreValue(context, open, picked.value))) return;
  const text = `${keyName(picked.value)} has its replaced value again. It differs from the space until you commit or discard it.`;
  notice(context, vscode.window.showInformationMessage(text), () => undefined);
}

/** Writes a value into the file of its environment; tells why when it cannot, and whether it could. */
export async function restoreValue(
  context: SpaceContext,
  open: OpenFolder,
  replaced: KeyRef & { readonly value: string },
): Promise<boolean> {
  const uri = fileOf(open, replaced.env);
  const file = uri === undefined ? undefined : environmentFileOf(uri);
  if (file === undefined) return false;
  const outcome = await context.services.editor.change(file, (document, writing) =>
    setKey(document, replaced.key, replaced.value, writing),
  );
  if (outcome.ok) return true;
  const { message, next } = outcome.problem;
  reportProblem(context, { code: "FILE_NOT_WRITABLE", message, next });
  return false;
}

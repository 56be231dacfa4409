import * as vscode from "vscode";
import { setKey } from "../../dotenv/edit.ts";
import { environmentFileOf } from "../services/environmentFile.ts";
import { mask } from "../services/environmentMask.ts";
import { fileOf } from "../services/peerSharedState.ts";
import { keyName } from "../views/spaceWords.ts";
import { choosePeer, notice, reportProblem, type SpaceArguments, type SpaceContext } from "./spaceContext.ts";

/** Puts a local value that a commit or a discard had replaced back into its file, where it then differs again. */
export async function restoreReplaced(context: SpaceContext, args: SpaceArguments): Promise<void> {
  const open = await choosePeer(context, args, "Restore Replaced Value");
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
    { title: "Restore Replaced Value", placeHolder: "Newest first; the value goes back into the file" },
  );
  const uri = picked === undefined ? undefined : fileOf(open, picked.value.env);
  const file = uri === undefined ? undefined : environmentFileOf(uri);
  if (picked === undefined || file === undefined) return;
  const { value } = picked;
  const outcome = await context.services.editor.change(file, (document) =>
    setKey(document, value.key, value.value),
  );
  if (!outcome.ok) {
    const { message, next } = outcome.problem;
    return reportProblem(context, { code: "FILE_NOT_WRITABLE", message, next });
  }
  const text = `${keyName(value)} has its replaced value again. It differs from the space until you commit or discard it.`;
  notice(context, vscode.window.showInformationMessage(text), () => undefined);
}

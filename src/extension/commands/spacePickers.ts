import * as vscode from "vscode";
import type { RevisionView } from "../../peer/api.ts";
import type { OpenFolder } from "../services/peerService.ts";
import { revisionsPageMax, revisionTitle } from "../views/historyRows.ts";
import { keyName, timeWord } from "../views/spaceWords.ts";
import { notice, type SpaceContext } from "./spaceContext.ts";

/** Lets the user pick one of the revisions that are accepted, newest first. */
export async function pickRevision(
  context: SpaceContext,
  { peer }: OpenFolder,
  title: string,
  accepts: (revision: RevisionView) => boolean,
): Promise<RevisionView | undefined> {
  let limit = revisionsPageMax;
  for (;;) {
    const read = await peer.history(limit);
    const revisions = read.filter(accepts);
    if (revisions.length === 0) {
      const text = `${peer.view.space} has no commit yet.`;
      notice(context, vscode.window.showInformationMessage(text), () => undefined);
      return undefined;
    }
    const items: (vscode.QuickPickItem & { readonly revision: RevisionView | undefined })[] = revisions.map(
      (revision) => ({
        label: `r${revision.revision} ${revisionTitle(revision)}`,
        description: `${revision.author} · ${timeWord(revision.atMs, Date.now())}`,
        detail: revision.changes.map(keyName).join(", "),
        revision,
      }),
    );
    if (read.length === limit) items.push({ label: "$(ellipsis) Show More Revisions", revision: undefined });
    const options = { title: `${title}: ${peer.view.space}`, placeHolder: "Revision", matchOnDetail: true };
    const picked = await vscode.window.showQuickPick(items, options);
    if (picked === undefined || picked.revision !== undefined) return picked?.revision;
    limit += revisionsPageMax;
  }
}

import * as vscode from "vscode";
import type { TransactionTrace } from "../../peer/trace.ts";
import { keyName, keyNames, timeWord } from "../views/spaceWords.ts";
import { choosePeer, notice, rowOf, type SpaceArguments, type SpaceContext } from "./spaceContext.ts";

const icons: Readonly<Record<TransactionTrace["outcome"], string>> = {
  running: "loading~spin",
  committed: "git-commit",
  aborted: "circle-slash",
  unknown: "question",
};

/** Opens the timeline of a transaction: of the row it was called on, or of one that the user picks. */
export async function showTimeline(context: SpaceContext, args: SpaceArguments): Promise<void> {
  const open = await choosePeer(context, args, "Show Transaction Timeline");
  if (open === undefined) return;
  const folder = open.folder.uri.toString();
  const row = rowOf(args);
  if (row?.tx !== undefined) {
    await context.timelines.show({ folder, tx: row.tx });
    return;
  }
  const traces = await open.peer.traces();
  const meant =
    row?.revision === undefined ? undefined : traces.find(({ revision }) => revision === row.revision);
  const tx = meant?.tx ?? (await pickTrace(context, open.peer.view.space, traces));
  if (tx !== undefined) await context.timelines.show({ folder, tx });
}

async function pickTrace(
  context: SpaceContext,
  space: string,
  traces: readonly TransactionTrace[],
): Promise<string | undefined> {
  if (traces.length === 0) {
    const text = `This machine has seen no transaction of ${space} yet.`;
    notice(context, vscode.window.showInformationMessage(text), () => undefined);
    return undefined;
  }
  const picked = await vscode.window.showQuickPick(
    traces.map(({ tx, author, message, keys, revision, outcome, marks }) => {
      const [first] = marks;
      const time = first === undefined ? [] : [timeWord(first.atMs, Date.now())];
      const place = revision === undefined ? outcome : `r${revision}`;
      return {
        label: message === "" ? keyNames(keys) : message,
        description: [place, author, ...time].filter((part) => part !== "").join(" · "),
        detail: keys.map(keyName).join(", "),
        iconPath: new vscode.ThemeIcon(icons[outcome]),
        tx,
      };
    }),
    {
      title: `Transactions of ${space}`,
      placeHolder: "Transaction, newest first",
      matchOnDescription: true,
      matchOnDetail: true,
    },
  );
  return picked?.tx;
}

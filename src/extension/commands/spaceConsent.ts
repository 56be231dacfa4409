import * as vscode from "vscode";
import type { ConsentView } from "../../peer/api.ts";
import type { OpenFolder } from "../services/peerService.ts";
import { consentReason } from "../views/spaceConsent.ts";
import { keyName, keyNames, timeWord } from "../views/spaceWords.ts";
import { notice, type SpaceArguments, type SpaceContext } from "./spaceContext.ts";
import { chooseTransaction } from "./spaceDoubt.ts";

/** Lets others change keys that make programs run other code here, or keeps refusing; asks which, with its meaning. */
export async function allowKeys(context: SpaceContext, args: SpaceArguments): Promise<void> {
  const found = await chooseTransaction(
    context,
    args,
    "Allow Changes By Others",
    "No change waits for your consent",
    (open) =>
      open.peer.view.consents.map((consent) => ({
        ...consent,
        words: `by ${consent.author}, refused at ${timeWord(consent.atMs, Date.now())}`,
      })),
  );
  if (found === undefined) return;
  const { open, item } = found;
  const [allow, refuse] = ["Allow", "Keep Refusing"] as const;
  const choice = await vscode.window.showWarningMessage(
    `Allow others to change ${keyNames(item.keys)} in ${open.folder.name}?`,
    { modal: true, detail: detailOf(item, open) },
    allow,
    refuse,
  );
  if (choice === allow) await allowConsent(context, open, item);
  if (choice === refuse) context.peers.keepRefusing(item.tx);
}

function detailOf({ author, keys }: ConsentView, { peer }: OpenFolder): string {
  return [
    `${author} wants to change ${keys.map(keyName).join(", ")} in ${peer.view.space}. ${consentReason}, so this folder refused.`,
    "Allow it if you trust everybody in the space with that: it holds for every later change of these keys by others.",
  ].join("\n\n");
}

/** Allows what was refused, and says what happens next. */
export async function allowConsent(
  context: Pick<SpaceContext, "log">,
  { peer }: OpenFolder,
  { author, keys }: ConsentView,
): Promise<void> {
  await peer.allow(keys.map(({ key }) => key));
  const text = `Others may change ${keyNames(keys)} here from now on. ${author} can commit it again.`;
  notice(context, vscode.window.showInformationMessage(text), () => undefined);
}

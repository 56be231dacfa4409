import * as vscode from "vscode";
import type { HeuristicView, InDoubtView, ReviewView } from "../../peer/api.ts";
import type { OpenFolder } from "../services/peerService.ts";
import { doubtSentence, heuristicWords } from "../views/spaceDoubt.ts";
import type { SpaceRow } from "../views/spaceRow.ts";
import { keyName, keyNames, timeWord } from "../views/spaceWords.ts";
import { choosePeer, notice, rowOf, type SpaceArguments, type SpaceContext } from "./spaceContext.ts";

const reasonCharactersMax = 200;

/** Ends a doubt in this folder alone, after its consequences were read and the space's name was typed. */
export async function forceOutcome(context: SpaceContext, args: SpaceArguments): Promise<void> {
  const found = await chooseTransaction(
    context,
    args,
    "Force Outcome Locally",
    "Nothing is in doubt",
    (open) =>
      open.peer.view.inDoubt.map((doubt) => ({ ...doubt, words: `in doubt since ${at(doubt.sinceMs)}` })),
  );
  if (found === undefined) return;
  const { open, item } = found;
  const go = "Choose Outcome…";
  const { space } = open.peer.view;
  const answer = await vscode.window.showWarningMessage(
    `Force the outcome of ${keyNames(item.keys)} in this folder?`,
    { modal: true, detail: consequences(open, item) },
    go,
  );
  if (answer !== go) return;
  const outcome = await chooseOutcome(item);
  if (outcome === undefined) return;
  const typed = await vscode.window.showInputBox({
    title: `Force ${outcome === "commit" ? "Commit" : "Abort"} of ${keyNames(item.keys)}`,
    prompt: `Type the name of the space, ${space}, to force this outcome in ${open.folder.name} alone`,
    placeHolder: space,
    ignoreFocusOut: true,
    validateInput: (text) => (text === space ? undefined : `Type ${space} exactly, or press Escape.`),
  });
  if (typed !== space) return;
  await open.peer.force(item.tx, outcome);
  const done =
    outcome === "commit"
      ? `${keyNames(item.keys)}: the prepared values are in the file now.`
      : `${keyNames(item.keys)}: the file stays as it is.`;
  const text = `${done} This was forced; Envpact compares it with the space's outcome as soon as the coordinator answers.`;
  notice(context, vscode.window.showInformationMessage(text), () => undefined);
}

function consequences({ peer, folder }: OpenFolder, doubt: InDoubtView): string {
  return [
    `In doubt since ${at(doubt.sinceMs)}. ${doubtSentence(peer.view, Date.now())}.`,
    `If you wait, nothing can go wrong: the outcome arrives by itself, and ${folder.name} does what all others do.`,
    "If you force it, only this folder is changed. The coordinator may have decided the other way: then this folder and the space hold different values until you resync, and programs here may run with values that nobody else has.",
    "The forced outcome is recorded and shown until it has been compared with the space's.",
  ].join("\n\n");
}

async function chooseOutcome(doubt: InDoubtView): Promise<"commit" | "abort" | undefined> {
  const picked = await vscode.window.showQuickPick(
    [
      {
        label: "Commit",
        iconPath: new vscode.ThemeIcon("check"),
        detail: `The prepared values of ${keyNames(doubt.keys)} go into the file now`,
        outcome: "commit" as const,
      },
      {
        label: "Abort",
        iconPath: new vscode.ThemeIcon("circle-slash"),
        detail: "The file stays as it is",
        outcome: "abort" as const,
      },
    ],
    { title: "Force Outcome Locally", placeHolder: "Outcome for this folder alone", ignoreFocusOut: true },
  );
  return picked?.outcome;
}

/** Writes the space's values over a forced outcome that turned out to be another one; one that was the same is done with. */
export async function resyncSpace(context: SpaceContext, args: SpaceArguments): Promise<void> {
  const found = await chooseTransaction(
    context,
    args,
    "Resync To The Space",
    "No forced outcome waits",
    (open) =>
      open.peer.view.heuristics
        .filter(({ status }) => status !== "pending")
        .map((heuristic) => ({ ...heuristic, words: heuristicWords(heuristic) })),
  );
  if (found !== undefined) await resyncFolder(context, found.open, found.item);
}

async function resyncFolder(
  context: SpaceContext,
  { peer }: OpenFolder,
  { tx, keys, status }: Pick<HeuristicView, "tx" | "keys" | "status">,
): Promise<void> {
  await peer.resync(tx);
  if (status !== "mixed") return;
  const text = `${keyNames(keys)}: as in ${peer.view.space} again. What was in the file is kept for “Restore My Value”.`;
  notice(context, vscode.window.showInformationMessage(text), () => undefined);
}

/** Agrees to a change that waits for this person. */
export async function acceptReview(context: SpaceContext, args: SpaceArguments): Promise<void> {
  const found = await chooseReview(context, args, "Accept Change");
  if (found === undefined) return;
  await found.open.peer.review(found.item.tx, true);
  const text = `Accepted ${keyNames(found.item.keys)} by ${found.item.author}. It is committed once everybody has agreed.`;
  notice(context, vscode.window.showInformationMessage(text), () => undefined);
}

/** Shows what a change that waits for this person would do; masked until its values are revealed. */
export async function compareReview(context: SpaceContext, args: SpaceArguments): Promise<void> {
  const found = await chooseReview(context, args, "Compare Change Under Review");
  if (found === undefined) return;
  const { open, item } = found;
  const { space, revision } = open.peer.view;
  await context.comparisons.show(`${space} r${revision} ↔ ${item.author}: ${keyNames(item.keys)}`, {
    space,
    before: `r${revision}`,
    after: `what ${item.author} asks for`,
    changes: await open.peer.reviewChanges(item.tx),
  });
}

/** Refuses a change that waits for this person, with a reason that its author reads. */
export async function declineReview(context: SpaceContext, args: SpaceArguments): Promise<void> {
  const found = await chooseReview(context, args, "Decline Change");
  if (found === undefined) return;
  const { open, item } = found;
  const reason = await vscode.window.showInputBox({
    title: `Decline ${keyNames(item.keys)} by ${item.author}`,
    prompt: `Why, in a few words; ${item.author} reads it. Never write a value here.`,
    ignoreFocusOut: true,
    validateInput: (text) =>
      text.length > reasonCharactersMax ? `Write at most ${reasonCharactersMax} characters.` : undefined,
  });
  if (reason === undefined) return;
  await open.peer.review(item.tx, false, reason.trim() === "" ? undefined : reason.trim());
  const text = `Declined ${keyNames(item.keys)} by ${item.author}. Nothing is changed anywhere.`;
  notice(context, vscode.window.showInformationMessage(text), () => undefined);
}

/** Cancels the change that this window sent, unless it is decided already. */
export async function cancelCommit(context: SpaceContext, args: SpaceArguments): Promise<void> {
  const running = await chooseRunning(context, args, "Cancel");
  running?.cancel();
}

/** Sends the change that waits for an absent peer again so that it goes on without that peer. */
export async function goOnWithout(context: SpaceContext, args: SpaceArguments): Promise<void> {
  const running = await chooseRunning(context, args, "Go On Without Them");
  running?.retryWith("detach");
}

async function chooseRunning(context: SpaceContext, args: SpaceArguments, title: string) {
  const open = await choosePeer(context, args, title);
  const running = open === undefined ? undefined : context.submissions.of(open.folder.uri.toString())[0];
  if (open !== undefined && running === undefined) {
    const text = "Nothing that was sent from this window is under way.";
    notice(context, vscode.window.showInformationMessage(text), () => undefined);
  }
  return running;
}

function chooseReview(context: SpaceContext, args: SpaceArguments, title: string) {
  return chooseTransaction(context, args, title, "No change waits for your answer", (open) =>
    open.peer.view.reviews.map((review: ReviewView) => ({
      ...review,
      words: `by ${review.author}, until ${at(review.deadlineAtMs)}`,
    })),
  );
}

interface Choice {
  readonly tx: string;
  readonly keys: InDoubtView["keys"];
  /** What a picker says of it. */
  readonly words: string;
}

/** The transaction that a row names, the only one, or the one that the user picks; `none` is said where there is none. */
export async function chooseTransaction<T extends Choice>(
  context: SpaceContext,
  args: SpaceArguments,
  title: string,
  none: string,
  list: (open: OpenFolder) => readonly T[],
): Promise<{ readonly open: OpenFolder; readonly item: T } | undefined> {
  const open = await choosePeer(context, args, title);
  if (open === undefined) return undefined;
  const items = list(open);
  const tx = rowOf(args)?.tx;
  const meant = items.find((item) => item.tx === tx) ?? (items.length === 1 ? items[0] : undefined);
  if (meant !== undefined) return { open, item: meant };
  if (items.length === 0) {
    const text = `${none} in ${open.peer.view.space}.`;
    notice(context, vscode.window.showInformationMessage(text), () => undefined);
    return undefined;
  }
  const picked = await vscode.window.showQuickPick(
    items.map((item) => ({
      label: keyNames(item.keys),
      description: item.words,
      detail: item.keys.map(keyName).join(", "),
      item,
    })),
    { title, placeHolder: "Transaction", ignoreFocusOut: true },
  );
  return picked === undefined ? undefined : { open, item: picked.item };
}

/** The part of the page that explains a kind of row; rows that only lead there name it themselves. */
const helpParts: Partial<Record<SpaceRow["kind"], string>> = {
  indoubt: "in-doubt",
  heuristic: "forced",
  review: "review",
  consent: "consent",
  spread: "spread",
  wait: "waiting",
  conflict: "conflict",
};

/** Opens what Envpact says about a state, at the part that is meant. */
export async function whatIsThis(context: SpaceContext, args: SpaceArguments): Promise<void> {
  const row = rowOf(args);
  const part = row === undefined ? undefined : (helpParts[row.kind] ?? row.words[0]);
  const page = vscode.Uri.joinPath(context.extensionUri, "media", "space-states.md");
  const uri = part === undefined ? page : page.with({ fragment: part });
  try {
    await vscode.commands.executeCommand("markdown.showPreview", uri);
  } catch {
    // The markdown extension can be switched off; the text itself can be read as well.
    context.log.info("The markdown preview is not available; showing the text.");
    await vscode.window.showTextDocument(page, { preview: true });
  }
}

function at(ms: number): string {
  return timeWord(ms, Date.now());
}

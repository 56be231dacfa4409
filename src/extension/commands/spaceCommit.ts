import * as vscode from "vscode";
import type { CommitOptions, CommitOutcome, CommitProgress, KeyRef, VoteView } from "../../peer/api.ts";
import { limits } from "../../protocol/limits.ts";
import type { Policy } from "../../protocol/messages.ts";
import type { OpenFolder } from "../services/peerService.ts";
import { commitSettings } from "../services/peerSettings.ts";
import { fileOf } from "../services/peerSharedState.ts";
import { stepAfter } from "../views/problemWords.ts";
import type { LastSubmission } from "../views/spaceModel.ts";
import { driftWord, isSameKey, keyNames } from "../views/spaceWords.ts";
import { compareKeys } from "./spaceCompare.ts";
import {
  choosePeer,
  keysOf,
  notice,
  reportError,
  reportProblem,
  type SpaceArguments,
  type SpaceContext,
} from "./spaceContext.ts";
import { outcomeWords, ProgressWords } from "./spaceOutcome.ts";

/** Changes by a person's hand and by a revert are sent the same way. */
export interface Submission {
  readonly open: OpenFolder;
  readonly title: string;
  readonly keys: readonly KeyRef[];
  /** Sends it. */
  readonly run: (options: CommitOptions) => Promise<CommitOutcome>;
  readonly message: string;
  /** What to do about absent voters, where it is not what the settings say. */
  readonly policy?: Policy;
  /** Whether the keys are changes in the files that could be discarded after a refusal. */
  readonly discardable: boolean;
}

/** Commits changes of shared keys: to every peer's file or to none. */
export async function commitChanges(context: SpaceContext, args: SpaceArguments): Promise<void> {
  const open = await choosePeer(context, args, "Commit Changes");
  if (open === undefined) return;
  await open.peer.refresh();
  const keys = await chooseDrift(context, open, args, `Commit to ${open.peer.view.space}`);
  if (keys === undefined || keys.length === 0) return;
  const message = await vscode.window.showInputBox({
    title: `Commit to ${open.peer.view.space}: ${keyNames(keys)}`,
    prompt: "What changes, in a few words; the other developers read it. Never write a value here.",
    placeHolder: `Change ${keyNames(keys)}`,
    ignoreFocusOut: true,
    validateInput: (text) =>
      text.length > limits.commitMessageCharsMax
        ? `Write at most ${limits.commitMessageCharsMax} characters.`
        : undefined,
  });
  if (message === undefined) return;
  if (!(await saveFiles(context, open, keys))) return;
  await submit(context, {
    open,
    title: `Commit to ${open.peer.view.space}`,
    keys,
    message: message.trim() === "" ? `Change ${keyNames(keys)}` : message.trim(),
    run: (options) => open.peer.commit(keys, options),
    discardable: true,
  });
}

/** Puts the space's values back into the files. What was there can be had back with "Restore My Value". */
export async function discardChange(context: SpaceContext, args: SpaceArguments): Promise<void> {
  const open = await choosePeer(context, args, "Discard Change");
  if (open === undefined) return;
  await open.peer.refresh();
  const keys = await chooseDrift(context, open, args, "Discard Change");
  if (keys === undefined || keys.length === 0) return;
  const discard = "Discard";
  const choice = await vscode.window.showWarningMessage(
    `Discard what differs here in ${keyNames(keys)}?`,
    {
      modal: true,
      detail: `The values of ${open.peer.view.space} r${open.peer.view.revision} come back into the file.`,
    },
    discard,
  );
  if (choice === discard) await discardKeys(context, open, keys);
}

async function discardKeys(context: SpaceContext, open: OpenFolder, keys: readonly KeyRef[]): Promise<void> {
  const restored = await open.peer.discard(keys);
  const text =
    restored.length === 0 ? "Nothing differed any more." : `${keyNames(restored)}: as in the space again.`;
  notice(context, vscode.window.showInformationMessage(text), () => undefined);
}

/** Sends a submission with its votes in the window, says how it ended, and offers what to do next. */
export async function submit(context: SpaceContext, submission: Submission): Promise<void> {
  const { open, title } = submission;
  const votes = new Map<string, VoteView>();
  const running = context.submissions.begin(open.folder);
  let tx: string | undefined;
  let outcome: CommitOutcome;
  try {
    outcome = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title, cancellable: true },
      (shown, cancelled) => {
        cancelled.onCancellationRequested(() => running.cancel());
        running.signal.addEventListener("abort", () =>
          shown.report({ message: "cancelling, unless it is decided already…" }),
        );
        const words = new ProgressWords(open.peer.view);
        shown.report({ message: words.first });
        const onProgress = (progress: CommitProgress): void => {
          const message = words.after(progress);
          context.log.info(`${title}: ${message}`);
          tx = progress.tx ?? tx;
          if (progress.kind === "vote") votes.set(progress.peer, progress);
          if (!running.signal.aborted) shown.report({ message });
        };
        const { message, policy } = submission;
        const settings = { ...commitSettings(open.folder.uri), ...(policy === undefined ? {} : { policy }) };
        return submission.run({ ...settings, message, signal: running.signal, onProgress });
      },
    );
  } catch (error) {
    reportError(context, error);
    return;
  } finally {
    running.end();
  }
  const ended = endingOf(outcome);
  const { keys, message } = submission;
  const last: LastSubmission = {
    message,
    keys,
    votes: [...votes.values()],
    conflicts: outcome.outcome === "aborted" ? outcome.conflicts : [],
    tx,
    ended,
    outcome: outcomeWords(outcome, keys),
  };
  context.peers.remember(open.folder, last);
  if (outcome.outcome === "unknown") tellWhenKnown(context, open, outcome.tx, last);
  if (ended === "cancelled" && running.again !== undefined) {
    return submit(context, { ...submission, policy: running.again });
  }
  tellOutcome(context, submission, outcome);
}

function endingOf(outcome: CommitOutcome): LastSubmission["ended"] {
  if (outcome.outcome !== "aborted") return outcome.outcome;
  return outcome.code === "CANCELLED" ? "cancelled" : "refused";
}

function tellOutcome(context: SpaceContext, submission: Submission, outcome: CommitOutcome): void {
  const { open, keys } = submission;
  const text = outcomeWords(outcome, keys);
  context.log.info(`${submission.title}: ${text}`);
  if (outcome.outcome === "committed") {
    notice(context, vscode.window.showInformationMessage(text), () => undefined);
    return;
  }
  if (outcome.outcome === "unknown") {
    notice(context, vscode.window.showWarningMessage(text), () => undefined);
    return;
  }
  const [retry, showLog, discard, compare] = [
    "Retry",
    "Show Log",
    "Discard Changes",
    "Compare Three Ways",
  ] as const;
  const compared = outcome.conflicts.length > 0 && submission.discardable ? [compare] : [];
  const buttons = [...compared, retry, ...(submission.discardable ? [discard] : []), showLog];
  const shown =
    outcome.code === "CANCELLED"
      ? vscode.window.showInformationMessage(text, retry)
      : vscode.window.showErrorMessage(`${text} ${stepAfter(outcome.code)}`, ...buttons);
  notice(context, shown, async (choice) => {
    if (choice === retry) await submit(context, submission);
    if (choice === compare) await compareKeys(context, open, outcome.conflicts);
    if (choice === discard) await discardKeys(context, open, keys);
    if (choice === showLog) context.log.show();
  });
}

/** Follows a transaction whose outcome got lost, until the folder's peer knows it; that may be another one by then. */
function tellWhenKnown(
  context: SpaceContext,
  { folder }: OpenFolder,
  tx: string,
  last: LastSubmission,
): void {
  const { keys } = last;
  const id = folder.uri.toString();
  const listening = context.peers.onDidChange(() => {
    const peer = context.peers.openAt(id)?.peer;
    if (peer === undefined) return;
    const { connection, revision, head, transactions, inDoubt } = peer.view;
    if (connection !== "connected" || revision < head) return;
    if (transactions.some(({ mine }) => mine) || inDoubt.length > 0) return;
    listening.dispose();
    notice(context, peer.history(limits.catchupRecordsMax), (revisions) => {
      const known = revisions.find((each) => each.tx === tx)?.revision;
      const text =
        known === undefined
          ? `The commit of ${keyNames(keys)} did not happen; nothing was changed.`
          : `Committed r${known}: ${keyNames(keys)}.`;
      context.peers.remember(folder, {
        ...last,
        ended: known === undefined ? "aborted" : "committed",
        outcome: text,
      });
      notice(context, vscode.window.showInformationMessage(text), () => undefined);
    });
  });
}

/** The differing keys that a command is for; the user picks among them, all chosen, when it names none. */
async function chooseDrift(
  context: SpaceContext,
  open: OpenFolder,
  args: SpaceArguments,
  title: string,
): Promise<readonly KeyRef[] | undefined> {
  const { drift, environments, space, fileProblems } = open.peer.view;
  const named = keysOf(context, args).filter((key) => key.open.peer === open.peer);
  const meant = drift.filter((item) => named.some(({ ref }) => isSameKey(item, ref)));
  if (meant.length > 0) return meant;
  if (drift.length === 0) {
    const [problem] = fileProblems;
    if (problem !== undefined) reportProblem(context, problem);
    else {
      const text = `Nothing to commit: every shared key is as ${space} has it. Edit a shared key, or share another one.`;
      notice(context, vscode.window.showInformationMessage(text), () => undefined);
    }
    return undefined;
  }
  const picked = await vscode.window.showQuickPick(
    drift.map((item) => ({
      label: item.key,
      description: `${environments[item.env] ?? item.env} · ${driftWord(item.kind)}`,
      picked: true,
      ref: item,
    })),
    { title, placeHolder: "Keys", canPickMany: true, ignoreFocusOut: true },
  );
  return picked?.map(({ ref }) => ref);
}

/** Saves the files whose keys are committed: what the others get must not be in the editor alone here. */
async function saveFiles(context: SpaceContext, open: OpenFolder, keys: readonly KeyRef[]): Promise<boolean> {
  const files = new Set(keys.map(({ env }) => fileOf(open, env)?.toString()));
  for (const document of vscode.workspace.textDocuments) {
    if (!document.isDirty || !files.has(document.uri.toString())) continue;
    if (await document.save()) continue;
    reportProblem(context, {
      code: "FILE_NOT_WRITABLE",
      message: `${vscode.workspace.asRelativePath(document.uri)} could not be saved, so nothing was committed.`,
      next: "Save it, then commit again.",
    });
    return false;
  }
  return true;
}

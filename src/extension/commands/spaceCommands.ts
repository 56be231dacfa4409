import * as vscode from "vscode";
import { type SpaceCommandId, spaceCommandIds, spaceViewId } from "../spaceIds.ts";
import { commitChanges, discardChange } from "./spaceCommit.ts";
import { compareRevisions, compareThreeWays } from "./spaceCompare.ts";
import { allowKeys } from "./spaceConsent.ts";
import { reportError, type SpaceArguments, type SpaceContext } from "./spaceContext.ts";
import {
  acceptReview,
  cancelCommit,
  compareReview,
  declineReview,
  forceOutcome,
  goOnWithout,
  resyncSpace,
  whatIsThis,
} from "./spaceDoubt.ts";
import { compareChange, revertKeys, revertRevision, showHistory, showRevision } from "./spaceHistory.ts";
import { copyInvitation, hostSpace, joinSpace, leaveSpace, retryConnection } from "./spaceHost.ts";
import { restoreReplaced } from "./spaceRestore.ts";
import { shareKey, unshareKey } from "./spaceShare.ts";
import { showTimeline } from "./spaceTimeline.ts";

type Command = (context: SpaceContext, args: SpaceArguments) => Promise<void> | void;

const commands: Readonly<Record<SpaceCommandId, Command>> = {
  [spaceCommandIds.hostSpace]: hostSpace,
  [spaceCommandIds.joinSpace]: joinSpace,
  [spaceCommandIds.copyInvitation]: copyInvitation,
  [spaceCommandIds.shareKey]: shareKey,
  [spaceCommandIds.unshareKey]: unshareKey,
  [spaceCommandIds.commitChanges]: commitChanges,
  [spaceCommandIds.discardChange]: discardChange,
  [spaceCommandIds.showHistory]: showHistory,
  [spaceCommandIds.showRevision]: showRevision,
  [spaceCommandIds.showMoreHistory]: (context, [target]) => {
    if (target !== undefined && "folder" in target) context.tree.showMore(String(target.folder));
  },
  [spaceCommandIds.compareChange]: compareChange,
  [spaceCommandIds.revertRevision]: revertRevision,
  [spaceCommandIds.revealComparison]: (context) => context.comparisons.setRevealed(true),
  [spaceCommandIds.hideComparison]: (context) => context.comparisons.setRevealed(false),
  [spaceCommandIds.restoreReplaced]: restoreReplaced,
  [spaceCommandIds.leaveSpace]: leaveSpace,
  [spaceCommandIds.retryConnection]: retryConnection,
  [spaceCommandIds.acceptReview]: acceptReview,
  [spaceCommandIds.compareReview]: compareReview,
  [spaceCommandIds.declineReview]: declineReview,
  [spaceCommandIds.allowKeys]: allowKeys,
  [spaceCommandIds.cancelCommit]: cancelCommit,
  [spaceCommandIds.goOnWithout]: goOnWithout,
  [spaceCommandIds.forceOutcome]: forceOutcome,
  [spaceCommandIds.resyncSpace]: resyncSpace,
  [spaceCommandIds.showTimeline]: showTimeline,
  [spaceCommandIds.compareRevisions]: compareRevisions,
  [spaceCommandIds.compareThreeWays]: compareThreeWays,
  [spaceCommandIds.revertKeys]: revertKeys,
  [spaceCommandIds.whatIsThis]: whatIsThis,
  [spaceCommandIds.showSpace]: async () => {
    await vscode.commands.executeCommand(`${spaceViewId}.focus`);
  },
  [spaceCommandIds.showLog]: (context) => context.log.show(),
};

/** Registers the commands of the space. What one of them throws becomes a notification. */
export function registerSpaceCommands(context: SpaceContext): vscode.Disposable {
  const registered = Object.entries(commands).map(([id, command]) =>
    vscode.commands.registerCommand(id, async (...args: SpaceArguments) => {
      try {
        await command(context, args);
      } catch (error) {
        reportError(context, error);
      }
    }),
  );
  return vscode.Disposable.from(...registered);
}

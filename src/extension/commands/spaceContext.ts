import * as vscode from "vscode";
import type { KeyRef } from "../../peer/api.ts";
import { type Problem, problemOf } from "../../protocol/errors.ts";
import type { EnvironmentServices } from "../services/environments.ts";
import type { OpenFolder, PeerService } from "../services/peerService.ts";
import { environmentOf } from "../services/peerSharedState.ts";
import { spaceCommandIds } from "../spaceIds.ts";
import type { EnvironmentNode } from "../views/environmentsNodes.ts";
import type { Comparisons } from "../views/historyDiff.ts";
import { editorProblem } from "../views/problemWords.ts";
import type { SpaceRow } from "../views/spaceRow.ts";
import type { SpaceTree } from "../views/spaceTree.ts";
import { problemText } from "../views/spaceWords.ts";
import type { ThreeWayPanels } from "../views/threeWayPanel.ts";
import type { Timelines } from "../views/timelinePanel.ts";
import type { Submissions } from "./spaceSubmissions.ts";

/** What the commands of the space work with. */
export interface SpaceContext {
  readonly services: EnvironmentServices;
  readonly peers: PeerService;
  readonly comparisons: Comparisons;
  readonly timelines: Timelines;
  readonly threeWays: ThreeWayPanels;
  readonly submissions: Submissions;
  readonly tree: SpaceTree;
  readonly log: vscode.LogOutputChannel;
  /** Path of the bundled coordinator. */
  readonly coordinatorEntry: string;
  /** Where the extension is installed. */
  readonly extensionUri: vscode.Uri;
}

/**
 * What a command was called on: rows of the "Space" or of the "Environments" view, a file (menus of the text
 * editor), or nothing (command palette).
 */
export type SpaceTarget = SpaceRow | EnvironmentNode | vscode.Uri | undefined;
/** What VS Code hands to a command: the clicked row, and all selected ones when it is among them. */
export type SpaceArguments = readonly [target?: SpaceTarget, selected?: readonly SpaceTarget[]];

/** A key of the space, in the folder whose peer knows it. */
export interface SpaceKey {
  readonly open: OpenFolder;
  readonly ref: KeyRef;
}

/** The rows that a command was called on. */
export function targetsOf([target, selected]: SpaceArguments): readonly SpaceTarget[] {
  return Array.isArray(selected) && selected.length > 0 ? selected : [target];
}

/** The keys among the rows that a command was called on. */
export function keysOf(context: SpaceContext, args: SpaceArguments): readonly SpaceKey[] {
  return targetsOf(args).flatMap((target) => {
    const key = keyOf(context, target);
    return key === undefined ? [] : [key];
  });
}

function keyOf(context: SpaceContext, target: SpaceTarget): SpaceKey | undefined {
  if (isSpaceRow(target)) {
    const open = context.peers.openAt(target.folder);
    return open === undefined || target.ref === undefined ? undefined : { open, ref: target.ref };
  }
  if (!isKeyNode(target)) return undefined;
  return mappedKey(context, target.file.uri, target.row.key);
}

/** The key of a file as its folder's space names it; undefined when no space maps the file. */
export function mappedKey(context: SpaceContext, file: vscode.Uri, key: string): SpaceKey | undefined {
  for (const open of context.peers.open) {
    const env = environmentOf(open, file);
    if (env !== undefined) return { open, ref: { env, key } };
  }
  return undefined;
}

/** The row of the "Space" view among the arguments, if the command was called there. */
export function rowOf([target]: SpaceArguments): SpaceRow | undefined {
  return isSpaceRow(target) ? target : undefined;
}

function isSpaceRow(target: SpaceTarget): target is SpaceRow {
  return typeof target === "object" && "kind" in target && "words" in target;
}

export function isKeyNode(target: SpaceTarget): target is Extract<EnvironmentNode, { kind: "key" }> {
  return typeof target === "object" && "kind" in target && target.kind === "key";
}

/** The workspace folder of what a command was called on. */
function folderIdOf([target]: SpaceArguments): string | undefined {
  if (target === undefined) return undefined;
  if (isSpaceRow(target)) return target.folder;
  const uri = target instanceof vscode.Uri ? target : "file" in target ? target.file.uri : target.folder.uri;
  return vscode.workspace.getWorkspaceFolder(uri)?.uri.toString();
}

/**
 * The peer that a command is for: that of the row it was called on, the only one, or the one that the user picks.
 * Says what to do when there is none.
 */
export async function choosePeer(
  context: SpaceContext,
  args: SpaceArguments,
  title: string,
): Promise<OpenFolder | undefined> {
  context.peers.start();
  await context.peers.settled();
  const { open } = context.peers;
  const id = folderIdOf(args);
  const meant = id === undefined ? undefined : open.find((each) => each.folder.uri.toString() === id);
  if (meant !== undefined) return meant;
  const [first] = open;
  if (first === undefined) {
    await explainNoPeer(context);
    return undefined;
  }
  if (open.length === 1) return first;
  const picked = await vscode.window.showQuickPick(
    open.map((each) => ({
      label: each.peer.view.space,
      description: `${each.folder.name} · r${each.peer.view.revision}`,
      iconPath: new vscode.ThemeIcon("link"),
      open: each,
    })),
    { title, placeHolder: "Space" },
  );
  return picked?.open;
}

/** The folder that a command is for. Trusted folders on this machine's disk only; says what is missing. */
export async function chooseFolder(
  args: SpaceArguments,
  title: string,
): Promise<vscode.WorkspaceFolder | undefined> {
  if (!(await requireTrust())) return undefined;
  const folders = (vscode.workspace.workspaceFolders ?? []).filter((folder) => folder.uri.scheme === "file");
  const id = folderIdOf(args);
  const meant = folders.find((folder) => folder.uri.toString() === id);
  if (meant !== undefined || folders.length === 1) return meant ?? folders[0];
  if (folders.length === 0) {
    const open = "Open Folder";
    const text = "Open the folder with your .env file first: a space connects folders.";
    if ((await vscode.window.showInformationMessage(text, open)) === open) {
      await vscode.commands.executeCommand("workbench.action.files.openFolder");
    }
    return undefined;
  }
  const items = folders.map((folder) => ({ label: folder.name, description: folder.uri.fsPath, folder }));
  return (await vscode.window.showQuickPick(items, { title, placeHolder: "Workspace folder" }))?.folder;
}

/** Whether the workspace is trusted; explains it when it is not. */
export async function requireTrust(): Promise<boolean> {
  if (vscode.workspace.isTrusted) return true;
  const manage = "Manage Workspace Trust";
  const text =
    "This workspace is in Restricted Mode. Taking part in a space changes files, so trust it first.";
  if ((await vscode.window.showWarningMessage(text, manage)) === manage) {
    await vscode.commands.executeCommand("workbench.trust.manage");
  }
  return false;
}

async function explainNoPeer(context: SpaceContext): Promise<void> {
  if (!(await requireTrust())) return;
  const failed = context.peers.folders.find(({ state }) => state.kind === "failed");
  if (failed?.state.kind === "failed") return reportProblem(context, failed.state.problem);
  const host = "Host Space";
  const join = "Join Space";
  const text =
    "No folder of this workspace takes part in a space yet. Host one here, or join with an invitation.";
  const choice = await vscode.window.showInformationMessage(text, host, join);
  if (choice === host) await vscode.commands.executeCommand(spaceCommandIds.hostSpace);
  if (choice === join) await vscode.commands.executeCommand(spaceCommandIds.joinSpace);
}

/** Tells the user about a problem, and the log its code. Does not wait until it is read. */
export function reportProblem(context: Pick<SpaceContext, "log">, problem: Problem): void {
  context.log.warn(`${problem.code}: ${problem.message}`);
  const showLog = "Show Log";
  const { action } = editorProblem(problem);
  const buttons = [...(action === undefined ? [] : [action.title]), showLog];
  notice(context, vscode.window.showErrorMessage(problemText(problem), ...buttons), async (choice) => {
    if (choice === showLog) context.log.show();
    else if (choice === action?.title && action !== undefined) {
      await vscode.commands.executeCommand(action.command);
    }
  });
}

/** Like {@link reportProblem}, for what was thrown. */
export function reportError(context: Pick<SpaceContext, "log">, error: unknown): void {
  reportProblem(context, problemOf(error));
}

/** Handles a notification's answer without making anybody wait for it. */
export function notice<T>(
  context: Pick<SpaceContext, "log">,
  shown: Thenable<T>,
  answered: (choice: T) => void | Thenable<void>,
): void {
  shown.then(answered).then(undefined, (error: unknown) => reportError(context, error));
}

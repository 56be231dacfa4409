import * as vscode from "vscode";
import { registerSpaceCommands } from "./commands/spaceCommands.ts";
import { reportError, type SpaceContext } from "./commands/spaceContext.ts";
import { compareRevision, revertOf } from "./commands/spaceHistory.ts";
import type { EnvironmentServices } from "./services/environments.ts";
import { PeerNotices } from "./services/peerNotices.ts";
import { PeerService } from "./services/peerService.ts";
import { PeerSharedState } from "./services/peerSharedState.ts";
import { spaceCommandIds, spaceViewId } from "./spaceIds.ts";
import { Comparisons } from "./views/historyDiff.ts";
import type { SpaceRow } from "./views/spaceRow.ts";
import { SpaceTree } from "./views/spaceTree.ts";
import { SpaceStatusBar } from "./views/statusBar.ts";

/** The space's part of the extension, for the tests inside VS Code. */
export interface Space {
  readonly peers: PeerService;
  readonly tree: SpaceTree;
  readonly view: vscode.TreeView<SpaceRow>;
  readonly status: vscode.StatusBarItem;
  readonly comparisons: Comparisons;
  readonly shared: PeerSharedState;
}

/** Registers everything of the space. Folders that take part are opened soon after, asynchronously. */
export function registerSpace(context: vscode.ExtensionContext, services: EnvironmentServices): Space {
  const { log } = services;
  const coordinatorEntry = context.asAbsolutePath("dist/coordinator.js");
  const peers = new PeerService(log, coordinatorEntry);
  const tree = new SpaceTree(peers);
  const view = vscode.window.createTreeView(spaceViewId, {
    treeDataProvider: tree,
    canSelectMany: true,
    showCollapseAll: true,
  });
  const comparisons = new Comparisons();
  const status = new SpaceStatusBar(peers);
  const shared = new PeerSharedState(peers);
  const commands: SpaceContext = { services, peers, comparisons, tree, log, coordinatorEntry };
  const notices = new PeerNotices(peers, {
    compare: (open, revision) => compareRevision(commands, open, revision),
    revert: (open, revision) => revertOf(commands, open, revision, undefined),
    history: async () => void (await vscode.commands.executeCommand(spaceCommandIds.showHistory)),
    restore: async () => void (await vscode.commands.executeCommand(spaceCommandIds.restoreReplaced)),
    failed: (error) => reportError(commands, error),
  });
  const badge = peers.onDidChange(() => {
    const changes = peers.open.reduce((sum, { peer }) => sum + peer.view.drift.length, 0);
    view.badge = changes === 0 ? undefined : { value: changes, tooltip: `${changes} to commit` };
  });
  context.subscriptions.push(
    peers,
    tree,
    view,
    comparisons,
    status,
    shared,
    services.shared.connect(shared),
    notices,
    badge,
    registerSpaceCommands(commands),
  );
  // After activation, so that VS Code does not wait for files and sockets.
  setImmediate(() => peers.start());
  return { peers, tree, view, status: status.item, comparisons, shared };
}

import * as vscode from "vscode";
import { registerSpaceCommands } from "./commands/spaceCommands.ts";
import { allowConsent } from "./commands/spaceConsent.ts";
import { reportError, type SpaceContext } from "./commands/spaceContext.ts";
import { compareRevision, revertOf } from "./commands/spaceHistory.ts";
import { Submissions } from "./commands/spaceSubmissions.ts";
import type { EnvironmentServices } from "./services/environments.ts";
import { PeerNotices } from "./services/peerNotices.ts";
import { PeerService } from "./services/peerService.ts";
import { PeerSharedState } from "./services/peerSharedState.ts";
import { spaceCommandIds, spaceViewId } from "./spaceIds.ts";
import { Comparisons } from "./views/historyDiff.ts";
import { row, type SpaceRow } from "./views/spaceRow.ts";
import { SpaceTree } from "./views/spaceTree.ts";
import { SpaceStatusBar } from "./views/statusBar.ts";
import { ThreeWayPanels } from "./views/threeWayPanel.ts";
import { Timelines } from "./views/timelinePanel.ts";

/** The space's part of the extension, for the tests inside VS Code. */
export interface Space {
  readonly peers: PeerService;
  readonly tree: SpaceTree;
  readonly view: vscode.TreeView<SpaceRow>;
  readonly status: vscode.StatusBarItem;
  readonly comparisons: Comparisons;
  readonly timelines: Timelines;
  readonly threeWays: ThreeWayPanels;
  readonly shared: PeerSharedState;
}

/** Registers everything of the space. Folders that take part are opened soon after, asynchronously. */
export function registerSpace(context: vscode.ExtensionContext, services: EnvironmentServices): Space {
  const { log } = services;
  const coordinatorEntry = context.asAbsolutePath("dist/coordinator.js");
  const peers = new PeerService(log, coordinatorEntry, services.dialects);
  const tree = new SpaceTree(peers);
  const view = vscode.window.createTreeView(spaceViewId, {
    treeDataProvider: tree,
    canSelectMany: true,
    showCollapseAll: true,
  });
  const comparisons = new Comparisons();
  const status = new SpaceStatusBar(peers);
  const shared = new PeerSharedState(peers);
  const timelines = new Timelines(peers, log, context.extensionUri);
  const threeWays = new ThreeWayPanels(context.extensionUri);
  const commands: SpaceContext = {
    services,
    peers,
    comparisons,
    timelines,
    threeWays,
    submissions: new Submissions(),
    tree,
    log,
    coordinatorEntry,
    extensionUri: context.extensionUri,
  };
  const notices = new PeerNotices(peers, {
    compare: (open, revision) => compareRevision(commands, open, revision),
    revert: (open, revision) => revertOf(commands, open, revision, undefined),
    history: async () => void (await vscode.commands.executeCommand(spaceCommandIds.showHistory)),
    allow: (open, consent) => allowConsent(commands, open, consent),
    restore: async () => void (await vscode.commands.executeCommand(spaceCommandIds.restoreReplaced)),
    run: async ({ folder }, command, tx, words) => {
      const id = folder.uri.toString();
      const target = row({ id: `${id}#notice`, kind: "action", folder: id, label: "", icon: "", tx, words });
      await vscode.commands.executeCommand(command, target);
    },
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
    timelines,
    threeWays,
    status,
    shared,
    services.shared.connect(shared),
    notices,
    badge,
    registerSpaceCommands(commands),
  );
  // After activation, so that VS Code does not wait for files and sockets.
  setImmediate(() => peers.start());
  return { peers, tree, view, status: status.item, comparisons, timelines, threeWays, shared };
}

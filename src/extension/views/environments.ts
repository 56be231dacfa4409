import * as vscode from "vscode";
import { registerEnvironmentCommands } from "../commands/environmentCommands.ts";
import type { EnvironmentCommandContext } from "../commands/environmentContext.ts";
import { copyKeys } from "../commands/environmentCopy.ts";
import { contextKeys, viewIds } from "../ids.ts";
import { isAssigned } from "../services/environmentRows.ts";
import type { EnvironmentServices } from "../services/environments.ts";
import { EnvironmentsDecorations } from "./environmentsDecorations.ts";
import { EnvironmentsDrag } from "./environmentsDrag.ts";
import type { EnvironmentNode } from "./environmentsNodes.ts";
import { EnvironmentsTree } from "./environmentsTree.ts";

/** The "Environments" view with its parts. */
export interface EnvironmentsView extends vscode.Disposable {
  readonly tree: EnvironmentsTree;
  readonly drag: EnvironmentsDrag;
  readonly view: vscode.TreeView<EnvironmentNode>;
}

/** Registers the view, its commands and its decorations. */
export function registerEnvironments(services: EnvironmentServices): EnvironmentsView {
  const tree = new EnvironmentsTree(services);
  const drag = new EnvironmentsDrag((keys, onto) => copyKeys(context, keys, [onto]));
  const view = vscode.window.createTreeView(viewIds.environments, {
    treeDataProvider: tree,
    dragAndDropController: drag,
    canSelectMany: true,
    showCollapseAll: true,
  });
  const context: EnvironmentCommandContext = { services, view };
  const showMessage = (): void => {
    view.message = messageOf(services);
  };
  const tell = (key: string, value: boolean): void => {
    vscode.commands.executeCommand("setContext", key, value).then(undefined, (error: unknown) => {
      services.log.error(`Keybindings and welcome texts may not work: ${String(error)}`);
    });
  };
  const selection = view.onDidChangeSelection(({ selection: selected }) => {
    tell(
      contextKeys.keySelected,
      selected.some((node) => node.kind === "key" && isAssigned(node.row)),
    );
  });
  const searched = tree.onDidLoadRoots(() => {
    searched.dispose();
    tell(contextKeys.searched, true);
  });
  const owned = vscode.Disposable.from(
    selection,
    searched,
    view,
    tree,
    registerEnvironmentCommands(context),
    vscode.window.registerFileDecorationProvider(new EnvironmentsDecorations()),
    tree.onDidLoadRoots(showMessage),
    vscode.workspace.onDidGrantWorkspaceTrust(showMessage),
  );
  return { tree, drag, view, dispose: () => owned.dispose() };
}

/** What is said above the rows; an empty view has its welcome text instead. */
function messageOf(services: EnvironmentServices): string {
  const files = services.index.known().length;
  if (files === 0) return "";
  const messages: string[] = [];
  if (!vscode.workspace.isTrusted) {
    messages.push("Restricted Mode: reading and editing work; joining a space and running programs do not.");
  }
  if (services.index.truncated) {
    messages.push(`The workspace is very large: only the first ${files} environments found are shown.`);
  }
  return messages.join("\n");
}

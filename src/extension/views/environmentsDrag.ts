import * as vscode from "vscode";
import { viewIds } from "../ids.ts";
import type { EnvironmentFile } from "../services/environmentFile.ts";
import { isAssigned } from "../services/environmentRows.ts";
import type { EnvironmentNode, KeyNode } from "./environmentsNodes.ts";

/** The type by which VS Code recognises rows of this view; it has to be the view's id in lower case. */
const rowsMime = `application/vnd.code.tree.${viewIds.environments.toLowerCase()}`;

/** Called with the dragged keys and the environment that they were dropped on. */
export type DropHandler = (keys: readonly KeyNode[], onto: EnvironmentFile) => Promise<void>;

/** Dragging keys onto another environment copies them there. */
export class EnvironmentsDrag implements vscode.TreeDragAndDropController<EnvironmentNode> {
  readonly dragMimeTypes = [rowsMime];
  readonly dropMimeTypes = [rowsMime];
  readonly #drop: DropHandler;

  constructor(drop: DropHandler) {
    this.#drop = drop;
  }

  handleDrag(source: readonly EnvironmentNode[], dataTransfer: vscode.DataTransfer): void {
    const keys = source.filter((node): node is KeyNode => node.kind === "key" && isAssigned(node.row));
    if (keys.length > 0) dataTransfer.set(rowsMime, new vscode.DataTransferItem(keys));
  }

  async handleDrop(
    target: EnvironmentNode | undefined,
    dataTransfer: vscode.DataTransfer,
    token: vscode.CancellationToken,
  ): Promise<void> {
    const keys: unknown = dataTransfer.get(rowsMime)?.value;
    if (target === undefined || target.kind === "folder" || !Array.isArray(keys)) return;
    if (token.isCancellationRequested) return;
    const onto = target.file;
    const moved = (keys as readonly KeyNode[]).filter(
      (node) => node.file.uri.toString() !== onto.uri.toString(),
    );
    if (moved.length > 0) await this.#drop(moved, onto);
  }
}

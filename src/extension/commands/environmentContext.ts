import * as vscode from "vscode";
import type { EnvironmentFile } from "../services/environmentFile.ts";
import { type EnvironmentProblem, textOf } from "../services/environmentProblems.ts";
import type { KeyRow } from "../services/environmentRows.ts";
import type { EnvironmentServices } from "../services/environments.ts";
import type { EnvironmentNode } from "../views/environmentsNodes.ts";

/** How long a confirmation stays in the status bar, in milliseconds. */
const statusMs = 5_000;

/** What the commands of the "Environments" view work with. */
export interface EnvironmentCommandContext {
  readonly services: EnvironmentServices;
  readonly view: vscode.TreeView<EnvironmentNode>;
}

/** A key of a file that a command acts on. */
export interface KeyTarget {
  readonly file: EnvironmentFile;
  readonly row: KeyRow;
}

/** What VS Code hands to a command: the clicked row and all selected ones, or nothing from the palette. */
export type CommandArguments = readonly [node?: EnvironmentNode, selected?: readonly EnvironmentNode[]];

/** The rows that a command was called on; the view's selection when it was called by a key or the palette. */
export function selectedNodes(
  context: EnvironmentCommandContext,
  [node, selected]: CommandArguments,
): readonly EnvironmentNode[] {
  // A click on a row outside the selection means that row alone; VS Code then leaves `selected` out.
  if (selected !== undefined && selected.length > 0) return selected;
  if (node !== undefined) return [node];
  return context.view.visible ? context.view.selection : [];
}

/** Tells the user about a problem, and the log its code. */
export function report(context: EnvironmentCommandContext, problem: EnvironmentProblem): void {
  context.services.log.warn(`${problem.code}: ${problem.message}`);
  show(vscode.window.showErrorMessage(textOf(problem)), context);
}

/** Tells the user something that is not an error. */
export function inform(context: EnvironmentCommandContext, text: string): void {
  show(vscode.window.showInformationMessage(text), context);
}

/** Confirms an action in passing. */
export function confirmDone(text: string): void {
  vscode.window.setStatusBarMessage(`$(check) ${text}`, statusMs);
}

/** A notification ends when the user closes it; a command does not wait for that. */
function show(shown: Thenable<unknown>, context: EnvironmentCommandContext): void {
  shown.then(undefined, (error: unknown) => {
    context.services.log.error(`A notification could not be shown: ${String(error)}`);
  });
}

// What the tests of the text editor's language features share: a folder of environments, and places in their texts.
import assert from "node:assert/strict";
import * as vscode from "vscode";
import { activated, at, fill, inEditor, startAfresh } from "./environments-workspace.ts";

/** Every value that the tests write holds this, so that a value in a label, a hover or an edit is seen. */
export const canary = "canary";

let scenes = 0;
let folder = "";

/**
 * Writes files that belong together into a folder of their own: an editor may still hold a text of a path that
 * another test used.
 */
export async function scene(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  const api = await activated();
  await startAfresh(api);
  scenes += 1;
  folder = `scene-${scenes}`;
  await fill(api, Object.fromEntries(Object.entries(files).map(([path, text]) => [pathOf(path), text])));
}

/** Throws away what is unsaved, and the files. */
export async function leaveScene(): Promise<void> {
  for (const document of vscode.workspace.textDocuments) {
    if (!document.isDirty) continue;
    await vscode.window.showTextDocument(document);
    await vscode.commands.executeCommand("workbench.action.files.revert");
  }
  await startAfresh(await activated());
}

/** The path of a file of the scene, relative to the workspace folder. */
export function pathOf(path: string): string {
  return `${folder}/${path}`;
}

/** The URI of a file of the scene. */
export function uriOf(path: string): vscode.Uri {
  return vscode.Uri.file(at(pathOf(path)));
}

/** Opens a file of the scene as a user does. */
export async function open(path: string): Promise<vscode.TextEditor> {
  return await inEditor(pathOf(path));
}

/** The position of a text, `behind` characters into it; the first one unless an occurrence is named (from 1). */
export function positionOf(
  document: vscode.TextDocument,
  text: string,
  behind = 0,
  occurrence = 1,
): vscode.Position {
  let found = -1;
  for (let count = 0; count < occurrence; count++) {
    found = document.getText().indexOf(text, found + 1);
    assert.ok(found >= 0, `the document has no ${occurrence}. “${text}”`);
  }
  return document.positionAt(found + behind);
}

/** The text that a location stands for, with its file and line (from 1). */
export async function told(location: vscode.Location): Promise<string> {
  const document = await vscode.workspace.openTextDocument(location.uri);
  const name = location.uri.path.slice(location.uri.path.lastIndexOf("/") + 1);
  return `${name}:${location.range.start.line + 1} ${document.getText(location.range)}`;
}

/** Fails when anything made for the eyes of a user holds a value. */
export function assertNoValue(what: unknown): void {
  assert.ok(!JSON.stringify(what).includes(canary), "a value is shown");
}

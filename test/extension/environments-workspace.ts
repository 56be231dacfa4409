// What the tests of the "Environments" view share: files in the workspace, the tree as text, and a stand-in for the user.
import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, before, beforeEach } from "mocha";
import * as vscode from "vscode";
import type { TestApi } from "../../src/extension/extension.ts";
import type { FileNode, KeyNode } from "../../src/extension/views/environmentsNodes.ts";

type Node = NonNullable<Awaited<ReturnType<TestApi["environments"]["tree"]["getParent"]>>>;

/** How long a change may take to show, in milliseconds: what users are promised. */
export const showMsMax = 1_000;

/** The extension's test interface. */
export async function activated(): Promise<TestApi> {
  const extension = vscode.extensions.getExtension<TestApi>("envpact.envpact");
  assert.ok(extension, "the extension is not installed");
  return extension.activate();
}

/** Absolute path of a workspace folder, or of something in it. */
export function at(path = "", folder = 0): string {
  const root = vscode.workspace.workspaceFolders?.[folder]?.uri.fsPath;
  assert.ok(root, "no folder is open");
  return join(root, path);
}

/** Writes files of the workspace behind VS Code's back. */
export async function put(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(at(path)), { recursive: true });
    await writeFile(at(path), text);
  }
}

/** The text of a file on disk. */
export function onDisk(path: string): Promise<string> {
  return readFile(at(path), "utf8");
}

/** Empties the workspace folder, closes every editor and hides every value. */
export async function startAfresh(api: TestApi): Promise<void> {
  await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
  await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  for (const file of api.services.index.known()) api.services.revealed.hide(file.uri);
  for (const name of await readdir(at())) await rm(at(name), { recursive: true, force: true });
}

/** Gives the workspace the file again that the tests of every other bundle find in it. */
export async function leaveAsFound(api: TestApi): Promise<void> {
  await startAfresh(api);
  await fill(api, { ".env": "GREETING=hello\n" });
}

/**
 * Hooks for a suite that works in the workspace: it is emptied before each test, and left as it was found.
 * @param given takes the test interface before the first test
 */
export function inEmptiedWorkspace(given: (api: TestApi) => void): void {
  let api: TestApi;
  before(async () => {
    api = await activated();
    given(api);
  });
  beforeEach(() => startAfresh(api));
  after(() => leaveAsFound(api));
}

/** Opens a file of the workspace in a text editor, as a user does. */
export async function inEditor(path: string): Promise<vscode.TextEditor> {
  await vscode.commands.executeCommand("vscode.open", vscode.Uri.file(at(path)));
  const editor = vscode.window.activeTextEditor;
  assert.equal(editor?.document.uri.fsPath, at(path));
  return editor as vscode.TextEditor;
}

/**
 * Types `text` at `place` into an editor as soon as it shows what is on disk, as a person would: VS Code refuses an
 * edit that crosses with its own reload of a file that was just written.
 */
export async function typeInto(
  editor: vscode.TextEditor,
  place: vscode.Position,
  text: string,
): Promise<void> {
  const { document } = editor;
  const end = Date.now() + 30_000;
  for (;;) {
    const changed = new Promise<void>((resolve) => {
      const heard = vscode.workspace.onDidChangeTextDocument((event) => {
        if (event.document !== document) return;
        heard.dispose();
        resolve();
      });
    });
    const onDisk = await readFile(document.uri.fsPath, "utf8");
    const isThere = document.isDirty || document.getText() === onDisk.replace(/^\uFEFF/, "");
    if (isThere && (await editor.edit((edit) => edit.insert(place, text)))) return;
    assert.ok(Date.now() < end, "VS Code took no typing");
    if (!isThere) await Promise.race([changed, deadline(end - Date.now())]);
  }
}

/** Fills an emptied workspace and waits until the index has searched it. */
export async function fill(
  api: TestApi,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  await put(files);
  await vscode.commands.executeCommand("envpact.refresh");
  await api.environments.tree.getChildren();
}

/** Every row as one line: two spaces a level, label, description. */
export async function treeText(api: TestApi): Promise<string[]> {
  const lines: string[] = [];
  const add = async (nodes: readonly Node[], indent: string): Promise<void> => {
    for (const node of nodes) {
      const item = await api.environments.tree.getTreeItem(node);
      lines.push(`${indent}${String(item.label)} ${String(item.description ?? "")}`.trimEnd());
      await add(await api.environments.tree.getChildren(node), `${indent}  `);
    }
  };
  await add(await api.environments.tree.getChildren(), "");
  return lines;
}

/** All nodes of the tree, depth first. */
export async function allNodes(api: TestApi): Promise<Node[]> {
  const nodes: Node[] = [];
  const add = async (node?: Node): Promise<void> => {
    if (node) nodes.push(node);
    for (const child of await api.environments.tree.getChildren(node)) await add(child);
  };
  await add();
  return nodes;
}

/** The row of a file, by its path relative to the workspace folder. */
export async function fileRow(api: TestApi, path: string): Promise<FileNode> {
  const uri = vscode.Uri.file(at(path)).toString();
  const found = (await allNodes(api)).find(
    (node) => node.kind === "file" && node.file.uri.toString() === uri,
  );
  assert.ok(found?.kind === "file", `there is no row of ${path}`);
  return found;
}

/** The row of a key. */
export async function keyRow(api: TestApi, path: string, key: string): Promise<KeyNode> {
  const file = await fileRow(api, path);
  const rows = await api.environments.tree.getChildren(file);
  const found = rows.find((node) => node.kind === "key" && node.row.key === key);
  assert.ok(found?.kind === "key", `there is no row of ${key} in ${path}`);
  return found;
}

/** Waits until the tree shows what is expected: looks again whenever it says that it changed. */
export async function until(
  api: TestApi,
  what: string,
  holds: () => Promise<boolean>,
  msMax = 30_000,
): Promise<void> {
  const { tree } = api.environments;
  const end = Date.now() + msMax;
  for (;;) {
    const changed = new Promise<void>((resolve) => {
      const heard = tree.onDidChangeTreeData(() => {
        heard.dispose();
        resolve();
      });
    });
    if (await holds()) return;
    const left = end - Date.now();
    assert.ok(left > 0, `${what}, but the tree shows:\n${(await treeText(api)).join("\n")}`);
    await Promise.race([changed, deadline(left)]);
  }
}

function deadline(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What a box or a question looked like to the user. */
export interface Asked {
  readonly kind: "input" | "pick" | "warning" | "information" | "error";
  readonly text: string;
  readonly options: Record<string, unknown>;
  readonly items: readonly vscode.QuickPickItem[];
}

type Answer = string | readonly string[] | undefined | ((asked: Asked) => unknown);

/**
 * Answers boxes, pickers and questions in order while `act` runs. An answer to a picker is a label (or
 * several). Notifications without buttons need no answer. Returns everything that was asked or said.
 */
export async function answering(answers: readonly Answer[], act: () => Thenable<unknown>): Promise<Asked[]> {
  const left = [...answers];
  const asked: Asked[] = [];
  const take = (entry: Asked): unknown => {
    asked.push(entry);
    assert.ok(left.length > 0, `nothing to answer to: ${entry.kind} ${entry.text}`);
    const answer = left.shift();
    return typeof answer === "function" ? answer(entry) : answer;
  };
  const window = vscode.window as unknown as Record<string, unknown>;
  const replaced = [
    "showInputBox",
    "showQuickPick",
    "showWarningMessage",
    "showInformationMessage",
    "showErrorMessage",
  ];
  const genuine = Object.fromEntries(replaced.map((name) => [name, window[name]]));
  window.showInputBox = async (options: vscode.InputBoxOptions = {}) => {
    const entry = { kind: "input", text: options.prompt ?? "", options: { ...options }, items: [] } as const;
    const answer = take(entry);
    if (typeof answer !== "string") return undefined;
    const refusal = await options.validateInput?.(answer);
    assert.ok(refusal === undefined || refusal === null, `refused: ${String(refusal)}`);
    return answer;
  };
  window.showQuickPick = async (
    from: readonly (string | vscode.QuickPickItem)[],
    options: vscode.QuickPickOptions = {},
  ) => {
    const items = from.map((item) => (typeof item === "string" ? { label: item } : item));
    const answer = take({ kind: "pick", text: options.placeHolder ?? "", options: { ...options }, items });
    const labels = typeof answer === "string" ? [answer] : ((answer ?? []) as readonly string[]);
    const picked = labels.map((label) => {
      const index = items.findIndex((item) => item.label === label);
      assert.ok(index >= 0, `“${label}” is not offered: ${items.map((item) => item.label).join(", ")}`);
      return from[index];
    });
    return options.canPickMany ? (answer === undefined ? undefined : picked) : picked[0];
  };
  const message =
    (kind: "warning" | "information" | "error") =>
    async (text: string, ...rest: unknown[]): Promise<unknown> => {
      const buttons = rest.filter((item) => typeof item === "string");
      const options = (rest.find((item) => typeof item === "object") ?? {}) as Record<string, unknown>;
      const entry: Asked = { kind, text, options, items: buttons.map((label) => ({ label })) };
      if (buttons.length > 0) return take(entry);
      asked.push(entry);
      return undefined;
    };
  window.showWarningMessage = message("warning");
  window.showInformationMessage = message("information");
  window.showErrorMessage = message("error");
  try {
    await act();
  } finally {
    Object.assign(window, genuine);
  }
  assert.deepEqual(left, [], "some answers were not asked for");
  return asked;
}

/** What was asked at a place, from 0. */
export function box(asked: readonly Asked[], index: number): Asked {
  const entry = asked[index];
  assert.ok(entry, `nothing was asked at place ${index}`);
  return entry;
}

/** Runs a command of the extension as a menu of the tree does. */
export function run(command: string, ...args: unknown[]): Thenable<unknown> {
  return vscode.commands.executeCommand(`envpact.${command}`, ...args);
}

import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { after, before, beforeEach, describe, it } from "mocha";
import * as vscode from "vscode";
import { createDiskFiles } from "../../src/drivers/files.ts";
import type { TestApi } from "../../src/extension/extension.ts";
import { OpenDocumentFiles } from "../../src/extension/services/openDocuments.ts";
import { activated, at, leaveAsFound, onDisk, put, startAfresh, typeInto } from "./environments-workspace.ts";

describe("files of a peer that are open in an editor", () => {
  let api: TestApi;
  let files: OpenDocumentFiles;
  let count = 0;
  let file = "";

  before(async () => {
    api = await activated();
    files = new OpenDocumentFiles(at(), createDiskFiles(at()));
  });

  // A name of its own for each test: the editor keeps a document for a while after its tab was closed.
  beforeEach(async () => {
    await startAfresh(api);
    count += 1;
    file = `.env.t${count}`;
  });

  after(async () => {
    await leaveAsFound(api);
  });

  async function open(text: string): Promise<vscode.TextEditor> {
    await put({ [file]: text });
    return vscode.window.showTextDocument(await vscode.workspace.openTextDocument(at(file)));
  }

  const type = (editor: vscode.TextEditor, text: string): Promise<void> =>
    typeInto(editor, editor.document.positionAt(editor.document.getText().length), text);

  it("read as they stand in the editor, with the hash of the disk", async () => {
    const editor = await open("A=1\n");
    const clean = await files.read(file);
    await type(editor, "B=2\n");
    const dirty = await files.read(file);
    assert.ok(clean.kind === "text" && dirty.kind === "text");
    assert.equal(dirty.text, "A=1\nB=2\n");
    assert.equal(dirty.hash, clean.hash);
  });

  it("read as on disk once the unsaved edits are thrown away", async () => {
    const editor = await open("A=1\n");
    await type(editor, "B=2\n");
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
    const read = await files.read(file);
    assert.equal(read.kind === "text" && read.text, "A=1\n");
  });

  it("a staged file is not renamed over an open document", async () => {
    await open("A=1\n");
    const staged = await files.stage(file, "tx", "A=2\n");
    assert.ok(staged.ok);
    assert.deepEqual(await files.applyStaged({ env: "default", ...staged.value }), {
      ok: true,
      value: false,
    });
    assert.equal(await onDisk(file), "A=1\n");
    await files.discard([{ env: "default", ...staged.value }]);
  });

  it("a staged file is renamed when nothing is open", async () => {
    await put({ [file]: "A=1\n" });
    const staged = await files.stage(file, "tx", "A=2\n");
    assert.ok(staged.ok);
    assert.deepEqual(await files.applyStaged({ env: "default", ...staged.value }), { ok: true, value: true });
    assert.equal(await onDisk(file), "A=2\n");
  });

  it("replacing goes through the editor, is saved, and one undo takes it back", async () => {
    const editor = await open("# note\r\nA=1\r\nB=2\r\n");
    const result = await files.replace(file, "# note\r\nA=1\r\nB=2\r\n", "# note\r\nA=9\r\nB=8\r\n");
    assert.deepEqual(result, { ok: true, value: undefined });
    assert.equal(await onDisk(file), "# note\r\nA=9\r\nB=8\r\n");
    assert.equal(editor.document.isDirty, false);
    await vscode.commands.executeCommand("undo");
    assert.equal(editor.document.getText(), "# note\r\nA=1\r\nB=2\r\n");
  });

  it("keeps a byte order mark", async () => {
    const editor = await open("\uFEFFA=1\n");
    await type(editor, "B=2\n");
    const read = await files.read(file);
    assert.equal(read.kind === "text" && read.text, "\uFEFFA=1\nB=2\n");
    assert.ok((await files.replace(file, "\uFEFFA=1\nB=2\n", "\uFEFFA=3\nB=2\n")).ok);
    assert.equal(await onDisk(file), "\uFEFFA=3\nB=2\n");
  });

  it("refuses when the document was edited since it was read, and changes nothing", async () => {
    const editor = await open("A=1\n");
    await type(editor, "B=2\n");
    const result = await files.replace(file, "A=1\n", "A=9\n");
    assert.equal(!result.ok && result.error.code, "FILE_CHANGED");
    assert.equal(editor.document.getText(), "A=1\nB=2\n");
    assert.equal(await onDisk(file), "A=1\n");
  });

  it("leaves mixed line ends as they are: a clean document is loaded again from the disk", async () => {
    const before = "A=1\r\nB=2\nC=3\n";
    const editor = await open(before);
    const loaded = new Promise<void>((resolve) => {
      const heard = vscode.workspace.onDidChangeTextDocument(({ document }) => {
        if (!document.getText().includes("B=9")) return;
        heard.dispose();
        resolve();
      });
    });
    assert.ok((await files.replace(file, before, "A=1\r\nB=9\nC=3\n")).ok);
    assert.equal(await onDisk(file), "A=1\r\nB=9\nC=3\n");
    await loaded;
    assert.equal(editor.document.isDirty, false);
  });

  it("accepts that saving tidies white space, and keeps the values", async () => {
    const settings = vscode.workspace.getConfiguration("files");
    await settings.update("trimTrailingWhitespace", true, vscode.ConfigurationTarget.Workspace);
    const editor = await open("A=1   \nB=2\n");
    await type(editor, "C=3   \n");
    await type(editor, "D=4");
    const text = editor.document.getText();
    assert.ok((await files.replace(file, text, text.replace("B=2", "B=9"))).ok);
    assert.equal(await onDisk(file), "A=1\nB=9\nC=3\nD=4");
    await settings.update("trimTrailingWhitespace", undefined, vscode.ConfigurationTarget.Workspace);
  });

  it("calls back when a document is typed in, saved or not", async () => {
    const editor = await open("A=1\n");
    let watching: { dispose(): void } | undefined;
    const heard = new Promise<void>((resolve) => {
      watching = files.watch([file], resolve);
    });
    await type(editor, "B=2\n");
    await heard;
    watching?.dispose();
    assert.equal(editor.document.isDirty, true);
  });

  it("keeps mode and owner of the file", async () => {
    await open("A=1\n");
    const before = await stat(at(file));
    assert.ok((await files.replace(file, "A=1\n", "A=2\n")).ok);
    const after_ = await stat(at(file));
    assert.deepEqual([after_.mode, after_.uid], [before.mode, before.uid]);
  });
});

import * as vscode from "vscode";

/** How long an editor may take to take up what changed on disk, in milliseconds. */
const catchUpMsMax = 2_000;

/**
 * The document of a file that the user has open, also under the path that a link leads to. A document
 * without unsaved edits and without a tab is none: VS Code keeps such a text for a while after its tab was
 * closed, and no longer cares whether a change to it is saved.
 */
export function openDocumentOf(
  uri: vscode.Uri,
  realPath: string | undefined,
): vscode.TextDocument | undefined {
  const ids = new Set([uri.toString()]);
  if (realPath !== undefined) ids.add(vscode.Uri.file(realPath).toString());
  return vscode.workspace.textDocuments.find(
    (document) =>
      !document.isClosed && ids.has(document.uri.toString()) && (document.isDirty || isShown(document)),
  );
}

/**
 * True when a document without unsaved edits does not say what the file says: for some moments after a
 * change on disk. `onDisk` is the file's text with its byte order mark.
 */
export function isBehind(open: vscode.TextDocument, onDisk: string): boolean {
  // Any other encoding reads differently than UTF-8 does, without being behind.
  if (open.isDirty || !open.encoding.startsWith("utf8")) return false;
  const oneLineEnd = (text: string): string => text.replace(/\r\n|\r/g, "\n");
  return oneLineEnd(open.getText()) !== oneLineEnd(onDisk.replace(/^\ufeff/, ""));
}

/**
 * True when a document without unsaved edits shows one kind of line end where the file has several. Saving
 * it would rewrite lines that nobody touched, so such a file is changed on disk, and the editor follows.
 */
export function isEvenedOut(open: vscode.TextDocument, onDisk: string): boolean {
  if (open.isDirty || isBehind(open, onDisk) || !open.encoding.startsWith("utf8")) return false;
  return open.getText() !== onDisk.replace(/^\ufeff/, "");
}

/** Waits until something of the document changes, as when the editor takes up what changed on disk; not for ever. */
export function caughtUp(open: vscode.TextDocument): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      changed.dispose();
      closed.dispose();
      resolve();
    };
    const timer = setTimeout(end, catchUpMsMax);
    const changed = vscode.workspace.onDidChangeTextDocument((event) => {
      if (event.document === open) end();
    });
    const closed = vscode.workspace.onDidCloseTextDocument((document) => {
      if (document === open) end();
    });
  });
}

function isShown(document: vscode.TextDocument): boolean {
  if (vscode.window.visibleTextEditors.some((editor) => editor.document === document)) return true;
  const id = document.uri.toString();
  return vscode.window.tabGroups.all.some((group) =>
    group.tabs.some(({ input }) => {
      if (input instanceof vscode.TabInputText) return input.uri.toString() === id;
      if (!(input instanceof vscode.TabInputTextDiff)) return false;
      return input.modified.toString() === id || input.original.toString() === id;
    }),
  );
}

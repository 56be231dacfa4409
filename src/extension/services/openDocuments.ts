import { open } from "node:fs/promises";
import { join } from "node:path";
import * as vscode from "vscode";
import { parseDocument, values } from "../../dotenv/document.ts";
import type { Problem } from "../../protocol/errors.ts";
import type { PeerOptions } from "../../runtime/peers.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import { editsBetween } from "./peerTextEdits.ts";

/** The files of a workspace folder as a peer sees them (its interface belongs to the commit protocol). */
export type PeerFiles = ReturnType<NonNullable<PeerOptions["wrapFiles"]>>;
type FileText = Awaited<ReturnType<PeerFiles["read"]>>;
type Staged = Parameters<PeerFiles["applyStaged"]>[0];

/** How long typing is gathered before the peer compares the file again, in milliseconds. */
const typingPauseMs = 150;
const byteOrderMark = "\uFEFF";

/**
 * Files whose open documents stand for them: what is typed counts, saved or not, and changes go through the
 * editor, so that undo works and other unsaved edits stay.
 */
export class OpenDocumentFiles implements PeerFiles {
  readonly #folder: string;
  readonly #disk: PeerFiles;

  /** `folder`: absolute path; `disk`: the same files on disk. */
  constructor(folder: string, disk: PeerFiles) {
    this.#folder = folder;
    this.#disk = disk;
  }

  /** The file's text: the document's where it has unsaved edits, else the disk's. `hash` is always the disk's. */
  async read(file: string): Promise<FileText> {
    const seen = await this.#disk.read(file);
    const document = this.#documentOf(file, seen.path);
    if (document === undefined || !document.isDirty || seen.kind === "unreadable") return seen;
    const encoding = encodingProblem(document, file);
    if (encoding !== undefined) return { kind: "unreadable", path: seen.path, problem: encoding };
    return {
      kind: "text",
      path: seen.path,
      text: textOf(document),
      hash: seen.kind === "text" ? seen.hash : "",
    };
  }

  stage(file: string, tx: string, text: string): ReturnType<PeerFiles["stage"]> {
    return this.#disk.stage(file, tx, text);
  }

  /** False for a file that is open: it is changed key by key through the editor instead, never behind it. */
  async applyStaged(staged: Staged): Promise<Result<boolean, Problem>> {
    const document = documentAt(staged.target);
    if (document !== undefined && staged.staged !== "") return ok(false);
    return this.#disk.applyStaged(staged);
  }

  /**
   * Replaces a file's text, through its open document when there is one.
   * FILE_CHANGED: it no longer reads `expected`. FILE_LOCKED: the editor could not save it; it is as it was.
   */
  async replace(file: string, expected: string | undefined, text: string): Promise<Result<void, Problem>> {
    const seen = await this.#disk.read(file);
    const document = this.#documentOf(file, seen.path);
    if (document === undefined || seen.kind === "unreadable") {
      return this.#disk.replace(file, expected, text);
    }
    // A clean document whose text is not the disk's is about to be loaded again, or stands for line ends that
    // the editor would make uniform: changing the disk loses nothing, saving the document would.
    const onDisk = seen.kind === "text" ? seen.text : undefined;
    if (!document.isDirty && textOf(document) !== onDisk) return this.#disk.replace(file, expected, text);
    const encoding = encodingProblem(document, file);
    if (encoding !== undefined) return err(encoding);
    if (textOf(document) !== expected) return err(changedProblem(file));
    const before = document.getText();
    const changed = await changeDocument(document, withoutMark(text));
    if (!changed) return err(changedProblem(file));
    return this.#save(file, document, before, text);
  }

  discard(staged: readonly Staged[]): Promise<void> {
    return this.#disk.discard(staged);
  }

  watch(files: readonly string[], changed: () => void): { dispose(): void } {
    let timer: NodeJS.Timeout | undefined;
    const wanted = new Set(files.map((file) => pathId(join(this.#folder, file))));
    const touch = (document: vscode.TextDocument): void => {
      if (document.uri.scheme !== "file" || !wanted.has(pathId(document.uri.fsPath))) return;
      clearTimeout(timer);
      timer = setTimeout(changed, typingPauseMs);
    };
    const listening = [
      this.#disk.watch(files, changed),
      vscode.workspace.onDidChangeTextDocument((event) => touch(event.document)),
      vscode.workspace.onDidSaveTextDocument(touch),
      // Closing without saving gives the file back to the disk.
      vscode.workspace.onDidCloseTextDocument(touch),
    ];
    return {
      dispose: () => {
        clearTimeout(timer);
        for (const each of listening) each.dispose();
      },
    };
  }

  #documentOf(file: string, path: string): vscode.TextDocument | undefined {
    return documentAt(join(this.#folder, file)) ?? documentAt(path);
  }

  /** Saves and proves what the disk now holds; takes the change back when it could not be saved. */
  async #save(
    file: string,
    document: vscode.TextDocument,
    before: string,
    wanted: string,
  ): Promise<Result<void, Problem>> {
    const after = document.getText();
    if (document.isDirty && !(await document.save())) {
      // Typing in the meantime keeps everything where it is; the peer tries again from what it then reads.
      if (!document.isClosed && document.getText() === after) await changeDocument(document, before);
      return err(unsavedProblem(file));
    }
    const saved = await this.#disk.read(file);
    if (saved.kind === "unreadable") return err(saved.problem);
    // Saving may format: foreign whitespace is the user's affair, a value that changed is not.
    if (saved.kind === "absent" || !holdsValues(saved.text, wanted)) return err(changedProblem(file));
    return forceToDisk(saved.path, file);
  }
}

/** The open document of a path. */
function documentAt(path: string): vscode.TextDocument | undefined {
  const id = pathId(path);
  return vscode.workspace.textDocuments.find(
    (document) => !document.isClosed && document.uri.scheme === "file" && pathId(document.uri.fsPath) === id,
  );
}

function pathId(path: string): string {
  return vscode.Uri.file(path).toString();
}

/** The document's text with the byte order mark that a save writes before it. */
function textOf(document: vscode.TextDocument): string {
  return document.encoding === "utf8bom" ? byteOrderMark + document.getText() : document.getText();
}

function withoutMark(text: string): string {
  return text.startsWith(byteOrderMark) ? text.slice(1) : text;
}

/**
 * Gives the document another text by the smallest edits. False when it was edited on the way: VS Code compares
 * the version that the edit was made for.
 */
async function changeDocument(document: vscode.TextDocument, text: string): Promise<boolean> {
  const edits = editsBetween(document.getText(), text);
  if (edits.length === 0) return true;
  const change = new vscode.WorkspaceEdit();
  for (const edit of edits) {
    const range = new vscode.Range(document.positionAt(edit.start), document.positionAt(edit.end));
    change.replace(document.uri, range, edit.text);
  }
  return vscode.workspace.applyEdit(change);
}

function holdsValues(saved: string, wanted: string): boolean {
  if (saved === wanted) return true;
  const is = Object.entries(values(parseDocument(saved)));
  const should = new Map(Object.entries(values(parseDocument(wanted))));
  return is.length === should.size && is.every(([key, value]) => should.get(key) === value);
}

/** The editor writes without forcing; what the peer says it has applied must outlive a power cut. */
async function forceToDisk(path: string, file: string): Promise<Result<void, Problem>> {
  try {
    const handle = await open(path, "r+");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    return ok(undefined);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    return err({
      code: "FILE_NOT_WRITABLE",
      message: `${file} was saved, but the system could not force it to disk (${code}).`,
      next: "Check the disk; Envpact tries again.",
    });
  }
}

function encodingProblem(document: vscode.TextDocument, file: string): Problem | undefined {
  if (document.encoding === "utf8" || document.encoding === "utf8bom") return undefined;
  return {
    code: "FILE_NOT_TEXT",
    message: `${file} is open in the editor with the encoding ${document.encoding}, not UTF-8.`,
    next: "Reopen it with encoding UTF-8 (status bar of the text editor).",
  };
}

function changedProblem(file: string): Problem {
  return {
    code: "FILE_CHANGED",
    message: `${file} was edited while a commit changed it.`,
    next: "Envpact takes up the new text and tries again.",
  };
}

function unsavedProblem(file: string): Problem {
  return {
    code: "FILE_LOCKED",
    message: `The editor could not save ${file}; it is as it was.`,
    next: "Resolve the save conflict in the editor; Envpact tries again.",
  };
}

import { realpath } from "node:fs/promises";
import { isAbsolute, relative } from "node:path";
import * as vscode from "vscode";
import { type DotenvDocument, parseDocument } from "../../dotenv/document.ts";
import { decodeText, fileBytesMax, readTextFile, type TextOutcome } from "./environmentBytes.ts";
import { isBehind, isEvenedOut, openDocumentOf } from "./environmentDocuments.ts";
import type { UnreadableReason } from "./environmentProblems.ts";

/** Parsed files kept in memory; the least recently used go first. */
const parsedFilesMax = 256;

/** The text of an environment as it stands now, in the editor when it is open there, else on disk. */
export type EnvironmentContent =
  | {
      readonly ok: true;
      readonly document: DotenvDocument;
      /** The editor's document, when the file is open and a change may go through it. */
      readonly open: vscode.TextDocument | undefined;
      /** True when the editor has not yet taken up a change of the file on disk; `document` is then the disk's. */
      readonly behind: boolean;
      /** Path to write to on disk (behind links), for files on this machine's disk. */
      readonly realPath: string | undefined;
      /** True for a link whose target lies outside the workspace: shown, never changed. */
      readonly outside: boolean;
    }
  | { readonly ok: false; readonly reason: UnreadableReason };

/** Reads and parses environment files, and remembers the result until it is told that the file changed. */
export class EnvironmentContents {
  readonly #parsed = new Map<string, Promise<EnvironmentContent>>();

  /** The content as last read; reads it when nothing is remembered. */
  read(uri: vscode.Uri): Promise<EnvironmentContent> {
    const id = uri.toString();
    const known = this.#parsed.get(id);
    if (known !== undefined) {
      this.#parsed.delete(id);
      this.#parsed.set(id, known);
      return known;
    }
    const reading = this.readNow(uri);
    this.#parsed.set(id, reading);
    if (this.#parsed.size > parsedFilesMax) {
      const oldest = this.#parsed.keys().next().value;
      if (oldest !== undefined) this.#parsed.delete(oldest);
    }
    return reading;
  }

  /** Reads past everything remembered; edits start from this. */
  async readNow(uri: vscode.Uri): Promise<EnvironmentContent> {
    const outcome = uri.scheme === "file" ? await readTextFile(uri.fsPath) : await readVirtualFile(uri);
    if (!outcome.ok) return outcome;
    const realPath = uri.scheme === "file" ? outcome.realPath : undefined;
    const shown = openDocumentOf(uri, realPath);
    const open = shown !== undefined && isEvenedOut(shown, outcome.text) ? undefined : shown;
    const behind = open !== undefined && isBehind(open, outcome.text);
    return {
      ok: true,
      open,
      behind,
      realPath,
      document: parseDocument(open === undefined || behind ? outcome.text : open.getText()),
      outside: realPath !== undefined && realPath !== uri.fsPath && !(await isInWorkspace(realPath)),
    };
  }

  /** Forgets a file, because it changed in the editor or on disk. */
  forget(uri: vscode.Uri): void {
    this.#parsed.delete(uri.toString());
  }

  /** Forgets everything. */
  forgetAll(): void {
    this.#parsed.clear();
  }
}

async function isInWorkspace(path: string): Promise<boolean> {
  if (vscode.workspace.getWorkspaceFolder(vscode.Uri.file(path)) !== undefined) return true;
  for (const folder of vscode.workspace.workspaceFolders ?? []) {
    if (folder.uri.scheme !== "file") continue;
    const root = await realpath(folder.uri.fsPath).catch(() => folder.uri.fsPath);
    const inside = relative(root, path);
    if (!inside.startsWith("..") && !isAbsolute(inside)) return true;
  }
  return false;
}

async function readVirtualFile(uri: vscode.Uri): Promise<TextOutcome> {
  try {
    const stat = await vscode.workspace.fs.stat(uri);
    if ((stat.type & vscode.FileType.Directory) !== 0) return { ok: false, reason: "folder" };
    if ((stat.type & vscode.FileType.File) === 0) return { ok: false, reason: "not-regular" };
    if (stat.size > fileBytesMax) return { ok: false, reason: "too-large" };
    const decoded = decodeText(await vscode.workspace.fs.readFile(uri));
    return decoded.ok ? { ...decoded, realPath: uri.path } : decoded;
  } catch (error) {
    const code = error instanceof vscode.FileSystemError ? error.code : "";
    if (code === "FileNotFound") return { ok: false, reason: "vanished" };
    return { ok: false, reason: code === "NoPermissions" ? "denied" : "io" };
  }
}

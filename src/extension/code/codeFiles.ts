import * as vscode from "vscode";
import {
  type CodeFamily,
  codeLanguageIds,
  codeNamePatterns,
  familyOf,
  mayName,
} from "../../code/languages.ts";
import { type PlacedScan, type PlacedUsage, placedScan } from "../../code/places.ts";
import { scanCode } from "../../code/scan.ts";
import { codeFileBytesMax } from "../../code/usage.ts";
import { excludedFolders, isExcludedFolder } from "../../dotenv/fileNames.ts";
import { relativePathIn } from "../services/environmentFile.ts";

/** Folders of dependencies beside those that no `.env` file is looked for in. */
const dependencyFolders: ReadonlySet<string> = new Set(["vendor", "Pods"]);

/** Documents of code, for VS Code's registrations; {@link familyOfDocument} decides in the end. */
export const codeSelector: vscode.DocumentSelector = [
  ...codeLanguageIds.map((language) => ({ language })),
  ...codeNamePatterns.map((name) => ({ pattern: `**/${name}` })),
];

/** Files of code, for a search or a watcher. */
export const codePattern = `**/{${codeNamePatterns.join(",")}}`;

/** Folders that are not searched. */
export const excludedPattern = `**/{${[...excludedFolders, ...dependencyFolders].join(",")}}/**`;

/** The family of a file by its name, undefined when it is not code. */
export function familyOfUri(uri: vscode.Uri): CodeFamily | undefined {
  return familyOf(nameIn(uri));
}

/** The family of an open document that is worth scanning. */
export function familyOfDocument(document: vscode.TextDocument): CodeFamily | undefined {
  const { uri } = document;
  // The other side of a diff, output panels and the like have schemes of their own.
  const editable =
    uri.scheme === "file" ||
    uri.scheme === "untitled" ||
    vscode.workspace.fs.isWritableFileSystem(uri.scheme) === true;
  return editable ? familyOf(nameIn(uri), document.languageId) : undefined;
}

/** Whether a file lies in a workspace folder and not among dependencies or build output. */
export function isSearched(uri: vscode.Uri): boolean {
  const folder = vscode.workspace.getWorkspaceFolder(uri);
  if (folder === undefined) return false;
  const folders = relativePathIn(folder, uri).split("/").slice(0, -1);
  return !folders.some((name) => isExcludedFolder(name) || dependencyFolders.has(name));
}

/** What became of reading a file of code. */
export type CodeReading =
  | { readonly ok: true; readonly scan: PlacedScan; readonly bytes: number }
  | { readonly ok: false; readonly reason: "gone" | "too-large" | "unreadable" };

/** Reads and scans a file on disk. */
export async function readCodeFile(uri: vscode.Uri, family: CodeFamily): Promise<CodeReading> {
  try {
    const stat = await vscode.workspace.fs.stat(uri);
    if ((stat.type & vscode.FileType.File) === 0) return { ok: false, reason: "gone" };
    if (stat.size > codeFileBytesMax) return { ok: false, reason: "too-large" };
    const bytes = await vscode.workspace.fs.readFile(uri);
    return { ok: true, scan: scanOfBytes(bytes, family), bytes: bytes.byteLength };
  } catch (error) {
    const isGone = error instanceof vscode.FileSystemError && error.code === "FileNotFound";
    return { ok: false, reason: isGone ? "gone" : "unreadable" };
  }
}

const nothing: PlacedScan = { usages: [], exports: [] };

function scanOfBytes(bytes: Uint8Array, family: CodeFamily): PlacedScan {
  if (!mayName(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), family)) return nothing;
  const text = new TextDecoder().decode(bytes);
  return placedScan(text, scanCode(text, family));
}

interface Scanned {
  readonly version: number;
  readonly family: CodeFamily;
  readonly scan: PlacedScan;
}

const scanned = new WeakMap<vscode.TextDocument, Scanned>();

/**
 * What an open document says as it is now, scanned once a version; nothing for one that is too large. Which usages of
 * an imported object count is for the index to say.
 */
export function scanOfDocument(document: vscode.TextDocument, family: CodeFamily): PlacedScan {
  const known = scanned.get(document);
  if (known?.version === document.version && known.family === family) return known.scan;
  const text = document.getText();
  const scan = text.length > codeFileBytesMax ? nothing : placedScan(text, scanCode(text, family));
  scanned.set(document, { version: document.version, family, scan });
  return scan;
}

/** The place of a usage's name. */
export function rangeOf({ name, line, character }: PlacedUsage): vscode.Range {
  return new vscode.Range(line, character, line, character + name.length);
}

function nameIn(uri: vscode.Uri): string {
  return uri.path.slice(uri.path.lastIndexOf("/") + 1);
}

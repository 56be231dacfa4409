import type * as vscode from "vscode";
import type { EnvironmentFile } from "../services/environmentFile.ts";
import type { KeyRow } from "../services/environmentRows.ts";
import type { EnvironmentSummary } from "../services/environmentSummaries.ts";

/** A directory with environments: the workspace folder itself or a package in it. */
export interface FolderNode {
  readonly kind: "folder";
  readonly id: string;
  readonly folder: vscode.WorkspaceFolder;
  readonly directory: vscode.Uri;
  /** Relative to the workspace folder; empty for the folder itself. */
  readonly directoryPath: string;
}

export interface FileNode {
  readonly kind: "file";
  readonly id: string;
  readonly file: EnvironmentFile;
}

export interface KeyNode {
  readonly kind: "key";
  readonly id: string;
  readonly file: EnvironmentFile;
  readonly row: KeyRow;
  /** What was known of the file when the row was made; refreshing the file makes new rows. */
  readonly summary: EnvironmentSummary;
}

/** Stands for the rows beyond the limit of one environment. */
export interface MoreNode {
  readonly kind: "more";
  readonly id: string;
  readonly file: EnvironmentFile;
  readonly hidden: number;
}

/** A row of the "Environments" view. Ids are made of paths and key names, never of values. */
export type EnvironmentNode = FolderNode | FileNode | KeyNode | MoreNode;

export function folderNodeOf(
  file: Pick<EnvironmentFile, "folder" | "directory" | "directoryPath">,
): FolderNode {
  const { folder, directory, directoryPath } = file;
  return { kind: "folder", id: `folder:${directory.toString()}`, folder, directory, directoryPath };
}

export function fileNodeOf(file: EnvironmentFile): FileNode {
  return { kind: "file", id: `file:${file.uri.toString()}`, file };
}

export function keyNodeOf(file: EnvironmentFile, row: KeyRow, summary: EnvironmentSummary): KeyNode {
  return { kind: "key", id: `key:${file.uri.toString()}#${row.key}`, file, row, summary };
}

export function moreNodeOf(file: EnvironmentFile, hidden: number): MoreNode {
  return { kind: "more", id: `more:${file.uri.toString()}`, file, hidden };
}

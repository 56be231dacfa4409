import * as vscode from "vscode";
import { type EnvironmentKind, isExcludedPath, kindOfName } from "../../dotenv/fileNames.ts";

/** One `.env` file of the workspace. Knows where it is, never what is in it. */
export interface EnvironmentFile {
  readonly uri: vscode.Uri;
  /** File name, such as `.env.local`. */
  readonly name: string;
  readonly kind: EnvironmentKind;
  /** The innermost workspace folder that holds the file. */
  readonly folder: vscode.WorkspaceFolder;
  readonly directory: vscode.Uri;
  /** Path of the directory relative to the workspace folder, with `/`; empty for the folder itself. */
  readonly directoryPath: string;
}

/** The file of a URI, or `undefined` when it is no environment, outside the workspace, or in an excluded folder. */
export function environmentFileOf(uri: vscode.Uri): EnvironmentFile | undefined {
  const name = uri.path.slice(uri.path.lastIndexOf("/") + 1);
  const kind = kindOfName(name);
  if (kind === undefined) return undefined;
  const folder = vscode.workspace.getWorkspaceFolder(uri);
  if (folder === undefined) return undefined;
  const relative = relativePathIn(folder, uri);
  if (isExcludedPath(relative)) return undefined;
  const directoryPath = relative.slice(0, -name.length).replace(/\/$/, "");
  const directory = directoryPath === "" ? folder.uri : vscode.Uri.joinPath(folder.uri, directoryPath);
  return { uri, name, kind, folder, directory, directoryPath };
}

/** Path relative to a workspace folder, with `/`, independent of the platform. */
export function relativePathIn(folder: vscode.WorkspaceFolder, uri: vscode.Uri): string {
  const base = folder.uri.path.endsWith("/") ? folder.uri.path : `${folder.uri.path}/`;
  return uri.path.slice(base.length);
}

/** How messages and pickers name a file: relative to the workspace, with the folder's name when there are several. */
export function shownName(file: EnvironmentFile): string {
  return vscode.workspace.asRelativePath(file.uri, (vscode.workspace.workspaceFolders?.length ?? 0) > 1);
}

import * as vscode from "vscode";
import { isExcludedPath } from "../../dotenv/fileNames.ts";
import { relativePathIn } from "./environmentFile.ts";

/** Tells when files that say something about the folders around them come, change or go, or workspace folders do. */
export function watchMarkers(glob: string, changed: () => void): vscode.Disposable {
  const { workspace } = vscode;
  const watcher = workspace.createFileSystemWatcher(glob);
  // A package that is installed brings thousands of such files along, none of which is near a `.env` file.
  const tell = (uri: vscode.Uri): void => {
    const folder = workspace.getWorkspaceFolder(uri);
    if (folder === undefined || !isExcludedPath(relativePathIn(folder, uri))) changed();
  };
  return vscode.Disposable.from(
    watcher,
    watcher.onDidChange(tell),
    watcher.onDidCreate(tell),
    watcher.onDidDelete(tell),
    workspace.onDidChangeWorkspaceFolders(changed),
  );
}

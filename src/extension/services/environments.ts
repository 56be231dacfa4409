import * as vscode from "vscode";
import { EnvironmentContents } from "./environmentContents.ts";
import { type AtomicFiles, EnvironmentEditor } from "./environmentEditor.ts";
import { EnvironmentIndex } from "./environmentIndex.ts";
import { RevealedKeys } from "./environmentReveal.ts";
import { SharedStateSocket } from "./environmentShared.ts";
import { EnvironmentSummaries } from "./environmentSummaries.ts";
import { EnvironmentWatch } from "./environmentWatch.ts";

/** Everything that views, commands and the space need to work with environment files. */
export interface EnvironmentServices extends vscode.Disposable {
  readonly log: vscode.LogOutputChannel;
  readonly index: EnvironmentIndex;
  readonly contents: EnvironmentContents;
  readonly watch: EnvironmentWatch;
  readonly summaries: EnvironmentSummaries;
  readonly editor: EnvironmentEditor;
  readonly revealed: RevealedKeys;
  /** Where the space plugs in what it knows about keys. */
  readonly shared: SharedStateSocket;
}

/** Builds the services. Reads nothing, watches nothing and starts nothing until a view or command asks. */
export function createEnvironmentServices(
  log: vscode.LogOutputChannel,
  files: AtomicFiles,
): EnvironmentServices {
  const index = new EnvironmentIndex(log);
  const contents = new EnvironmentContents();
  const watch = new EnvironmentWatch(index, contents, log);
  const shared = new SharedStateSocket();
  const revealed = new RevealedKeys();
  const summaries = new EnvironmentSummaries(index, contents, shared);
  const editor = new EnvironmentEditor(contents, files);
  const started = index.onDidStart(() => watch.start());
  const owned = vscode.Disposable.from(started, watch, index, shared, revealed);
  return {
    log,
    index,
    contents,
    watch,
    summaries,
    editor,
    revealed,
    shared,
    dispose: () => owned.dispose(),
  };
}

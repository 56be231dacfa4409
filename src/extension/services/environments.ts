import * as vscode from "vscode";
import { DialectDetection } from "./dialectDetection.ts";
import { EnvironmentContents } from "./environmentContents.ts";
import { type AtomicFiles, EnvironmentEditor } from "./environmentEditor.ts";
import { EnvironmentIndex } from "./environmentIndex.ts";
import { EnvironmentLayers } from "./environmentLayers.ts";
import { RevealedKeys } from "./environmentReveal.ts";
import { SharedStateSocket } from "./environmentShared.ts";
import { EnvironmentSummaries } from "./environmentSummaries.ts";
import { EnvironmentWatch } from "./environmentWatch.ts";
import { KeyKnowledge } from "./keyKnowledge.ts";
import { Schemas } from "./schemas.ts";

/** Everything that views, commands and the space need to work with environment files. */
export interface EnvironmentServices extends vscode.Disposable {
  readonly log: vscode.LogOutputChannel;
  readonly index: EnvironmentIndex;
  readonly contents: EnvironmentContents;
  /** Which files lie under an environment. */
  readonly layers: EnvironmentLayers;
  readonly watch: EnvironmentWatch;
  readonly summaries: EnvironmentSummaries;
  readonly editor: EnvironmentEditor;
  /** Who reads a file. */
  readonly dialects: DialectDetection;
  readonly revealed: RevealedKeys;
  readonly schemas: Schemas;
  /** What the environments near a file know about keys. */
  readonly knowledge: KeyKnowledge;
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
  const schemas = new Schemas(index, contents);
  const layers = new EnvironmentLayers(index);
  const knowledge = new KeyKnowledge(index, contents, schemas, layers);
  const summaries = new EnvironmentSummaries(index, contents, shared, layers);
  const dialects = new DialectDetection(log);
  const editor = new EnvironmentEditor(contents, files, dialects);
  const started = index.onDidStart(() => watch.start());
  const owned = vscode.Disposable.from(started, watch, index, layers, shared, revealed, schemas, dialects);
  return {
    log,
    index,
    contents,
    layers,
    watch,
    summaries,
    editor,
    dialects,
    revealed,
    schemas,
    knowledge,
    shared,
    dispose: () => owned.dispose(),
  };
}

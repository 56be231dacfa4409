import * as vscode from "vscode";
import { replaceText } from "../runtime/files.ts";
import { registerCodeActions } from "./editor/codeActions.ts";
import { DiagnosticsService } from "./editor/diagnostics.ts";
import { createEnvironmentServices, type EnvironmentServices } from "./services/environments.ts";
import { registerSpace, type Space } from "./space.ts";
import { type EnvironmentsView, registerEnvironments } from "./views/environments.ts";

/** What the tests inside VS Code may reach. `activate` returns nothing outside of a test run. */
export interface TestApi {
  readonly services: EnvironmentServices;
  readonly environments: EnvironmentsView;
  readonly space: Space;
}

let space: Space | undefined;

/** Builds the services and registers everything that is contributed. Reads no file and starts no process. */
export function activate(context: vscode.ExtensionContext): TestApi | undefined {
  const log = vscode.window.createOutputChannel("Envpact", { log: true });
  const services = createEnvironmentServices(log, { replace: replaceText });
  const environments = registerEnvironments(services);
  const diagnostics = new DiagnosticsService(services.summaries, log);
  // An example or another file that is not open changed on disk; open ones the diagnostics see themselves.
  const beside = services.watch.onDidChangeContent((uris) => {
    if (uris.some((uri) => !isOpen(uri))) diagnostics.refresh();
  });
  // An open example counts from the moment that it is known to exist, which may come after its edits.
  const known = services.index.onDidChange(() => diagnostics.refresh());
  context.subscriptions.push(
    beside,
    known,
    log,
    services,
    environments,
    diagnostics,
    registerCodeActions(diagnostics),
  );
  space = registerSpace(context, services);
  return context.extensionMode === vscode.ExtensionMode.Test ? { services, environments, space } : undefined;
}

/** Closes the peers of this window; what they said is on disk before the host goes. */
export async function deactivate(): Promise<void> {
  await space?.peers.stop();
  space = undefined;
}

function isOpen(uri: vscode.Uri): boolean {
  return vscode.workspace.textDocuments.some((document) => document.uri.toString() === uri.toString());
}

import * as vscode from "vscode";
import { replaceText } from "../runtime/files.ts";
import { type CodeFeatures, registerCode } from "./code/register.ts";
import { type Comparing, registerComparing } from "./commands/matrixCommands.ts";
import { registerSchemaCommands } from "./commands/schemaCreate.ts";
import { registerCodeActions } from "./editor/codeActions.ts";
import { DiagnosticsService } from "./editor/diagnostics.ts";
import { registerLanguageFeatures } from "./editor/languageFeatures.ts";
import { LintSurroundings } from "./editor/lintSurroundings.ts";
import { registerPartialCheckStatus } from "./editor/partialCheckStatus.ts";
import { createEnvironmentServices, type EnvironmentServices } from "./services/environments.ts";
import { registerSpace, type Space } from "./space.ts";
import { type EnvironmentsView, registerEnvironments } from "./views/environments.ts";

/** What the tests inside VS Code may reach. `activate` returns nothing outside of a test run. */
export interface TestApi {
  readonly services: EnvironmentServices;
  readonly environments: EnvironmentsView;
  readonly comparing: Comparing;
  readonly code: CodeFeatures;
  readonly space: Space;
}

let space: Space | undefined;

/** Builds the services and registers everything that is contributed. Reads no file and starts no process. */
export function activate(context: vscode.ExtensionContext): TestApi | undefined {
  const log = vscode.window.createOutputChannel("Envpact", { log: true });
  const services = createEnvironmentServices(log, { replace: replaceText });
  const environments = registerEnvironments(services);
  const comparing = registerComparing({ services, view: environments.view }, context.extensionUri);
  const code = registerCode({ services, view: environments.view });
  const surroundings = new LintSurroundings(services);
  const diagnostics = new DiagnosticsService(surroundings, log);
  // What the other documents are held against changed, in an editor or on disk.
  const beside = services.watch.onDidChangeContent((uris) => diagnostics.refresh(uris));
  // An open example counts from the moment that it is known to exist, which may come after its edits.
  const known = services.index.onDidChange(() => diagnostics.refresh());
  context.subscriptions.push(
    beside,
    known,
    log,
    services,
    environments,
    comparing,
    code,
    surroundings,
    diagnostics,
    registerCodeActions(diagnostics),
    registerPartialCheckStatus(),
    registerSchemaCommands({ services, view: environments.view }),
    registerLanguageFeatures(services, code),
  );
  space = registerSpace(context, services);
  return context.extensionMode === vscode.ExtensionMode.Test
    ? { services, environments, comparing, code, space }
    : undefined;
}

/** Closes the peers of this window; what they said is on disk before the host goes. */
export async function deactivate(): Promise<void> {
  await space?.peers.stop();
  space = undefined;
}

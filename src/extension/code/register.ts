import * as vscode from "vscode";
import type { CommandArguments, EnvironmentCommandContext } from "../commands/environmentContext.ts";
import type { RenameListener } from "../editor/rename.ts";
import { codeCommandIds } from "../ids.ts";
import { addKeyToEnvironment } from "./addKey.ts";
import { CodeDiagnostics, registerCodeFixes } from "./codeDiagnostics.ts";
import { registerHiding } from "./codeFindings.ts";
import { CodeIndex } from "./codeIndex.ts";
import { registerCodeProviders } from "./codeProviders.ts";
import { renameKeyEverywhere } from "./renameEverywhere.ts";
import { offerRenameInCode } from "./renameLeftovers.ts";
import { registerUnusedKeyFixes } from "./unusedKeyFixes.ts";
import { UnusedKeys } from "./unusedKeys.ts";

/** What the extension knows about code that reads environment variables. */
export interface CodeFeatures extends vscode.Disposable, RenameListener {
  readonly index: CodeIndex;
}

/** Registers everything about code. Searches no folder before a feature needs to know what is in it. */
export function registerCode(context: EnvironmentCommandContext): CodeFeatures {
  const { services } = context;
  const index = new CodeIndex(services.log);
  const run = (id: string, work: (...args: unknown[]) => Promise<void>): vscode.Disposable =>
    vscode.commands.registerCommand(id, async (...args: unknown[]) => {
      try {
        await work(...args);
      } catch (error) {
        // A defect, not a refusal: those are reported as data. The stack goes to the log, which holds no value.
        services.log.error(`${id} failed: ${error instanceof Error ? error.stack : String(error)}`);
        throw new Error("Envpact could not finish this command; nothing was changed. See the Envpact log.");
      }
    });
  const owned = vscode.Disposable.from(
    index,
    registerCodeProviders(services, index),
    new CodeDiagnostics(services, index),
    registerCodeFixes(),
    new UnusedKeys(services, index),
    registerUnusedKeyFixes(services),
    registerHiding(),
    run(codeCommandIds.addKeyToEnvironment, (near, key) => addKeyToEnvironment(context, near, key)),
    run(codeCommandIds.renameKeyEverywhere, (...args) =>
      renameKeyEverywhere(context, index, args as unknown as CommandArguments),
    ),
  );
  return {
    index,
    keyRenamed: (near, from, to) => {
      offerRenameInCode(context, index, near, { from, to }).catch((error: unknown) => {
        services.log.error(`Usages of a renamed key could not be looked for: ${String(error)}`);
      });
    },
    dispose: () => owned.dispose(),
  };
}

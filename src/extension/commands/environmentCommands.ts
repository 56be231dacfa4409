import * as vscode from "vscode";
import { type EnvironmentCommandId, environmentCommandIds as ids } from "../ids.ts";
import type { CommandArguments, EnvironmentCommandContext } from "./environmentContext.ts";
import { copyKeyToEnvironment, copyName, copyValue } from "./environmentCopy.ts";
import { commentOut, deleteKey, editValue, newKey, renameKeyCommand, uncomment } from "./environmentKeys.ts";
import { addMissingKey, addMissingKeys } from "./environmentMissing.ts";
import { goToKey, hide, openEnvironment, refresh, reveal } from "./environmentNavigation.ts";
import { newEnvironment } from "./environmentNew.ts";

type Handler = (context: EnvironmentCommandContext, args: CommandArguments) => Promise<void>;

const handlers: Readonly<Record<EnvironmentCommandId, Handler>> = {
  [ids.newEnvironment]: newEnvironment,
  [ids.newKey]: newKey,
  [ids.editValue]: editValue,
  [ids.renameKey]: renameKeyCommand,
  [ids.deleteKey]: deleteKey,
  [ids.commentOutKey]: commentOut,
  [ids.uncommentKey]: uncomment,
  [ids.copyValue]: copyValue,
  [ids.copyName]: copyName,
  [ids.copyKeyToEnvironment]: copyKeyToEnvironment,
  [ids.reveal]: reveal,
  [ids.hide]: hide,
  [ids.goToKey]: goToKey,
  [ids.openEnvironment]: openEnvironment,
  [ids.addMissingKeys]: addMissingKeys,
  [ids.addMissingKey]: addMissingKey,
  [ids.refresh]: refresh,
};

/** Registers the commands of the "Environments" view. */
export function registerEnvironmentCommands(context: EnvironmentCommandContext): vscode.Disposable {
  const registered = Object.entries(handlers).map(([id, handler]) =>
    vscode.commands.registerCommand(id, (...args: unknown[]) => run(context, id, handler, args)),
  );
  return vscode.Disposable.from(...registered);
}

async function run(
  context: EnvironmentCommandContext,
  id: string,
  handler: Handler,
  args: readonly unknown[],
): Promise<void> {
  try {
    await handler(context, args as CommandArguments);
  } catch (error) {
    // A defect, not a refusal: those are reported as data. The stack goes to the log, which holds no value.
    context.services.log.error(`${id} failed: ${error instanceof Error ? error.stack : String(error)}`);
    throw new Error(
      "Envpact could not finish this command; no file was left half-written. See the Envpact log.",
    );
  }
}

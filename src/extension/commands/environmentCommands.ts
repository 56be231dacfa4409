import * as vscode from "vscode";
import { type EnvironmentCommandId, environmentCommandIds as ids, walkthroughId } from "../ids.ts";
import { isAssigned } from "../services/environmentRows.ts";
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
  [ids.getStarted]: async () => {
    await vscode.commands.executeCommand("workbench.action.openWalkthrough", walkthroughId);
  },
};

/** The argument of the keybindings in package.json: the row that has the focus is meant. */
const focusedArgument = "focused";

/** Registers the commands of the "Environments" view. */
export function registerEnvironmentCommands(context: EnvironmentCommandContext): vscode.Disposable {
  const registered = Object.entries(handlers).map(([id, handler]) =>
    vscode.commands.registerCommand(id, (...args: readonly unknown[]) => {
      const rows = args[0] === focusedArgument ? focusedRows(context, id) : (args as CommandArguments);
      return rows === undefined ? undefined : run(context, id, handler, rows);
    }),
  );
  return vscode.Disposable.from(...registered);
}

/**
 * What a keybinding's command acts on: VS Code tells extensions the selected row but not the focused one, so the
 * keybinding selects the focused row first. Undefined when that is no key that the command can act on.
 */
function focusedRows({ view }: EnvironmentCommandContext, id: string): CommandArguments | undefined {
  const [node] = view.selection;
  if (node?.kind !== "key") return undefined;
  return isAssigned(node.row) || id === ids.copyName ? [node] : undefined;
}

async function run(
  context: EnvironmentCommandContext,
  id: string,
  handler: Handler,
  args: CommandArguments,
): Promise<void> {
  try {
    await handler(context, args);
  } catch (error) {
    // A defect, not a refusal: those are reported as data. The stack goes to the log, which holds no value.
    context.services.log.error(`${id} failed: ${error instanceof Error ? error.stack : String(error)}`);
    throw new Error(
      "Envpact could not finish this command; no file was left half-written. See the Envpact log.",
    );
  }
}

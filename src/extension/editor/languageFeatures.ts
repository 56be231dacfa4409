import * as vscode from "vscode";
import type { EnvironmentServices } from "../services/environments.ts";
import { registerCloak } from "./cloak.ts";
import { registerCompletion } from "./completion.ts";
import { registerFolding } from "./folding.ts";
import { registerFormatting } from "./formatting.ts";
import { registerHover } from "./hover.ts";
import { registerNavigation } from "./navigation.ts";
import { type RenameListener, registerRename } from "./rename.ts";
import { registerStateSigns } from "./stateSigns.ts";
import { registerSymbols } from "./symbols.ts";

/** Registers everything that the text editor of a `.env` file offers besides diagnostics and their fixes. */
export function registerLanguageFeatures(
  services: EnvironmentServices,
  renames: RenameListener,
): vscode.Disposable {
  return vscode.Disposable.from(
    // First of all, so that values are hidden as early as can be.
    registerCloak(),
    registerHover(services),
    registerCompletion(services),
    registerNavigation(services),
    registerRename(services, renames),
    registerSymbols(),
    registerFolding(),
    registerFormatting(services),
    registerStateSigns(services),
  );
}

/**
 * Every id that package.json contributes for Envpact. A unit test compares this file with package.json,
 * so a command, view, setting or context key exists in both or in neither.
 */

/** Views and the container they live in. */
export const viewIds = {
  container: "envpact",
  environments: "envpact.environments",
} as const;

/** Commands of the "Environments" view. */
export const environmentCommandIds = {
  newEnvironment: "envpact.newEnvironment",
  newKey: "envpact.newKey",
  editValue: "envpact.editValue",
  renameKey: "envpact.renameKey",
  deleteKey: "envpact.deleteKey",
  commentOutKey: "envpact.commentOutKey",
  uncommentKey: "envpact.uncommentKey",
  copyValue: "envpact.copyValue",
  copyName: "envpact.copyName",
  copyKeyToEnvironment: "envpact.copyKeyToEnvironment",
  reveal: "envpact.reveal",
  hide: "envpact.hide",
  goToKey: "envpact.goToKey",
  openEnvironment: "envpact.openEnvironment",
  addMissingKeys: "envpact.addMissingKeys",
  addMissingKey: "envpact.addMissingKey",
  refresh: "envpact.refresh",
} as const;

export type EnvironmentCommandId = (typeof environmentCommandIds)[keyof typeof environmentCommandIds];

/** Settings of the "Environments" view, with their full names. */
export const environmentSettingIds = {
  confirmDelete: "envpact.confirmDelete",
} as const;

/** Context keys that Envpact sets for the `when` clauses of its keybindings. */
export const contextKeys = {
  /** True while a key that has a value is selected in the "Environments" view. */
  keySelected: "envpact.environments.keySelected",
} as const;

/** VS Code's own language id for `.env` files; Envpact contributes no other (see docs/ARCHITECTURE.md). */
export const dotenvLanguageId = "dotenv";

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
  getStarted: "envpact.getStarted",
} as const;

/** The walkthrough, as VS Code names it: extension id, then the id in package.json. */
export const walkthroughId = "envpact.envpact#start";

export type EnvironmentCommandId = (typeof environmentCommandIds)[keyof typeof environmentCommandIds];

/** Commands that compare environments and explain values. */
export const comparisonCommandIds = {
  openMatrix: "envpact.openMatrix",
  explainValue: "envpact.explainValue",
} as const;

/** Setting: which convention says what file wins. */
export const conventionSettingId = "envpact.convention";

/** View types of panels that VS Code brings back after a reload. */
export const matrixViewType = "envpact.matrix";
export const explainViewType = "envpact.explain";

/** Commands about schemas. */
export const schemaCommandIds = {
  createSchema: "envpact.createSchema",
} as const;

/** Settings of the "Environments" view, with their full names. */
export const environmentSettingIds = {
  confirmDelete: "envpact.confirmDelete",
} as const;

/** Commands of the links in a hover; they take a URI and a key, and stand in no menu. */
export const hoverCommandIds = {
  revealKey: "envpact.revealKeyInHover",
  hideKey: "envpact.hideKeyInHover",
} as const;

/** Commands of the text editor of a `.env` file. */
export const editorCommandIds = {
  toggleCloaking: "envpact.toggleCloaking",
  revealLine: "envpact.revealLine",
  formatDocument: "envpact.formatDocument",
} as const;

/** Settings of the text editor of a `.env` file, with their full names. */
export const editorSettingIds = {
  cloak: "envpact.cloak",
  format: "envpact.format.enable",
  stateSigns: "envpact.stateSigns",
} as const;

/** Theme colours of the state signs. */
export const stateColorIds = {
  equal: "envpact.equalForeground",
  differs: "envpact.differsForeground",
  empty: "envpact.emptyForeground",
  missing: "envpact.missingForeground",
} as const;

/** Semantic token type of a covered value; package.json makes it transparent. */
export const cloakedTokenType = "envpactCloaked";

/** Context key: true while values are cloaked in the text editors of this window. */
export const cloakedContextKey = "envpact.cloaked";

/** Commands about code that reads environment variables. */
export const codeCommandIds = {
  renameKeyEverywhere: "envpact.renameKeyEverywhere",
  addKeyToEnvironment: "envpact.addKeyToEnvironment",
} as const;

/** Settings about code that reads environment variables, with their full names. */
export const codeSettingIds = {
  undefinedVariable: "envpact.code.undefinedVariable",
  unusedKey: "envpact.code.unusedKey",
} as const;

/** Setting: who reads the `.env` files. */
export const dialectsSettingId = "envpact.dialects";

/** Context keys that Envpact sets for the `when` clauses of its keybindings and welcome texts. */
export const contextKeys = {
  /** True while a key that has a value is selected in the "Environments" view. */
  keySelected: "envpact.environments.keySelected",
  /** True once the workspace was searched for environments: only then can a welcome text say that there are none. */
  searched: "envpact.environments.searched",
} as const;

/** VS Code's own language id for `.env` files; Envpact contributes no other (see docs/ARCHITECTURE.md). */
export const dotenvLanguageId = "dotenv";

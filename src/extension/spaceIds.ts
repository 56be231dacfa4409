/**
 * Every id that package.json contributes for the space. A unit test compares this file with package.json,
 * so a command, view, setting or scheme exists in both or in neither.
 */

/** The view of the space; it lives in the container of `viewIds`. */
export const spaceViewId = "envpact.space";

/** Commands of the space. */
export const spaceCommandIds = {
  hostSpace: "envpact.hostSpace",
  joinSpace: "envpact.joinSpace",
  copyInvitation: "envpact.copyInvitation",
  shareKey: "envpact.shareKey",
  unshareKey: "envpact.unshareKey",
  commitChanges: "envpact.commitChanges",
  discardChange: "envpact.discardChange",
  showHistory: "envpact.showHistory",
  showRevision: "envpact.showRevision",
  showMoreHistory: "envpact.showMoreHistory",
  compareChange: "envpact.compareChange",
  revertRevision: "envpact.revertRevision",
  revealComparison: "envpact.revealComparison",
  hideComparison: "envpact.hideComparison",
  restoreReplaced: "envpact.restoreReplaced",
  leaveSpace: "envpact.leaveSpace",
  retryConnection: "envpact.retryConnection",
  showSpace: "envpact.showSpace",
  showLog: "envpact.showLog",
} as const;

export type SpaceCommandId = (typeof spaceCommandIds)[keyof typeof spaceCommandIds];

/** Settings of the space, with their full names. */
export const spaceSettingIds = {
  notifications: "envpact.notifications",
} as const;

/** Scheme of the read-only documents of comparisons. Their URIs hold a number and a side, nothing else. */
export const comparisonScheme = "envpact-compare";
/** Context key: true while the comparison in the active editor shows its values. */
export const comparisonRevealedKey = "envpact.comparisonRevealed";

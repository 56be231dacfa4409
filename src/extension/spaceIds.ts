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
  acceptReview: "envpact.acceptReview",
  compareReview: "envpact.compareReview",
  declineReview: "envpact.declineReview",
  allowKeys: "envpact.allowKeys",
  cancelCommit: "envpact.cancelCommit",
  goOnWithout: "envpact.goOnWithout",
  forceOutcome: "envpact.forceOutcome",
  resyncSpace: "envpact.resyncSpace",
  showTimeline: "envpact.showTimeline",
  compareRevisions: "envpact.compareRevisions",
  compareThreeWays: "envpact.compareThreeWays",
  revertKeys: "envpact.revertKeys",
  whatIsThis: "envpact.whatIsThis",
  showSpace: "envpact.showSpace",
  showLog: "envpact.showLog",
} as const;

export type SpaceCommandId = (typeof spaceCommandIds)[keyof typeof spaceCommandIds];

/** Settings of the space, with their full names. */
export const spaceSettingIds = {
  notifications: "envpact.notifications",
  absentVoters: "envpact.commit.absentVoters",
  reviewMinutes: "envpact.commit.reviewMinutes",
  review: "envpact.review",
} as const;

/** View type of the panels with a transaction's timeline; VS Code brings them back after a reload. */
export const timelineViewType = "envpact.timeline";
/** View type of the panel that shows a key three ways; it holds values and is gone after a reload. */
export const threeWayViewType = "envpact.threeWay";

/** Context key: true once it is known which folders take part in a space; only then is hosting one proposed. */
export const spaceLookedKey = "envpact.space.looked";
/** Scheme of the read-only documents of comparisons. Their URIs hold a number and a side, nothing else. */
export const comparisonScheme = "envpact-compare";
/** Context key: true while the comparison in the active editor shows its values. */
export const comparisonRevealedKey = "envpact.comparisonRevealed";

/**
 * Pure: the next step after a problem as the editor says it. Problems come from code that editor and command line
 * share; where their own words name a command of `envpact`, an editor's user gets these instead.
 */
import type { ErrorCode, Problem } from "../../protocol/errors.ts";
import { spaceCommandIds as ids, type SpaceCommandId } from "../spaceIds.ts";

/** A button that carries out the next step. */
export interface ProblemAction {
  /** As the palette names it, with `…` where something is asked first. */
  readonly title: string;
  readonly command: SpaceCommandId;
}

interface EditorStep {
  /** Said where the problem's own next step is empty or is one of the command line. */
  readonly next: string;
  readonly action?: ProblemAction;
  /** The button does not fit the other problems of this code, which say what to do in words of their own. */
  readonly onlyWithNext?: true;
}

const join: ProblemAction = { title: "Join Space…", command: ids.joinSpace };
const host: ProblemAction = { title: "Host Space…", command: ids.hostSpace };
const leave: ProblemAction = { title: "Leave Space…", command: ids.leaveSpace };
const discard: ProblemAction = { title: "Discard Change…", command: ids.discardChange };
const share: ProblemAction = { title: "Share Key…", command: ids.shareKey };
const history: ProblemAction = { title: "Show History…", command: ids.showHistory };
const space: ProblemAction = { title: "Show Space", command: ids.showSpace };

const ask = "Ask for a new invitation, then choose Join Space.";
const lookAtFile = "Open the file in the text editor and look at what it holds now.";
const lookAtSpace = "The Space view shows what is under way.";
const update = "Update Envpact on the older side.";
const report = "Please report this with what Show Log shows.";
const mendDisk = "Check the disk and the permissions of the folder, then reload the window.";
const owner = "Ask the developer who hosts the space; Copy Invitation works in that window.";
const otherHistory = "Nothing was changed. Compare Show History here and in another developer's window.";

const steps: Readonly<Record<ErrorCode, EditorStep>> = {
  BAD_USAGE: { next: "Show Log has the details." },
  BAD_MESSAGE: { next: update },
  BAD_INVITATION: { next: ask, action: join },
  INVITATION_EXPIRED: { next: ask, action: join },
  INVITATION_USED: { next: ask, action: join },
  BAD_CONFIG: { next: "Mend .envpact.json, or restore it from version control." },
  NOT_A_PEER: { next: "Choose Join Space and paste an invitation.", action: join },
  ALREADY_A_PEER: { next: "Leave that space first, or use another folder.", action: leave },
  PEER_BUSY: { next: "Use the window or process that takes part already, or end it first." },
  NAME_TAKEN: { next: "Choose another name." },
  SPACE_EXISTS: { next: "Choose another name.", action: host },
  SPACE_UNKNOWN: { next: "Check the name of the space with the developer who hosts it." },
  NOT_OWNER: { next: owner },
  UNAUTHENTICATED: { next: ask, action: join },
  COORDINATOR_UNPROVEN: { next: ask, action: join },
  VERSION_MISMATCH: { next: update },
  LIMIT: { next: "Ask the developer who hosts the space to make room." },
  UNREACHABLE: {
    next: "See Show Log for the reason, and look whether a window is open on the machine that hosts the space.",
  },
  PORT_IN_USE: { next: "End the program that has the port, then reload the window." },
  LISTEN_REFUSED: { next: "A coordinator listens on this machine only; see Show Log." },
  DATA_LOCKED: { next: "Use the coordinator that runs already, or end it first." },
  DATA_NOT_WRITABLE: { next: mendDisk },
  DATA_DAMAGED: { next: "Nothing was changed. Restore the folder from a copy, then reload the window." },
  NO_SQLITE: { next: "Update VS Code: its own Node is too old to host a space." },
  STALE_TERM: { next: otherHistory, action: history },
  FORKED: { next: otherHistory, action: history },
  COORDINATOR_BEHIND: { next: otherHistory, action: history },
  NOTHING_TO_COMMIT: {
    next: "Choose another revision in Show History.",
    action: history,
    onlyWithNext: true,
  },
  NOT_SHARED: { next: "Choose Share Key first.", action: share },
  KEY_NOT_FOUND: { next: "The Space view lists the keys that differ.", action: space, onlyWithNext: true },
  KEY_INVALID: { next: "Choose another name for the key." },
  KEY_EXISTS: { next: "Choose another name for the key." },
  VALUE_NOT_WRITABLE: { next: "Choose a value without this mix of quotes and line breaks." },
  FILE_NOT_REGULAR: { next: "Put a regular file there, or name another file in .envpact.json." },
  FILE_NOT_WRITABLE: { next: "Give yourself permission to write the file and its folder." },
  FILE_NOT_READABLE: { next: "Give yourself permission to read the file and to look into its folder." },
  FILE_TOO_LARGE: { next: "Remove what the file does not need." },
  FILE_NOT_TEXT: { next: "Reopen the file with encoding UTF-8 (status bar of the text editor)." },
  FILE_OUTSIDE: { next: "Name a file inside the folder in .envpact.json." },
  FILE_CHANGED: { next: lookAtFile },
  FILE_LOCKED: { next: "Close the program that uses the file; Envpact tries again by itself." },
  FILE_MISSING: {
    next: "Put the values back with Discard Change, or choose the keys to delete in Commit Changes.",
    action: discard,
    onlyWithNext: true,
  },
  NO_SPACE_LEFT: { next: "Free some space, then try again." },
  CONFLICT: { next: "Compare your value with theirs, then commit again or discard it." },
  DRIFT: { next: "Once it is committed or discarded there, retry." },
  IN_DOUBT: { next: `${lookAtSpace} It settles by itself once the coordinator is back.`, action: space },
  BEHIND: { next: "Retry when that folder has caught up." },
  UNSEALABLE: { next: "Type the value again." },
  CONSENT_NEEDED: {
    next: "There, choose Allow in the notice or at “Consent needed” in the Space view; then retry.",
  },
  UNTRUSTED: { next: "Trust the workspace there, then retry." },
  REVISION_UNKNOWN: { next: "Show History lists the revisions.", action: history },
  REVISION_COMPACTED: {
    next: "Its values are no longer kept. Show History lists the revisions that are.",
    action: history,
  },
  ABSENT: { next: "Retry when they are back, or set “envpact.commit.absentVoters” to “detach”." },
  REVIEW_NEEDED: { next: "Answer the review in the Space view.", action: space },
  DECLINED: { next: "Talk to whoever declined it, then commit again or discard the change." },
  NOT_IN_DOUBT: { next: `It was decided meanwhile. ${lookAtSpace}`, action: space },
  FORCED: { next: `Wait until the coordinator has told the outcome. ${lookAtSpace}`, action: space },
  TIMEOUT: { next: lookAtSpace, action: space },
  CANCELLED: { next: "Commit again when you are ready." },
  UNKNOWN_OUTCOME: { next: "Show History tells whether it happened, once the coordinator answers." },
  SHUTTING_DOWN: { next: "Try again once the coordinator is back." },
  INTERNAL: { next: report },
};

/** A command of `envpact`, or one of its options. */
const commandLine = /\benvpact [a-z]|(?:^|\s)--[a-z]/;
/** What a reason that another peer sent says in brackets to users of the command line. */
const bracketedCommand = / ?\((?:run )?`?envpact [a-z][^)]*\)/g;

/** A problem as the editor tells it, and the button that carries out its next step. */
export function editorProblem({
  code,
  message,
  next,
}: Problem): Problem & { readonly action?: ProblemAction } {
  const step = steps[code];
  const isOurs = next === "" || commandLine.test(next);
  const { action } = step;
  return {
    code,
    message: editorText(message),
    next: isOurs ? step.next : next,
    ...(action === undefined || (step.onlyWithNext && !isOurs) ? {} : { action }),
  };
}

/** What to do after a refusal with this code; empty for one that this version does not know. */
export function stepAfter(code: string | undefined): string {
  return Object.hasOwn(steps, code ?? "") ? steps[code as ErrorCode].next : "";
}

/** A text that came from a peer or the shared code, without the commands that it names in brackets. */
export function editorText(text: string): string {
  return text.replace(bracketedCommand, "");
}

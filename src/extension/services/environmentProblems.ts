import type { ErrorCode } from "../../protocol/errors.ts";

/** Codes of problems that only the editor meets; the others are those of the whole system. */
type EditorCode = "FILE_NOT_SAVED" | "FILE_EXISTS" | "FOLDER_MISSING" | "VALUE_MULTILINE";

/**
 * What can be wrong with an environment file or a change to it, as data: a stable code, a message that
 * names file and key, and the next step. No text holds a value.
 */
export interface EnvironmentProblem {
  readonly code: ErrorCode | EditorCode;
  readonly message: string;
  readonly next: string;
}

/** Why a file's text is not shown or not edited; the word stands beside the file in the tree. */
export type UnreadableReason =
  | "folder"
  | "not-regular"
  | "broken-link"
  | "too-large"
  | "utf-16"
  | "binary"
  | "not-utf-8"
  | "denied"
  | "vanished"
  | "io";

/** Reasons for which a file holds no keys that anybody could mean. */
const noFile: ReadonlySet<UnreadableReason> = new Set(["vanished", "folder", "not-regular", "broken-link"]);

/** Whether there is nothing in a file's place that could hold keys, so that nothing is left out with it. */
export function isNoFile(reason: UnreadableReason): boolean {
  return noFile.has(reason);
}

const unreadableTexts: Readonly<Record<UnreadableReason, EnvironmentProblem & { readonly word: string }>> = {
  folder: {
    code: "FILE_NOT_REGULAR",
    word: "a folder, not a file",
    message: "is a folder.",
    next: "Nothing to do: Envpact leaves folders of this name alone.",
  },
  "not-regular": {
    code: "FILE_NOT_REGULAR",
    word: "not a regular file, read-only",
    message: "is a pipe, socket or device, and Envpact never opens one.",
    next: "Edit it with the program that provides it.",
  },
  "broken-link": {
    code: "FILE_MISSING",
    word: "link to nothing",
    message: "is a link whose target is not there.",
    next: "Create the target or remove the link, then refresh.",
  },
  "too-large": {
    code: "FILE_TOO_LARGE",
    word: "too large to show",
    message: "is larger than Envpact reads (16 MiB).",
    next: "Check that it really is a .env file; open it in the text editor if you need to change it.",
  },
  "utf-16": {
    code: "FILE_NOT_TEXT",
    word: "UTF-16, read-only",
    message: "is written in UTF-16, which programs that read .env files do not understand.",
    next: "Save it with encoding UTF-8 (status bar of the text editor), then refresh.",
  },
  binary: {
    code: "FILE_NOT_TEXT",
    word: "binary, read-only",
    message: "holds binary bytes, so it is not a text file.",
    next: "Restore the file from its source; Envpact has not changed it.",
  },
  "not-utf-8": {
    code: "FILE_NOT_TEXT",
    word: "not valid UTF-8, read-only",
    message: "holds bytes that are not valid UTF-8; an edit would lose them.",
    next: "Reopen it with its real encoding in the text editor, save it with encoding UTF-8, then refresh.",
  },
  denied: {
    code: "FILE_NOT_READABLE",
    word: "no permission to read",
    message: "may not be read by you.",
    next: "Change its permissions, then refresh.",
  },
  vanished: {
    code: "FILE_MISSING",
    word: "vanished",
    message: "is not there any more.",
    next: "Refresh the view; restore the file if it should be there.",
  },
  io: {
    code: "FILE_NOT_READABLE",
    word: "cannot be read",
    message: "could not be read from the disk.",
    next: "Check the disk and the folder, then refresh.",
  },
};

/** A few words for the tree's description of a file that cannot be read. */
export function unreadableWord(reason: UnreadableReason): string {
  return unreadableTexts[reason].word;
}

/** The problem of a file that cannot be read, for a message to the user. `file` is its shown name. */
export function unreadableProblem(reason: UnreadableReason, file: string): EnvironmentProblem {
  const text = unreadableTexts[reason];
  return {
    code: text.code,
    message: `${file} ${text.message}`,
    next: text.next,
  };
}

/** The file lies outside the workspace, behind a link. */
export function outsideProblem(file: string): EnvironmentProblem {
  return {
    code: "FILE_OUTSIDE",
    message: `${file} is a link to a file outside this workspace, so it was not changed.`,
    next: "Open the folder of the real file and change it there.",
  };
}

/** The file kept changing while an edit was made; nothing was written. */
export function contendedProblem(file: string): EnvironmentProblem {
  return {
    code: "FILE_CHANGED",
    message: `${file} changed while it was being edited, so nothing was written.`,
    next: "Look at the file and try again.",
  };
}

/** The edit is in the editor but the save did not happen. */
export function unsavedProblem(file: string): EnvironmentProblem {
  return {
    code: "FILE_NOT_SAVED",
    message: `${file} was changed in the editor but could not be saved.`,
    next: "Save it yourself, or undo the change in the editor.",
  };
}

/** A file in a virtual workspace could not be written. `reason` is a system error code such as EACCES. */
export function writeProblem(file: string, reason: string): EnvironmentProblem {
  return {
    code: "FILE_NOT_WRITABLE",
    message: `${file} could not be written (${reason}); it is as it was.`,
    next: "Check the permissions and the free space of its folder, then try again.",
  };
}

/** A new file's name is taken. */
export function existsProblem(file: string): EnvironmentProblem {
  return {
    code: "FILE_EXISTS",
    message: `${file} exists already and was left as it is.`,
    next: "Choose another name.",
  };
}

/** The value has several lines or control characters, which an input box would lose. */
export function multilineProblem(file: string, key: string): EnvironmentProblem {
  return {
    code: "VALUE_MULTILINE",
    message: `The value of ${key} in ${file} has several lines, which an input box would lose.`,
    next: "Edit it in the text editor.",
  };
}

/** The key went away between being shown and being used. */
export function keyGoneProblem(file: string, key: string): EnvironmentProblem {
  return {
    code: "KEY_NOT_FOUND",
    message: `${key} is not in ${file} any more.`,
    next: "Refresh the view.",
  };
}

/** No folder is open, so there is no place for a file. */
export function noFolderProblem(): EnvironmentProblem {
  return {
    code: "FOLDER_MISSING",
    message: "No folder is open, so there is no place for an environment.",
    next: "Open a folder first.",
  };
}

/** One line for a notification. */
export function textOf(problem: EnvironmentProblem): string {
  return `${problem.message} ${problem.next}`;
}

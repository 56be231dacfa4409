import type { ErrorCode, Problem } from "../protocol/errors.ts";

/** The system's code of an error (`ENOENT`, …); `EIO` for one without. */
export function systemCode(error: unknown): string {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "EIO";
}

/** Resolves with what `promise` gives, or undefined when the thing it asks for does not exist. */
export async function unlessMissing<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}

/** What a synchronous `call` gives, or undefined when the thing it asks for does not exist. */
export function unlessMissingNow<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}

const writeProblems: Readonly<Record<string, { code: ErrorCode; what: string; next: string }>> = {
  ENOSPC: {
    code: "NO_SPACE_LEFT",
    what: "the disk is full",
    next: "Free some space, then try again.",
  },
  EDQUOT: {
    code: "NO_SPACE_LEFT",
    what: "your quota on the disk is used up",
    next: "Free some space, then try again.",
  },
  EROFS: {
    code: "FILE_NOT_WRITABLE",
    what: "the file system is read-only",
    next: "Mount it writable or use another folder.",
  },
  EACCES: {
    code: "FILE_NOT_WRITABLE",
    what: "permission was denied",
    next: "Give yourself write permission on the file and its folder.",
  },
  EPERM: {
    code: "FILE_NOT_WRITABLE",
    what: "the system does not permit it",
    next: "Give yourself write permission on the file and its folder.",
  },
  ENOENT: {
    code: "FILE_NOT_WRITABLE",
    what: "its folder does not exist",
    next: "Create the folder, or correct the file's path.",
  },
  ENOTDIR: {
    code: "FILE_NOT_WRITABLE",
    what: "its folder is not a folder",
    next: "Correct the file's path.",
  },
};

/** Why a write at `path` failed, with the next step. */
export function writeProblem(path: string, error: unknown): Problem {
  const systems = systemCode(error);
  const known = writeProblems[systems] ?? {
    code: "FILE_NOT_WRITABLE" as const,
    what: `the system reported ${systems}`,
    next: "Check the disk and the file, then try again.",
  };
  return { code: known.code, message: `${path} cannot be written: ${known.what}.`, next: known.next };
}

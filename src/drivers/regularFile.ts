import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFile,
  readFileSync,
  realpathSync,
  type Stats,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import type { FileText } from "../commit/ports.ts";
import type { Problem } from "../protocol/errors.ts";
import { systemCode, unlessMissing, unlessMissingNow } from "./system.ts";

// What only looks at the file system, here and in the other drivers of files, calls it synchronously: such a call
// takes microseconds, a trip through the thread pool ten times as long, and one commit makes dozens of them in every
// peer. What waits for a device (fsync, the bytes of a large file) never blocks the process.

/** What stands at a path, links resolved. */
export type Target =
  | { readonly kind: "file"; readonly path: string; readonly stats: Stats }
  /** Nothing; `path` is where a new file would be, or undefined when its folder is missing too. */
  | { readonly kind: "absent"; readonly path: string | undefined }
  | { readonly kind: "refused"; readonly problem: Problem };

/** Files up to this size are read at once, in some microseconds; larger ones while others go on. */
const readAtOnceBytesMax = 256 * 1024;
const readDescriptor = promisify<number, Buffer>((descriptor, done) => readFile(descriptor, done));

/** SHA-256 (hex) of bytes. */
export function hashBytes(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Finds what stands at `path` (absolute) without opening it. */
export function findTarget(path: string): Target {
  try {
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) {
      const folder = realPathOf(dirname(path));
      return { kind: "absent", path: folder === undefined ? undefined : join(folder, basename(path)) };
    }
    const real = realPathOf(path);
    const stats = real === undefined ? undefined : lstatSync(real, { throwIfNoEntry: false });
    if (real === undefined || stats === undefined) return refused(danglingLink(path));
    return stats.isFile() ? { kind: "file", path: real, stats } : refused(notRegular(path, stats));
  } catch (error) {
    return refused(readProblem(path, error));
  }
}

/** The path with its links resolved; undefined when nothing is there. Throws what the system throws. */
export function realPathOf(path: string): string | undefined {
  return unlessMissingNow(() => realpathSync.native(path));
}

/**
 * Reads the regular file at `target` (found for `path`), of at most `bytesMax` bytes, as UTF-8; a byte order mark
 * stays in the text. The kind was looked at before the file is opened and is again on the descriptor: a FIFO that
 * takes the file's place in between neither blocks (O_NONBLOCK) nor is read.
 */
export async function readRegularFile(path: string, target: Target, bytesMax: number): Promise<FileText> {
  if (target.kind === "absent") return { kind: "absent", path: target.path ?? path };
  if (target.kind === "refused") return { kind: "unreadable", path, problem: target.problem };
  const unreadable = (problem: Problem): FileText => ({ kind: "unreadable", path: target.path, problem });
  try {
    const bytes = await readBytes(target.path, bytesMax);
    if (bytes === "notRegular") return unreadable(notRegular(path, undefined));
    if (bytes === "tooLarge") return unreadable(tooLarge(path, bytesMax));
    const decoded = decode(path, bytes);
    if (typeof decoded !== "string") return unreadable(decoded);
    return { kind: "text", path: target.path, text: decoded, hash: hashBytes(bytes) };
  } catch (error) {
    if (systemCode(error) === "ENOENT") return { kind: "absent", path: target.path };
    return unreadable(readProblem(path, error));
  }
}

/** Hash of the regular file at `path` (links not followed); empty when there is none. Throws what the system throws. */
export async function hashFile(path: string, bytesMax: number): Promise<string> {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return "";
  const bytes = stats.isFile() ? await unlessMissing(readBytes(path, bytesMax)) : "notRegular";
  if (bytes === undefined) return "";
  return typeof bytes === "string" ? bytes : hashBytes(bytes);
}

async function readBytes(path: string, bytesMax: number): Promise<Buffer | "notRegular" | "tooLarge"> {
  const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);
  const descriptor = openSync(path, flags);
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) return "notRegular";
    if (stats.size > bytesMax) return "tooLarge";
    const isSmall = stats.size <= readAtOnceBytesMax;
    const bytes = isSmall ? readFileSync(descriptor) : await readDescriptor(descriptor);
    return bytes.length > bytesMax ? "tooLarge" : bytes;
  } finally {
    closeSync(descriptor);
  }
}

/** The text of the bytes, or why they are no UTF-8 text. Never decodes to U+FFFD. */
function decode(path: string, bytes: Buffer): string | Problem {
  const marked = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (marked) return notText(path, "is UTF-16");
  // Also what UTF-16 without a mark looks like; UTF-8 lines added to it would ruin it.
  if (bytes.includes(0)) return notText(path, "holds NUL bytes (binary data, or UTF-16)");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return notText(path, "is not valid UTF-8");
  }
}

function refused(problem: Problem): Target {
  return { kind: "refused", problem };
}

function notText(path: string, what: string): Problem {
  return {
    code: "FILE_NOT_TEXT",
    message: `${path} ${what}.`,
    next: "Save it as UTF-8 in an editor, then try again.",
  };
}

function tooLarge(path: string, bytesMax: number): Problem {
  return {
    code: "FILE_TOO_LARGE",
    message: `${path} is larger than ${bytesMax} bytes.`,
    next: "Make the file smaller, or map another one.",
  };
}

function danglingLink(path: string): Problem {
  return {
    code: "FILE_MISSING",
    message: `${path} is a link to a file that does not exist.`,
    next: "Create the file that it points to, or remove the link.",
  };
}

function notRegular(path: string, stats: Stats | undefined): Problem {
  const kind = stats?.isDirectory() ? "a folder" : stats?.isFIFO() ? "a named pipe" : "not a regular file";
  return {
    code: "FILE_NOT_REGULAR",
    message: `${path} is ${kind}; Envpact reads and changes regular files only.`,
    next: "Map another file, or put a regular file there.",
  };
}

function readProblem(path: string, error: unknown): Problem {
  const code = systemCode(error);
  if (code === "ELOOP") {
    return {
      code: "FILE_NOT_REGULAR",
      message: `${path} is a link that leads back to itself.`,
      next: "Correct the link.",
    };
  }
  const denied = code === "EACCES" || code === "EPERM";
  return {
    code: "FILE_NOT_READABLE",
    message: `${path} cannot be read: ${denied ? "permission was denied" : `the system reported ${code}`}.`,
    next: denied
      ? "Give yourself permission to read and write it, and to look into its folder."
      : "Check the file and the disk.",
  };
}

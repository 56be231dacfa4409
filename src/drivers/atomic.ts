import { randomBytes } from "node:crypto";
import {
  accessSync,
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fsync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { retryDelayMs } from "../commit/backoff.ts";
import type { Problem } from "../protocol/errors.ts";
import { limits } from "../protocol/limits.ts";
import { err, ok, type Result } from "../shared/result.ts";
import { systemCode, unlessMissingNow, writeProblem } from "./system.ts";

/** The calls of the system that tests make fail. */
export interface FileSystemCalls {
  rename(from: string, to: string): Promise<void>;
  /** Writes the whole text at the start of the new file `path`. */
  fill(path: string, text: string): Promise<void>;
  /** Forces the file `path`; called once, never again after it failed. */
  force(path: string): Promise<void>;
  /** Only in tests: the process may end here. */
  reached?(point: `${"before" | "after"}-${"fill" | "link" | "rename" | "folder-sync"}`): void;
}

/** First delay before a refused rename is tried again. */
const renameRetryFirstMs = 20;
const renameRetryMaxMs = 400;
const newFileMode = 0o600;

const forceDescriptor = promisify(fsync);

/** The system itself. */
export const systemCalls: FileSystemCalls = {
  async rename(from, to) {
    renameSync(from, to);
  },
  async fill(path, text) {
    const descriptor = openSync(path, constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0));
    try {
      writeFileSync(descriptor, text, "utf8");
    } finally {
      closeSync(descriptor);
    }
  },
  async force(path) {
    const descriptor = openSync(path, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0));
    try {
      await forceDescriptor(descriptor);
    } finally {
      closeSync(descriptor);
    }
  },
};

/** Whether `name` is that of a temporary file of Envpact (for `of`: one beside the file of that name). */
export function isTemporaryName(name: string, of?: string): boolean {
  if (!/^\..+\.envpact-[0-9a-f]{8}\.tmp$/u.test(name)) return false;
  return of === undefined || name.startsWith(`.${of}.envpact-`);
}

/** A new file that holds its text; on the disk once `forced` resolved without a problem. */
export interface Temporary {
  readonly path: string;
  /** Never rejects. */
  readonly forced: Promise<Result<void, Problem>>;
}

/** Writes `text` to a new file (0600) beside `target` and starts to force it; or why not, and nothing is left behind. */
export async function writeTemporary(
  target: string,
  text: string,
  calls: FileSystemCalls,
): Promise<Result<Temporary, Problem>> {
  let path = "";
  try {
    path = createTemporary(target);
    calls.reached?.("before-fill");
    await calls.fill(path, text);
    return ok({ path, forced: forceTemporary(path, target, calls) });
  } catch (error) {
    if (path !== "") removeIfThere(path);
    return err(writeProblem(target, error));
  }
}

async function forceTemporary(
  path: string,
  target: string,
  calls: FileSystemCalls,
): Promise<Result<void, Problem>> {
  try {
    await calls.force(path);
    calls.reached?.("after-fill");
    return ok(undefined);
  } catch (error) {
    // Swept away by another process: whoever is to put it in place finds that its hash is not there.
    return systemCode(error) === "ENOENT" ? ok(undefined) : err(writeProblem(target, error));
  }
}

/** Removes the file `path`; a missing one is fine. */
export function removeIfThere(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) unlessMissingNow(() => unlinkSync(path));
}

function createTemporary(target: string): string {
  for (;;) {
    const name = `.${basename(target)}.envpact-${randomBytes(4).toString("hex")}.tmp`;
    const path = join(dirname(target), name);
    try {
      closeSync(openSync(path, "wx", newFileMode));
      return path;
    } catch (error) {
      if (systemCode(error) !== "EEXIST") throw error;
    }
  }
}

/**
 * Puts a forced temporary file in the place of `target`, with the mode and (as far as permitted) the owner of what
 * stands there, and forces the folder. A rename refused by EPERM, EBUSY or EACCES is tried again a bounded number
 * of times (Windows refuses while others have the file open), then FILE_LOCKED. `stillExpected` is asked right
 * before each try; false ends with `ok(false)`. Where nothing stands, an existing file is never replaced.
 */
export async function putInPlace(
  temporary: string,
  target: string,
  stillExpected: () => Promise<boolean>,
  calls: FileSystemCalls,
): Promise<Result<boolean, Problem>> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      if (!(await stillExpected())) return ok(false);
      const present = lstatSync(target, { throwIfNoEntry: false });
      if (present === undefined) {
        if (!(await createFrom(temporary, target, calls))) return ok(false);
      } else {
        copyOwnership(temporary, present);
        calls.reached?.("before-rename");
        await calls.rename(temporary, target);
        calls.reached?.("after-rename");
      }
      await syncFolder(dirname(target));
      calls.reached?.("after-folder-sync");
      return ok(true);
    } catch (error) {
      const refusedForNow = ["EPERM", "EBUSY", "EACCES"].includes(systemCode(error));
      if (!refusedForNow) return err(writeProblem(target, error));
      if (attempt >= limits.renameRetriesMax) return err(locked(target));
      await wait(retryDelayMs(attempt, renameRetryFirstMs, renameRetryMaxMs, Math.random()));
    }
  }
}

/** A hard link creates only where nothing stands; a rename would silently replace a file made in this very moment. */
async function createFrom(temporary: string, target: string, calls: FileSystemCalls): Promise<boolean> {
  try {
    calls.reached?.("before-link");
    linkSync(temporary, target);
    calls.reached?.("after-link");
  } catch (error) {
    const code = systemCode(error);
    if (code === "EEXIST") return false;
    if (code === "ENOENT") throw error;
    await calls.rename(temporary, target);
    return true;
  }
  unlinkSync(temporary);
  return true;
}

function copyOwnership(temporary: string, present: Stats): void {
  const own = lstatSync(temporary);
  if (own.uid !== present.uid || own.gid !== present.gid) {
    try {
      chownSync(temporary, present.uid, present.gid);
    } catch (error) {
      // Only root may give a file away. Who can write here keeps the content; the group's access comes with the mode.
      if (systemCode(error) !== "EPERM") throw error;
    }
  }
  // After chown, which takes set-uid bits off.
  chmodSync(temporary, present.mode & 0o7777);
}

/** Forces the entries of a folder. Windows cannot open one, and forces renames with its own journal. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const descriptor = openSync(folder, constants.O_RDONLY);
  try {
    await forceDescriptor(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Why a file could not be replaced or created at `target` (real path), or undefined when it can. Mode bits are
 * looked at even for root, to whom the system refuses nothing: a file somebody made read-only stays as it is.
 */
export function whyNotReplaceable(target: string, stats: Stats | undefined): Problem | undefined {
  const refuse = (why: string, next: string): Problem => ({
    code: "FILE_NOT_WRITABLE",
    message: `${target} cannot be replaced: ${why}.`,
    next,
  });
  const folder = dirname(target);
  try {
    const folderStats = statSync(folder, { throwIfNoEntry: false });
    if (folderStats === undefined) return refuse("its folder does not exist", "Create the folder first.");
    if ((folderStats.mode & 0o200) === 0) {
      return refuse("its folder is read-only", `Make the folder writable (chmod u+w ${folder}).`);
    }
    accessSync(folder, constants.W_OK | constants.X_OK);
    if (stats === undefined) return undefined;
    if ((stats.mode & 0o200) === 0) {
      return refuse("it is read-only", `Make it writable (chmod u+w ${target}).`);
    }
    accessSync(target, constants.W_OK);
    if (stats.nlink > 1 && linksElsewhere(target, stats)) {
      return refuse(
        "it has other hard links, which a replacement would cut off",
        "Make it a file of its own, or use a symbolic link.",
      );
    }
    if (isMountPoint(target)) {
      return refuse("it is mounted by itself (as containers do)", "Mount its folder instead of the file.");
    }
    return undefined;
  } catch (error) {
    return writeProblem(target, error);
  }
}

/** A crash between link and unlink in {@link createFrom} leaves a second name of ours: it goes, and does not count. */
function linksElsewhere(target: string, stats: Stats): boolean {
  for (const name of readdirSync(dirname(target))) {
    if (!isTemporaryName(name, basename(target))) continue;
    const path = join(dirname(target), name);
    const other = lstatSync(path, { throwIfNoEntry: false });
    if (other?.ino === stats.ino && other.dev === stats.dev) removeIfThere(path);
  }
  return (lstatSync(target, { throwIfNoEntry: false })?.nlink ?? 1) > 1;
}

/** How long one look at the mounts of this machine counts: a burst of commits looks once. */
const mountsMaxAgeMs = 2_000;
let mounts: { readonly points: ReadonlySet<string>; readonly seenAtMs: number } | undefined;

/** Linux: a file that is a mount point refuses every rename with EBUSY, for ever. proc(5): spaces are written `\040`. */
function isMountPoint(target: string): boolean {
  if (process.platform !== "linux") return false;
  if (mounts === undefined || performance.now() - mounts.seenAtMs > mountsMaxAgeMs) {
    const table = unlessMissingNow(() => readFileSync("/proc/self/mountinfo", "utf8")) ?? "";
    const points = new Set(table.split("\n").map((line) => line.split(" ")[4] ?? ""));
    mounts = { points, seenAtMs: performance.now() };
  }
  const written = target.replace(/[ \t\n\\]/gu, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, "0")}`);
  return mounts.points.has(written);
}

function locked(target: string): Problem {
  return {
    code: "FILE_LOCKED",
    message: `${target} is locked: another program has it open, or it is mounted by itself.`,
    next: "Close the program that uses it; Envpact tries again by itself.",
  };
}

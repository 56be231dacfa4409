import { randomBytes } from "node:crypto";
import { constants, type Stats } from "node:fs";
import {
  access,
  chmod,
  chown,
  link,
  lstat,
  open,
  readdir,
  readFile,
  rename,
  stat,
  unlink,
} from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { retryDelayMs } from "../commit/backoff.ts";
import type { Problem } from "../protocol/errors.ts";
import { limits } from "../protocol/limits.ts";
import { err, ok, type Result } from "../shared/result.ts";
import { systemCode, unlessMissing, writeProblem } from "./system.ts";

/** The calls of the system that tests make fail. */
export interface FileSystemCalls {
  rename(from: string, to: string): Promise<void>;
  /** Writes the whole text at the start of the new file `path` and forces it. */
  fill(path: string, text: string): Promise<void>;
}

/** First delay before a refused rename is tried again. */
const renameRetryFirstMs = 20;
const renameRetryMaxMs = 400;
const newFileMode = 0o600;

/** The system itself. */
export const systemCalls: FileSystemCalls = {
  rename,
  async fill(path, text) {
    const handle = await open(path, constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0));
    try {
      await handle.writeFile(text, "utf8");
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
};

/** Whether `name` is that of a temporary file of Envpact (for `of`: one beside the file of that name). */
export function isTemporaryName(name: string, of?: string): boolean {
  if (!/^\..+\.envpact-[0-9a-f]{8}\.tmp$/u.test(name)) return false;
  return of === undefined || name.startsWith(`.${of}.envpact-`);
}

/** Writes `text` to a new file (0600) beside `target` and forces it; its path, or why not. Leaves nothing behind. */
export async function writeTemporary(
  target: string,
  text: string,
  calls: FileSystemCalls,
): Promise<Result<string, Problem>> {
  let path = "";
  try {
    path = await createTemporary(target);
    await calls.fill(path, text);
    return ok(path);
  } catch (error) {
    if (path !== "") await unlessMissing(unlink(path));
    return err(writeProblem(target, error));
  }
}

async function createTemporary(target: string): Promise<string> {
  for (;;) {
    const name = `.${basename(target)}.envpact-${randomBytes(4).toString("hex")}.tmp`;
    const path = join(dirname(target), name);
    try {
      await (await open(path, "wx", newFileMode)).close();
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
      const present = await unlessMissing(lstat(target));
      if (present === undefined) {
        if (!(await createFrom(temporary, target, calls))) return ok(false);
      } else {
        await copyOwnership(temporary, present);
        await calls.rename(temporary, target);
      }
      await syncFolder(dirname(target));
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
    await link(temporary, target);
  } catch (error) {
    const code = systemCode(error);
    if (code === "EEXIST") return false;
    if (code === "ENOENT") throw error;
    await calls.rename(temporary, target);
    return true;
  }
  await unlink(temporary);
  return true;
}

async function copyOwnership(temporary: string, present: Stats): Promise<void> {
  const own = await lstat(temporary);
  if (own.uid !== present.uid || own.gid !== present.gid) {
    try {
      await chown(temporary, present.uid, present.gid);
    } catch (error) {
      // Only root may give a file away. Who can write here keeps the content; the group's access comes with the mode.
      if (systemCode(error) !== "EPERM") throw error;
    }
  }
  await chmod(temporary, present.mode & 0o7777);
}

/** Forces the entries of a folder. Windows cannot open one, and forces renames with its own journal. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Why a file could not be replaced or created at `target` (real path), or undefined when it can. Mode bits are
 * looked at even for root, to whom the system refuses nothing: a file somebody made read-only stays as it is.
 */
export async function whyNotReplaceable(
  target: string,
  stats: Stats | undefined,
): Promise<Problem | undefined> {
  const refuse = (why: string, next: string): Problem => ({
    code: "FILE_NOT_WRITABLE",
    message: `${target} cannot be replaced: ${why}.`,
    next,
  });
  const folder = dirname(target);
  try {
    const folderStats = await unlessMissing(stat(folder));
    if (folderStats === undefined) return refuse("its folder does not exist", "Create the folder first.");
    if ((folderStats.mode & 0o200) === 0) {
      return refuse("its folder is read-only", `Make the folder writable (chmod u+w ${folder}).`);
    }
    await access(folder, constants.W_OK | constants.X_OK);
    if (stats === undefined) return undefined;
    if ((stats.mode & 0o200) === 0) {
      return refuse("it is read-only", `Make it writable (chmod u+w ${target}).`);
    }
    await access(target, constants.W_OK);
    if (stats.nlink > 1 && (await linksElsewhere(target, stats))) {
      return refuse(
        "it has other hard links, which a replacement would cut off",
        "Make it a file of its own, or use a symbolic link.",
      );
    }
    if (await isMountPoint(target)) {
      return refuse("it is mounted by itself (as containers do)", "Mount its folder instead of the file.");
    }
    return undefined;
  } catch (error) {
    return writeProblem(target, error);
  }
}

/** A crash between link and unlink in {@link createFrom} leaves a second name of ours: it goes, and does not count. */
async function linksElsewhere(target: string, stats: Stats): Promise<boolean> {
  for (const name of await readdir(dirname(target))) {
    if (!isTemporaryName(name, basename(target))) continue;
    const path = join(dirname(target), name);
    const other = await unlessMissing(lstat(path));
    if (other?.ino === stats.ino && other.dev === stats.dev) await unlessMissing(unlink(path));
  }
  return ((await unlessMissing(lstat(target)))?.nlink ?? 1) > 1;
}

/** Linux: a file that is a mount point refuses every rename with EBUSY, for ever. proc(5): spaces are written `\040`. */
async function isMountPoint(target: string): Promise<boolean> {
  const table =
    process.platform === "linux" ? await unlessMissing(readFile("/proc/self/mountinfo", "utf8")) : undefined;
  if (table === undefined) return false;
  const written = target.replace(/[ \t\n\\]/gu, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, "0")}`);
  return table.split("\n").some((line) => line.split(" ")[4] === written);
}

function locked(target: string): Problem {
  return {
    code: "FILE_LOCKED",
    message: `${target} is locked: another program has it open, or it is mounted by itself.`,
    next: "Close the program that uses it; Envpact tries again by itself.",
  };
}

import { createHash } from "node:crypto";
import { realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { EnvironmentFiles } from "../commit/ports.ts";
import { createDiskFiles, replaceFile } from "../drivers/files.ts";
import { homeFolders } from "../drivers/home.ts";
import { acquireLock, type Lock } from "../drivers/lock.ts";
import { EnvpactError, type Problem } from "../protocol/errors.ts";
import type { Result } from "../shared/result.ts";

/** How long an edit waits for others of the same file, and how often it looks. */
const editWaitMsMax = 10_000;
const editLookMs = 15;

/** The environment files of `folder` (absolute) on disk, for faces that edit without a peer. */
export function localFiles(folder: string): EnvironmentFiles {
  return createDiskFiles(folder);
}

/**
 * Replaces the text of one file atomically with its mode, owner and links kept. `expected` is what it must read
 * now (undefined: must not exist), else FILE_CHANGED.
 */
export function replaceText(
  path: string,
  expected: string | undefined,
  text: string,
): Promise<Result<void, Problem>> {
  return replaceFile(path, expected, text);
}

/**
 * Reads and replaces a file while no other command of this user does. A replacement checks what it replaces, yet two
 * that check at the same time would both go on, and the first one's edit would be lost. PEER_BUSY when the others
 * take longer than ten seconds.
 */
export async function whileEditing<T>(
  path: string,
  environment: NodeJS.ProcessEnv,
  edit: () => Promise<T>,
): Promise<T> {
  const lock = await editLock(path, environment);
  try {
    return await edit();
  } finally {
    await lock?.release();
  }
}

/** Undefined where no lock can be written: then a file of this user can still be edited, as by any editor. */
async function editLock(path: string, environment: NodeJS.ProcessEnv): Promise<Lock | undefined> {
  const target = await realpath(path)
    .catch(async () => join(await realpath(dirname(path)), basename(path)))
    .catch(() => path);
  const id = createHash("sha256").update(target).digest("hex").slice(0, 24);
  const place = join(homeFolders(environment, process.platform).state, "edits", id);
  const end = performance.now() + editWaitMsMax;
  try {
    for (;;) {
      const lock = await acquireLock(place, { editing: basename(path) });
      if (lock.ok) return lock.value;
      if (performance.now() > end) {
        const { pid } = lock.error;
        throw new EnvpactError(
          "PEER_BUSY",
          `Process ${pid} has been editing ${basename(path)} for a while.`,
          "Try again when it is done.",
        );
      }
      await wait(editLookMs);
    }
  } catch (error) {
    if (error instanceof EnvpactError && error.problem.code === "DATA_NOT_WRITABLE") return undefined;
    throw error;
  }
}

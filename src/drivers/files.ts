import { readdir } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import type { StagedFile } from "../commit/effects.ts";
import type { EnvironmentFiles, StagedText } from "../commit/ports.ts";
import type { Problem } from "../protocol/errors.ts";
import { limits } from "../protocol/limits.ts";
import { err, ok, type Result } from "../shared/result.ts";
import {
  type FileSystemCalls,
  isTemporaryName,
  putInPlace,
  removeIfThere,
  syncFolder,
  systemCalls,
  whyNotReplaceable,
  writeTemporary,
} from "./atomic.ts";
import { findTarget, hashBytes, hashFile, readRegularFile, realPathOf, type Target } from "./regularFile.ts";
import { unlessMissing, writeProblem } from "./system.ts";
import { watchFiles } from "./watch.ts";

const bytesMax = limits.environmentFileBytesMax;

/** The environment files of `folder` (absolute) on disk. */
export function createDiskFiles(folder: string, calls: FileSystemCalls = systemCalls): EnvironmentFiles {
  const pathOf = (file: string) => resolve(folder, file);
  const inside = insideOf(folder);
  return {
    async read(file) {
      const path = pathOf(file);
      const found = inside(path);
      if (!found.ok) return { kind: "unreadable", path, problem: found.error };
      return readRegularFile(path, found.value, bytesMax);
    },
    async stage(file, _tx, text, seenHash) {
      const path = pathOf(file);
      const found = inside(path);
      return found.ok ? stageFile(path, found.value, text, calls, seenHash) : found;
    },
    applyStaged: (staged) => applyStaged(staged, calls),
    async replace(file, expected, text) {
      const found = inside(pathOf(file));
      return found.ok ? replaceFile(pathOf(file), expected, text, calls) : found;
    },
    async discard(staged) {
      for (const { staged: path } of staged) if (path !== "") removeIfThere(path);
    },
    watch: (files, changed) => watchFiles(files.map(pathOf), changed),
  };
}

/**
 * Replaces the text of the file at `path` (absolute) atomically: temporary file, fsync, rename, fsync of the
 * folder. Mode, owner (as far as permitted) and the link that leads to it stay; a byte order mark is part of the
 * text. `expected` is what it must read now, undefined that it must not exist: FILE_CHANGED otherwise.
 */
export async function replaceFile(
  path: string,
  expected: string | undefined,
  text: string,
  calls: FileSystemCalls = systemCalls,
): Promise<Result<void, Problem>> {
  const expectedHash = expected === undefined ? "" : hashBytes(Buffer.from(expected, "utf8"));
  // A sweep of leftovers in another process may take the temporary file away before its rename: write it again.
  for (let attempt = 0; ; attempt += 1) {
    const staged = await stageFile(path, findTarget(path), text, calls);
    if (!staged.ok) return staged;
    const forced = await staged.value.forced;
    if (!forced.ok || staged.value.targetHash !== expectedHash) {
      removeQuietly(staged.value.staged);
      return forced.ok ? err(changed(path)) : forced;
    }
    if (staged.value.staged === "") return forcePresent(staged.value.target);
    const placed = await applyStaged({ env: "", ...staged.value }, calls);
    if (placed.ok && placed.value) return ok(undefined);
    const vanished = placed.ok && (await hashFile(staged.value.staged, bytesMax)) === "";
    if (vanished && attempt < limits.renameRetriesMax) continue;
    removeQuietly(staged.value.staged);
    return placed.ok ? err(changed(path)) : placed;
  }
}

/**
 * Removes the temporary files in `folder` (not below it) that are not in `keep` (absolute paths). Returns how many.
 * Those that are kept are forced: the process that staged them may have died before it did, and its promise is ours.
 */
export async function sweepStaged(
  folder: string,
  keep: readonly string[],
  calls: FileSystemCalls = systemCalls,
): Promise<number> {
  const real = realPathOf(folder);
  const names = real === undefined ? undefined : await unlessMissing(readdir(real));
  if (real === undefined || names === undefined) return 0;
  const kept = new Set(keep);
  const temporary = names.filter((name) => isTemporaryName(name));
  const isKept = (name: string) => kept.has(join(real, name)) || kept.has(join(folder, name));
  for (const name of temporary) {
    if (isKept(name)) await unlessMissing(calls.force(join(real, name)));
    else removeIfThere(join(real, name));
  }
  return temporary.filter((name) => !isKept(name)).length;
}

async function stageFile(
  path: string,
  found: Target,
  text: string,
  calls: FileSystemCalls,
  seenHash?: string,
): Promise<Result<StagedText, Problem>> {
  if (!text.isWellFormed()) return err(notUtf8(path));
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length > bytesMax) return err(tooLong(path));
  if (found.kind === "refused") return err(found.problem);
  if (found.path === undefined) return err(writeProblem(path, { code: "ENOENT" }));
  const target = found.path;
  let targetHash = seenHash;
  if (targetHash === undefined) {
    const present = await readRegularFile(target, found, bytesMax);
    if (present.kind === "unreadable") return err(present.problem);
    targetHash = present.kind === "text" ? present.hash : "";
  }
  const why = whyNotReplaceable(target, found.kind === "file" ? found.stats : undefined);
  if (why !== undefined) return err(why);
  const stagedHash = hashBytes(bytes);
  if (stagedHash === targetHash) {
    return ok({ target, staged: "", stagedHash: "", targetHash, forced: Promise.resolve(ok(undefined)) });
  }
  const temporary = await writeTemporary(target, text, calls);
  if (!temporary.ok) return temporary;
  const { path: staged, forced } = temporary.value;
  return ok({ target, staged, stagedHash, targetHash, forced });
}

/** The right text may stand there since a rename that a crash kept from being forced: whoever relies on it forces it. */
async function forcePresent(target: string): Promise<Result<void, Problem>> {
  try {
    await syncFolder(dirname(target));
    return ok(undefined);
  } catch (error) {
    return err(writeProblem(target, error));
  }
}

async function applyStaged(staged: StagedFile, calls: FileSystemCalls): Promise<Result<boolean, Problem>> {
  const { target, targetHash, stagedHash } = staged;
  try {
    if (staged.staged === "") return ok((await hashFile(target, bytesMax)) === targetHash);
    // Gone: the crash came after the rename; torn: it came before the force. The caller then goes by key.
    if ((await hashFile(staged.staged, bytesMax)) !== stagedHash) return ok(false);
    const stillExpected = async () => (await hashFile(target, bytesMax)) === targetHash;
    return await putInPlace(staged.staged, target, stillExpected, calls);
  } catch (error) {
    return err(writeProblem(target, error));
  }
}

function removeQuietly(path: string): void {
  if (path !== "") removeIfThere(path);
}

/** Finds what stands at a path; FILE_OUTSIDE when it, or what its links lead to, is not inside `folder`. */
function insideOf(folder: string): (path: string) => Result<Target, Problem> {
  // Looked up again when a path is not in it: a folder's links may lead elsewhere since.
  let realFolder: string | undefined;
  return (path) => {
    const found = findTarget(path);
    try {
      if (!isInside(resolve(folder), path)) return err(outside(path, folder));
      const real = found.kind === "refused" ? realPathOf(path) : found.path;
      if (real === undefined || (realFolder !== undefined && isInside(realFolder, real))) return ok(found);
      realFolder = realPathOf(folder);
      if (realFolder === undefined || isInside(realFolder, real)) return ok(found);
      return err(outside(path, folder));
    } catch (error) {
      // What is refused is neither read nor written; its own reason says more.
      return found.kind === "refused" ? ok(found) : err(writeProblem(path, error));
    }
  };
}

function isInside(folder: string, path: string): boolean {
  const inner = relative(folder, path);
  return inner !== "" && inner !== ".." && !inner.startsWith(`..${sep}`) && !isAbsolute(inner);
}

function outside(path: string, folder: string): Problem {
  return {
    code: "FILE_OUTSIDE",
    message: `${path} is, or leads, outside the folder ${folder}.`,
    next: "Map a file inside the folder.",
  };
}

function changed(path: string): Problem {
  return {
    code: "FILE_CHANGED",
    message: `${path} was changed, created or removed meanwhile; nothing was written.`,
    next: "Look at the file, then try again.",
  };
}

function tooLong(path: string): Problem {
  return {
    code: "FILE_TOO_LARGE",
    message: `${path} would become larger than ${bytesMax} bytes.`,
    next: "Remove what the file does not need.",
  };
}

function notUtf8(path: string): Problem {
  return {
    code: "FILE_NOT_TEXT",
    message: `The new text of ${path} holds half of a character (a lone surrogate).`,
    next: "Type the value again.",
  };
}

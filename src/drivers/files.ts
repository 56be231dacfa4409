import { readdir, realpath, unlink } from "node:fs/promises";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import type { StagedFile } from "../commit/effects.ts";
import type { EnvironmentFiles, FileText } from "../commit/ports.ts";
import type { Problem } from "../protocol/errors.ts";
import { limits } from "../protocol/limits.ts";
import { err, ok, type Result } from "../shared/result.ts";
import {
  type FileSystemCalls,
  isTemporaryName,
  putInPlace,
  systemCalls,
  whyNotReplaceable,
  writeTemporary,
} from "./atomic.ts";
import { findTarget, hashBytes, hashFile, readRegularFile } from "./regularFile.ts";
import { systemCode, unlessMissing, writeProblem } from "./system.ts";
import { watchFiles } from "./watch.ts";

const bytesMax = limits.environmentFileBytesMax;

/** The environment files of `folder` (absolute) on disk. */
export function createDiskFiles(folder: string, calls: FileSystemCalls = systemCalls): EnvironmentFiles {
  const pathOf = (file: string) => resolve(folder, file);
  return {
    async read(file) {
      const path = pathOf(file);
      const outside = await whyOutside(folder, path);
      if (outside !== undefined) return { kind: "unreadable", path, problem: outside };
      return readRegularFile(path, bytesMax);
    },
    async stage(file, _tx, text) {
      const outside = await whyOutside(folder, pathOf(file));
      return outside === undefined ? stageFile(pathOf(file), text, calls) : err(outside);
    },
    applyStaged: (staged) => applyStaged(staged, calls),
    async replace(file, expected, text) {
      const outside = await whyOutside(folder, pathOf(file));
      return outside === undefined ? replaceFile(pathOf(file), expected, text, calls) : err(outside);
    },
    async discard(staged) {
      await Promise.all(
        staged
          .filter(({ staged: path }) => path !== "")
          .map(({ staged: path }) => unlessMissing(unlink(path))),
      );
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
    const staged = await stageFile(path, text, calls);
    if (!staged.ok) return staged;
    if (staged.value.targetHash !== expectedHash) {
      await removeQuietly(staged.value.staged);
      return err(changed(path));
    }
    if (staged.value.staged === "") return ok(undefined);
    const placed = await applyStaged({ env: "", ...staged.value }, calls);
    if (placed.ok && placed.value) return ok(undefined);
    const vanished = placed.ok && (await hashFile(staged.value.staged, bytesMax)) === "";
    if (vanished && attempt < limits.renameRetriesMax) continue;
    await removeQuietly(staged.value.staged);
    return placed.ok ? err(changed(path)) : placed;
  }
}

/** Removes the temporary files in `folder` (not below it) that are not in `keep` (absolute paths). Returns how many. */
export async function sweepStaged(folder: string, keep: readonly string[]): Promise<number> {
  const real = await unlessMissing(realpath(folder));
  const names = real === undefined ? undefined : await unlessMissing(readdir(real));
  if (real === undefined || names === undefined) return 0;
  const kept = new Set(keep);
  const leftover = names
    .filter((name) => isTemporaryName(name))
    .filter((name) => !kept.has(join(real, name)) && !kept.has(join(folder, name)));
  for (const name of leftover) await unlessMissing(unlink(join(real, name)));
  return leftover.length;
}

async function stageFile(
  path: string,
  text: string,
  calls: FileSystemCalls,
): Promise<Result<Omit<StagedFile, "env">, Problem>> {
  if (!text.isWellFormed()) return err(notUtf8(path));
  if (Buffer.byteLength(text, "utf8") > bytesMax) return err(tooLong(path));
  const found = await findTarget(path);
  if (found.kind === "refused") return err(found.problem);
  if (found.path === undefined) return err(writeProblem(path, { code: "ENOENT" }));
  const present: FileText =
    found.kind === "file"
      ? await readRegularFile(found.path, bytesMax)
      : { kind: "absent", path: found.path };
  if (present.kind === "unreadable") return err(present.problem);
  const why = await whyNotReplaceable(found.path, found.kind === "file" ? found.stats : undefined);
  if (why !== undefined) return err(why);
  const target = found.path;
  const targetHash = present.kind === "text" ? present.hash : "";
  if (present.kind === "text" && present.text === text) return ok({ target, staged: "", targetHash });
  const temporary = await writeTemporary(target, text, calls);
  return temporary.ok ? ok({ target, staged: temporary.value, targetHash }) : temporary;
}

async function applyStaged(staged: StagedFile, calls: FileSystemCalls): Promise<Result<boolean, Problem>> {
  const { target, targetHash } = staged;
  try {
    if (staged.staged === "") return ok((await hashFile(target, bytesMax)) === targetHash);
    // Gone: the crash came after the rename. The caller finds by key that nothing is left to do.
    const stillExpected = async () =>
      (await hashFile(staged.staged, bytesMax)) !== "" && (await hashFile(target, bytesMax)) === targetHash;
    return await putInPlace(staged.staged, target, stillExpected, calls);
  } catch (error) {
    return err(writeProblem(target, error));
  }
}

async function removeQuietly(path: string): Promise<void> {
  if (path !== "") await unlessMissing(unlink(path));
}

/** FILE_OUTSIDE when `path`, or what its links lead to, is not inside `folder`. */
async function whyOutside(folder: string, path: string): Promise<Problem | undefined> {
  try {
    if (!isInside(resolve(folder), path)) return outside(path, folder);
    const realFolder = await realpath(folder);
    const found = await findTarget(path);
    const real = found.kind === "refused" ? await unlessMissing(realpath(path)) : found.path;
    return real === undefined || isInside(realFolder, real) ? undefined : outside(path, folder);
  } catch (error) {
    const code = systemCode(error);
    return code === "ENOENT" || code === "ELOOP" ? undefined : writeProblem(path, error);
  }
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

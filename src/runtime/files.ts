import type { EnvironmentFiles } from "../commit/ports.ts";
import { createDiskFiles, replaceFile } from "../drivers/files.ts";
import type { Problem } from "../protocol/errors.ts";
import type { Result } from "../shared/result.ts";

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

import { realpath } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { EnvironmentFiles } from "../commit/ports.ts";
import { EnvpactError } from "../protocol/errors.ts";
import { localFiles } from "../runtime/files.ts";
import { readText } from "./environmentText.ts";

/** A file that a person named, where it really lies. */
export interface NamedFile {
  readonly files: EnvironmentFiles;
  /** Its name within `files`. */
  readonly name: string;
}

/** Finds the file at `path`. Links are followed wherever they lead: the person named it. FILE_MISSING without it. */
export async function namedFile(path: string, shown: string): Promise<NamedFile> {
  try {
    const real = await realpath(path);
    return { files: localFiles(dirname(real)), name: basename(real) };
  } catch (error) {
    throw missing(shown, error);
  }
}

/** Finds and reads the file at `path`; `shown` is how messages name it. */
export async function readNamedFile(
  path: string,
  shown: string,
): Promise<NamedFile & { readonly text: string }> {
  const found = await namedFile(path, shown);
  const text = await readText(found.files, found.name);
  if (text === undefined) throw missing(shown, undefined);
  return { ...found, text };
}

function missing(shown: string, cause: unknown): EnvpactError {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  if (code === "EACCES") {
    return new EnvpactError("FILE_NOT_REGULAR", `${shown} may not be read.`, "Check its permissions.", {
      cause,
    });
  }
  return new EnvpactError("FILE_MISSING", `There is no file ${shown}.`, "Check the name.", { cause });
}

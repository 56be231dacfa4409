import { constants } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import {
  detectReaders,
  type MarkerFile,
  type MarkerFolder,
  markerBytesMax,
  markerFoldersMax,
  markerNames,
  type Readers,
} from "../dotenv/dialectDetection.ts";
import type { DialectId } from "../dotenv/dialects.ts";

/**
 * Who reads the `.env` files of a folder, by the package, module and Compose files in it and in the folders above it,
 * up to the one that holds `.git`; without such a one, in that folder only. What cannot be read tells nothing.
 */
export async function readersNear(folder: string): Promise<Readers> {
  const start = resolve(folder);
  const folders: MarkerFolder[] = [];
  for (let at = start; folders.length < markerFoldersMax; at = dirname(at)) {
    const names = await readdir(at).catch(() => [] as string[]);
    const below = relative(at, start).split(sep).join("/");
    folders.push({ below, files: await markersOf(at, names) });
    if (names.includes(".git")) return detectReaders(folders);
    if (dirname(at) === at) break;
  }
  return detectReaders(folders.slice(0, 1));
}

/** The dialects of {@link readersNear}. */
export async function dialectsNear(folder: string): Promise<readonly DialectId[]> {
  return (await readersNear(folder)).dialects;
}

async function markersOf(folder: string, names: readonly string[]): Promise<MarkerFile[]> {
  return Promise.all(
    markerNames(names).map(async (name) => ({ name, text: await textOf(join(folder, name)) })),
  );
}

/** The text of a regular file of bearable size, else an empty one; never waits at a pipe. */
async function textOf(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined);
  if (file === undefined) return "";
  try {
    const stats = await file.stat();
    return stats.isFile() && stats.size <= markerBytesMax ? await file.readFile("utf8") : "";
  } finally {
    await file.close();
  }
}

import { constants } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { manifestNames } from "../dotenv/conventions.ts";
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

/** The files of one folder that tell about the `.env` files near it. */
interface FolderMarkers {
  readonly files: readonly MarkerFile[];
  /** The folder holds `.git`. */
  readonly isRoot: boolean;
}

/** Finds the package, module and Compose files around `.env` files; reads each folder once, however many ask. */
export class NearbyFolders {
  readonly #read = new Map<string, Promise<FolderMarkers>>();

  /**
   * `folder` and those above it, the nearest first, up to the one that holds `.git`; without such a one, `folder` only,
   * for what is above it is anybody's. What cannot be read tells nothing.
   */
  async of(folder: string): Promise<readonly MarkerFolder[]> {
    const start = resolve(folder);
    const folders: MarkerFolder[] = [];
    for (let at = start; folders.length < markerFoldersMax; at = dirname(at)) {
      const { files, isRoot } = await this.#in(at);
      folders.push({ below: relative(at, start).split(sep).join("/"), files });
      if (isRoot) return folders;
      if (dirname(at) === at) break;
    }
    return folders.slice(0, 1);
  }

  #in(folder: string): Promise<FolderMarkers> {
    const known = this.#read.get(folder) ?? markersIn(folder);
    this.#read.set(folder, known);
    return known;
  }
}

/** Who reads the `.env` files of a folder, by the files around it. */
export async function readersNear(folder: string, nearby = new NearbyFolders()): Promise<Readers> {
  return detectReaders(await nearby.of(folder));
}

/** The dialects of {@link readersNear}. */
export async function dialectsNear(folder: string): Promise<readonly DialectId[]> {
  return (await readersNear(folder)).dialects;
}

async function markersIn(folder: string): Promise<FolderMarkers> {
  const names = await readdir(folder).catch(() => [] as string[]);
  // What settles the convention is read however many other files there are.
  const wanted = [
    ...new Set([...markerNames(names), ...manifestNames.filter((name) => names.includes(name))]),
  ];
  return { files: await markersOf(folder, wanted), isRoot: names.includes(".git") };
}

async function markersOf(folder: string, names: readonly string[]): Promise<MarkerFile[]> {
  return Promise.all(names.map(async (name) => ({ name, text: await textOf(join(folder, name)) })));
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

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import {
  discoveryDepthMax,
  discoveryFilesMax,
  discoveryFoldersMax,
  isExcludedFolder,
  kindOfName,
  virtualenvMarker,
} from "../dotenv/fileNames.ts";

/** What a search found. */
export interface Discovery {
  /** Relative to the start, with `/`, the nearest first. */
  readonly files: readonly string[];
  /** A limit ended the search before everything was seen. */
  readonly truncated: boolean;
  /** Folders that could not be read, relative to the start. */
  readonly unreadable: readonly string[];
}

/** Finds the environment files and examples below `start`, breadth first; links to folders are not entered. */
export async function discover(start: string): Promise<Discovery> {
  const files: string[] = [];
  const unreadable: string[] = [];
  let foldersRead = 0;
  let level = [""];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > discoveryDepthMax) return { files, truncated: true, unreadable };
    const next: string[] = [];
    for (const folder of level) {
      foldersRead += 1;
      if (foldersRead > discoveryFoldersMax || files.length > discoveryFilesMax) {
        return { files: files.slice(0, discoveryFilesMax), truncated: true, unreadable };
      }
      const found = await look(start, folder);
      if (found === undefined) unreadable.push(folder);
      files.push(...(found?.files ?? []));
      next.push(...(found?.folders ?? []));
    }
    level = next;
  }
  return { files, truncated: false, unreadable };
}

/** The environment files and the folders to enter in one folder; undefined when it cannot be read. */
async function look(
  start: string,
  folder: string,
): Promise<{ files: string[]; folders: string[] } | undefined> {
  const entries = await readdir(join(start, folder), { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return undefined;
  if (entries.some(({ name }) => name === virtualenvMarker)) return { files: [], folders: [] };
  const path = (name: string) => (folder === "" ? name : `${folder}/${name}`);
  const isFile = (name: string) => kindOfName(name) !== undefined;
  const files = entries.filter((entry) => isFile(entry.name) && (entry.isFile() || entry.isSymbolicLink()));
  const folders = entries.filter((entry) => entry.isDirectory() && !isExcludedFolder(entry.name));
  const names = (found: typeof entries) => found.map(({ name }) => path(name)).sort();
  return { files: names(files), folders: names(folders.filter(({ name }) => !isFile(name))) };
}

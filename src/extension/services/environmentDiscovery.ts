/** Finding environment files below a folder. The folder reader is injected; nothing here knows VS Code. */
import {
  discoveryDepthMax,
  discoveryFilesMax,
  discoveryFoldersMax,
  isExcludedFolder,
  kindOfName,
  virtualenvMarker,
} from "../../dotenv/fileNames.ts";

/** Folders read at the same time. */
const readsInFlightMax = 16;

/** One name in a folder. `link` is true for a symbolic link; `type` is then the type of its target. */
export interface FolderEntry {
  readonly name: string;
  readonly type: "file" | "folder" | "other";
  readonly link: boolean;
}

export interface DiscoveryLimits {
  readonly depthMax: number;
  readonly foldersMax: number;
  readonly filesMax: number;
}

export const discoveryLimits: DiscoveryLimits = {
  depthMax: discoveryDepthMax,
  foldersMax: discoveryFoldersMax,
  filesMax: discoveryFilesMax,
};

export interface Discovery {
  /** Paths relative to the start, with `/`, in breadth-first order, so the nearest come first. */
  readonly paths: readonly string[];
  /** True when a limit ended the search before everything was seen. */
  readonly truncated: boolean;
  /** Folders that could not be read, relative to the start. */
  readonly unreadable: readonly string[];
}

/** What a discovery needs from its surroundings. */
export interface DiscoverySource {
  /** Lists a folder given by its path relative to the start ("" for the start itself). */
  readonly readFolder: (path: string) => Promise<readonly FolderEntry[]>;
  /** True for a folder that somebody else looks after, such as another workspace folder. */
  readonly isForeign?: (path: string) => boolean;
  readonly signal: AbortSignal;
}

/**
 * Walks breadth first, level by level. Names are judged without opening or following anything: links to
 * folders are not entered, so there are no cycles. An aborted walk rejects with the signal's reason.
 */
export async function discover(
  source: DiscoverySource,
  limits: DiscoveryLimits = discoveryLimits,
): Promise<Discovery> {
  const paths: string[] = [];
  const unreadable: string[] = [];
  let truncated = false;
  let level: string[] = [""];
  let foldersRead = 0;
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > limits.depthMax) return { paths, truncated: true, unreadable };
    const room = limits.foldersMax - foldersRead;
    if (level.length > room) {
      truncated = true;
      level = level.slice(0, room);
    }
    foldersRead += level.length;
    const next: string[] = [];
    for (let at = 0; at < level.length; at += readsInFlightMax) {
      source.signal.throwIfAborted();
      const batch = level.slice(at, at + readsInFlightMax);
      const listings = await Promise.all(batch.map((path) => listFolder(source, path, unreadable)));
      for (const [index, entries] of listings.entries()) {
        const seen = sortEntries(batch[index] ?? "", entries);
        next.push(...seen.folders.filter((path) => !source.isForeign?.(path)));
        paths.push(...seen.files);
      }
      if (paths.length > limits.filesMax) {
        return { paths: paths.slice(0, limits.filesMax), truncated: true, unreadable };
      }
    }
    level = next;
  }
  source.signal.throwIfAborted();
  return { paths, truncated, unreadable };
}

async function listFolder(
  source: DiscoverySource,
  path: string,
  unreadable: string[],
): Promise<readonly FolderEntry[]> {
  try {
    return await source.readFolder(path);
  } catch {
    // A folder without permission, or one removed during the walk, must not hide all the others.
    unreadable.push(path);
    return [];
  }
}

function sortEntries(
  parent: string,
  entries: readonly FolderEntry[],
): { files: readonly string[]; folders: readonly string[] } {
  if (entries.some((entry) => entry.name === virtualenvMarker)) return { files: [], folders: [] };
  const join = (name: string): string => (parent === "" ? name : `${parent}/${name}`);
  const files: string[] = [];
  const folders: string[] = [];
  for (const entry of entries) {
    if (kindOfName(entry.name) !== undefined) files.push(join(entry.name));
    else if (entry.type === "folder" && !entry.link && !isExcludedFolder(entry.name)) {
      folders.push(join(entry.name));
    }
  }
  files.sort();
  folders.sort();
  return { files, folders };
}

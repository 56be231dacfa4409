import { type FSWatcher, watch } from "node:fs";
import { lstat, realpath } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { Disposable } from "../shared/disposable.ts";
import { unlessMissing } from "./system.ts";

/** Silence after the last event before the callback is called. */
const debounceMs = 60;
/** A folder that does not exist (any more) is looked for this often. */
const missingFolderRetryMs = 1_000;

/**
 * Calls `changed`, debounced, after one of `paths` (absolute) may have changed. Watches the folders, not the files:
 * a rename puts another file in the place of the watched one. A folder that is missing, vanishes or cannot be
 * watched is tried again; a link is watched at both of its ends.
 */
export function watchFiles(paths: readonly string[], changed: () => void): Disposable {
  const namesByFolder = new Map<string, Set<string>>();
  const watched = new Map<string, Disposable>();
  let timer: NodeJS.Timeout | undefined;
  let disposed = false;

  const note = () => {
    if (disposed) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      changed();
      // A link may lead elsewhere since.
      for (const path of paths) void followLink(path);
    }, debounceMs);
  };
  const add = (path: string) => {
    const folder = dirname(path);
    const names = namesByFolder.get(folder) ?? new Set();
    namesByFolder.set(folder, names.add(basename(path)));
    if (!disposed && !watched.has(folder)) watched.set(folder, watchFolder(folder, names, note));
  };
  const followLink = async (path: string) => {
    const real = await unlessMissing(realpath(path)).catch(() => undefined);
    if (real !== undefined && real !== path && !disposed) add(real);
  };
  for (const path of paths) {
    add(path);
    void followLink(path);
  }
  return {
    dispose() {
      disposed = true;
      clearTimeout(timer);
      for (const folder of watched.values()) folder.dispose();
    },
  };
}

function watchFolder(folder: string, names: ReadonlySet<string>, note: () => void): Disposable {
  let watcher: FSWatcher | undefined;
  let retry: NodeJS.Timeout | undefined;
  let inode: Promise<number | undefined> | undefined;
  let check: NodeJS.Timeout | undefined;
  let disposed = false;

  const lost = () => {
    watcher?.close();
    watcher = undefined;
    if (disposed || retry !== undefined) return;
    retry = setTimeout(() => {
      retry = undefined;
      start(true);
    }, missingFolderRetryMs);
    retry.unref();
  };
  /** The watch of a folder that was moved away or removed stays silent for ever: compare what stands there now. */
  const checkReplaced = async () => {
    if (disposed || watcher === undefined || (await inodeOf(folder)) === (await inode)) return;
    note();
    lost();
  };
  /** A write of ours makes several events: one look for all of them. */
  const checkSoon = () => {
    check ??= setTimeout(() => {
      check = undefined;
      void checkReplaced();
    }, debounceMs).unref();
  };
  const start = (again: boolean) => {
    try {
      watcher = watch(folder, { persistent: false }, (event, name) => {
        if (name === null || names.has(name)) note();
        if (event === "rename") checkSoon();
      });
    } catch {
      // Not there (yet), or the system is out of watches: both can change.
      lost();
      return;
    }
    watcher.on("error", lost);
    inode = inodeOf(folder);
    if (again) note();
  };
  start(false);
  return {
    dispose() {
      disposed = true;
      clearTimeout(retry);
      clearTimeout(check);
      watcher?.close();
    },
  };
}

async function inodeOf(folder: string): Promise<number | undefined> {
  const stats = await lstat(folder).catch(() => undefined);
  return stats?.isDirectory() ? stats.ino : undefined;
}

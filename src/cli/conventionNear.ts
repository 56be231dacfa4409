import { readdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import {
  type Convention,
  conventions,
  detectConvention,
  type Manifest,
  manifestNames,
} from "../dotenv/conventions.ts";
import type { LayerConvention } from "../dotenv/layers.ts";
import { problemOf } from "../protocol/errors.ts";
import { readNamedFile } from "./namedFile.ts";

/** Folders upwards that are asked. */
const foldersMax = 16;

/**
 * The convention that the programs of folders follow, by the manifest nearest above that tells, up to the folder that
 * holds `.git`; without such a one, by the folder's own. Nobody chooses here: that is a setting of the editor.
 */
export class ConventionsNear {
  readonly #manifests = new Map<string, Promise<FolderManifests>>();

  async of(folder: string): Promise<LayerConvention> {
    let at = resolve(folder);
    const own = detectConvention((await this.#in(at)).manifests);
    if (own !== undefined) return detected(own);
    let above: Convention | undefined;
    for (let level = 0; level < foldersMax; level += 1) {
      const { manifests, isRoot } = await this.#in(at);
      above ??= detectConvention(manifests);
      if (isRoot) return detected(above ?? conventions.plain);
      if (dirname(at) === at) break;
      at = dirname(at);
    }
    // Outside of a repository the folders above are anybody's.
    return detected(conventions.plain);
  }

  #in(folder: string): Promise<FolderManifests> {
    const known = this.#manifests.get(folder) ?? manifestsIn(folder);
    this.#manifests.set(folder, known);
    return known;
  }
}

function detected(convention: Convention): LayerConvention {
  return { convention, isChosen: false };
}

interface FolderManifests {
  readonly manifests: readonly Manifest[];
  /** The folder holds `.git`. */
  readonly isRoot: boolean;
}

async function manifestsIn(folder: string): Promise<FolderManifests> {
  const names = new Set(await readdir(folder).catch(() => []));
  const manifests: Manifest[] = [];
  for (const name of manifestNames.filter((each) => names.has(each))) {
    try {
      manifests.push({ name, text: (await readNamedFile(join(folder, name), name)).text });
    } catch (error) {
      if (problemOf(error).code === "INTERNAL") throw error;
    }
  }
  return { manifests, isRoot: names.has(".git") };
}

import {
  type ConventionId,
  conventionIds,
  conventions,
  detectConvention,
  manifestNames,
} from "../dotenv/conventions.ts";
import type { MarkerFolder } from "../dotenv/dialectDetection.ts";
import type { LayerConvention } from "../dotenv/layers.ts";
import { usageError } from "./arguments.ts";

/** What `--convention` takes: the words of the editor's setting `envpact.convention`. */
export const conventionWords: readonly string[] = ["auto", ...conventionIds];

/** The convention that `--convention` names; undefined for `auto` and without it. Throws BAD_USAGE. */
export function conventionChosen(text: string | undefined): ConventionId | undefined {
  if (text !== undefined && !conventionWords.includes(text)) {
    throw usageError(`There is no convention "${text}".`, `Use ${conventionWords.join(", ")}.`);
  }
  return conventionIds.find((id) => id === text);
}

/**
 * The convention that the programs of a folder follow: the chosen one, else by the manifest nearest in `folders`
 * (the folder itself and those above it) that tells.
 */
export function conventionOf(
  folders: readonly MarkerFolder[],
  chosen: ConventionId | undefined,
): LayerConvention {
  const found = folders
    // Where a folder has several, the order of their names in `manifestNames` settles which of them is heard.
    .map(({ files }) => manifestNames.flatMap((name) => files.filter((file) => file.name === name)))
    .map(detectConvention)
    .find((convention) => convention !== undefined);
  if (chosen === undefined) return { convention: found ?? conventions.plain, isChosen: false };
  // The program that was found tells more than the name of its family.
  return { convention: found?.id === chosen ? found : conventions[chosen], isChosen: true };
}

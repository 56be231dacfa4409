/** Which files of a folder give an environment keys, so that it need not repeat them. */
import { type Convention, modeOf, overriddenUnder } from "./conventions.ts";
import { kindOfName, overriddenNames } from "./fileNames.ts";

/** The convention of a folder, as far as layers depend on it. */
export interface LayerConvention {
  readonly convention: Convention;
  /** The user named it; otherwise it was detected, or nothing told. */
  readonly isChosen: boolean;
}

/**
 * The files of a folder under an environment, the nearest first: what they set is not missing in it. `.local` files
 * override the others under every convention, and `.env` is the base of all, unless the user says that each file is
 * read by itself. None for a file that is no environment.
 */
export function layersBelow(
  name: string,
  names: ReadonlySet<string>,
  { convention, isChosen }: LayerConvention,
): readonly string[] {
  if (kindOfName(name) !== "environment") return [];
  const readAlone = convention.id === "plain" && isChosen;
  const below = [
    ...(name === ".env.local" ? modesUnderLocal(convention, names) : []),
    ...overriddenUnder(convention, name),
    ...overriddenNames(name, names),
    ...(readAlone ? [] : [".env"]),
  ];
  return [...new Set(below)].filter((other) => other !== name && names.has(other));
}

/** Where `.env.local` wins over `.env.MODE`, it does so in every mode in which it is read. */
function modesUnderLocal(convention: Convention, names: ReadonlySet<string>): readonly string[] {
  if (convention.id !== "next") return [];
  return [...names].sort().filter((name) => {
    const mode = name.endsWith(".local") ? undefined : modeOf(name);
    return mode !== undefined && !(mode === "test" && convention.skipsLocalInTest);
  });
}

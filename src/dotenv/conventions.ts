/** Which files of a folder a program reads, and which of them wins: there is no one answer, so each has a name. */
import { kindOfName } from "./fileNames.ts";

/** Next.js and Rails; Vite, dotenv-flow and varlock; dotenv itself, which reads only what it is given. */
export type ConventionId = "next" | "vite" | "plain";

export const conventionIds: readonly ConventionId[] = ["next", "vite", "plain"];

/** A convention as one program follows it. */
export interface Convention {
  readonly id: ConventionId;
  /** The program that follows it, such as `Next.js`. */
  readonly reader: string;
  /** `.env.local` is not read in the mode `test`, so that tests run alike on every machine. */
  readonly skipsLocalInTest: boolean;
}

/** Conventions as they are when somebody chose them by name. */
export const conventions: Readonly<Record<ConventionId, Convention>> = {
  next: { id: "next", reader: "Next.js, Rails", skipsLocalInTest: true },
  vite: { id: "vite", reader: "Vite, dotenv-flow, varlock", skipsLocalInTest: false },
  plain: { id: "plain", reader: "dotenv", skipsLocalInTest: false },
};

/** A file that a convention names, and why it is left out if it is. */
export interface ReadFile {
  readonly name: string;
  readonly skipped: boolean;
}

/** The files that are read in a mode, the one that wins over all others first. `own` is what "plain" reads. */
export function filesRead(convention: Convention, mode: string, own: string): readonly ReadFile[] {
  if (convention.id === "plain") return [{ name: own, skipped: false }];
  const local = { name: ".env.local", skipped: convention.skipsLocalInTest && mode === "test" };
  const ofMode = { name: `.env.${mode}`, skipped: false };
  const middle = convention.id === "next" ? [local, ofMode] : [ofMode, local];
  return [{ name: `.env.${mode}.local`, skipped: false }, ...middle, { name: ".env", skipped: false }];
}

/** Modes that every program knows by these names. */
const usualModes: readonly string[] = ["development", "production", "test"];

/** The mode that a file name is for: `production` of `.env.production.local`; none of `.env`, `.env.local` and examples. */
export function modeOf(name: string): string | undefined {
  if (kindOfName(name) !== "environment") return undefined;
  const mode = /^\.env\.(.+?)(?:\.local)?$/.exec(name)?.[1];
  return mode === "local" ? undefined : mode;
}

/** Modes to choose from in a folder with these files: those it has files for, then the usual ones. */
export function modesOf(names: Iterable<string>): readonly string[] {
  const own = [...names].flatMap((name) => modeOf(name) ?? []);
  return [...new Set([...own.sort(), ...usualModes])];
}

/**
 * The files that a file overrides when a program reads both, the nearest first: what they set and this one does not
 * is not missing in it. None where nothing but the file is read, and none of an example.
 */
export function overriddenUnder(convention: Convention, name: string): readonly string[] {
  if (convention.id === "plain" || kindOfName(name) !== "environment") return [];
  const read = filesRead(convention, modeOf(name) ?? "", name).filter(({ skipped }) => !skipped);
  const at = read.findIndex((file) => file.name === name);
  return at === -1
    ? []
    : read
        .slice(at + 1)
        .map((file) => file.name)
        .filter((file) => file !== ".env.");
}

/** A file that tells which programs run in a folder. */
export interface Manifest {
  /** `package.json` or `Gemfile`. */
  readonly name: string;
  readonly text: string;
}

/** Names of the files that {@link detectConvention} understands. */
export const manifestNames: readonly string[] = ["package.json", "Gemfile"];

/** Dependencies that settle the convention, the most decisive first. */
const npmReaders: readonly (readonly [dependency: string, convention: Convention])[] = [
  ["next", { id: "next", reader: "Next.js", skipsLocalInTest: true }],
  ["react-scripts", { id: "next", reader: "Create React App", skipsLocalInTest: true }],
  ["dotenv-flow", { id: "vite", reader: "dotenv-flow", skipsLocalInTest: true }],
  ["varlock", { id: "vite", reader: "varlock", skipsLocalInTest: false }],
  ["vite", { id: "vite", reader: "Vite", skipsLocalInTest: false }],
  ["@sveltejs/kit", { id: "vite", reader: "SvelteKit", skipsLocalInTest: false }],
  ["astro", { id: "vite", reader: "Astro", skipsLocalInTest: false }],
  ["vitest", { id: "vite", reader: "Vitest", skipsLocalInTest: false }],
  ["dotenv", { id: "plain", reader: "dotenv", skipsLocalInTest: false }],
];
const rails: Convention = { id: "next", reader: "Rails", skipsLocalInTest: true };

/** The convention that the programs of a folder follow, or `undefined` when its files do not tell. Never throws. */
export function detectConvention(manifests: readonly Manifest[]): Convention | undefined {
  for (const { name, text } of manifests) {
    if (name === "package.json") {
      const dependencies = dependenciesOf(text);
      const found = npmReaders.find(([dependency]) => dependencies.has(dependency));
      if (found !== undefined) return found[1];
    }
    if (name === "Gemfile" && /^[^#\n]*\bgem[ (]+["'](?:dotenv-rails|dotenv)["']/m.test(text)) return rails;
  }
  return undefined;
}

function dependenciesOf(packageJson: string): ReadonlySet<string> {
  const names = new Set<string>();
  let manifest: unknown;
  try {
    manifest = JSON.parse(packageJson);
  } catch {
    // Half-typed or no JSON at all: it names nothing that could be known.
    return names;
  }
  if (typeof manifest !== "object" || manifest === null) return names;
  for (const field of ["dependencies", "devDependencies", "peerDependencies"]) {
    const group: unknown = (manifest as Record<string, unknown>)[field];
    if (typeof group === "object" && group !== null) for (const name of Object.keys(group)) names.add(name);
  }
  return names;
}

/** Pure naming rules: which file names are environments, which folders are never looked into. */

/** Folder levels below a workspace folder that discovery goes down. */
export const discoveryDepthMax = 16;
/** Folders that one discovery reads in one workspace folder. */
export const discoveryFoldersMax = 50_000;
/** `.env` files that one discovery keeps in one workspace folder. */
export const discoveryFilesMax = 2_000;

/** An environment that a program reads, or the example that documents it. */
export type EnvironmentKind = "environment" | "example";

const exampleWords: ReadonlySet<string> = new Set(["example", "sample", "template"]);

/** Last parts that belong to other tools: direnv's and dotenvx's files, schemas, notes, and editors' scratch files. */
const foreignWords: ReadonlySet<string> = new Set([
  "keys",
  "vault",
  "schema",
  "swp",
  "swo",
  "swx",
  "tmp",
  "txt",
]);

/** A part that says that the file is what another one was once, with a number or a date: `bak`, `old2`, `backup-2024`. */
const backupWord = /^(?:bak|backup|bkp|orig|old|save|saved)(?:[-_]?\d[\w-]*)?$/i;

/** The hash that write-file-atomic appends to the name of a file it is about to rename into place. */
const temporaryWord = /^\d{6,}$/;

/** Version control, dependencies, virtual environments and build output: never looked into. */
export const excludedFolders: ReadonlySet<string> = new Set([
  ".git",
  ".hg",
  ".svn",
  ".jj",
  "node_modules",
  "bower_components",
  "jspm_packages",
  ".yarn",
  ".pnpm-store",
  ".venv",
  "venv",
  ".env",
  ".virtualenv",
  "virtualenv",
  "__pycache__",
  ".tox",
  ".nox",
  "dist",
  "build",
  "out",
  "target",
  ".next",
  ".nuxt",
  ".output",
  ".svelte-kit",
  ".angular",
  ".turbo",
  ".cache",
  ".parcel-cache",
  ".vercel",
  ".netlify",
  ".serverless",
  ".gradle",
  ".terraform",
  ".vscode-test",
  "coverage",
]);

/** The file that marks a folder of any name as a Python virtual environment. */
export const virtualenvMarker = "pyvenv.cfg";

/**
 * Says what a file name is: `.env` and `.env.*` are environments, `.env.example`, `.env.sample`,
 * `.env.template` and `.env.<name>.example` (…) are examples, every other name is `undefined`, backups too.
 */
export function kindOfName(name: string): EnvironmentKind | undefined {
  if (name === ".env") return "environment";
  if (!name.startsWith(".env.") || name.endsWith("~") || name.endsWith(".")) return undefined;
  const parts = name.slice(".env.".length).split(".");
  const last = parts.at(-1)!.toLowerCase();
  if (foreignWords.has(last) || temporaryWord.test(last)) return undefined;
  if (parts.some((part) => backupWord.test(part))) return undefined;
  return exampleWords.has(last) ? "example" : "environment";
}

/** True for a folder name that discovery does not enter. */
export function isExcludedFolder(name: string): boolean {
  return excludedFolders.has(name);
}

/** True when a path relative to its workspace folder (with `/`) leads through an excluded folder. */
export function isExcludedPath(relativePath: string): boolean {
  const folders = relativePath.split("/").slice(0, -1);
  return folders.length > discoveryDepthMax || folders.some(isExcludedFolder);
}

/**
 * Order in which files of one folder are shown: `.env`, then the other environments by name,
 * then the examples.
 */
export function compareNames(a: string, b: string): number {
  const rank = (name: string): number => (name === ".env" ? 0 : kindOfName(name) === "example" ? 2 : 1);
  return rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0);
}

/**
 * Finds the example that documents an environment among the names of its folder: `.env.<name>.example`
 * for `.env.<name>` first (and its two sister words), then `.env.example`, `.env.sample`, `.env.template`.
 */
export function exampleNameFor(name: string, siblings: ReadonlySet<string>): string | undefined {
  if (kindOfName(name) !== "environment") return undefined;
  for (const base of name === ".env" ? [".env"] : [name, ".env"]) {
    for (const word of exampleWords) if (siblings.has(`${base}.${word}`)) return `${base}.${word}`;
  }
  return undefined;
}

/**
 * Files that a `.local` file only overrides, so a key that stands there is not missing in it:
 * `.env.local` overrides `.env`; `.env.production.local` overrides `.env.production`, `.env.local` and `.env`.
 * What lies under other files depends on the convention, see `layersBelow`.
 */
export function overriddenNames(name: string, siblings: ReadonlySet<string>): readonly string[] {
  if (!name.endsWith(".local")) return [];
  const mode = name.slice(0, -".local".length);
  return [...new Set([mode, ".env.local", ".env"])].filter((base) => base !== name && siblings.has(base));
}

/** Names that "New Environment" offers, the usual ones first. */
export const offeredEnvironmentNames: readonly string[] = [
  ".env",
  ".env.local",
  ".env.development",
  ".env.test",
  ".env.staging",
  ".env.production",
  ".env.example",
];

/** Why a name cannot be the name of a new environment, or `undefined` when it can. */
export function refuseNewName(name: string, siblings: ReadonlySet<string>): string | undefined {
  if (/[\\/]/.test(name)) return "Write a file name, not a path.";
  if (kindOfName(name) === undefined || !/^\.env(\.[\w-]+)*$/.test(name)) {
    return "Write .env or a name that begins with .env. such as .env.staging (not .env.keys, .env.vault, .env.schema, .env.bak).";
  }
  if (siblings.has(name)) return `${name} exists already in this folder.`;
  return undefined;
}

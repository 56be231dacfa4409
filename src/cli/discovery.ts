import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** Folder levels below the start that are searched. */
const depthMax = 16;
/** Folders that one search reads. */
const foldersMax = 50_000;
/** Files that one search returns. */
const filesMax = 2_000;

const exampleWords: ReadonlySet<string> = new Set(["example", "sample", "template"]);
/** Last parts of names that belong to other tools, and editors' scratch files. */
const foreignWords: ReadonlySet<string> = new Set(["keys", "vault", "schema", "swp", "swo", "swx", "tmp"]);
/** Version control, dependencies, virtual environments and build output. */
const excludedFolders: ReadonlySet<string> = new Set(
  `.git .hg .svn .jj node_modules bower_components jspm_packages .yarn .pnpm-store .venv venv .env .virtualenv
  virtualenv __pycache__ .tox .nox dist build out target .next .nuxt .output .svelte-kit .angular .turbo .cache
  .parcel-cache .vercel .netlify .serverless .gradle .terraform .vscode-test coverage`.split(/\s+/),
);
/** The file that marks a folder of any name as a Python virtual environment. */
const virtualenvMarker = "pyvenv.cfg";
/** What write-file-atomic appends to the name of a file it is about to rename into place. */
const temporaryWord = /^\d{6,}$/;

/** An environment that a program reads, or the example that documents one. */
export type EnvironmentKind = "environment" | "example";

/** What a file name is: `.env` and `.env.*` are environments, some of them examples; others are undefined. */
export function kindOfName(name: string): EnvironmentKind | undefined {
  if (name === ".env") return "environment";
  if (!name.startsWith(".env.") || name.endsWith("~") || name.endsWith(".")) return undefined;
  const last = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  if (foreignWords.has(last) || temporaryWord.test(last)) return undefined;
  return exampleWords.has(last) ? "example" : "environment";
}

/** The example that documents `name` among the names of its folder; its own one comes before `.env.example`. */
export function exampleNameFor(name: string, siblings: ReadonlySet<string>): string | undefined {
  if (kindOfName(name) !== "environment") return undefined;
  const bases = name === ".env" ? [".env"] : [name, ".env"];
  const candidates = bases.flatMap((base) => Array.from(exampleWords, (word) => `${base}.${word}`));
  return candidates.find((candidate) => siblings.has(candidate));
}

/** Files beside `name` that it only overrides (`.env.local` overrides `.env`), the nearest first. */
export function overriddenNames(name: string, siblings: ReadonlySet<string>): readonly string[] {
  if (!name.endsWith(".local")) return [];
  const mode = name.slice(0, -".local".length);
  return [...new Set([mode, ".env.local", ".env"])].filter((base) => base !== name && siblings.has(base));
}

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
    if (depth > depthMax) return { files, truncated: true, unreadable };
    const next: string[] = [];
    for (const folder of level) {
      foldersRead += 1;
      if (foldersRead > foldersMax || files.length > filesMax) {
        return { files: files.slice(0, filesMax), truncated: true, unreadable };
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
  const folders = entries.filter((entry) => entry.isDirectory() && !excludedFolders.has(entry.name));
  const names = (found: typeof entries) => found.map(({ name }) => path(name)).sort();
  return { files: names(files), folders: names(folders.filter(({ name }) => !isFile(name))) };
}

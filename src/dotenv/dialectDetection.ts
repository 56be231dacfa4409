import { type DialectId, dialectIds, isDialectId } from "./dialects/dialect.ts";

/** A file beside or above a `.env` file that tells who reads it. */
export interface MarkerFile {
  readonly name: string;
  readonly text: string;
}

/** The marker files of one folder. */
export interface MarkerFolder {
  /** Where the `.env` file's folder lies from here, with `/`; empty for that folder itself. */
  readonly below: string;
  readonly files: readonly MarkerFile[];
}

/** Who reads the `.env` files of a folder. */
export interface Readers {
  /** dotenv always among them. */
  readonly dialects: readonly DialectId[];
  /** A package expands `$NAME` for those that read as dotenv or Node do, which by themselves leave it. */
  readonly expands: boolean;
}

/** The most bytes of a marker file that are worth a reading; a larger one counts as empty. */
export const markerBytesMax = 1_048_576;
/** Marker files that one folder is asked for, by name order. */
const markerFilesMax = 16;
/** Folders that are looked at, from that of the `.env` file upwards. */
export const markerFoldersMax = 16;

const composeName = /^(?:docker-)?compose(?:[.-][\w.-]+)?\.ya?ml$/;
const requirementsName = /^requirements[\w.-]*\.(?:txt|in)$/;
const languageNames: ReadonlySet<string> = new Set([
  "package.json",
  "pyproject.toml",
  "Pipfile",
  "go.mod",
  "Gemfile",
]);

/** What VS Code is asked to watch; {@link isMarkerName} has the last word. */
export const markerGlob =
  "**/{package.json,pyproject.toml,Pipfile,requirements*.txt,requirements*.in,go.mod,Gemfile,compose*.yml,compose*.yaml,docker-compose*.yml,docker-compose*.yaml}";

/** Whether a file of this name tells who reads the `.env` files near it. */
export function isMarkerName(name: string): boolean {
  return languageNames.has(name) || requirementsName.test(name) || composeName.test(name);
}

/** The names among those of one folder's files that are asked, in order; no more than there is a limit for. */
export function markerNames(names: readonly string[]): string[] {
  return names.filter(isMarkerName).sort().slice(0, markerFilesMax);
}

/** Packages that read `.env` files by Node's own parser. */
const nodePackages: ReadonlySet<string> = new Set([
  "vite",
  "vitest",
  "astro",
  "@sveltejs/kit",
  "@remix-run/dev",
  "@react-router/dev",
  "@tanstack/react-start",
]);

/** Python packages that are python-dotenv, or read `.env` files by it. */
const pythonPackages = /^[\s"'[]*(?:python-dotenv|dotenv|pydantic-settings|environs)\b(?!-)/im;
/** Extras that bring python-dotenv along, and tables that ask for it by name. */
const pythonExtras =
  /\b(?:uvicorn|fastapi|flask)\s*\[[^\]\n]*\b(?:standard|dotenv|all)\b|["']python-dotenv\b/i;

/** Packages besides that expand `$NAME` for who reads a file by dotenv or Node's parser, in whatever quotes it stands. */
const expandingPackages: ReadonlySet<string> = new Set([
  "dotenv-expand",
  "dotenv-cli",
  "next",
  "@next/env",
  "nuxt",
  "react-scripts",
  "@vue/cli-service",
  "expo",
]);

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/** What a package.json says; undefined while it is half-written. */
function manifestOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return record(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function packagesIn({ dependencies, devDependencies }: Readonly<Record<string, unknown>>): string[] {
  return [dependencies, devDependencies].flatMap((list) => Object.keys(record(list)));
}

function expandsForNode(text: string): boolean {
  const manifest = manifestOf(text);
  if (!manifest) return /"(?:dotenv-expand|next|vite|vitest|astro)"\s*:/.test(text);
  return packagesIn(manifest).some((name) => expandingPackages.has(name) || nodePackages.has(name));
}

function readsByNode(text: string): boolean {
  const manifest = manifestOf(text);
  // What a half-written one names can still be seen.
  if (!manifest) return text.includes("--env-file") || /"(?:vite|vitest|astro)"\s*:/.test(text);
  if (packagesIn(manifest).some((name) => nodePackages.has(name))) return true;
  return Object.values(record(manifest.scripts)).some(
    (script) => typeof script === "string" && script.includes("--env-file"),
  );
}

/** A text without what stands behind `#`, which starts a comment in all these files but JSON. */
function withoutComments(text: string): string {
  return text.replace(/(^|\s)#.*$/gm, "$1");
}

function dialectOf({ name, text }: MarkerFile, below: string): DialectId | undefined {
  if (name === "package.json") return readsByNode(text) ? "node" : undefined;
  const told = withoutComments(text);
  // pipenv loads the .env file beside a Pipfile by python-dotenv, whatever is installed.
  if (name === "Pipfile") return "python-dotenv";
  if (name === "pyproject.toml" || requirementsName.test(name)) {
    return pythonPackages.test(told) || pythonExtras.test(told) ? "python-dotenv" : undefined;
  }
  if (name === "go.mod") return told.includes("github.com/joho/godotenv") ? "godotenv" : undefined;
  if (name === "Gemfile")
    return /^\s*gem\s*\(?\s*["']dotenv(?:-rails)?["']/m.test(told) ? "ruby-dotenv" : undefined;
  if (!composeName.test(name)) return undefined;
  // Compose reads the .env file beside it; one further down only where a service names it.
  return below === "" || (told.includes("env_file") && told.includes(`${below}/.env`))
    ? "compose"
    : undefined;
}

function isLanguage({ name }: MarkerFile): boolean {
  return !composeName.test(name);
}

function languageFolder(folders: readonly MarkerFolder[]): MarkerFolder | undefined {
  return folders.find(({ files }) => files.some(isLanguage));
}

/** Who reads the `.env` files of a folder; `folders` go from that folder upwards. */
export function detectReaders(folders: readonly MarkerFolder[]): Readers {
  const files = languageFolder(folders)?.files ?? [];
  const expands = files.some(({ name, text }) => name === "package.json" && expandsForNode(text));
  return { dialects: detectDialects(folders), expands };
}

/**
 * Who reads the `.env` files of a folder, dotenv always among them. The nearest folder with a language's own file
 * speaks for the language; a Compose file counts beside the `.env` file, and above it where it names it.
 * `folders` go from that of the `.env` file upwards.
 */
export function detectDialects(folders: readonly MarkerFolder[]): DialectId[] {
  const found = new Set<DialectId>(["dotenv"]);
  const nearest = languageFolder(folders);
  for (const folder of folders) {
    for (const file of folder.files) {
      if (isLanguage(file) && folder !== nearest) continue;
      const dialect = dialectOf(file, folder.below);
      if (dialect !== undefined) found.add(dialect);
    }
  }
  return dialectIds.filter((id) => found.has(id));
}

/**
 * The dialects that the setting `envpact.dialects` asks for, dotenv always among them; undefined for "auto" and for
 * what is no list, so that they are detected. Unknown names are left out.
 */
export function chosenDialects(setting: unknown): DialectId[] | undefined {
  if (!Array.isArray(setting)) return undefined;
  const chosen = new Set(setting.filter(isDialectId));
  return dialectIds.filter((id) => id === "dotenv" || chosen.has(id));
}

import { readFileSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { EnvpactError } from "../protocol/errors.ts";
import { syncFolder } from "./atomic.ts";
import { systemCode, unlessMissing, unlessMissingNow } from "./system.ts";

/** Where configuration (credentials) and state live. Absolute. */
export interface HomeFolders {
  readonly config: string;
  readonly state: string;
}

/**
 * The platform's usual folders: XDG (freedesktop.org Base Directory Specification 0.8) on Linux and its like,
 * `~/Library/Application Support` on macOS, `%APPDATA%` and `%LOCALAPPDATA%` on Windows. `$ENVPACT_HOME`, when
 * set, holds both.
 */
export function homeFolders(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): HomeFolders {
  const own = env.ENVPACT_HOME;
  if (own !== undefined && own !== "")
    return { config: join(resolve(own), "config"), state: join(resolve(own), "state") };
  const home = (platform === "win32" ? env.USERPROFILE : env.HOME) || homedir();
  if (platform === "win32") {
    const roaming = env.APPDATA || join(home, "AppData", "Roaming");
    const local = env.LOCALAPPDATA || join(home, "AppData", "Local");
    return { config: join(roaming, "envpact"), state: join(local, "envpact") };
  }
  if (platform === "darwin") {
    const support = join(home, "Library", "Application Support", "envpact");
    return { config: join(support, "config"), state: join(support, "state") };
  }
  return {
    config: join(absoluteOr(env.XDG_CONFIG_HOME, join(home, ".config")), "envpact"),
    state: join(absoluteOr(env.XDG_STATE_HOME, join(home, ".local", "state")), "envpact"),
  };
}

/** The specification: a relative path is invalid and ignored. */
function absoluteOr(path: string | undefined, fallback: string): string {
  return path?.startsWith("/") ? path : fallback;
}

/** Writes a private file atomically and forces it: mode 0600, its folder (when new) 0700. Throws DATA_NOT_WRITABLE. */
export async function writePrivate(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFileAtomic(path, text, { mode: 0o600 });
    await syncFolder(dirname(path));
  } catch (error) {
    throw privateError(path, "written", error);
  }
}

/** The text of a private file, or undefined when there is none. Throws DATA_NOT_WRITABLE. */
export async function readPrivate(path: string): Promise<string | undefined> {
  try {
    return unlessMissingNow(() => readFileSync(path, "utf8"));
  } catch (error) {
    throw privateError(path, "read", error);
  }
}

/** Makes a private folder (0700) with those above it, unless it is there. Throws DATA_NOT_WRITABLE. */
export async function makePrivateFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw privateError(path, "made", error);
  }
}

/** The names in a private folder; none when it is not there. Throws DATA_NOT_WRITABLE. */
export async function privateNames(path: string): Promise<readonly string[]> {
  try {
    return (await unlessMissing(readdir(path))) ?? [];
  } catch (error) {
    throw privateError(path, "read", error);
  }
}

function privateError(path: string, done: string, error: unknown): EnvpactError {
  const code = systemCode(error);
  return new EnvpactError(
    code === "ENOSPC" ? "NO_SPACE_LEFT" : "DATA_NOT_WRITABLE",
    `${path} cannot be ${done}: the system reported ${code}.`,
    "Check the disk and the permissions of its folder, or set ENVPACT_HOME to another one.",
    { cause: error },
  );
}

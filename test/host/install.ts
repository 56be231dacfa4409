// Gets what tests need to show VS Code on a machine without a desktop: VS Code itself, and a Chromium.
// `node test/host/install.ts` installs both; importers call the two functions and get paths.
import { spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright-core";

/** The repository's root folder. */
export const repositoryRoot: string = join(import.meta.dirname, "..", "..");

const lockFolder = join(import.meta.dirname, "code-server");
const cacheFolder = join(repositoryRoot, ".vscode-test");
const stampName = "installed.json";
const partPattern = /^installing-(\d+)-/;

/**
 * Installs the pinned code-server once. The second call only reads a stamp. An interrupted call leaves a
 * folder of its own behind that the next one sweeps away; the final name appears by rename, complete.
 * @returns the absolute path of VS Code's `server-main.js`
 */
export async function ensureCodeServer(): Promise<string> {
  const lock = await readFile(join(lockFolder, "package-lock.json"), "utf8");
  const version = lockedVersion(lock);
  const stamp = JSON.stringify({ version, lock: createHash("sha256").update(lock).digest("hex") });
  const folder = join(cacheFolder, `code-server-${version}`);
  if (await isStamped(folder, stamp)) return serverMain(folder);
  await sweepDeadParts();
  const part = join(cacheFolder, `installing-${process.pid}-${randomUUID().slice(0, 8)}`);
  try {
    await installInto(part);
    await writeFile(join(part, stampName), stamp);
    await moveIntoPlace(part, folder, stamp);
  } finally {
    await rm(part, { recursive: true, force: true });
  }
  return serverMain(folder);
}

/**
 * Finds a Chromium: `$CHROMIUM_PATH`, playwright's own download, the system's. Where there is none and this is
 * Debian with root rights, installs the distribution's package.
 * @returns the absolute path of the executable
 * @throws with what to do, where no browser is found and none can be installed
 */
export async function ensureChromium(): Promise<string> {
  const asked = process.env.CHROMIUM_PATH;
  if (asked) {
    if (existsSync(asked)) return asked;
    throw new Error(
      `CHROMIUM_PATH names ${asked}, which does not exist. Unset it or name a Chromium executable.`,
    );
  }
  const found = installedChromium();
  if (found) return found;
  if (!(await canInstallPackages())) {
    throw new Error(
      "No Chromium found. Run `npx playwright-core install chromium`, install your system's chromium package, " +
        "or set CHROMIUM_PATH.",
    );
  }
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["update", "-qq"], repositoryRoot, env);
  await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium"], repositoryRoot, env);
  const installed = installedChromium();
  if (!installed) throw new Error("apt-get installed chromium, but /usr/bin/chromium is not there.");
  return installed;
}

function installedChromium(): string | undefined {
  const places = [
    chromium.executablePath(),
    "/usr/bin/chromium",
    "/usr/bin/google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  ];
  return places.find((place) => place !== "" && existsSync(place));
}

async function canInstallPackages(): Promise<boolean> {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  // Ubuntu's package of that name only points to a snap, so Debian itself is asked for.
  return existsSync("/etc/os-release") && /^ID=debian$/m.test(await readFile("/etc/os-release", "utf8"));
}

function lockedVersion(lock: string): string {
  const parsed = JSON.parse(lock) as { packages: Record<string, { version?: string }> };
  const version = parsed.packages["node_modules/code-server"]?.version;
  if (!version) throw new Error("test/host/code-server/package-lock.json does not pin code-server.");
  return version;
}

function serverMain(folder: string): string {
  return join(folder, "node_modules", "code-server", "lib", "vscode", "out", "server-main.js");
}

async function isStamped(folder: string, stamp: string): Promise<boolean> {
  const path = join(folder, stampName);
  return existsSync(path) && (await readFile(path, "utf8")) === stamp;
}

async function installInto(part: string): Promise<void> {
  await mkdir(part, { recursive: true });
  for (const name of ["package.json", "package-lock.json"])
    await copyFile(join(lockFolder, name), join(part, name));
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  await run("npm", ["ci", ...quiet], part);
  const inner = join(part, "node_modules", "code-server", "lib", "vscode");
  await run("npm", ["install", "--omit=dev", ...quiet], inner);
}

async function moveIntoPlace(part: string, folder: string, stamp: string): Promise<void> {
  try {
    await rename(part, folder);
  } catch (error) {
    // Race: another process finished the same installation first. Anything else under that name is stale.
    if (await isStamped(folder, stamp)) return;
    if (!existsSync(folder)) throw error;
    await rm(folder, { recursive: true, force: true });
    await rename(part, folder);
  }
}

async function sweepDeadParts(): Promise<void> {
  if (!existsSync(cacheFolder)) return;
  for (const name of await readdir(cacheFolder)) {
    const pid = partPattern.exec(name)?.[1];
    if (pid && !isAlive(Number(pid))) await rm(join(cacheFolder, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function run(command: string, args: string[], cwd: string, env = process.env): Promise<void> {
  const child = spawn(command, args, { cwd, env: withoutNpmContext(env), stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}:\n${output.slice(-4000)}`);
}

/** An npm that runs inside an npm script must not take the outer run's folder and flags for its own. */
function withoutNpmContext(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const outer = /^npm_(package|lifecycle|command|config_local_prefix|execpath|node_execpath)/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !outer.test(name)));
}

if (import.meta.main) {
  console.log(await ensureCodeServer());
  console.log(await ensureChromium());
}

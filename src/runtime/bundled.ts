import { type ChildProcess, spawn } from "node:child_process";
import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../drivers/clock.ts";
import { homeFolders, makePrivateFolder } from "../drivers/home.ts";
import { type Endpoint, listEndpoints } from "../drivers/rendezvous.ts";
import { EnvpactError, errorCodes, type Problem } from "../protocol/errors.ts";
import { limits } from "../protocol/limits.ts";

/** How long a coordinator that was just started may take until it listens. */
const startTimeoutMs = 15_000;
const startPollMs = 50;
/** How long one that found the data folder locked may be followed by whoever locked it listening. */
const lockedPatienceMs = 3_000;
/** A start that failed is not tried again by itself for this long: its reason does not go away in seconds. */
const startAgainAfterMs = 10_000;
/** Of what a coordinator says at its start, the last bytes hold why it ended. */
const lastWordsCharsMax = 64 * 1024;

/** The data folder of this user's own coordinator. */
export function defaultDataFolder(environment: NodeJS.ProcessEnv): string {
  return join(homeFolders(environment, process.platform).state, "coordinator");
}

/** The running coordinator of a data folder, or undefined. */
async function runningIn(dataDir: string): Promise<Endpoint | undefined> {
  const endpoints = await listEndpoints();
  return endpoints.find((endpoint) => endpoint.dataDir === dataDir);
}

/**
 * The bundled coordinator of this user: finds the one that runs, or starts it (it outlives this process and leaves
 * limits.idleExitMs after its last peer did). Two that start at once are told apart by the lock of the data folder:
 * one serves, and both callers find it. Throws why it ended (DATA_DAMAGED, DATA_LOCKED, NO_SQLITE, …) or UNREACHABLE.
 */
export async function ensureCoordinator(environment: NodeJS.ProcessEnv, entry: string): Promise<Endpoint> {
  const folder = defaultDataFolder(environment);
  await makePrivateFolder(folder);
  const dataDir = await realpath(folder);
  const running = await runningIn(dataDir);
  if (running) return running;
  const { NODE_OPTIONS: _, ...inherited } = environment;
  const args = [
    entry,
    "--listen",
    "127.0.0.1:0",
    "--data",
    dataDir,
    "--idle-exit-ms",
    String(limits.idleExitMs),
  ];
  // Its stderr is read until it listens; from then on it has no voice.
  const child = spawn(process.execPath, args, {
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...inherited, ELECTRON_RUN_AS_NODE: "1" },
  });
  child.unref();
  try {
    return await listening(dataDir, endOf(child));
  } finally {
    child.stderr?.destroy();
  }
}

/** Waits for the coordinator of a data folder. `ended`: why the one that was started has ended. */
async function listening(dataDir: string, ended: Promise<Problem>): Promise<Endpoint> {
  let deadline = systemClock.now() + startTimeoutMs;
  let problem: Problem | undefined;
  void ended.then((found) => {
    problem = found;
    // Another one, started at the same time, may have been first, and will listen soon.
    const isBeaten = found.code === "DATA_LOCKED";
    deadline = isBeaten ? Math.min(deadline, systemClock.now() + lockedPatienceMs) : 0;
  });
  do {
    const endpoint = await runningIn(dataDir);
    if (endpoint) return endpoint;
    await new Promise<void>(
      (resolve) => void systemClock.at(systemClock.now() + startPollMs, () => resolve()),
    );
  } while (systemClock.now() < deadline);
  throw notStarted(problem ?? notHeard(`it did not listen within ${startTimeoutMs / 1000} s`));
}

/** Resolves with why the process ended, or could not begin. */
function endOf(child: ChildProcess): Promise<Problem> {
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-lastWordsCharsMax);
  });
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(notHeard(error.message)));
    child.once("close", (code, signal) =>
      resolve(lastWords(said) ?? notHeard(`it ended with ${signal ?? `code ${code}`}`)),
    );
  });
}

/** The problem in the last line that a coordinator wrote. */
function lastWords(said: string): Problem | undefined {
  const line = said.trimEnd().split("\n").at(-1) ?? "";
  if (!line.startsWith('{"error":')) return undefined;
  try {
    const { code, message, next } = (JSON.parse(line) as { error: Problem }).error;
    return errorCodes.includes(code) ? { code, message, next } : undefined;
  } catch {
    return undefined;
  }
}

function notHeard(why: string): Problem {
  return {
    code: "UNREACHABLE",
    message: `${why}.`,
    next: "Run `envpact coordinator` in a terminal to see why.",
  };
}

function notStarted({ code, message, next }: Problem): EnvpactError {
  return new EnvpactError(code, `The coordinator could not be started: ${message}`, next);
}

/** Whether an endpoint is this user's own bundled coordinator. */
export async function isBundled(
  endpoint: Endpoint | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<boolean> {
  if (!endpoint) return false;
  try {
    return endpoint.dataDir === (await realpath(defaultDataFolder(environment)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

/**
 * Where a coordinator with this key listens now: a restart may have changed its port. Peers of the bundled one
 * start it again when `entry` is given; any other is looked for at `url`.
 */
export async function currentUrl(
  stored: { readonly url: string; readonly coordinatorKey: string; readonly bundled: boolean },
  environment: NodeJS.ProcessEnv,
  entry: string | undefined,
): Promise<string> {
  const live = await liveUrl(stored.coordinatorKey);
  if (live !== undefined) return live;
  if (stored.bundled && entry !== undefined) {
    const started = await ensureCoordinator(environment, entry);
    if (started.coordinatorKey === stored.coordinatorKey) return started.url;
  }
  return stored.url;
}

async function liveUrl(coordinatorKey: string): Promise<string | undefined> {
  return (await listEndpoints()).find((endpoint) => endpoint.coordinatorKey === coordinatorKey)?.url;
}

/** {@link currentUrl} for one who asks again and again: a start that failed is not tried again at once. */
export function urlSource(
  stored: Parameters<typeof currentUrl>[0],
  environment: NodeJS.ProcessEnv,
  entry: string | undefined,
): () => Promise<string> {
  let failed: { readonly atMs: number; readonly error: unknown } | undefined;
  return async () => {
    if (failed && systemClock.now() - failed.atMs < startAgainAfterMs) {
      const live = await liveUrl(stored.coordinatorKey);
      if (live === undefined) throw failed.error;
      return live;
    }
    try {
      return await currentUrl(stored, environment, entry);
    } catch (error) {
      failed = { atMs: systemClock.now(), error };
      throw error;
    }
  };
}

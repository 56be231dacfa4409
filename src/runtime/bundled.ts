import { spawn } from "node:child_process";
import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../drivers/clock.ts";
import { homeFolders, makePrivateFolder } from "../drivers/home.ts";
import { type Endpoint, listEndpoints } from "../drivers/rendezvous.ts";
import { EnvpactError } from "../protocol/errors.ts";
import { limits } from "../protocol/limits.ts";

/** How long a coordinator that was just started may take until it listens. */
const startTimeoutMs = 15_000;
const startPollMs = 50;

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
 * one serves, and both callers find it. Throws UNREACHABLE.
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
  const child = spawn(process.execPath, args, {
    detached: true,
    stdio: "ignore",
    env: { ...inherited, ELECTRON_RUN_AS_NODE: "1" },
  });
  const failed = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
  });
  child.unref();
  const deadline = systemClock.now() + startTimeoutMs;
  while (systemClock.now() < deadline) {
    const endpoint = await runningIn(dataDir);
    if (endpoint) return endpoint;
    const wait = new Promise<undefined>(
      (resolve) => void systemClock.at(systemClock.now() + startPollMs, () => resolve(undefined)),
    );
    const error = await Promise.race([failed, wait]);
    if (error !== undefined) throw notStarted(error);
  }
  throw notStarted(`it did not listen within ${startTimeoutMs / 1000} s`);
}

function notStarted(why: string): EnvpactError {
  return new EnvpactError(
    "UNREACHABLE",
    `The bundled coordinator could not be started: ${why}.`,
    "Run `envpact coordinator` in a terminal to see why.",
  );
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
  const live = (await listEndpoints()).find((endpoint) => endpoint.coordinatorKey === stored.coordinatorKey);
  if (live) return live.url;
  if (stored.bundled && entry !== undefined) {
    const started = await ensureCoordinator(environment, entry);
    if (started.coordinatorKey === stored.coordinatorKey) return started.url;
  }
  return stored.url;
}

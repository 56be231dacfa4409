import { lstat, mkdir, readdir, readFile, unlink } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { EnvpactError } from "../protocol/errors.ts";
import { writePrivate } from "./home.ts";
import { isAlive } from "./lock.ts";
import { systemCode, unlessMissing } from "./system.ts";

const endpointSchema = v.object({
  url: v.string(),
  pid: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  /** Public key of the coordinator. */
  coordinatorKey: v.string(),
  /** Secret (base64url) that lets this user create spaces there. */
  createSecret: v.string(),
  dataDir: v.string(),
});

/** How a coordinator is found by the same user on the same machine, whatever their ENVPACT_HOME. */
export type Endpoint = Readonly<v.InferOutput<typeof endpointSchema>>;

/** Names of this machine's loopback interface. */
const loopbackHosts = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * The per-user folder for what runs now: `$XDG_RUNTIME_DIR/envpact`, else one of the user's in the system's
 * temporary folder; created 0700. Throws DATA_NOT_WRITABLE when it cannot be made, or when somebody else owns it
 * or may write to it (anybody can create a folder in a shared temporary folder first).
 */
export async function rendezvousFolder(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const runtime = env.XDG_RUNTIME_DIR;
  const own = process.getuid?.() ?? userInfo().username.replace(/[^\w.-]/gu, "_");
  const folder = runtime?.startsWith("/") ? join(runtime, "envpact") : join(tmpdir(), `envpact-${own}`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const stats = await lstat(folder);
    const mine = process.getuid === undefined || stats.uid === process.getuid();
    const shut = process.platform === "win32" || (stats.mode & 0o022) === 0;
    if (stats.isDirectory() && mine && shut) return folder;
  } catch (error) {
    throw unusable(folder, `the system reported ${systemCode(error)}`, error);
  }
  throw unusable(folder, "it belongs to somebody else, or others can write to it");
}

/** Makes a running coordinator known to the user's other processes (0600). */
export async function publishEndpoint(
  endpoint: Endpoint,
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  const name = endpointName(endpoint.url);
  await writePrivate(join(await rendezvousFolder(env), name), JSON.stringify(endpoint));
}

/** The living coordinator at `url` (`localhost`, `127.0.0.1` and `[::1]` are one), or undefined. */
export async function findEndpoint(
  url: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Endpoint | undefined> {
  const all = await listEndpoints(env);
  return (
    all.find((endpoint) => endpoint.url === url) ?? all.find((endpoint) => isSamePlace(endpoint.url, url))
  );
}

/** Every living coordinator of this user on this machine. What dead ones left is removed. */
export async function listEndpoints(env: NodeJS.ProcessEnv = process.env): Promise<readonly Endpoint[]> {
  const folder = await rendezvousFolder(env);
  const found: Endpoint[] = [];
  for (const name of await readdir(folder)) {
    if (!/^coordinator-\d+\.json$/u.test(name)) continue;
    const path = join(folder, name);
    const endpoint = parseEndpoint(await unlessMissing(readFile(path, "utf8")));
    if (endpoint !== undefined && isAlive(endpoint.pid)) found.push(endpoint);
    else await unlessMissing(unlink(path));
  }
  return found;
}

/** Takes back what this process published for `url`; another process's stays. */
export async function removeEndpoint(url: string, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const path = join(await rendezvousFolder(env), endpointName(url));
  const endpoint = parseEndpoint(await unlessMissing(readFile(path, "utf8")));
  if (endpoint?.pid === process.pid) await unlessMissing(unlink(path));
}

function endpointName(url: string): string {
  const { port, protocol } = new URL(url);
  return `coordinator-${port || (protocol === "wss:" ? 443 : 80)}.json`;
}

function isSamePlace(a: string, b: string): boolean {
  if (!URL.canParse(a) || !URL.canParse(b)) return false;
  const [left, right] = [new URL(a), new URL(b)];
  const loopback = loopbackHosts.has(left.hostname) && loopbackHosts.has(right.hostname);
  return (
    left.protocol === right.protocol &&
    left.port === right.port &&
    (loopback || left.hostname === right.hostname)
  );
}

function parseEndpoint(text: string | undefined): Endpoint | undefined {
  if (text === undefined) return undefined;
  try {
    const parsed = v.safeParse(endpointSchema, JSON.parse(text));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

function unusable(folder: string, why: string, cause?: unknown): EnvpactError {
  return new EnvpactError(
    "DATA_NOT_WRITABLE",
    `The folder ${folder} cannot be used: ${why}.`,
    "Remove it, or set XDG_RUNTIME_DIR to a folder of your own.",
    { cause },
  );
}

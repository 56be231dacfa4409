import { randomBytes } from "node:crypto";
import { link, mkdir, readFile, readlink, rename, unlink, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import * as v from "valibot";
import { EnvpactError } from "../protocol/errors.ts";
import { err, ok, type Result } from "../shared/result.ts";
import { systemCode, unlessMissing } from "./system.ts";

/** Who holds a lock. */
export interface LockHolder {
  readonly pid: number;
  readonly info: Readonly<Record<string, unknown>>;
}

/** A lock that this process holds. */
export interface Lock {
  /** Replaces the information that others read. */
  update(info: Readonly<Record<string, unknown>>): Promise<void>;
  release(): Promise<void>;
}

const fileSchema = v.object({
  token: v.string(),
  pid: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  /** Machine, boot and pid namespace in which `pid` means something; empty where the system does not tell. */
  host: v.string(),
  boot: v.string(),
  namespace: v.string(),
  /** Start of the process, in the system's units: tells a pid that was given away again. */
  started: v.string(),
  info: v.record(v.string(), v.unknown()),
});
type LockFile = v.InferOutput<typeof fileSchema>;

/** Locks that guard the removal of a stale lock, one above the other: each level needs another process to die in it. */
const stealDepthMax = 4;
const stealRetriesMax = 50;
/** Retries of a lock that guards a removal; its owner comes back to it anyway. */
const guardRetriesMax = 5;
const stealRetryMs = 10;
/** Looks at a lock that cannot be read before it counts as damaged: its writer may be between create and write. */
const unreadableLooksMax = 10;

/**
 * Takes the exclusive lock file `path` (0600) with `info` for others to read, or says who holds it. A lock whose
 * process is gone is taken over, by one process only: whoever removes a stale lock holds the lock `path.steal`.
 */
export async function acquireLock(
  path: string,
  info: Readonly<Record<string, unknown>>,
): Promise<Result<Lock, LockHolder>> {
  const own = await describeSelf(info);
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const holder = await take(path, own, 0);
    return holder === undefined ? ok(lockOf(path, own)) : err({ pid: holder.pid, info: holder.info });
  } catch (error) {
    if (error instanceof EnvpactError) throw error;
    throw new EnvpactError(
      "DATA_NOT_WRITABLE",
      `The lock file ${path} cannot be written: the system reported ${systemCode(error)}.`,
      "Check the disk and the permissions of its folder.",
      { cause: error },
    );
  }
}

/** Who holds the lock file `path` now; undefined when nobody that lives does. */
export async function readLock(path: string): Promise<LockHolder | undefined> {
  const found = await readLockFile(path);
  if (found === undefined || (await isStale(found, await describeSelf({})))) return undefined;
  return { pid: found.pid, info: found.info };
}

function lockOf(path: string, own: LockFile): Lock {
  let current = own;
  return {
    async update(info) {
      current = { ...own, info };
      const temporary = await writeBeside(path, current);
      await rename(temporary, path);
    },
    async release() {
      const found = await readLockFile(path);
      if (found?.token === own.token) await unlessMissing(unlink(path));
    },
  };
}

/** Undefined when taken, else the living holder. */
async function take(path: string, own: LockFile, depth: number): Promise<LockFile | undefined> {
  const retriesMax = depth === 0 ? stealRetriesMax : guardRetriesMax;
  for (let attempt = 0; attempt < retriesMax; attempt += 1) {
    if (await create(path, own)) return undefined;
    const found = await readLockFile(path);
    if (found !== undefined && !(await isStale(found, own))) return found;
    const mayBeWriting = found === undefined && depth === 0 && attempt < unreadableLooksMax;
    if (mayBeWriting || !(await removeStale(path, found?.token, own, depth))) await wait(stealRetryMs);
  }
  throw new EnvpactError(
    "PEER_BUSY",
    `Other processes are taking over the lock ${path} all the time.`,
    `Try again; if it stays, remove ${path}.`,
  );
}

/** Removes the stale lock with `token` (undefined: unreadable) unless somebody else was quicker. */
async function removeStale(
  path: string,
  token: string | undefined,
  own: LockFile,
  depth: number,
): Promise<boolean> {
  const guard = `${path}.steal`;
  if (depth >= stealDepthMax) return false;
  if ((await take(guard, own, depth + 1)) !== undefined) return false;
  try {
    // Only the guard's holder removes, so what is read here stays until it is removed here.
    const found = await readLockFile(path);
    const unchanged = found?.token === token && (found === undefined || (await isStale(found, own)));
    if (unchanged) await unlessMissing(unlink(path));
    return true;
  } finally {
    await unlessMissing(unlink(guard));
  }
}

/** Creates the file with its whole content at once, only where there is none. */
async function create(path: string, own: LockFile): Promise<boolean> {
  const temporary = await writeBeside(path, own);
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    const code = systemCode(error);
    if (code === "EEXIST") return false;
    if (!["EPERM", "ENOTSUP", "ENOSYS", "EOPNOTSUPP"].includes(code)) throw error;
    return await createWithoutLinks(path, own);
  } finally {
    await unlink(temporary);
  }
}

/** File systems without hard links: exclusive, though a reader may see it before its content. */
async function createWithoutLinks(path: string, own: LockFile): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify(own), { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw error;
  }
}

async function writeBeside(path: string, own: LockFile): Promise<string> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  await writeFile(temporary, JSON.stringify(own), { flag: "wx", mode: 0o600 });
  return temporary;
}

async function readLockFile(path: string): Promise<LockFile | undefined> {
  const text = await unlessMissing(readFile(path, "utf8"));
  if (text === undefined) return undefined;
  try {
    const parsed = v.safeParse(fileSchema, JSON.parse(text));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

async function describeSelf(info: Readonly<Record<string, unknown>>): Promise<LockFile> {
  return {
    token: randomBytes(16).toString("hex"),
    pid: process.pid,
    host: process.platform === "linux" ? hostname() : "",
    boot: (await quietly(readFile("/proc/sys/kernel/random/boot_id", "utf8"))).trim(),
    namespace: await quietly(readlink("/proc/self/ns/pid")),
    started: await startOf(process.pid),
    info: { ...info },
  };
}

/**
 * Whether the process of a lock is certainly gone. A pid of another machine or container (a shared folder) says
 * nothing here: such a lock is held, unless this is the same host after a restart.
 */
async function isStale(found: LockFile, own: LockFile): Promise<boolean> {
  if (found.host !== own.host) return false;
  if (found.boot !== own.boot || found.namespace !== own.namespace) return true;
  if (!isAlive(found.pid)) return true;
  const started = await startOf(found.pid);
  return found.started !== "" && started !== "" && started !== found.started;
}

/** Whether a process with this id runs now. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === "EPERM";
  }
}

/** proc(5), stat field 22 (start time); the name in field 2 may hold blanks and brackets. Empty where there is none. */
async function startOf(pid: number): Promise<string> {
  const stat = await quietly(readFile(`/proc/${pid}/stat`, "utf8"));
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

/** What the system tells here, or nothing on systems that do not. */
async function quietly(promise: Promise<string>): Promise<string> {
  try {
    return await promise;
  } catch {
    return "";
  }
}

import { readdir, readFile } from "node:fs/promises";

const endMillisecondsMax = 3_000;
const pollMilliseconds = 20;

/**
 * Ends the processes that were started with a variable of this exact value, such as a coordinator that outlives
 * the window of a test on purpose. The value is a test's own temporary folder, so no other process can have it.
 * Linux only: elsewhere environments of processes cannot be read, and it does nothing.
 * @returns how many were ended
 */
export async function endProcessesWith(name: string, value: string): Promise<number> {
  if (process.platform !== "linux") return 0;
  const pids = await processesWith(name, value);
  for (const pid of pids) signal(pid, "SIGTERM");
  const deadline = performance.now() + endMillisecondsMax;
  while (performance.now() < deadline && (await processesWith(name, value)).length > 0) await tick();
  for (const pid of await processesWith(name, value)) signal(pid, "SIGKILL");
  return pids.length;
}

async function processesWith(name: string, value: string): Promise<number[]> {
  const wanted = `${name}=${value}`;
  const found: number[] = [];
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    if ((await environmentOf(entry)).includes(wanted)) found.push(Number(entry));
  }
  return found;
}

async function environmentOf(pid: string): Promise<string[]> {
  try {
    return (await readFile(`/proc/${pid}/environ`, "utf8")).split("\0");
  } catch (error) {
    // Race: processes end while the list is read; those of other users are none of ours.
    if (["ENOENT", "ESRCH", "EACCES"].includes((error as NodeJS.ErrnoException).code ?? "")) return [];
    throw error;
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function tick(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, pollMilliseconds));
}

import { execFile } from "node:child_process";
import { mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
/** Room for a database or a journal of a few commits. */
const diskBytes = 8 * 1024 * 1024;
const ballastPieceBytes = 4 * 1024;

/** A disk of its own, small enough to be filled: a tmpfs, for which one must be allowed to mount. */
export class SmallDisk {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Mounts one at `folder`. Rejects where the machine does not allow it. */
  static async mount(folder: string): Promise<SmallDisk> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await run("mount", ["-t", "tmpfs", "-o", `size=${diskBytes},mode=700`, "none", folder]);
    return new SmallDisk(folder);
  }

  /** Leaves not one free page. */
  async fill(): Promise<void> {
    const ballast = await open(join(this.folder, "ballast"), "a");
    try {
      for (;;) await ballast.write(Buffer.alloc(ballastPieceBytes));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    } finally {
      await ballast.close();
    }
  }

  /** Gives the space back. */
  async free(): Promise<void> {
    await rm(join(this.folder, "ballast"));
  }

  async setReadOnly(): Promise<void> {
    await run("mount", ["-o", "remount,ro", this.folder]);
  }

  async unmount(): Promise<void> {
    await run("umount", ["-l", this.folder]);
  }
}

/** From now on the process cannot make a file longer than this: setrlimit(2), RLIMIT_FSIZE. */
export async function limitFileSize(pid: number, bytes: number): Promise<void> {
  await run("prlimit", ["--pid", String(pid), `--fsize=${bytes}:`]);
}

/** Why `attempt` does not work on this machine, in one line; undefined when it does. */
export async function whyNot(attempt: () => Promise<void>): Promise<string | undefined> {
  try {
    await attempt();
    return undefined;
  } catch (error) {
    const { stderr, message } = error as Error & { readonly stderr?: string };
    return (stderr || message).trim().split("\n")[0];
  }
}

import { execFile } from "node:child_process";
import { basename, dirname } from "node:path";

/** How long git may take to list the files of a folder. */
const gitMsMax = 5_000;
/** Bytes of that list. */
const listBytesMax = 8 * 1024 * 1024;

/** Knows which files version control has: git, by its index, so that an ignored file that was added counts. */
export class TrackedFiles {
  readonly #environment: NodeJS.ProcessEnv;
  readonly #byFolder = new Map<string, Promise<ReadonlySet<string>>>();

  constructor(environment: NodeJS.ProcessEnv) {
    this.#environment = environment;
  }

  /** Whether git has the file at `path` (absolute). False without a repository or without git. */
  async has(path: string): Promise<boolean> {
    const folder = dirname(path);
    let names = this.#byFolder.get(folder);
    if (names === undefined) {
      names = this.#list(folder);
      this.#byFolder.set(folder, names);
    }
    return (await names).has(basename(path));
  }

  #list(folder: string): Promise<ReadonlySet<string>> {
    // A repository may name a program as its file system monitor; a check of a file must start none.
    const args = ["-c", "core.fsmonitor=false", "ls-files", "-z", "--", ":(glob)*"];
    const env = { ...this.#environment, GIT_OPTIONAL_LOCKS: "0" };
    return new Promise((resolve) => {
      execFile(
        "git",
        args,
        { cwd: folder, env, timeout: gitMsMax, maxBuffer: listBytesMax, windowsHide: true },
        (error, stdout) => resolve(new Set(error ? [] : stdout.split("\0"))),
      );
    });
  }
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { projectNode } from "./processes.ts";

const repository = resolve(import.meta.dirname, "../..");
const waitMsMax = 150_000;
const pollMs = 50;

/** One run of `npm start` on a machine of its own: its temporary folder is the test's. */
export class StartRun {
  /** What a person has read so far. */
  output = "";
  /** Folder of the machine: `tmp`, `run` (its XDG_RUNTIME_DIR) and `bin`. */
  readonly machine: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | NodeJS.Signals>;
  readonly #listeners = new Set<() => void>();

  private constructor(machine: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.machine = machine;
    const script = join(repository, "scripts", "start.mjs");
    this.#child = spawn(projectNode, [script, "--no-build", ...args], { env });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.output += text;
        for (const listener of [...this.#listeners]) listener();
      });
    }
    this.#ended = once(this.#child, "close").then(([code, signal]) => code ?? signal);
  }

  /**
   * Starts it with these arguments.
   * @param code the script of a desktop's `code`; without one there is no display
   */
  static async start(args: readonly string[], code?: string): Promise<StartRun> {
    const machine = await realpath(await mkdtemp(join(tmpdir(), "envpact-test-start-")));
    for (const folder of ["tmp", "run", "bin"]) await mkdir(join(machine, folder), { mode: 0o700 });
    const { PATH = "", HOME, CHROMIUM_PATH } = process.env;
    const env: NodeJS.ProcessEnv = {
      PATH,
      HOME,
      CHROMIUM_PATH,
      TMPDIR: join(machine, "tmp"),
      XDG_RUNTIME_DIR: join(machine, "run"),
    };
    if (code !== undefined) {
      await writeFile(join(machine, "bin", "code"), code);
      await chmod(join(machine, "bin", "code"), 0o755);
      env.PATH = join(machine, "bin") + delimiter + PATH;
      env.DISPLAY = ":99";
    }
    return new StartRun(machine, args, env);
  }

  /** Waits until the output matches; rejects when the run ends before, or at the deadline. */
  async waitFor(pattern: RegExp): Promise<RegExpExecArray> {
    const { promise, resolve: found, reject } = Promise.withResolvers<RegExpExecArray>();
    const look = () => {
      const match = pattern.exec(this.output);
      if (match) found(match);
    };
    const fail = (what: string) =>
      reject(new Error(`npm start ${what} without saying ${pattern}:\n${this.output}`));
    const timer = setTimeout(() => fail(`went on for ${waitMsMax} ms`), waitMsMax);
    this.#ended.then((end) => fail(`ended with ${end}`), reject);
    this.#listeners.add(look);
    look();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#listeners.delete(look);
    }
  }

  /** The temporary folder that the run made for its workspaces. */
  async root(): Promise<string> {
    return (await this.waitFor(/workspaces in (\S+)/))[1] ?? "";
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Its exit code, or the signal that ended it. */
  ended(): Promise<number | NodeJS.Signals> {
    return this.#ended;
  }

  /** Names in the machine's temporary folder that the run has made and not removed. */
  async leftFolders(): Promise<readonly string[]> {
    const names = await readdir(join(this.machine, "tmp"));
    return names.filter((name) => name.startsWith("envpact-start-"));
  }

  /** Pids of living processes that belong to this machine. Linux only: elsewhere there are none to be seen. */
  async leftProcesses(): Promise<readonly number[]> {
    if (process.platform !== "linux") return [];
    const found: number[] = [];
    for (const name of (await readdir("/proc")).filter((each) => /^\d+$/.test(each))) {
      const environment = await readFile(`/proc/${name}/environ`, "utf8").catch(() => "");
      if (environment.includes(`${this.machine}/`)) found.push(Number(name));
    }
    return found;
  }

  /** Waits until no process of this machine lives. */
  async nothingLives(): Promise<void> {
    const deadline = performance.now() + waitMsMax;
    while ((await this.leftProcesses()).length > 0) {
      if (performance.now() > deadline) throw new Error(`There are left: ${await this.leftProcesses()}`);
      await delay(pollMs);
    }
  }

  /** Ends what a failed test left, each by its pid, and removes the machine. */
  async dispose(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill("SIGTERM");
    await this.#ended;
    for (const pid of await this.leftProcesses()) process.kill(pid, "SIGKILL");
    await rm(this.machine, { recursive: true, force: true, maxRetries: 5 });
  }
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import type { Crew } from "./crew.ts";

/** A process that was told to stop has this long before it is killed. */
const stopMsMax = 4_000;
const keptOutputCharactersMax = 8_000;

/** How a process ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process in a group of its own, which ends with the crew: a signal of the terminal does not reach it by itself. */
export class OwnProcess {
  readonly child: ChildProcess;
  /** Its exit; output may still be on its way. */
  readonly ended: Promise<Ended>;
  /** Its exit, and the end of its output. */
  readonly closed: Promise<Ended>;
  #running = true;
  #output = "";

  constructor(
    crew: Crew,
    command: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv,
    cwd: string = process.cwd(),
  ) {
    if (crew.isEnding) throw new Error(`${command} is not started: everything is being ended.`);
    this.child = spawn(command, args, { cwd, env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
    const { child } = this;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output = (this.#output + text).slice(-keptOutputCharactersMax);
      });
    }
    // The program may be gone already; how it ended is told by `ended`.
    child.stdin?.on("error", () => undefined);
    this.ended = this.#until("exit", command).finally(() => {
      this.#running = false;
    });
    this.closed = this.#until("close", command);
    for (const promise of [this.ended, this.closed]) promise.catch(() => undefined);
    crew.adopt(command, () => this.end());
  }

  /** The last output, for the message of a failure. */
  get output(): string {
    return this.#output;
  }

  /** Ends the process and its group. May be called again. */
  async end(): Promise<void> {
    const { pid } = this.child;
    if (pid === undefined || !this.#running) return;
    signalGroup(pid, "SIGTERM");
    const late = new AbortController();
    const kill = delay(stopMsMax, undefined, { signal: late.signal }).then(
      () => signalGroup(pid, "SIGKILL"),
      () => undefined,
    );
    await this.ended;
    late.abort();
    await kill;
    // A child that ignored the first signal outlives the leader of the group.
    signalGroup(pid, "SIGKILL");
  }

  async #until(event: "exit" | "close", command: string): Promise<Ended> {
    try {
      const [code, signal] = (await once(this.child, event)) as [number | null, NodeJS.Signals | null];
      return { code, signal };
    } catch (error) {
      throw new Error(`${command} could not be started.`, { cause: error });
    }
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

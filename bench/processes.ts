import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** How long a process has to say something that is waited for. */
const waitMaxMs = 120_000;
/** How long a process has to end after SIGTERM. */
const endMaxMs = 10_000;

type Line = Readonly<Record<string, unknown>>;

/** What runs now: however this process ends, it ends them. */
const alive = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of alive) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

/** A process of the bench that says JSON lines on stdout. */
export class Running {
  readonly child: ChildProcess;
  readonly #waiting = new Set<(line: Line) => void>();
  readonly #seen: Line[] = [];
  #stderr = "";

  constructor(command: string, args: readonly string[], environment: NodeJS.ProcessEnv) {
    this.child = spawn(command, args, { env: environment, stdio: ["ignore", "pipe", "pipe", "ipc"] });
    alive.add(this.child);
    this.child.once("exit", () => alive.delete(this.child));
    this.child.stderr?.on("data", (bytes: Buffer) => {
      this.#stderr = (this.#stderr + bytes.toString()).slice(-2_000);
    });
    if (!this.child.stdout) throw new Error("no output");
    createInterface({ input: this.child.stdout }).on("line", (text) => this.#hear(text));
  }

  #hear(text: string): void {
    if (!text.startsWith("{")) return;
    const line = JSON.parse(text) as Line;
    if (line.event === "ready" || line.event === "listening") this.#seen.push(line);
    for (const listener of [...this.#waiting]) listener(line);
  }

  /** Calls back with every line from now on, until the returned function is called. */
  onLine(listener: (line: Line) => void): () => void {
    this.#waiting.add(listener);
    return () => this.#waiting.delete(listener);
  }

  /** The first `ready` or `listening` line, or the next other line of this event. */
  event(name: string): Promise<Line> {
    const before = this.#seen.find((line) => line.event === name);
    if (before) return Promise.resolve(before);
    return new Promise((resolve, reject) => {
      const fail = (why: string) => {
        end();
        reject(new Error(`${this.child.spawnargs.slice(0, 4).join(" ")}: ${why} ${this.#stderr}`));
      };
      const timer = setTimeout(() => fail(`no ${name} in time`), waitMaxMs);
      const gone = (code: number | null) => fail(`ended with ${code} before ${name}`);
      const stop = this.onLine((line) => {
        if (line.event !== name) return;
        end();
        resolve(line);
      });
      const end = () => {
        clearTimeout(timer);
        stop();
        this.child.off("exit", gone);
      };
      this.child.once("exit", gone);
    });
  }

  /** Asks the process over IPC for something that it answers once. */
  async ask(question: string): Promise<unknown> {
    const answer = once(this.child, "message", { signal: AbortSignal.timeout(waitMaxMs) });
    this.child.send(question);
    return (await answer)[0];
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), endMaxMs);
    await gone;
    clearTimeout(timer);
  }
}

/** A folder and processes of one measurement; `close` ends every process by its pid and removes the folder. */
export class Scene {
  readonly root: string;
  readonly #started: Running[] = [];

  private constructor(root: string) {
    this.root = root;
  }

  /** Opens a scene, hands it to `work`, and closes it whatever happens. */
  static async use<T>(work: (scene: Scene) => Promise<T>): Promise<T> {
    const scene = new Scene(await mkdtemp(join(tmpdir(), "envpact-bench-")));
    try {
      return await work(scene);
    } finally {
      await scene.close();
    }
  }

  start(command: string, args: readonly string[], environment: NodeJS.ProcessEnv = process.env): Running {
    const running = new Running(command, args, environment);
    this.#started.push(running);
    return running;
  }

  /** Starts a TypeScript file of this folder with the Node that runs the bench. */
  node(file: string, args: readonly string[], flags: readonly string[] = []): Running {
    return this.start(process.execPath, [...flags, join(import.meta.dirname, file), ...args]);
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.#started.splice(0).map((running) => running.stop()));
  }

  async close(): Promise<void> {
    await this.stopAll();
    await rm(this.root, { recursive: true, force: true, maxRetries: 5 });
  }
}

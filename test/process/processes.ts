import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";

const repository = resolve(import.meta.dirname, "../..");
/** The Node that the project brings along. */
export const projectNode = resolve(repository, "node_modules/node/bin/node");
/** The folder with dist/ and out/failpoints/; another one than the repository tests another build. */
const build = resolve(repository, process.env.ENVPACT_TEST_BUILD ?? ".");
/** What users run. */
export const releaseFolder = resolve(build, "dist");
const releaseCli = resolve(build, "dist/cli.js");
/** The same with failpoints, which a release does not have. */
const failpointCli = resolve(build, "out/failpoints/cli.js");

/** Longest wait for an event that must come. */
export const deadlineMsDefault = 20_000;

/** One line of JSON of the command line. */
export type Line = Readonly<Record<string, unknown>>;

/** How a process ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running `envpact`, whose stdout is read as JSON lines. */
export class Running {
  /** Every JSON line so far. */
  readonly lines: Line[] = [];
  /** Lines of stdout that are not JSON; with --json there must be none. */
  readonly strayLines: string[] = [];
  /** Everything on stdout so far. */
  stdout = "";
  stderr = "";
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #words: string;
  readonly #ended: Promise<Ended>;
  readonly #listeners = new Set<() => void>();
  #end: Ended | undefined;

  constructor(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv, release = false) {
    this.#words = args.join(" ");
    const cli = release || env.ENVPACT_FAILPOINT === undefined ? releaseCli : failpointCli;
    this.#child = spawn(projectNode, [cli, ...args], { cwd, env });
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
      this.#tell();
    });
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.#read(line));
    this.#child.stdin.on("error", () => undefined);
    this.#ended = once(this.#child, "close").then(([code, signal]) => {
      this.#end = { code: code as number | null, signal: signal as NodeJS.Signals | null };
      this.#tell();
      return this.#end;
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  #read(line: string): void {
    try {
      this.lines.push(JSON.parse(line) as Line);
    } catch {
      this.strayLines.push(line);
    }
    this.#tell();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  /** The first line, from index `from` on, that `predicate` accepts; rejects at the deadline or when the process ends without it. */
  async waitFor(
    predicate: (line: Line) => boolean,
    deadlineMs: number = deadlineMsDefault,
    from = 0,
  ): Promise<Line> {
    const { promise, resolve: found, reject } = Promise.withResolvers<Line>();
    const look = () => {
      const line = this.lines.slice(from).find(predicate);
      if (line) found(line);
      else if (this.#end) reject(new Error(this.#report("ended without the awaited line")));
    };
    const timer = setTimeout(
      () => reject(new Error(this.#report("did not say the awaited line"))),
      deadlineMs,
    );
    this.#listeners.add(look);
    look();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#listeners.delete(look);
    }
  }

  /** Like {@link waitFor}, for an `event` line whose members equal those of `rest`. */
  waitForEvent(event: string, rest: Line = {}, deadlineMs?: number, from?: number): Promise<Line> {
    const wanted = Object.entries({ event, ...rest });
    return this.waitFor((line) => wanted.every(([name, value]) => line[name] === value), deadlineMs, from);
  }

  /** Waits until stderr holds `text`. */
  async waitForNote(text: string, deadlineMs: number = deadlineMsDefault): Promise<void> {
    const { promise, resolve: found, reject } = Promise.withResolvers<void>();
    const look = () => {
      if (this.stderr.includes(text)) found();
      else if (this.#end) reject(new Error(this.#report("ended without the awaited note")));
    };
    const timer = setTimeout(() => reject(new Error(this.#report(`did not note ${text}`))), deadlineMs);
    this.#listeners.add(look);
    look();
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#listeners.delete(look);
    }
  }

  /** Resolves when the process has ended by itself or by a signal; rejects at the deadline. */
  async ended(deadlineMs: number = deadlineMsDefault): Promise<Ended> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error(this.#report("did not end"))), deadlineMs);
    try {
      return await Promise.race([this.#ended, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Writes to its stdin and closes that. */
  input(text: string): void {
    this.#child.stdin.end(text);
  }

  /** Closes our end of its stdout. */
  closeStdout(): void {
    this.#child.stdout.destroy();
  }

  /** Sends the signal to exactly this process and waits for its end. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Ended> {
    if (!this.#end) this.#child.kill(signal);
    return await this.ended();
  }

  #report(what: string): string {
    const said = this.lines.map((line) => JSON.stringify(line)).join("\n");
    const how = this.#end ? ` (code ${this.#end.code}, signal ${this.#end.signal})` : "";
    return `envpact ${this.#words} ${what}${how}.\nstdout:\n${said}\n${this.strayLines.join("\n")}\nstderr:\n${this.stderr}`;
  }
}

/** What one command came to. */
export interface Result extends Ended {
  readonly lines: readonly Line[];
  readonly strayLines: readonly string[];
  readonly stderr: string;
  /** The error line, when there is one. */
  readonly error: { readonly code: string; readonly message: string; readonly next: string } | undefined;
}

/** The result of a process that ended. */
export async function resultOf(running: Running, deadlineMs?: number): Promise<Result> {
  const ended = await running.ended(deadlineMs);
  const error = running.lines.find((line) => "error" in line)?.error as Result["error"];
  return { ...ended, lines: running.lines, strayLines: running.strayLines, stderr: running.stderr, error };
}

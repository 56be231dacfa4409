import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Crew } from "./crew.ts";
import { OwnProcess } from "./process.ts";

/** Longest wait for something that must come. */
const eventMsMax = 60_000;

/** One line that `envpact --json` wrote. */
export type Line = Readonly<Record<string, unknown>>;

/** What one command came to. */
export interface Result {
  readonly code: number | null;
  readonly lines: readonly Line[];
  readonly last: Line;
  readonly output: string;
}

/** `envpact` as a person runs it, on the run's own home. */
export class Envpact {
  readonly #crew: Crew;
  readonly #cli: string;
  readonly #env: NodeJS.ProcessEnv;

  constructor(crew: Crew, cli: string, env: NodeJS.ProcessEnv) {
    this.#crew = crew;
    this.#cli = cli;
    this.#env = env;
  }

  /** Starts a command that goes on. */
  start(args: readonly string[]): Running {
    const leash = join(import.meta.dirname, "..", "start-leash.mjs");
    const words = [leash, this.#cli, "--json", ...args];
    return new Running(new OwnProcess(this.#crew, process.execPath, words, this.#env), args);
  }

  /** Runs a command to its end, whatever its exit code. */
  async run(args: readonly string[]): Promise<Result> {
    const running = this.start(args);
    const { code } = await running.process.closed;
    const { lines } = running;
    return { code, lines, last: lines.at(-1) ?? {}, output: running.process.output };
  }

  /** Runs a command that must succeed; resolves with its last line. */
  async ok(args: readonly string[]): Promise<Line> {
    const { code, last, output } = await this.run(args);
    if (code !== 0) throw new Error(`envpact ${args[0]} ended with ${code}:\n${output}`);
    return last;
  }
}

/** A command that goes on, and the lines that it says. */
export class Running {
  readonly process: OwnProcess;
  readonly lines: Line[] = [];
  readonly #name: string;
  readonly #listeners = new Set<() => void>();

  constructor(own: OwnProcess, args: readonly string[]) {
    this.process = own;
    this.#name = `envpact ${args[0]}`;
    createInterface({ input: own.child.stdout! }).on("line", (text) => {
      this.lines.push(JSON.parse(text) as Line);
      for (const listener of [...this.#listeners]) listener();
    });
  }

  /** Resolves with the first line of this event; rejects when the process ends before, or at the deadline. */
  async event(name: string): Promise<Line> {
    const { promise, resolve, reject } = Promise.withResolvers<Line>();
    const look = () => {
      const line = this.lines.find(({ event }) => event === name);
      if (line) resolve(line);
    };
    const fail = (what: string) =>
      reject(new Error(`${this.#name} ${what} without saying "${name}":\n${this.process.output}`));
    const timer = setTimeout(() => fail(`went on for ${eventMsMax / 1_000} s`), eventMsMax);
    this.process.closed.then(({ code }) => fail(`ended with ${code}`), reject);
    this.#listeners.add(look);
    look();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#listeners.delete(look);
    }
  }
}

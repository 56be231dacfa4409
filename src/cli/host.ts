import { resolve } from "node:path";
import { Command, CommanderError } from "commander";
import { EnvpactError, type Problem, problemOf } from "../protocol/errors.ts";
import { collect } from "./arguments.ts";
import { type ExitCode, exitCodeOf, exitCodes } from "./exit.ts";
import { Output, type TextSink } from "./output.ts";
import type { Session } from "./session.ts";
import { type SignalSource, StopSignals } from "./stop.ts";

/** The surroundings of one run of the command line. */
export interface Surroundings {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly environment: NodeJS.ProcessEnv;
  readonly currentFolder: string;
  /** Path of the bundled coordinator. */
  readonly coordinatorEntry: string;
  readonly signals: SignalSource;
  readonly version: string;
  /** Asks the person at the terminal; absent when there is none. */
  readonly ask?: (question: string) => Promise<string>;
}

interface CommonOptions {
  readonly dir?: readonly string[];
  readonly json?: boolean;
  readonly verbose?: boolean;
}

/** What a command does: its operands, its options, and the exit code it ends with. */
export type Run<Options> = (
  session: Session,
  operands: readonly string[],
  options: Options,
) => Promise<ExitCode>;

/** Declares commands with what all of them have in common, runs the one that was asked for, and reports errors. */
export class CommandHost {
  readonly root: Command;
  readonly stop: StopSignals;
  readonly #surroundings: Surroundings;
  readonly #jsonAsked: boolean;
  #exitCode: ExitCode = exitCodes.done;

  constructor(surroundings: Surroundings, argv: readonly string[]) {
    this.#surroundings = surroundings;
    this.stop = new StopSignals(surroundings.signals);
    const end = argv.indexOf("--");
    this.#jsonAsked = argv.slice(0, end === -1 ? argv.length : end).includes("--json");
    this.root = this.#prepare(new Command("envpact"))
      .description("Edit .env environments without losing a byte, and change shared keys in all or in none.")
      .option("-V, --version", "print the version")
      .enablePositionalOptions()
      .allowExcessArguments()
      .usage("[options] <command>");
    this.root.action(() => this.#withoutCommand());
  }

  /** Declares a command by its name and operands, `get <key>`, with the common options. */
  declare<Options>(parent: Command, usage: string, description: string, run: Run<Options>): Command {
    const command = this.#prepare(parent.command(usage)).description(description);
    return command.action(async () => {
      const options = command.optsWithGlobals<CommonOptions & Options>();
      // Options of the program and of the command collect apart; both may name folders.
      const folders = [
        ...(this.root.opts<CommonOptions>().dir ?? []),
        ...(command.opts<CommonOptions>().dir ?? []),
      ];
      this.#exitCode = await run(this.#session(options, folders), command.args, options);
    });
  }

  /** Declares a command that only holds others. */
  group(name: string, description: string): Command {
    return this.#prepare(this.root.command(name)).description(description);
  }

  /** Parses and runs. Resolves with the exit code; never rejects. */
  async run(argv: readonly string[]): Promise<ExitCode> {
    try {
      await this.root.parseAsync(argv, { from: "user" });
      return this.#exitCode;
    } catch (error) {
      if (error instanceof CommanderError) return this.#parsingEnded(error);
      const problem = problemOf(error);
      this.#output(this.#jsonAsked).fail(problem);
      if (problem.code === "INTERNAL" && this.#verbose() && error instanceof Error) {
        this.#output(false).note(error.stack ?? error.message);
      }
      return exitCodeOf(problem.code);
    }
  }

  #verbose(): boolean {
    return this.#surroundings.environment.ENVPACT_DEBUG === "1";
  }

  #prepare(command: Command): Command {
    const { stdout, stderr } = this.#surroundings;
    return command
      .option("--dir <folder>", "workspace folder (default: the current one)", collect)
      .option("--json", "one JSON object a line on stdout")
      .option("--verbose", "diagnostics on stderr; they hold no values")
      .helpOption("-h, --help", "print help")
      .allowExcessArguments(false)
      .exitOverride()
      .configureOutput({
        writeOut: (text) => void (this.#jsonAsked ? stderr : stdout).write(text),
        // Commander's own message of an error is said in our own form by #parsingEnded.
        writeErr: (text) => void (text.startsWith("error: ") ? undefined : stderr.write(text)),
      });
  }

  #withoutCommand(): void {
    const { version } = this.#surroundings;
    if (this.root.opts<{ version?: boolean }>().version) {
      this.#output(this.#jsonAsked).result({ version }, version);
      return;
    }
    const [name] = this.root.args;
    throw new EnvpactError(
      "BAD_USAGE",
      name === undefined ? "Name a command." : `There is no command "${name}".`,
      "Run `envpact --help` for the list of commands.",
    );
  }

  #parsingEnded(error: CommanderError): ExitCode {
    if (error.exitCode === 0) return exitCodes.done;
    const problem: Problem = {
      code: "BAD_USAGE",
      message:
        error.code === "commander.help"
          ? "Name a command."
          : sentence(error.message.replace(/^error: /, "").split("\n")[0] ?? ""),
      next: "Run the command with --help to see how it is used.",
    };
    this.#output(this.#jsonAsked).fail(problem);
    return exitCodes.usage;
  }

  #output(json: boolean): Output {
    return new Output(this.#surroundings.stdout, this.#surroundings.stderr, json);
  }

  #session(options: CommonOptions, dirs: readonly string[]): Session {
    const { currentFolder, environment, coordinatorEntry, ask } = this.#surroundings;
    const output = this.#output(options.json === true);
    const folders = (dirs.length === 0 ? ["."] : dirs).map((dir) => resolve(currentFolder, dir));
    return {
      output,
      folder: folders.at(-1) ?? currentFolder,
      folders,
      environment,
      coordinatorEntry,
      stop: this.stop,
      ask: output.json ? undefined : ask,
      log: options.verbose === true ? (line) => output.note(line) : undefined,
    };
  }
}

function sentence(text: string): string {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.?!]$/.test(start) ? start : `${start}.`;
}

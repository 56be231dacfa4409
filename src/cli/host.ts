import { isAbsolute, resolve } from "node:path";
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
  /** Help was printed because it was asked for, not as a part of an error. */
  #helped = false;

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
      .helpCommand("help [command]", "print help for a command")
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
        writeOut: (text) => {
          this.#helped = true;
          (this.#jsonAsked ? stderr : stdout).write(text);
        },
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
      name === undefined ? "Name a command." : unknownCommand(name),
      "Run `envpact --help` for the list of commands.",
    );
  }

  #parsingEnded(error: CommanderError): ExitCode {
    // The exit code of `help` is the one that the process has until its end, which may say that it has not got there.
    if (error.exitCode === 0 || this.#helped) return exitCodes.done;
    this.#output(this.#jsonAsked).fail(usageProblem(error));
    return exitCodes.usage;
  }

  #output(json: boolean): Output {
    return new Output(this.#surroundings.stdout, this.#surroundings.stderr, json);
  }

  #session(options: CommonOptions, dirs: readonly string[]): Session {
    const { environment, coordinatorEntry, ask } = this.#surroundings;
    if (dirs.includes("")) {
      throw new EnvpactError("BAD_USAGE", "--dir is empty.", "Name a folder: --dir . is the current one.");
    }
    const output = this.#output(options.json === true);
    // The current folder is asked for only where it counts: it may be gone.
    const folderOf = (dir: string) =>
      isAbsolute(dir) ? resolve(dir) : resolve(this.#surroundings.currentFolder, dir);
    const folders = (dirs.length === 0 ? ["."] : dirs).map(folderOf);
    return {
      output,
      folder: folders.at(-1) ?? "",
      folders,
      environment,
      coordinatorEntry,
      stop: this.stop,
      ask: output.json ? undefined : ask,
      log: options.verbose === true ? (line) => output.note(line) : undefined,
    };
  }
}

/** What the parser did not understand. A word that was not meant as one may be a value, so only what looks like one is said. */
function usageProblem({ code, message }: CommanderError): Problem {
  const [what = "", hint = ""] = message.replace(/^error: /, "").split("\n");
  const similar = /^\(Did you mean (.+)\?\)$/.exec(hint)?.[1];
  const help = "Run the command with --help to see how it is used.";
  const next = similar === undefined ? help : `Did you mean ${similar}? ${help}`;
  const word = /'(.*)'/s.exec(what)?.[1] ?? "";
  if (code === "commander.help") return { code: "BAD_USAGE", message: "Name one of the commands.", next };
  if (code === "commander.unknownCommand") return { code: "BAD_USAGE", message: unknownCommand(word), next };
  if (code !== "commander.unknownOption") return { code: "BAD_USAGE", message: sentence(what), next };
  const [option = ""] = word.split("=");
  const isNamed = /^(?:--[a-z][a-z-]*|-[a-z])$/i.test(option);
  return {
    code: "BAD_USAGE",
    message: isNamed ? `There is no option ${option}.` : "An argument begins with a dash and is no option.",
    next: isNamed ? next : "Write -- before arguments that are no options, as in envpact set -- KEY=-1.",
  };
}

function unknownCommand(text: string): string {
  const [word = ""] = text.split("=");
  return /^[\w-]{1,32}$/.test(word) ? `There is no command "${word}".` : "There is no such command.";
}

function sentence(text: string): string {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.?!]$/.test(start) ? start : `${start}.`;
}

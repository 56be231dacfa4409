import { spawn } from "node:child_process";
import { constants } from "node:os";
import { expand } from "../../dotenv/expand.ts";
import type { Problem } from "../../protocol/errors.ts";
import { requireEnvironment } from "../environmentText.ts";
import { type ExitCode, exitCodes } from "../exit.ts";
import type { CommandHost } from "../host.ts";
import { environmentOf } from "../workspace.ts";

/** Signals that are handed on to the command. */
const forwardedSignals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const;

/** `envpact run -- CMD…`: runs a command with the environment's expanded values; what is set already wins. */
export function declareRun(host: CommandHost): void {
  host
    .declare<{ env?: string }>(
      host.root,
      "run <command...>",
      "run a command with the values of an environment",
      async (session, command, options) => {
        const { file } = await environmentOf(session.folder, options.env);
        const document = await requireEnvironment(session.folder, file);
        const inherited = definedIn(session.environment);
        const { values } = expand(document, inherited);
        const ended = await exitOf(command, { ...values, ...inherited });
        if (typeof ended === "number") return ended;
        session.output.fail(ended.problem);
        return ended.exitCode;
      },
    )
    .option("--env <name>", "environment (default: default, the .env file)")
    .passThroughOptions();
}

function definedIn(environment: NodeJS.ProcessEnv): Record<string, string> {
  const defined: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) if (value !== undefined) defined[name] = value;
  return defined;
}

/** A command that could not be started, with the exit code that shells give for it. */
interface NotStarted {
  readonly problem: Problem;
  readonly exitCode: ExitCode;
}

/** Runs `command` on our own stdin, stdout and stderr; its exit code, or 128 + n when signal n ended it. */
function exitOf(
  [program = "", ...rest]: readonly string[],
  env: Record<string, string>,
): Promise<ExitCode | NotStarted> {
  return new Promise((resolve) => {
    const child = spawn(program, rest, { stdio: "inherit", env });
    for (const signal of forwardedSignals) {
      process.on(signal, () => {
        // A terminal sends Ctrl+C to the command as well; twice is an order to quit at once for many programs.
        const sentByTerminal = process.stdin.isTTY && (signal === "SIGINT" || signal === "SIGQUIT");
        if (!sentByTerminal) child.kill(signal);
      });
    }
    child.once("error", (error: NodeJS.ErrnoException) => {
      const absent = error.code === "ENOENT";
      const message = `${program} ${absent ? "was not found" : `could not be started (${error.code ?? "unknown"})`}.`;
      const problem = { code: "BAD_USAGE", message, next: "Check the command's name and PATH." } as const;
      resolve({ problem, exitCode: absent ? 127 : 126 });
    });
    child.once("exit", (code, signal) =>
      resolve(code ?? (signal === null ? exitCodes.refused : 128 + constants.signals[signal])),
    );
  });
}

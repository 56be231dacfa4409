#!/usr/bin/env node
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { version } from "../../package.json";
import { type Problem, problemOf } from "../protocol/errors.ts";
import { usageError } from "./arguments.ts";
import { declareCommands } from "./commands.ts";
import { exitCodes } from "./exit.ts";
import { CommandHost } from "./host.ts";
import { Output } from "./output.ts";

/** Runs the command line of this process and ends the process with its exit code. */
async function main(): Promise<void> {
  // Counts only if the event loop runs empty before the command has come to its end, which is a failure.
  process.exitCode = 1;
  const argv = process.argv.slice(2);
  const host = new CommandHost(
    {
      stdout: process.stdout,
      stderr: process.stderr,
      environment: process.env,
      get currentFolder() {
        return currentFolder();
      },
      coordinatorEntry: join(__dirname, "coordinator.js"),
      signals: process,
      version,
      ...(process.stdin.isTTY && process.stderr.isTTY ? { ask } : {}),
    },
    argv,
  );
  let lost: NodeJS.ErrnoException | undefined;
  // A reader that went away (`envpact log | head`) is no error; whoever runs for long takes it as the end.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") lost ??= error;
    host.stop.readerGone();
  });
  process.stderr.on("error", () => host.stop.readerGone());
  declareCommands(host);
  const exitCode = await host.run(argv);
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  if (lost) new Output(process.stderr, process.stderr, false).fail(outputLost(lost));
  await flushed(process.stderr);
  process.exit(lost && exitCode === exitCodes.done ? exitCodes.refused : exitCode);
}

/** The folder that the shell is in. Throws BAD_USAGE when it was removed. */
function currentFolder(): string {
  try {
    return process.cwd();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw usageError(
      "The current folder does not exist any more.",
      "Change to another one, or name one with --dir.",
    );
  }
}

/** What is printed to a file on a full disk is cut, and nobody would know. */
function outputLost({ code = "EIO" }: NodeJS.ErrnoException): Problem {
  const isFull = code === "ENOSPC" || code === "EDQUOT";
  return {
    code: isFull ? "NO_SPACE_LEFT" : "FILE_NOT_WRITABLE",
    message: `Standard output is cut: ${isFull ? "the disk is full" : `the system reported ${code}`}.`,
    next: "Send it elsewhere or free some space, then run the command again.",
  };
}

/** One question at the terminal, and the line that is typed. */
async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
}

/** Resolves when everything written was handed to the system; pipes are asynchronous on some. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || !stream.writable) resolve();
    else stream.write("", () => resolve());
  });
}

function fatal(error: unknown): void {
  const json = process.argv.includes("--json");
  new Output(process.stdout, process.stderr, json).fail(problemOf(error));
  process.exit(1);
}

process.on("uncaughtException", fatal);
process.on("unhandledRejection", fatal);
main().catch(fatal);

#!/usr/bin/env node
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { version } from "../../package.json";
import { problemOf } from "../protocol/errors.ts";
import { declareCommands } from "./commands.ts";
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
      currentFolder: process.cwd(),
      coordinatorEntry: join(__dirname, "coordinator.js"),
      signals: process,
      version,
      ...(process.stdin.isTTY && process.stderr.isTTY ? { ask } : {}),
    },
    argv,
  );
  // A reader that went away (`envpact log | head`) is no error; whoever runs for long takes it as the end.
  process.stdout.on("error", () => host.stop.readerGone());
  process.stderr.on("error", () => host.stop.readerGone());
  declareCommands(host);
  const exitCode = await host.run(argv);
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  process.exit(exitCode);
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

import { constants } from "node:os";
import { Crew } from "./crew.ts";
import { type Options, readOptions, usage } from "./options.ts";
import { run } from "./run.ts";
import { Teller } from "./teller.ts";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** How often the parent is looked for, in milliseconds. */
const parentPollMs = 250;

/** Runs `npm start` and resolves with its exit code; everything it started has ended then. */
export async function main(args: readonly string[]): Promise<number> {
  let options: Options | undefined;
  try {
    options = readOptions(args);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n${usage}`);
    return 2;
  }
  if (options === undefined) {
    process.stdout.write(usage);
    return 0;
  }
  return runToTheEnd(options);
}

async function runToTheEnd(options: Options): Promise<number> {
  const teller = new Teller(process.stdout);
  const crew = new Crew();
  const interrupted = Promise.withResolvers<number>();
  listenForTheEnd(interrupted.resolve);
  let proven = false;
  const onProven = () => {
    proven = true;
  };
  const work = run(options, crew, teller, onProven);
  // After an interruption it fails, for what it works with ends under its hands.
  work.catch(() => undefined);
  let code = 1;
  try {
    code = await Promise.race([work, interrupted.promise.then((ended) => (proven ? 0 : ended))]);
  } catch (error) {
    teller.line();
    teller.failed(messageOf(error));
  }
  const problems = await crew.end();
  for (const problem of problems) teller.failed(`could not be ended: ${problem}`);
  if (problems.length > 0) return 1;
  teller.line("\nEverything that was started has ended, and the temporary folder is gone.");
  return code;
}

/** Calls `end` with an exit code: at a signal, when the terminal or the reader goes, when npm was killed. */
function listenForTheEnd(end: (code: number) => void): void {
  // npm hands a signal on that the terminal has sent to this process already, so repetitions mean nothing.
  for (const name of signals) process.on(name, () => end(128 + constants.signals[name]));
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => end(1));
  if (process.env.npm_lifecycle_event === undefined) return;
  // npm hands a signal to its shell, and not every shell hands it on.
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) end(1);
  }, parentPollMs).unref();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

import { constants } from "node:os";
import { parseArgs } from "node:util";
import { Crew } from "./crew.ts";
import { run } from "./run.ts";
import { Teller } from "./teller.ts";

const editors = ["auto", "desktop", "browser", "none"] as const;
/** Which VS Code is opened: `auto` takes the desktop's where it can, else the browser host, else none. */
export type Editor = (typeof editors)[number];

/** What `npm start -- …` was asked for. */
export interface Options {
  /** End after the scripted part. */
  readonly once: boolean;
  /** Build dist/ first. */
  readonly build: boolean;
  readonly editor: Editor;
}

const usage = `npm start -- [--once] [--editor auto|desktop|browser|none] [--no-build]
  --once      end after the scripted part: exit code 0 only if all of it was true
  --editor    which VS Code to open (default: auto)
  --no-build  use dist/ as it is
`;
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** How often the parent is looked for, in milliseconds. */
const parentPollMs = 1_000;

/** Runs `npm start` and resolves with its exit code; everything it started has ended then. */
export async function main(args: string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === "number") return options;
  const teller = new Teller(process.stdout);
  const crew = new Crew();
  const interrupted = Promise.withResolvers<number>();
  listenForTheEnd(interrupted.resolve);
  let proven = false;
  const work = run(options, crew, teller, (holds) => {
    proven = holds;
  });
  // After an interruption it fails because what it works with is ended under its hands.
  work.catch(() => undefined);
  let code = 1;
  try {
    code = await Promise.race([work, interrupted.promise.then((ended) => (proven ? 0 : ended))]);
  } catch (error) {
    teller.failed(error instanceof Error ? error.message : String(error));
  }
  const problems = await crew.end();
  for (const problem of problems) teller.failed(`could not be ended: ${problem}`);
  teller.line(problems.length === 0 ? "\nEverything has ended, and the temporary folder is gone." : "");
  return problems.length === 0 ? code : 1;
}

function readOptions(args: string[]): Options | number {
  try {
    const { values } = parseArgs({
      args,
      allowNegative: true,
      options: {
        once: { type: "boolean", default: false },
        build: { type: "boolean", default: true },
        editor: { type: "string", default: "auto" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) {
      process.stdout.write(usage);
      return 0;
    }
    const editor = editors.find((each) => each === values.editor);
    if (editor === undefined) throw new Error(`There is no editor "${values.editor}".`);
    return { once: values.once, build: values.build, editor };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    return 2;
  }
}

/** Calls `end` with an exit code for a signal, a closed terminal or reader, and an npm that was killed. */
function listenForTheEnd(end: (code: number) => void): void {
  // npm hands a signal on that the terminal has sent to this process already, so repetitions mean nothing.
  for (const name of signals) process.on(name, () => end(128 + constants.signals[name]));
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => end(1));
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) end(1);
  }, parentPollMs).unref();
}

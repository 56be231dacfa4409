import type { Output } from "./output.ts";
import type { StopSignals } from "./stop.ts";

/** What a command runs in. */
export interface Session {
  readonly output: Output;
  /** Absolute path of the workspace folder. */
  readonly folder: string;
  /** All folders that `--dir` named, absolute; the current one when it named none. */
  readonly folders: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  /** Path of the bundled coordinator. */
  readonly coordinatorEntry: string;
  readonly stop: StopSignals;
  /** Asks the person at the terminal; undefined when there is none. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
  /** Diagnostics of the parts underneath, for people; undefined unless asked for with `--verbose`. */
  readonly log: ((line: string) => void) | undefined;
}

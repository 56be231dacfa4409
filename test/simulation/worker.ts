import { parentPort } from "node:worker_threads";
import { type Batch, type Done, emptySum } from "./batch.ts";
import { mutants } from "./mutants.ts";
import { run } from "./simulation.ts";

// Most errors of a run are expected ones; whoever replays a seed sees their stacks.
Error.stackTraceLimit = 0;

const port = parentPort;
if (!port) throw new Error("this file is the entry of a worker thread");
port.on("message", (batch: Batch) => {
  work(batch).then(
    (done) => port.postMessage(done),
    (error: unknown) => {
      // Not a broken rule but a broken simulator: ends the job.
      setImmediate(() => {
        throw error;
      });
    },
  );
});

async function work({ from, to, mutant: name }: Batch): Promise<Done> {
  const mutant = mutants.find((one) => one.name === name);
  const done: Done = { ...emptySum(), failed: undefined };
  for (let seed = from; seed < to && done.failed === undefined; seed += 1) {
    const { steps, commits, crashes, forced, mixed, violation } = await run(seed, mutant ? { mutant } : {});
    done.seeds += 1;
    done.steps += steps;
    done.commits += commits;
    done.crashes += crashes;
    done.forced += forced;
    done.mixed += mixed;
    if (violation) {
      const [first = ""] = violation.text.split("\n");
      done.failed = { seed, invariant: violation.invariant, text: first };
    }
  }
  return done;
}

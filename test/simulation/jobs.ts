import { once } from "node:events";
import { resolve } from "node:path";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import { type Batch, type Done, emptySum, type Sum } from "./batch.ts";

/** Seeds in a batch: long enough to cost no messages, short enough that all jobs end together. */
const batchSeeds = 50;
/** Memory of a job for what is new; runs leave little that lasts. */
const youngMegabytes = 64;

/** Worker threads that run seeds. `close` ends them. */
export class Jobs {
  readonly #workers: Worker[];

  private constructor(workers: Worker[]) {
    this.#workers = workers;
  }

  /** Starts `count` threads. */
  static async start(count: number): Promise<Jobs> {
    // Bundled: a thread then starts the same under a test runner and under any Node.
    const { outputFiles } = await build({
      entryPoints: [resolve("test/simulation/worker.ts")],
      bundle: true,
      platform: "node",
      format: "cjs",
      write: false,
      logLevel: "warning",
    });
    const options = {
      eval: true,
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: youngMegabytes },
    };
    return new Jobs(Array.from({ length: count }, () => new Worker(outputFiles[0]!.text, options)));
  }

  /**
   * Runs the seeds from `from` on, `seeds` of them at most; ends early at a seed that breaks a rule: of several found
   * at once the lowest counts. `onBatch` is told the sum so far.
   */
  async run(
    seeds: { readonly from: number; readonly seeds: number; readonly mutant?: string | undefined },
    onBatch: (sum: Sum) => void = () => undefined,
  ): Promise<Done> {
    const end = seeds.from + seeds.seeds;
    let next = seeds.from;
    const sum: Done = { ...emptySum(), failed: undefined };
    const work = async (worker: Worker) => {
      while (next < end && sum.failed === undefined) {
        const batch: Batch = {
          from: next,
          to: Math.min(end, next + batchSeeds),
          ...(seeds.mutant === undefined ? {} : { mutant: seeds.mutant }),
        };
        next = batch.to;
        worker.postMessage(batch);
        const [done] = (await once(worker, "message")) as [Done];
        add(sum, done);
        sum.failed = earlier(sum.failed, done.failed);
        onBatch(sum);
      }
    };
    await Promise.all(this.#workers.map(work));
    return sum;
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

function earlier(one: Done["failed"], other: Done["failed"]): Done["failed"] {
  if (!one || !other) return one ?? other;
  return one.seed < other.seed ? one : other;
}

function add(sum: Sum, part: Sum): void {
  sum.seeds += part.seeds;
  sum.steps += part.steps;
  sum.commits += part.commits;
  sum.crashes += part.crashes;
  sum.forced += part.forced;
  sum.mixed += part.mixed;
}

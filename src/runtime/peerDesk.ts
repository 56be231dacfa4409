import { appendFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import * as v from "valibot";
import { randomToken, systemClock } from "../drivers/clock.ts";
import { readPrivate, writePrivate } from "../drivers/home.ts";
import { readLock } from "../drivers/lock.ts";
import { systemCode } from "../drivers/system.ts";
import { watchFiles } from "../drivers/watch.ts";
import type { TransactionView } from "../peer/api.ts";
import type { LocalRequest, PeerDesk } from "../peer/ports.ts";
import type { TransactionTrace } from "../peer/trace.ts";
import { mergeAll } from "../peer/traces.ts";
import { EnvpactError, errorCodes, type Problem, problemOf } from "../protocol/errors.ts";
import { limits } from "../protocol/limits.ts";
import { recordSchema } from "../protocol/messages.ts";

/** A small file of the state folder is read up to this size. */
const fileBytesMax = 4 * 1024 * 1024;
/** A request that nobody has answered after this time is void: whoever asked has given up. */
const requestLifeMs = 30_000;

/** Processes that speak for one peer at a time. */
const authorsMax = 64;
const authorFile = /^author-(\d+)\.json$/u;

const keyRefs = v.array(v.object({ env: v.string(), key: v.string() }));
/** JSON drops members that are undefined; the types have them. */
const optional = <S extends v.GenericSchema>(schema: S) =>
  v.fallback(v.undefinedable(schema), () => undefined);
const markSchema = v.object({
  kind: v.picklist([
    "submitted",
    "prepare",
    "reviewing",
    "yes",
    "no",
    "readonly",
    "committed",
    "aborted",
    "applied",
    "inDoubt",
    "forced",
  ]),
  peer: v.string(),
  atMs: v.number(),
  text: optional(v.string()),
});
const traceSchema = v.object({
  tx: v.string(),
  author: v.string(),
  message: v.string(),
  keys: keyRefs,
  revision: optional(v.number()),
  outcome: v.picklist(["running", "committed", "aborted", "unknown"]),
  marks: v.array(markSchema),
});
const problemSchema = v.object({ code: v.picklist(errorCodes), message: v.string(), next: v.string() });
const voteSchema = v.object({
  peer: v.string(),
  vote: v.picklist(["yes", "no", "readonly", "reviewing"]),
  code: optional(v.string()),
  reason: optional(v.string()),
});
const liveSchema = v.object({
  transactions: v.array(
    v.object({
      id: v.string(),
      mine: v.boolean(),
      author: v.string(),
      message: v.string(),
      keys: keyRefs,
      phase: v.picklist(["sending", "queued", "waiting", "preparing", "reviewing", "unknown"]),
      waitingFor: v.array(v.string()),
      votes: v.array(voteSchema),
      deadlineAtMs: optional(v.number()),
      policy: optional(v.picklist(["detach", "wait", "strict"])),
    }),
  ),
  reviews: v.array(
    v.object({
      tx: v.string(),
      author: v.string(),
      message: v.string(),
      keys: keyRefs,
      deadlineAtMs: v.number(),
    }),
  ),
  consents: v.optional(
    v.array(v.object({ tx: v.string(), author: v.string(), atMs: v.number(), keys: keyRefs })),
    [],
  ),
  underReview: optional(v.object({ tx: v.string(), base: v.number(), items: recordSchema.entries.items })),
  doubted: optional(v.string()),
  applyProblem: optional(problemSchema),
});
const requestSchema = v.object({
  id: v.pipe(v.string(), v.minLength(8), v.maxLength(64)),
  atMs: v.number(),
  request: v.variant("kind", [
    v.object({
      kind: v.literal("force"),
      tx: v.pipe(v.string(), v.maxLength(256)),
      outcome: v.picklist(["commit", "abort"]),
    }),
    v.object({ kind: v.literal("resync"), tx: v.pipe(v.string(), v.maxLength(256)) }),
  ]),
});
const answerSchema = v.object({ id: v.string(), problem: optional(problemSchema) });

/** The desk of the peer whose state folder is `state`, for its process that takes part or one beside; every file is private (0600) and written as a whole. */
export function createPeerDesk(state: string, takesPart: boolean): PeerDesk {
  const path = (name: string) => join(state, name);
  const traces = path("traces.jsonl");
  const live = path("live.json");
  const own = takesPart ? live : path(`author-${process.pid}.json`);

  async function readTraces(): Promise<readonly TransactionTrace[]> {
    const lines = ((await readBounded(traces)) ?? "").split("\n").filter((line) => line !== "");
    // A line that a crash tore, or that a newer version wrote, is left out.
    return mergeAll(lines.flatMap((line) => parsed(traceSchema, line) ?? [])).slice(-limits.tracesMax);
  }

  return {
    keepTraces: (kept) =>
      unlessGone(async () => {
        await appendFile(traces, linesOf(kept), { mode: 0o600 });
        const bytes = (await stat(traces)).size;
        if (bytes > fileBytesMax / 2) await writePrivate(traces, linesOf(await readTraces()));
      }),
    readTraces,
    async writeLive(shown) {
      if (!shown) return rm(own, { force: true });
      await unlessGone(async () => {
        // Not forced: after a crash of the machine nobody runs, and it counts for nothing.
        const temporary = `${own}.${randomToken(6)}`;
        await writeFile(temporary, JSON.stringify(shown), { mode: 0o600 });
        await rename(temporary, own);
      });
    },
    async readLive() {
      const text = await readBounded(live);
      if (text === undefined || (await readLock(path("lock"))) === undefined) return undefined;
      return parsed(liveSchema, text);
    },
    async readAuthors() {
      const names = await readdir(state).catch(() => []);
      const others = names.filter((name) => authorFile.test(name) && path(name) !== own);
      const read = await Promise.all(others.slice(0, authorsMax).map((name) => readAuthor(path(name))));
      return read.flat();
    },
    watchLive: (changed) => watchFiles([live], changed),
    ask: (request, timeoutMs) => askThrough(path("request.json"), path("answer.json"), request, timeoutMs),
    serve: (answer) => serveThrough(path("request.json"), path("answer.json"), answer),
  };
}

/** The state folder goes when the peer leaves its space: then there is nobody to write for, and no folder to make. */
async function unlessGone(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
  }
}

/** What one author has under way; the file of one that is gone is removed. */
async function readAuthor(file: string): Promise<readonly TransactionView[]> {
  const pid = Number(authorFile.exec(basename(file))?.[1]);
  if (!isRunning(pid)) {
    await rm(file, { force: true });
    return [];
  }
  const text = await readBounded(file);
  return (text === undefined ? undefined : parsed(liveSchema, text))?.transactions ?? [];
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === "EPERM";
  }
}

function linesOf(traces: readonly TransactionTrace[]): string {
  return traces.map((trace) => `${JSON.stringify(trace)}\n`).join("");
}

async function readBounded(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (!found || found.size > fileBytesMax) return undefined;
  return readPrivate(path);
}

function parsed<S extends v.GenericSchema>(schema: S, text: string): v.InferOutput<S> | undefined {
  try {
    const result = v.safeParse(schema, JSON.parse(text));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}

/** One request at a time; a second one takes the place of the first, whose asker then hears nothing and says so. */
async function askThrough(
  requestPath: string,
  answerPath: string,
  request: LocalRequest,
  timeoutMs: number,
): Promise<Problem | undefined> {
  const id = randomToken(9);
  const { promise, resolve, reject } = Promise.withResolvers<Problem | undefined>();
  const look = async () => {
    const text = await readBounded(answerPath);
    const answer = text === undefined ? undefined : parsed(answerSchema, text);
    if (answer?.id !== id) return;
    await rm(answerPath, { force: true });
    resolve(answer.problem);
  };
  const watching = watchFiles([answerPath], () => void look().catch(reject));
  const timer = systemClock.at(systemClock.now() + timeoutMs, () => {
    reject(
      new EnvpactError(
        "TIMEOUT",
        "The process that takes part for this folder did not answer.",
        "See whether it still runs (envpact status); end it and try again.",
      ),
    );
  });
  try {
    await writePrivate(requestPath, `${JSON.stringify({ id, atMs: systemClock.now(), request })}\n`);
    return await promise;
  } finally {
    watching.dispose();
    timer.dispose();
    await rm(requestPath, { force: true });
  }
}

function serveThrough(
  requestPath: string,
  answerPath: string,
  answer: (request: LocalRequest) => Promise<Problem | undefined>,
) {
  let serving: Promise<void> = Promise.resolve();
  const look = async () => {
    const text = await readBounded(requestPath);
    if (text === undefined) return;
    await rm(requestPath, { force: true });
    const asked = parsed(requestSchema, text);
    if (!asked || systemClock.now() - asked.atMs > requestLifeMs) return;
    const problem = await answer(asked.request).catch(problemOf);
    await writePrivate(answerPath, `${JSON.stringify({ id: asked.id, problem })}\n`);
  };
  const serve = () => {
    // Whoever asked says that there was no answer.
    serving = serving.then(look).catch(() => undefined);
  };
  const watching = watchFiles([requestPath], serve);
  serve();
  return watching;
}

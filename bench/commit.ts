import { setTimeout as pause } from "node:timers/promises";
import { Floor, type FloorTimes } from "./floor.ts";
import { type Running, Scene } from "./processes.ts";
import { goalRow, median, quantile, type Row, reported } from "./row.ts";
import { type Author, BenchSpace } from "./space.ts";

const warmUps = 40;
/** Commits of one side before the other side has its turn: both meet the same minutes of a busy machine. */
const turn = 10;
/** Silence between two turns: what a commit leaves to be done afterwards is not the other side's load. */
const pauseMs = 250;

/** Times of commits, one in flight, in milliseconds from SUBMIT. */
interface Times {
  /** To the author's answer. */
  readonly answers: number[];
  /** Until the last voter had its file durable and had said APPLIED. */
  readonly durable: number[];
}

/** Resolves when every agent has said that it applied the revision; each says so after its APPLIED. */
export function lastApplied(
  agents: readonly Running[],
  perAgent: number,
  from: number,
): { readonly done: Promise<void>; readonly at: (revision: number) => void } {
  let wanted = Number.POSITIVE_INFINITY;
  const counts = new Map<number, number>();
  let finish: () => void = () => undefined;
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const look = () => {
    if ((counts.get(wanted) ?? 0) < agents.length * perAgent) return;
    for (const stop of stops) stop();
    finish();
  };
  const stops = agents.map((agent) =>
    agent.onLine((line) => {
      const revision = Number(line.revision);
      if (line.event !== "applied" || revision <= from) return;
      counts.set(revision, (counts.get(revision) ?? 0) + 1);
      look();
    }),
  );
  return {
    done,
    at(revision) {
      wanted = revision;
      look();
    },
  };
}

/** Commits one after the other, each only when the one before is in every file. */
export async function oneInFlight(
  author: Author,
  agents: readonly Running[],
  perAgent: number,
  runs: number,
): Promise<Times> {
  const times: Times = { answers: [], durable: [] };
  for (let run = 0; run < runs; run += 1) {
    const items = [author.item("KEY", `value-${run}`)];
    const everywhere = lastApplied(agents, perAgent, author.revision);
    const start = performance.now();
    const revision = await author.submit(items);
    times.answers.push(performance.now() - start);
    everywhere.at(revision);
    await everywhere.done;
    times.durable.push(performance.now() - start);
  }
  return times;
}

/** The floor and our commits in turns, after a warm-up of both. */
export async function inTurns(
  floor: Floor,
  author: Author,
  agents: readonly Running[],
  perAgent: number,
  runs: number,
): Promise<Times> {
  await floor.commits(warmUps);
  await oneInFlight(author, agents, perAgent, warmUps);
  floor.forget();
  const times: Times = { answers: [], durable: [] };
  for (let done = 0; done < runs; done += turn) {
    await pause(pauseMs);
    await floor.commits(turn);
    await pause(pauseMs);
    const ours = await oneInFlight(author, agents, perAgent, turn);
    times.answers.push(...ours.answers);
    times.durable.push(...ours.durable);
  }
  return times;
}

/** A space with voters in processes of their own, and an author. */
export function withVoters<T>(
  voters: number,
  work: (space: BenchSpace, agents: readonly Running[], author: Author) => Promise<T>,
  flags: readonly string[] = [],
): Promise<T> {
  return Scene.use(async (scene) => {
    const space = await BenchSpace.create(scene);
    for (let n = 0; n < voters; n += 1) await space.join("KEY=0\n");
    const agents = space.folders.map((folder, n) => space.agent([folder], n === 0 ? flags : []));
    await Promise.all(agents.map((agent) => agent.event("ready")));
    const author = await space.author(space.folders[0] ?? "");
    try {
      await author.settled(voters);
      return await work(space, agents, author);
    } finally {
      await author.close();
    }
  });
}

/** The rows of one commit in flight against the floor of the same minutes. */
export function commitRows(voters: number, runs: number, flags: readonly string[] = []): Promise<Row[]> {
  return withVoters(
    voters,
    async (space, agents, author) => {
      const floor = await Floor.open(space.scene, voters);
      try {
        const times = await inTurns(floor, author, agents, 1, runs);
        return [...(await floor.rows(runs)), ...against(floor.times, times, `${voters} voters`, 1.5)];
      } finally {
        floor.close();
      }
    },
    flags,
  );
}

/** `goal` bounds the ratio of the medians; the 99th percentiles are reported beside them. */
export function against(floor: FloorTimes, ours: Times, who: string, goal: number): Row[] {
  const messages = "floor: messages + forces";
  const files = "floor + replacements";
  const late = (work: string, of: "answers" | "durable", name: string): Row => {
    const [time, reference] = [quantile(ours[of], 0.99), quantile(floor[of], 0.99)];
    return { ...reported(`${work}, p99`, time), reference, referenceName: name, ratio: time / reference };
  };
  const answered = `one commit, ${who}: author's answer`;
  const applied = `one commit, ${who}: last file durable`;
  return [
    goalRow(`${answered}, p50`, median(ours.answers), median(floor.answers), messages, goal),
    late(answered, "answers", messages),
    goalRow(`${applied}, p50`, median(ours.durable), median(floor.durable), files, goal),
    late(applied, "durable", files),
  ];
}

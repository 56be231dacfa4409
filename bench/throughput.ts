import { setTimeout as pause } from "node:timers/promises";
import { withVoters } from "./commit.ts";
import type { Row } from "./row.ts";
import type { Author } from "./space.ts";

const voters = 8;
const inFlightPerAuthor = 4;
/** Commits of each submitter in one turn, and turns of both sides. */
const commitsPerTurn = 8;
const turns = 6;

/** Submits one after the other, each after the answer to the one before; every submitter has a key of its own. */
async function submitter(author: Author, key: string, commits: number): Promise<void> {
  for (let n = 0; n < commits; n += 1) await author.submit([author.item(key, `value-${n}`)]);
}

/** 32 change sets in flight from 8 authors against one in flight, in commits (answered change sets) a second. */
export function throughputRows(): Promise<Row[]> {
  return withVoters(voters, async (space, _agents, first) => {
    const others = await Promise.all(space.folders.slice(1).map((folder) => space.author(folder)));
    const authors = [first, ...others];
    const many = (commits: number) =>
      Promise.all(
        authors.flatMap((author, a) =>
          Array.from({ length: inFlightPerAuthor }, (_, n) => submitter(author, `KEY_${a}_${n}`, commits)),
        ),
      );
    await submitter(first, "KEY", 20);
    await many(2);
    let [oneMs, manyMs] = [0, 0];
    for (let turn = 0; turn < turns; turn += 1) {
      await pause(250);
      let start = performance.now();
      await submitter(first, "KEY", commitsPerTurn * inFlightPerAuthor);
      oneMs += performance.now() - start;
      await pause(250);
      start = performance.now();
      await many(commitsPerTurn);
      manyMs += performance.now() - start;
    }
    await Promise.all(others.map((author) => author.close()));
    const one = (turns * commitsPerTurn * inFlightPerAuthor * 1_000) / oneMs;
    const ours = (turns * commitsPerTurn * inFlightPerAuthor * authors.length * 1_000) / manyMs;
    return [
      {
        work: `32 change sets in flight from 8 authors, ${voters} voters`,
        ours,
        reference: one,
        referenceName: "1 in flight",
        unit: "commits/s",
        ratio: ours / one,
        goal: ">= 4",
        met: ours / one >= 4,
      },
    ];
  });
}

import { expect, test } from "vitest";
import type { SpaceWrites } from "../../src/commit/ports.ts";
import { GroupCommit } from "../../src/drivers/groupCommit.ts";

const term = (space: string): SpaceWrites => ({ space, writes: [{ kind: "term", term: 1 }] });

test("decisions of several spaces in one turn share a transaction; later ones get one of their own", async () => {
  const transactions: string[][] = [];
  const commits = new GroupCommit({
    writeAll: (parts) => void transactions.push(parts.map(({ space }) => space)),
  });
  await Promise.all(["a", "b"].map((space) => commits.write(space, term(space).writes)));
  await commits.write("a", term("a").writes);
  expect(transactions).toEqual([["a", "b"], ["a"]]);
});

test("nothing counts as written before the transaction is, and its failure reaches everyone in it", async () => {
  let written = false;
  const commits = new GroupCommit({
    writeAll: () => {
      written = true;
    },
  });
  const done = commits.write("a", []).then(() => written);
  expect(written).toBe(false);
  expect(await done).toBe(true);
  const failing = new GroupCommit({
    writeAll: () => {
      throw new Error("the disk is full");
    },
  });
  const results = await Promise.allSettled([failing.write("a", []), failing.write("b", [])]);
  expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
});

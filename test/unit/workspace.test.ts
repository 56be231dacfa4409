import { describe, expect, it } from "vitest";
import { emptySnapshot } from "../../src/commit/snapshot.ts";
import { withItems, withoutItems } from "../../src/peer/logView.ts";
import { Replica } from "../../src/peer/replica.ts";
import { Workspace } from "../../src/peer/workspace.ts";
import { nextRecord } from "./log-records.ts";
import { HeldFiles, identity, settled } from "./workspace-files.ts";

const ref = (key: string) => ({ env: "default", key });

/** Revision 1: HOST=one, PORT=1, NAME=n; revision 2: HOST=two, NAME=m. */
function replicaOf(): Replica {
  const replica = new Replica(identity, [], emptySnapshot);
  const first = nextRecord(undefined, {
    items: [
      replica.propose(ref("HOST"), "one", 0),
      replica.propose(ref("PORT"), "1", 0),
      replica.propose(ref("NAME"), "n", 0),
    ],
  });
  replica.add(first);
  replica.add(
    nextRecord(first, {
      items: [replica.propose(ref("HOST"), "two", 1), replica.propose(ref("NAME"), "m", 1)],
    }),
  );
  return replica;
}

/** A folder at revision 1 whose PORT its user changed, and who may bring revision 2 in. */
function scene() {
  const files = new HeldFiles({ ".env": "HOST=one\nPORT=mine\nNAME=n\n" });
  const replica = replicaOf();
  const workspace = new Workspace(files.port, files.store, identity, replica);
  const { items } = replica.known(2);
  const [host, name] = items;
  if (!host || !name) throw new Error("revision 2 has two items");
  const writers = {
    "an apply": workspace,
    "an apply that leaves a key as a person decided": workspace.over(withoutItems(replica, [name]), true),
    "a forced commit": workspace.over(withItems(replica, 1, [host]), false),
  };
  return { files, workspace, writers };
}

type Writer = keyof ReturnType<typeof scene>["writers"];

describe.each<Writer>(["an apply", "an apply that leaves a key as a person decided", "a forced commit"])(
  "%s and a discard of one file at a time",
  (writer) => {
    it.each(["discard", "other"])("lose nothing of each other, with the %s last", async (last) => {
      const { files, workspace, writers } = scene();
      const bringIn = () => writers[writer].apply(1, 2, undefined);
      const discard = () => workspace.restore([ref("PORT")], 1);
      const [first, second] = last === "discard" ? [bringIn, discard] : [discard, bringIn];
      const held = files.hold();
      const writing = first();
      await held.begun;
      const after = second();
      await settled();
      held.release();
      await Promise.all([writing, after]);
      const name = writer === "an apply" ? "m" : "n";
      expect(files.text(".env")).toBe(`HOST=two\nPORT=1\nNAME=${name}\n`);
      expect(files.kept).toEqual([{ ...ref("PORT"), revision: expect.any(Number), value: "mine" }]);
    });
  },
);

describe("a discard that was asked for before a revision came in", () => {
  it.each<[Writer, string]>([
    ["an apply", "two"],
    ["an apply that leaves a key as a person decided", "two"],
    // What a person forced is no revision: the log's value is still the one before.
    ["a forced commit", "one"],
  ])("puts back what the log says by then, after %s", async (writer, host) => {
    const { files, workspace, writers } = scene();
    const held = files.hold();
    const writing = writers[writer].apply(1, 2, undefined);
    await held.begun;
    const discarded = workspace.restore([ref("HOST")], 1);
    held.release();
    await Promise.all([writing, discarded]);
    expect(files.text(".env")).toContain(`HOST=${host}\n`);
  });

  it("is not kept from writing by an apply that failed before it", async () => {
    const files = new HeldFiles({ ".env": "PORT=mine\n" });
    const broken = new Error("the disk is gone");
    let fails = true;
    const port = {
      ...files.port,
      replace: (...write: Parameters<typeof files.port.replace>) =>
        fails ? Promise.reject(broken) : files.port.replace(...write),
    };
    const workspace = new Workspace(port, files.store, identity, replicaOf());
    await expect(workspace.apply(1, 2, undefined)).rejects.toBe(broken);
    fails = false;
    await workspace.restore([ref("PORT")], 1);
    expect(files.text(".env")).toBe("PORT=1\n");
  });
});

import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { step } from "../../src/commit/coordinator.ts";
import type { CoordinatorEffect, ParticipantEffect } from "../../src/commit/effects.ts";
import { stepParticipant } from "../../src/commit/participant.ts";
import {
  openParticipant,
  type ParticipantInput,
  type ParticipantState,
} from "../../src/commit/participantState.ts";
import type { CoordinatorStore, Journal } from "../../src/commit/ports.ts";
import { type LogCopy, rebuildLog } from "../../src/commit/rebuilding.ts";
import { retentionOf } from "../../src/commit/retention.ts";
import { advanceSnapshot, emptySnapshot, settledOf } from "../../src/commit/snapshot.ts";
import { openSpace, type SpaceState, type StepContext } from "../../src/commit/space.ts";
import { createDevice } from "../../src/crypto/device.ts";
import { newDataKey } from "../../src/crypto/seal.ts";
import { createDiskFiles } from "../../src/drivers/files.ts";
import { openJournal } from "../../src/drivers/journal.ts";
import { createMemoryStore } from "../../src/drivers/memoryStore.ts";
import type { PeerIdentity, PeerStore, Superseded } from "../../src/peer/ports.ts";
import { Replica } from "../../src/peer/replica.ts";
import { Workspace } from "../../src/peer/workspace.ts";
import type { CoordinatorMessage } from "../../src/protocol/messages.ts";
import { type Item, type LogRecord, sealRecord } from "../../src/protocol/record.ts";

const space = "team";
const peer = "p1";
const environments = { default: ".env", test: ".env.test" };
const sealing = { space, dataKey: newDataKey() };
const identity = createDevice().privateKey;

interface Change {
  readonly env: keyof typeof environments;
  readonly key: string;
  readonly op: Item["op"];
}

const changes = fc.array(
  fc.uniqueArray(
    fc.record<Change>({
      env: fc.constantFrom("default", "test"),
      key: fc.constantFrom("A", "B", "C", "D"),
      op: fc.constantFrom("set", "set", "set", "delete", "release"),
    }),
    { minLength: 1, maxLength: 4, selector: ({ env, key }) => `${env} ${key}` },
  ),
  { minLength: 6, maxLength: 20 },
);

/** A log whose first record joins the peer, and then one revision for each list of changes. */
function logOf(revisions: readonly (readonly Change[])[]): LogRecord[] {
  const replica = new Replica(sealing, []);
  const records: LogRecord[] = [];
  const add = (more: Pick<LogRecord, "kind" | "items" | "members" | "requestId">) => {
    const rev = records.length + 1;
    const record = sealRecord({
      rev,
      prevHash: records.at(-1)?.hash ?? "",
      tx: `${space}:1:${rev}:x`,
      term: 1,
      epoch: 1,
      keyEpoch: 1,
      author: { peer: "author", name: "Ana" },
      participants: [],
      message: "",
      at: rev,
      signature: "",
      ...more,
    });
    records.push(record);
    replica.add(record);
  };
  const member = { peer, name: "peer", role: "voter", state: "syncing", reason: "joined" } as const;
  add({ kind: "membership", items: [], members: [member], requestId: "" });
  for (const revision of revisions) {
    const items = revision.map(({ env, key, op }) => {
      const item = replica.propose(
        { env, key },
        op === "set" ? `${key}-${records.length}` : undefined,
        replica.head,
      );
      return op === "release" ? { ...item, op } : item;
    });
    add({ kind: "commit", items, members: [], requestId: `request-${records.length}` });
  }
  return records;
}

/** A coordinator that holds the log, and a peer of it with real files and a real journal, wired without a network. */
class Pair {
  readonly store: CoordinatorStore;
  readonly replica = new Replica(sealing, []);
  readonly superseded: Superseded[] = [];
  readonly shipped: CoordinatorMessage["t"][] = [];
  readonly #hub: SpaceState;
  /** A CATCHUP ends at this revision: what a release finds in a file depends on where the files were before it. */
  readonly #cut: number;
  readonly #workspace: Workspace;
  readonly #journal: Journal;
  readonly #state: ParticipantState;

  private constructor(folder: string, store: CoordinatorStore, journal: Journal, cut: number) {
    this.store = store;
    this.#journal = journal;
    this.#cut = cut;
    this.#hub = openSpace(store.load(space), 0, 30_000);
    this.#state = openParticipant(peer, journal.image);
    const noMarks = { shared: [], released: [], allowed: [], adopted: [] };
    const local: PeerStore = {
      readMarks: async () => noMarks,
      writeMarks: async () => undefined,
      keepSuperseded: async (values) => void this.superseded.push(...values),
      readSuperseded: async () => this.superseded,
      remove: async () => undefined,
    };
    const self: PeerIdentity = { ...sealing, peer, name: "peer", role: "voter", folder, environments };
    this.#workspace = new Workspace(createDiskFiles(folder), local, self, this.replica);
  }

  /** The peer holds and has applied `records` up to `joinedAt`; the store keeps `kept` bodies of all of them. */
  static async open(
    folder: string,
    records: readonly LogRecord[],
    joinedAt: number,
    kept: number,
    cut: number,
  ): Promise<Pair> {
    await mkdir(folder);
    const store = createMemoryStore(identity, retentionOf(kept));
    const invitation = { invite: "i", verifier: "", wrappedKey: "", expiresAt: 0, usedBy: "" };
    store.createSpace(space, "owner", invitation);
    for (const record of records) store.write(space, [{ kind: "record", record }]);
    store.compact(space);
    const journal = await openJournal(join(folder, "journal"));
    const pair = new Pair(folder, store, journal, cut);
    for (const record of records.slice(0, joinedAt))
      await pair.#input({ kind: "message", message: { t: "commit", record } });
    return pair;
  }

  connect(): Promise<void> {
    return this.#input({ kind: "connected" });
  }

  async close(): Promise<void> {
    await this.#journal.close();
  }

  get applied(): { rev: number; hash: string } {
    return this.#state.applied;
  }

  async #input(first: ParticipantInput): Promise<void> {
    const inputs = [first];
    for (let input = inputs.shift(); input; input = inputs.shift()) {
      for (const effect of stepParticipant(this.#state, input, { now: 0, random: 0 }))
        inputs.push(...(await this.#perform(effect)));
    }
  }

  async #perform(effect: ParticipantEffect): Promise<ParticipantInput[]> {
    if (effect.type === "persist") {
      await this.#journal.append(effect.writes, effect.force);
      for (const write of effect.writes) {
        if (write.kind === "committed") this.replica.add(write.record);
        if (write.kind === "snapshot") this.replica.rebase(write);
      }
    }
    if (effect.type === "apply") {
      await this.#workspace.apply(effect.from, effect.to, effect.prepared);
      return [{ kind: "applied", rev: effect.to }];
    }
    if (effect.type !== "send" || !this.#state.connected) return [];
    const context: StepContext = {
      now: 0,
      nonce: "n",
      requestRevision: (requestId) => this.store.requestRevision(space, requestId),
      revision: (rev) => this.store.revision(space, rev),
      floor: this.store.floor(space),
      snapshot: () => this.store.snapshot(space),
      records: (from) =>
        this.store.records(space, from, from <= this.#cut ? this.#cut - from + 1 : 500, 1_000_000),
    };
    const input = { kind: "message", session: "s", message: effect.message } as const;
    return step(this.#hub, input, context).flatMap((said) => this.#heard(said));
  }

  #heard(effect: CoordinatorEffect): ParticipantInput[] {
    // The promotion that follows the catch-up is not of the log that both compare.
    if (effect.type !== "send" || effect.message.t === "commit") return [];
    this.shipped.push(effect.message.t);
    return [{ kind: "message", message: effect.message }];
  }
}

it("catching up by a snapshot gives the same files, values and kept local edits as by the records", async () => {
  const root = await mkdtemp(join(tmpdir(), "envpact-snapshot-"));
  let run = 0;
  const edits = fc.array(
    fc.record({ env: fc.constantFrom("default", "test"), key: fc.constantFrom("A", "B", "C", "D", "MINE") }),
    { maxLength: 4 },
  );
  try {
    await fc.assert(
      fc.asyncProperty(
        changes,
        fc.nat(),
        fc.integer({ min: 1, max: 4 }),
        edits,
        async (revisions, at, kept, local) => {
          const records = logOf(revisions);
          const joinedAt = at % (records.length - kept - 2);
          run += 1;
          const folder = (name: string) => join(root, `${run}-${name}`);
          const compacted = await Pair.open(folder("compacted"), records, joinedAt, kept, 0);
          const floor = compacted.store.floor(space);
          const whole = await Pair.open(folder("whole"), records, joinedAt, 1_000, floor);
          for (const name of ["whole", "compacted"]) {
            for (const [index, { env, key }] of local.entries()) {
              const file = join(folder(name), environments[env as keyof typeof environments]);
              const text = await readFile(file, "utf8").catch(() => "");
              const others = text.split("\n").filter((line) => line !== "" && !line.startsWith(`${key}=`));
              await writeFile(file, `${[...others, `${key}=local-${index}`].join("\n")}\n`);
            }
          }
          await whole.connect();
          await compacted.connect();
          expect(whole.shipped).not.toContain("snapshot");
          expect(compacted.shipped).toContain("snapshot");

          for (const file of Object.values(environments)) {
            const [one, other] = await Promise.all(
              ["whole", "compacted"].map((name) =>
                readFile(join(folder(name), file), "utf8").catch(() => ""),
              ),
            );
            expect(new Set(other?.split("\n"))).toEqual(new Set(one?.split("\n")));
          }
          const head = records.at(-1)!;
          expect(compacted.applied).toEqual({ rev: head.rev, hash: head.hash });
          const lost = ({ superseded }: Pair) =>
            superseded.map(({ env, key, value }) => `${env} ${key}=${value}`).sort();
          expect(lost(compacted)).toEqual(lost(whole));
          const held = ({ replica }: Pair) =>
            replica
              .keysAt(head.rev)
              .map((ref) => ({
                ...ref,
                value: replica.valueAt(ref, head.rev),
                made: replica.origin(ref, head.rev),
              }))
              .sort((a, b) => `${a.env} ${a.key}`.localeCompare(`${b.env} ${b.key}`));
          expect(held(compacted)).toEqual(held(whole));
          for (const env of Object.keys(environments)) {
            for (const key of ["A", "B", "C", "D"])
              expect(compacted.replica.versionAt({ env, key }, head.rev)).toBe(
                whole.replica.versionAt({ env, key }, head.rev),
              );
          }
          await whole.close();
          await compacted.close();
        },
      ),
      { numRuns: 40 },
    );
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}, 60_000);

it("any set of journals of one log gives the longest of them back, with every outcome that one of them knows", () => {
  const journal = fc.record({ head: fc.nat(), base: fc.nat(), gapTo: fc.nat() });
  fc.assert(
    fc.property(changes, fc.array(journal, { minLength: 1, maxLength: 5 }), (revisions, journals) => {
      const records = logOf(revisions);
      const copies = journals.map(({ head, base, gapTo }, index): LogCopy => {
        const last = 1 + (head % records.length);
        const floor = base % (last + 1);
        // Some have taken a snapshot: they never held the revisions between `gap` and their floor.
        const gap = gapTo % (floor + 1);
        const snapshot = advanceSnapshot(emptySnapshot, records.slice(0, floor));
        return {
          name: `journal ${index}`,
          base: snapshot,
          settled: records.slice(0, gap).map(settledOf),
          records: records.slice(floor, last),
        };
      });
      const log = rebuildLog(copies);
      if ("copies" in log) throw new Error("one log was taken for two");
      const longest = Math.max(...copies.map((copy) => copy.base.rev + copy.records.length));
      expect(log.base.rev + log.records.length).toBe(longest);
      expect(log.records).toEqual(records.slice(log.base.rev, longest));
      expect(log.base).toEqual(advanceSnapshot(emptySnapshot, records.slice(0, log.base.rev)));
      for (const one of log.settled) {
        const record = records[one.rev - 1]!;
        expect(one.hash).toBe(record.hash);
        if (one.tx !== "") expect(one).toEqual(settledOf(record));
      }
    }),
  );
});

it("journals that differ anywhere are never taken for one log", () => {
  fc.assert(
    fc.property(changes, fc.nat(), fc.nat(), (revisions, forkAt, shorter) => {
      const records = logOf(revisions);
      const from = 1 + (forkAt % (records.length - 1));
      const other = [...records.slice(0, from)];
      for (const record of records.slice(from, records.length - (shorter % (records.length - from)))) {
        const { hash: _, ...body } = record;
        other.push(sealRecord({ ...body, prevHash: other.at(-1)?.hash ?? "", message: "another history" }));
      }
      const copy = (name: string, held: readonly LogRecord[]): LogCopy => {
        return { name, base: emptySnapshot, settled: [], records: held };
      };
      const log = rebuildLog([copy("one", records), copy("other", other)]);
      expect("copies" in log && log.copies.map(({ name }) => name)).toEqual(["one", "other"]);
    }),
  );
});

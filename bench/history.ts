import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { sealValue } from "../src/crypto/seal.ts";
import { randomToken } from "../src/drivers/clock.ts";
import { openStore } from "../src/drivers/store.ts";
import { limits } from "../src/protocol/limits.ts";
import { type Item, type LogRecord, sealRecord } from "../src/protocol/record.ts";
import { openPeer } from "../src/runtime/peers.ts";
import { oneInFlight } from "./commit.ts";
import { type Running, Scene } from "./processes.ts";
import { goalRow, median, type Row, reported } from "./row.ts";
import { memoryOf, tellingCoordinator } from "./scale.ts";
import { type Author, BenchSpace } from "./space.ts";

const readyMaxMs = 300_000;
const readings = 5;

/** Which keys a history sets, record by record. */
type Change = readonly { readonly env: string; readonly key: string }[];

/** `revisions` records that change one key each, of 100 keys in one environment. */
function manyRevisions(revisions: number): Change[] {
  return Array.from({ length: revisions }, (_, n) => [{ env: "default", key: `KEY_${n % 100}` }]);
}

/** `keys` new keys, as many a record as fit, in environments of `perEnvironment` keys; the first one is mapped. */
function manyKeys(keys: number, perEnvironment: number): Change[] {
  const all = Array.from({ length: keys }, (_, n) => {
    const environment = Math.floor(n / perEnvironment);
    return { env: environment === 0 ? "default" : `other-${environment}`, key: `KEY_${n}` };
  });
  const records: Change[] = [];
  for (let at = 0; at < all.length; at += limits.itemsMax) records.push(all.slice(at, at + limits.itemsMax));
  return records;
}

/** Writes a history into the store of a space whose coordinator does not run, as its coordinator would have. */
async function writeHistory(space: BenchSpace, folder: string, changes: readonly Change[]): Promise<void> {
  const { space: name, peer, name: author, dataKey } = await space.credentials(folder);
  const store = openStore(space.dataFolder);
  try {
    const { head, term, epoch } = store.load(name);
    const versions = new Map<string, number>();
    const records: LogRecord[] = [];
    let last: { readonly rev: number; readonly hash: string } = head;
    for (const change of changes) {
      const items = change.map(({ env, key }): Item => {
        const expected = versions.get(`${env} ${key}`) ?? 0;
        versions.set(`${env} ${key}`, expected + 1);
        const context = { space: name, env, key, version: expected + 1, keyEpoch: 1 };
        return { env, key, op: "set", expected, sealed: sealValue(dataKey, context, `value-${last.rev}`) };
      });
      const record = sealRecord({
        rev: last.rev + 1,
        prevHash: last.hash,
        kind: "commit",
        tx: `${name}:${term}:${last.rev}:bench`,
        term,
        epoch,
        keyEpoch: 1,
        author: { peer, name: author },
        requestId: randomToken(18),
        items,
        members: [],
        participants: [peer],
        message: "",
        at: Date.now(),
        signature: "",
      });
      records.push(record);
      last = record;
    }
    store.write(
      name,
      records.map((record) => ({ kind: "record", record })),
    );
  } finally {
    store.close();
  }
}

/** The time to read the bodies of the log from SQLite, in milliseconds: nothing is parsed or checked. */
function readLogMs(space: BenchSpace): number {
  const times: number[] = [];
  for (let reading = 0; reading < readings; reading += 1) {
    const start = performance.now();
    const database = new DatabaseSync(join(space.dataFolder, "coordinator.sqlite"), { readOnly: true });
    let bytes = 0;
    for (const row of database.prepare("SELECT body FROM log ORDER BY rev").iterate())
      bytes += String(row.body).length;
    database.close();
    times.push(performance.now() - start);
    if (bytes === 0) throw new Error("an empty log");
  }
  return median(times);
}

/** A space with one peer that is behind by a history; the time until its files are at the head. */
function catchUp(work: string, changes: readonly Change[]): Promise<Row[]> {
  return Scene.use(async (scene) => {
    const space = await BenchSpace.create(scene);
    const folder = await space.join("KEY=0\n");
    await space.coordinator.stop();
    await writeHistory(space, folder, changes);
    const reference = readLogMs(space);
    await space.restart();
    const start = performance.now();
    const peer = await openPeer({ folder, environment: space.environment, holder: "agent" });
    try {
      await peer.ready(readyMaxMs);
      const ours = performance.now() - start;
      return [goalRow(work, ours, reference, "reading the log's bytes from SQLite", 3)];
    } finally {
      await peer.close();
    }
  });
}

/** A peer that is 10,000 revisions behind. */
export function revisionsBehindRows(): Promise<Row[]> {
  return catchUp("catch-up of a peer 10,000 revisions behind", manyRevisions(10_000));
}

/** A new peer in a space of 100,000 keys, of which it maps 100, and one whose only file holds them all. */
export async function manyKeysRows(): Promise<Row[]> {
  return [
    ...(await catchUp("catch-up with 100,000 keys, 100 of them mapped", manyKeys(100_000, 100))),
    ...(await catchUp("catch-up with 100,000 keys, all in one file", manyKeys(100_000, 100_000))),
  ];
}

/** Coordinator memory with 100,000 keys against an empty space. */
export function keysMemoryRows(): Promise<Row[]> {
  return Scene.use(async (scene) => {
    const start = tellingCoordinator(scene);
    const space = await BenchSpace.create(scene, start);
    const folder = await space.join("KEY=0\n");
    const before = await memoryOf(space.coordinator);
    await space.coordinator.stop();
    await writeHistory(space, folder, manyKeys(100_000, 100));
    await space.restart(start);
    const after = await memoryOf(space.coordinator);
    const mib = (bytes: number) => bytes / 1024 / 1024;
    return [
      reported("coordinator memory with 100,000 keys (resident)", mib(after.rss), "MiB"),
      reported("coordinator memory of 100,000 keys (heap and buffers)", mib(after.held - before.held), "MiB"),
    ];
  });
}

/** The cost of one change where the space has 100 keys and where it has 100,000; the mapped file holds 100 in both. */
export function changeCostRows(runs: number): Promise<Row[]> {
  return Scene.use((small) =>
    Scene.use(async (large) => {
      const spaces = [await changing(small, 100), await changing(large, 100_000)] as const;
      const durable: [number[], number[]] = [[], []];
      for (let turn = -2; turn < runs / 10; turn += 1) {
        for (const [n, { author, agents }] of spaces.entries()) {
          await pause(250);
          const times = await oneInFlight(author, agents, 1, turn < 0 ? 20 : 10);
          if (turn >= 0) durable[n === 0 ? 0 : 1].push(...times.durable);
        }
      }
      await Promise.all(spaces.map(({ author }) => author.close()));
      const [ours, reference] = [median(durable[1]), median(durable[0])];
      const work = "one change, 2 voters, space of 100,000 keys: last file durable, p50";
      return [goalRow(work, ours, reference, "space of 100 keys", 1.5)];
    }),
  );
}

async function changing(
  scene: Scene,
  keys: number,
): Promise<{ readonly author: Author; readonly agents: readonly Running[] }> {
  const space = await BenchSpace.create(scene);
  const folders = [await space.join(""), await space.join("")];
  await space.coordinator.stop();
  await writeHistory(space, folders[0] ?? "", manyKeys(keys, 100));
  await space.restart();
  const agents = folders.map((folder) => space.agent([folder]));
  await Promise.all(agents.map((agent) => agent.event("ready")));
  const author = await space.author(folders[0] ?? "");
  await author.settled(folders.length);
  return { author, agents };
}

import { copyFile, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { checkCopy, LogAudit, OutcomeAudit } from "../../src/commit/invariants.ts";
import { readJournal } from "../../src/drivers/journal.ts";
import { openStore } from "../../src/drivers/store.ts";
import { valuesOf } from "../../src/peer/render.ts";
import { Replica } from "../../src/peer/replica.ts";
import { changeSetsOf, type LogRecord } from "../../src/protocol/record.ts";
import { placesOf, readConfig, readPeerCredentials } from "../../src/runtime/config.ts";
import type { Scene } from "./harness.ts";
import type { Line, Result } from "./processes.ts";

/** Records that one question for the log brings; no test has more. */
const recordsMax = 100_000;
const recordBytesMax = 256 * 1024 * 1024;

/** What the author of a commit was told; its message is unique in the test. */
export interface Told {
  readonly message: string;
  /** `refused`: an error before anything was sent. `killed`: the author was, before it heard. */
  readonly outcome: "committed" | "aborted" | "unknown" | "refused" | "killed";
  readonly revision?: number;
}

/** What `envpact commit -m message` told. */
export function toldBy(message: string, { lines, signal }: Result): Told {
  const last = lines.findLast((line) => "outcome" in line && !("event" in line));
  if (last === undefined) return { message, outcome: signal === null ? "refused" : "killed" };
  const outcome = last.outcome as Told["outcome"];
  return { message, outcome, ...(last.revision === undefined ? {} : { revision: Number(last.revision) }) };
}

/**
 * The log that the coordinator's store holds, read with the product's own checks (hashes, chain) from a copy, so
 * that neither a running coordinator nor the data are touched. The coordinator must be at rest.
 */
export async function coordinatorLog(scene: Scene, space = "team"): Promise<readonly LogRecord[]> {
  const copy = join(scene.root, "data-copy");
  await rm(copy, { recursive: true, force: true });
  await mkdir(copy, { mode: 0o700 });
  for (const name of await readdir(join(scene.root, "data"))) {
    if (name.startsWith("coordinator.sqlite"))
      await copyFile(join(scene.root, "data", name), join(copy, name));
  }
  const store = openStore(copy);
  try {
    return store.records(space, 1, recordsMax, recordBytesMax);
  } finally {
    store.close();
    await rm(copy, { recursive: true, force: true });
  }
}

/** A peer's own state as it lies on disk. */
export interface PeerDisk {
  readonly records: readonly LogRecord[];
  readonly appliedRev: number;
  /** The transaction that it promised and knows no end of. */
  readonly prepared: string | undefined;
  /** What the log gives each key at a revision, opened with the peer's data key; by environment. */
  valuesAt(env: string, rev: number): ReadonlyMap<string, string>;
  /** The environments with their files, absolute. */
  readonly files: Readonly<Record<string, string>>;
}

/** Reads the journal of the peer of `folder`, whose home is that of the scene when none is given. */
export async function peerDisk(
  scene: Scene,
  folder: string,
  environment: NodeJS.ProcessEnv = {},
): Promise<PeerDisk> {
  const places = await placesOf(folder, scene.environment(environment));
  const credentials = await readPeerCredentials(places);
  const config = await readConfig(folder);
  if (!credentials || !config) throw new Error(`${folder} is no peer`);
  const { records, appliedRev, prepared } = await readJournal(join(places.state, "journal"));
  const replica = new Replica(credentials, records);
  return {
    records,
    appliedRev,
    prepared: prepared?.tx,
    valuesAt(env, rev) {
      const keys = replica.keysAt(rev).filter((ref) => ref.env === env);
      return new Map(keys.map((ref) => [ref.key, replica.valueAt(ref, rev) ?? ""]));
    },
    files: Object.fromEntries(
      Object.entries(config.environments).map(([env, file]) => [env, join(folder, file)]),
    ),
  };
}

/** A peer and the lines that its agents ever said. */
export interface Witness {
  readonly folder: string;
  readonly lines: readonly Line[];
  /** What differs in its environment from the scene's. */
  readonly environment?: NodeJS.ProcessEnv;
}

/**
 * Checks a space that came to rest, from the coordinator's store, the journals and the files alone: the log is one
 * contiguous chain of decisions by the voters of their epochs with each request once; every peer is at its head with
 * the same records and nothing in doubt; every file says what the log says; and everything that was ever told,
 * to an author or about a transaction, is what the log says. Returns the log.
 */
export async function checkAtRest(
  scene: Scene,
  peers: readonly Witness[],
  told: readonly Told[],
): Promise<readonly LogRecord[]> {
  const log = await coordinatorLog(scene);
  const audit = new LogAudit();
  const outcomes = new OutcomeAudit(audit);
  const violations = log.flatMap((record) => audit.add(record));
  for (const { folder, lines, environment } of peers) {
    const disk = await peerDisk(scene, folder, environment);
    violations.push(...disk.records.flatMap((record) => checkCopy(folder, record, audit)));
    expect({ folder, at: disk.appliedRev, prepared: disk.prepared }).toEqual({
      folder,
      at: log.length,
      prepared: undefined,
    });
    await expectFilesAtHead(folder, disk);
    for (const line of lines) {
      if (line.event !== "resolved") continue;
      violations.push(...outcomes.told(String(line.tx), line.outcome === "commit" ? "commit" : "abort"));
    }
  }
  expect(violations).toEqual([]);
  expectTruth(log, told);
  return log;
}

/** Every file of the peer says what its log says, and nothing half done lies beside it. */
export async function expectFilesAtHead(folder: string, disk: PeerDisk): Promise<void> {
  for (const [env, file] of Object.entries(disk.files)) {
    const wanted = disk.valuesAt(env, disk.appliedRev);
    const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" && wanted.size === 0) return "";
      throw error;
    });
    const values = valuesOf(text);
    expect(new Map([...wanted.keys()].map((key) => [key, values.get(key)])), file).toEqual(wanted);
    const names = await readdir(dirname(file));
    expect(
      names.filter((name) => name.endsWith(".tmp")),
      `left behind in ${folder}`,
    ).toEqual([]);
  }
}

/** What authors were told is what the log holds: an acknowledged commit is there once, an aborted one is not. */
function expectTruth(log: readonly LogRecord[], told: readonly Told[]): void {
  const revisions = new Map<string, number[]>();
  for (const record of log) {
    for (const { message } of changeSetsOf(record)) {
      if (message !== "") revisions.set(message, [...(revisions.get(message) ?? []), record.rev]);
    }
  }
  for (const { message, outcome, revision } of told) {
    const found = revisions.get(message) ?? [];
    const what = `"${message}", told as ${outcome} ${revision ?? ""}`;
    if (outcome === "committed") expect(found, what).toEqual([revision]);
    else if (outcome === "aborted" || outcome === "refused") expect(found, what).toEqual([]);
    else expect(found.length, what).toBeLessThanOrEqual(1);
  }
}

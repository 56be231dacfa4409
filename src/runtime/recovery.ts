import { realpath, rm } from "node:fs/promises";
import { join } from "node:path";
import type { PreparedRecord } from "../commit/effects.ts";
import { headOfCopy, lastPromise, type RebuiltLog, rebuildLog } from "../commit/rebuilding.ts";
import { advanceSnapshot } from "../commit/snapshot.ts";
import { createDevice, publicKeyOf } from "../crypto/device.ts";
import { systemClock } from "../drivers/clock.ts";
import { makePrivateFolder, readPrivate, writePrivate } from "../drivers/home.ts";
import { openStore } from "../drivers/store.ts";
import { type RecoveredSpace, setAside, writeRecovered } from "../drivers/storeRecovery.ts";
import { EnvpactError } from "../protocol/errors.ts";
import { follows, type LogRecord, type MemberChange, sealRecord } from "../protocol/record.ts";
import { defaultDataFolder } from "./bundled.ts";
import { type OwnerCredentials, writeJson } from "./config.ts";
import {
  copyOfStore,
  findJournals,
  findStore,
  forkedCopies,
  isPrivateKey,
  type JournalSource,
  type LocalPeer,
  refuseRunning,
  type Sources,
  type StoreFound,
  type Unusable,
} from "./recoverySources.ts";
import { ownerPath, owners } from "./spaces.ts";

/** Terms between the highest that any journal heard and the new incarnation: journals that are not here may have heard more. */
const termGap = 1_000;

export interface RecoveryOptions {
  readonly space: string;
  readonly dataDir: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Journals that were copied from other machines. */
  readonly from: readonly string[];
  /** What became of a transaction that every known journal promises and no log holds. */
  readonly inDoubt?: "commit" | "abort";
}

/** What a recovery did. */
export interface Recovery {
  readonly space: string;
  readonly revision: number;
  readonly hash: string;
  /** The public key of the coordinator; `newKey` when it is not the one that the peers knew. */
  readonly coordinatorKey: string;
  readonly newKey: boolean;
  /** The journals that it was rebuilt from, with the revision that each goes to. */
  readonly journals: readonly { readonly file: string; readonly revision: number }[];
  readonly unusable: readonly Unusable[];
  /** Where the store that was there lies now; empty when there was none. */
  readonly setAside: readonly string[];
  /** Members whose journals were not at hand. */
  readonly unseen: readonly string[];
  /** Members whose device is not known: they join again. */
  readonly strangers: readonly string[];
  /** Other spaces of a store that was damaged: each is recovered by itself. */
  readonly otherSpaces: readonly string[];
  /** Whether the owner's device is known, so that somebody can invite. */
  readonly hasOwner: boolean;
  readonly inDoubt: { readonly tx: string; readonly outcome: "commit" | "abort" } | undefined;
}

/**
 * Rebuilds a space of a lost or damaged coordinator's store from its peers' journals: the longest log, under a new
 * incarnation whose term is above every one that was heard. What was in the data folder is moved aside, never deleted.
 * Throws DATA_LOCKED (a coordinator runs), SPACE_UNKNOWN (no journal), FORKED (two histories), IN_DOUBT (a transaction
 * may have been acknowledged; say what it became), SPACE_EXISTS (the store is whole and no journal knows more).
 */
export async function recoverSpace(options: RecoveryOptions): Promise<Recovery> {
  const { space, environment } = options;
  const sources = await findJournals(space, options.from, environment);
  await refuseRunning(keysOf(sources));
  await makePrivateFolder(options.dataDir);
  const dataDir = await realpath(options.dataDir);
  const found = findStore(dataDir, space);
  const log = longestLog(space, sources, found, dataDir);
  const { members } = advanceSnapshot(log.base, log.records);
  const decided = settleDoubt(log, sources.journals, members, options.inDoubt);
  const owner = (await owners(environment)).find((one) => isOf(one, space, sources));
  const recovered = recoveredSpace(space, decided.log, members, sources, found, owner);

  const keys = keysFor(found);
  const coordinatorKey = publicKeyOf(keys.identity);
  const newKey = [...keysOf(sources)].some((key) => key !== coordinatorKey);
  // Before the store: a recovery that a crash cuts off here is simply made again, with another key. The other way
  // round the store would be whole, and nobody would trust it.
  await updateCredentials(options, dataDir, coordinatorKey, sources, owner);
  const mark = `before-recovery-${new Date(systemClock.now()).toISOString().replaceAll(/[:.]/g, "-")}`;
  const aside = found.kind === "none" ? [] : setAside(dataDir, mark, found.kind === "whole");
  writeRecovered(dataDir, recovered, keys);
  openStore(dataDir).close();
  const head = headOfCopy(decided.log);
  return {
    space,
    revision: head.rev,
    hash: head.hash,
    coordinatorKey,
    newKey,
    journals: sources.journals.map(({ copy }) => ({ file: copy.name, revision: headOfCopy(copy).rev })),
    unusable: sources.unusable,
    setAside: aside.map((name) => join(dataDir, name)),
    unseen: names(members, (peer) => !sources.journals.some((one) => one.peer?.credentials.peer === peer)),
    strangers: names(members, (peer) => !recovered.peers.has(peer)),
    otherSpaces: found.kind === "damaged" ? found.salvage.spaces.filter((name) => name !== space) : [],
    hasOwner: recovered.owner !== "",
    inDoubt: decided.inDoubt,
  };
}

function keysOf({ journals }: Sources): ReadonlySet<string> {
  return new Set(journals.flatMap(({ peer }) => (peer ? [peer.credentials.coordinatorKey] : [])));
}

/** Whether the credentials are for this very space: its name may be used at several coordinators. */
function isOf(owner: OwnerCredentials, space: string, sources: Sources): boolean {
  const keys = keysOf(sources);
  return owner.space === space && (keys.size === 0 || keys.has(owner.coordinatorKey));
}

function names(members: readonly MemberChange[], which: (peer: string) => boolean): string[] {
  const chosen = members.filter(({ state, peer }) => state !== "left" && which(peer));
  return chosen.map(({ name }) => name).sort();
}

/** A store keeps its key when that can still be read whole: then no peer has to learn another. */
function keysFor(found: StoreFound): {
  readonly identity: string;
  readonly createSecret: string | undefined;
} {
  const { identity, createSecret } = found.kind === "none" ? noKeys : found.salvage;
  const isSound = identity !== undefined && isPrivateKey(identity);
  return { identity: isSound ? identity : createDevice().privateKey, createSecret };
}

const noKeys = { identity: undefined, createSecret: undefined };

function longestLog(space: string, sources: Sources, found: StoreFound, dataDir: string): RebuiltLog {
  const journals = sources.journals.map(({ copy }) => copy).filter((copy) => headOfCopy(copy).rev > 0);
  if (journals.length === 0) {
    const left = sources.unusable.map(({ file, why }) => ` ${file} could not be used: ${why}`).join("");
    throw new EnvpactError(
      "SPACE_UNKNOWN",
      `No journal of the space ${space} was found in this machine's state folder.${left}`,
      "Copy the journal of a peer from its machine and name it with --from.",
    );
  }
  const whole = found.kind === "whole" && found.holdsSpace ? copyOfStore(dataDir, found.salvage) : undefined;
  const log = rebuildLog(whole ? [...journals, whole] : journals);
  if ("copies" in log) throw forkedCopies(log.rev, ...log.copies);
  if (whole && headOfCopy(whole).rev === headOfCopy(log).rev) {
    throw new EnvpactError(
      "SPACE_EXISTS",
      `The data folder ${dataDir} holds the space ${space} undamaged at revision ${headOfCopy(whole).rev}; no journal knows more.`,
      "There is nothing to recover. Start the coordinator: envpact coordinator.",
    );
  }
  return found.kind === "damaged" ? withSalvaged(log, found.salvage.records, dataDir) : log;
}

/** What a damaged store still holds beyond the journals: the chain vouches for it. */
function withSalvaged(log: RebuiltLog, salvaged: readonly LogRecord[], dataDir: string): RebuiltLog {
  const byRevision = new Map(salvaged.map((record) => [record.rev, record]));
  const known = log.records.find(({ rev, hash }) => (byRevision.get(rev)?.hash ?? hash) !== hash);
  if (known) {
    const copy = { ...log, name: "the peers' journals" };
    throw forkedCopies(known.rev, copy, {
      ...log,
      records: salvaged,
      name: `the damaged store in ${dataDir}`,
    });
  }
  const records = [...log.records];
  let head = headOfCopy(log);
  for (let next = byRevision.get(head.rev + 1); next; next = byRevision.get(head.rev + 1)) {
    if (!follows(head, next)) break;
    records.push(next);
    head = next;
  }
  return { ...log, records };
}

interface Settled {
  readonly log: RebuiltLog;
  readonly inDoubt: Recovery["inDoubt"];
}

/**
 * A promise on top of the head may have been decided, and its author told so, by the store that is lost. That cannot be
 * when some voter of this machine, whose own journal is here, did not promise it; otherwise a person has to say.
 */
function settleDoubt(
  log: RebuiltLog,
  journals: readonly JournalSource[],
  members: readonly MemberChange[],
  chosen: "commit" | "abort" | undefined,
): Settled {
  const head = headOfCopy(log);
  const promises = journals.flatMap(({ image }) => (image.prepared ? [image.prepared] : []));
  const open = lastPromise(promises, head.rev);
  if (!open) return { log, inDoubt: undefined };
  const voters = new Set(members.filter(({ state }) => state === "voter").map(({ peer }) => peer));
  // A voter is only asked at the head: a journal that is behind it was set back and says nothing.
  const atHead = journals.filter(({ copy }) => headOfCopy(copy).rev === head.rev);
  const withheld = atHead.some(
    ({ peer, image }) =>
      peer && voters.has(peer.credentials.peer) && image.prepared?.tx !== open.tx && maps(peer, open),
  );
  const outcome = withheld ? "abort" : chosen;
  if (outcome === undefined) throw inDoubt(open);
  const settled = { tx: open.tx, outcome };
  if (outcome === "abort") return { log, inDoubt: settled };
  const since = promises.filter(({ tx }) => tx === open.tx).map(({ sinceMs }) => sinceMs);
  const record = decidedRecord(open, head, log, [...voters], Math.min(...since));
  return { log: { ...log, records: [...log.records, record] }, inDoubt: settled };
}

/** Whether the peer cannot have answered READ_ONLY: its folder maps an environment of the change. */
function maps({ environments }: LocalPeer, { items }: PreparedRecord): boolean {
  return items.some(({ env }) => environments?.includes(env) ?? false);
}

function inDoubt({ tx, items, sinceMs }: PreparedRecord): EnvpactError {
  const keys = items.map(({ key }) => key).join(", ");
  const since = new Date(sinceMs).toISOString();
  return new EnvpactError(
    "IN_DOUBT",
    `The transaction ${tx} (${keys}), promised at ${since}, may have been committed and acknowledged by the lost store: every journal at hand holds its promise.`,
    "Ask its author what they were told, and name the journals of other machines with --from. Then run this again with --in-doubt commit or --in-doubt abort.",
  );
}

/** The record that the lost store would have held; who asked for it as far as its voters know. */
function decidedRecord(
  { tx, base, term, items, origin }: PreparedRecord,
  head: { readonly hash: string },
  log: RebuiltLog,
  participants: readonly string[],
  at: number,
): LogRecord {
  return sealRecord({
    rev: base + 1,
    prevHash: head.hash,
    kind: "commit",
    tx,
    term,
    epoch: log.records.at(-1)?.epoch ?? log.base.epoch,
    keyEpoch: 1,
    author: origin?.author ?? { peer: "", name: "recovery" },
    requestId: "",
    items,
    ...(origin?.riders === undefined ? {} : { riders: origin.riders }),
    members: [],
    participants: [...participants].sort(),
    message: origin?.message ?? "",
    at,
    signature: "",
  });
}

function recoveredSpace(
  space: string,
  log: RebuiltLog,
  members: readonly MemberChange[],
  { journals }: Sources,
  found: StoreFound,
  owner: OwnerCredentials | undefined,
): RecoveredSpace {
  const local = new Map(
    journals.flatMap(({ peer }) =>
      peer ? [[peer.credentials.peer, publicKeyOf(peer.credentials.devicePrivateKey)]] : [],
    ),
  );
  const peers = new Map<string, string>();
  for (const { peer, state, device } of members) {
    const key = device ?? local.get(peer);
    if (state !== "left" && key !== undefined) peers.set(peer, key);
  }
  const terms = journals.map(({ image }) => Math.max(image.highestTerm, image.prepared?.term ?? 0));
  const salvage = found.kind === "none" ? undefined : found.salvage;
  const logTerm = log.records.at(-1)?.term ?? 0;
  return {
    space,
    owner: owner ? publicKeyOf(owner.devicePrivateKey) : (salvage?.owner ?? ""),
    term: Math.max(...terms, logTerm, salvage?.term ?? 0) + termGap,
    policy: salvage?.policy,
    log,
    invitations: salvage?.invitations ?? [],
    peers,
  };
}

/** Makes the peers and the owner on this machine trust the coordinator's key, and lets it come back at its old port. */
async function updateCredentials(
  { environment }: RecoveryOptions,
  dataDir: string,
  coordinatorKey: string,
  { journals }: Sources,
  owner: OwnerCredentials | undefined,
): Promise<void> {
  await makePrivateFolder(defaultDataFolder(environment));
  const bundled = (await realpath(defaultDataFolder(environment))) === dataDir;
  const locals = journals.flatMap(({ peer }) => peer ?? []);
  for (const { places, credentials } of locals)
    await writeJson(places.credentials, { ...credentials, coordinatorKey, bundled });
  if (owner && owner.coordinatorKey !== coordinatorKey) {
    await writeJson(ownerPath(owner.space, coordinatorKey, environment), {
      ...owner,
      coordinatorKey,
      bundled,
    });
    await rm(ownerPath(owner.space, owner.coordinatorKey, environment), { force: true });
  }
  const url = locals[0]?.credentials.url;
  const portFile = join(dataDir, "port");
  if (url !== undefined && (await readPrivate(portFile)) === undefined)
    await writePrivate(portFile, new URL(url).port);
}

/** Makes the peers of `space` on this machine trust another key of its coordinator; how many they were. */
export async function trustCoordinator(
  space: string,
  coordinatorKey: string,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const { journals } = await findJournals(space, [], environment);
  const locals = journals.flatMap(({ peer }) => peer ?? []);
  for (const { places, credentials } of locals)
    await writeJson(places.credentials, { ...credentials, coordinatorKey });
  return locals.length;
}

import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { JournalImage } from "../commit/ports.ts";
import { headOfCopy, type LogCopy } from "../commit/rebuilding.ts";
import { publicKeyOf } from "../crypto/device.ts";
import { readJournal } from "../drivers/journal.ts";
import { listEndpoints } from "../drivers/rendezvous.ts";
import { openStore } from "../drivers/store.ts";
import { hasStore, type Salvage, salvageStore } from "../drivers/storeRecovery.ts";
import { unlessMissing } from "../drivers/system.ts";
import { EnvpactError, problemOf } from "../protocol/errors.ts";
import {
  allPlaces,
  type PeerCredentials,
  type PeerPlaces,
  readConfig,
  readPeerCredentials,
} from "./config.ts";

/** A journal of the space, and what is known of whose it is. */
export interface JournalSource {
  readonly copy: LogCopy;
  readonly image: JournalImage;
  /** The peer of this machine that writes it; undefined for a copy from elsewhere. */
  readonly peer: LocalPeer | undefined;
}

/** A peer of the space on this machine. */
export interface LocalPeer {
  readonly places: PeerPlaces;
  readonly credentials: PeerCredentials;
  /** Environments that its folder maps; undefined when that cannot be read. */
  readonly environments: readonly string[] | undefined;
}

/** A file that could not be used, and why. */
export interface Unusable {
  readonly file: string;
  readonly why: string;
}

/** Everything that may tell the log of a space. */
export interface Sources {
  readonly journals: readonly JournalSource[];
  readonly unusable: readonly Unusable[];
}

/** What lies in the data folder: nothing, a store that opens, or one that does not. */
export type StoreFound =
  | { readonly kind: "none" }
  | { readonly kind: "whole"; readonly salvage: Salvage; readonly holdsSpace: boolean }
  | { readonly kind: "damaged"; readonly salvage: Salvage };

/** The journals of the peers of `space` on this machine, and those in `files`. A damaged one is left out and named; one of `files` is BAD_USAGE. */
export async function findJournals(
  space: string,
  files: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<Sources> {
  const journals: JournalSource[] = [];
  const unusable: Unusable[] = [];
  const add = async (file: string, peer: LocalPeer | undefined) => {
    try {
      if ((await unlessMissing(stat(file))) === undefined) {
        unusable.push({ file, why: "there is no such file" });
        return;
      }
      const image = await readJournal(file);
      const stranger = [...image.records, ...image.settled].find(
        ({ tx }) => tx !== "" && tx.split(":").slice(0, -3).join(":") !== space,
      );
      if (stranger) unusable.push({ file, why: `it holds ${stranger.tx}, of another space` });
      else journals.push({ copy: { name: file, ...image }, image, peer });
    } catch (error) {
      unusable.push({ file, why: problemOf(error).message });
    }
  };
  for (const places of await allPlaces(environment)) {
    const peer = await localPeer(places, space, unusable);
    if (peer) await add(join(places.state, "journal"), peer);
  }
  for (const file of files) {
    await add(file, undefined);
    const refused = unusable.find((one) => one.file === file);
    // Somebody named it: going on without it could lose what only it holds.
    if (refused)
      throw new EnvpactError("BAD_USAGE", `${file}: ${refused.why}.`, "Check the file after --from.");
  }
  return { journals, unusable };
}

async function localPeer(
  places: PeerPlaces,
  space: string,
  unusable: Unusable[],
): Promise<LocalPeer | undefined> {
  let credentials: PeerCredentials | undefined;
  try {
    credentials = await readPeerCredentials(places);
  } catch (error) {
    unusable.push({ file: places.credentials, why: problemOf(error).message });
  }
  if (credentials?.space !== space) return undefined;
  try {
    const config = await readConfig(credentials.folder);
    const environments = config === undefined ? undefined : Object.keys(config.environments);
    return { places, credentials, environments };
  } catch {
    // A folder that is gone or has a broken configuration still has a journal; what it maps is then not known.
    return { places, credentials, environments: undefined };
  }
}

/** Looks at the store. Throws DATA_LOCKED while a coordinator runs on it, and what else keeps it from being opened. */
export function findStore(dataDir: string, space: string): StoreFound {
  if (!hasStore(dataDir)) return { kind: "none" };
  try {
    const store = openStore(dataDir);
    const holdsSpace = store.spaces().includes(space);
    store.close();
    return { kind: "whole", salvage: salvageStore(dataDir, space), holdsSpace };
  } catch (error) {
    if (problemOf(error).code !== "DATA_DAMAGED") throw error;
    return { kind: "damaged", salvage: salvageStore(dataDir, space) };
  }
}

/** The log of a store that is whole. */
export function copyOfStore(dataDir: string, { base, settled, records }: Salvage): LogCopy {
  return { name: dataDir, base, settled, records };
}

/** Refuses while a coordinator with one of these keys runs on another data folder of this machine. */
export async function refuseRunning(keys: ReadonlySet<string>): Promise<void> {
  const running = (await listEndpoints()).find(({ coordinatorKey }) => keys.has(coordinatorKey));
  if (!running) return;
  throw new EnvpactError(
    "DATA_LOCKED",
    `The coordinator of this space runs at ${running.url} (pid ${running.pid}), on ${running.dataDir}.`,
    "Stop it first, or name its data folder with --data when that is the one to recover.",
  );
}

/** Two histories that are both valid and are not the same: nobody but a person can choose. */
export function forkedCopies(rev: number, one: LogCopy, other: LogCopy): EnvpactError {
  const named = (copy: LogCopy) => {
    const head = headOfCopy(copy);
    return `${copy.name} (revision ${head.rev}, ${head.hash.slice(0, 12)})`;
  };
  return new EnvpactError(
    "FORKED",
    `Two different histories of this space, apart at the latest from revision ${rev} on: ${named(one)} and ${named(other)}.`,
    "Nothing was changed. Decide whose history counts, move the other journal away, and run the recovery again; its peer then joins anew.",
  );
}

/** Whether the text, read from a damaged store, is a private key still. */
export function isPrivateKey(text: string): boolean {
  try {
    return publicKeyOf(text) !== "";
  } catch {
    return false;
  }
}

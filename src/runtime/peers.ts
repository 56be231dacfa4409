import { rm } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import type { EnvironmentFiles } from "../commit/ports.ts";
import { createDevice } from "../crypto/device.ts";
import { decodeInvitation, invitationKeys, unwrapDataKey } from "../crypto/invitation.ts";
import type { DialectId } from "../dotenv/dialects.ts";
import { systemCalls } from "../drivers/atomic.ts";
import { randomToken, systemClock } from "../drivers/clock.ts";
import { createDiskFiles, sweepStaged } from "../drivers/files.ts";
import { makePrivateFolder } from "../drivers/home.ts";
import { openJournal, readJournal } from "../drivers/journal.ts";
import { openLink } from "../drivers/link.ts";
import { acquireLock, type Lock } from "../drivers/lock.ts";
import { Loop } from "../drivers/loop.ts";
import { listEndpoints } from "../drivers/rendezvous.ts";
import type { Peer } from "../peer/api.ts";
import { CompanionPeer } from "../peer/companion.ts";
import { ParticipantPeer } from "../peer/participant.ts";
import type { PeerIdentity, PeerPorts } from "../peer/ports.ts";
import { EnvpactError, type Problem, problemOf } from "../protocol/errors.ts";
import { limits } from "../protocol/limits.ts";
import type { Role } from "../protocol/record.ts";
import { err, ok } from "../shared/result.ts";
import { askCoordinator } from "./ask.ts";
import { isBundled, urlSource } from "./bundled.ts";
import {
  checkConfig,
  type PeerCredentials,
  type PeerPlaces,
  placesOf,
  readConfig,
  readJoining,
  readPeerCredentials,
  type SpaceConfig,
  writeConfig,
  writeJson,
} from "./config.ts";
import { dialectsNear } from "./dialects.ts";
import { failpoint } from "./failpoint.ts";
import { createPeerDesk } from "./peerDesk.ts";
import { createPeerStore } from "./peerStore.ts";

/** Who takes part for a folder; shown to the second one that tries. */
export type Holder = "agent" | "editor" | "command";

export interface PeerOptions {
  /** Absolute path of the workspace folder. */
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly holder: Holder;
  /** A person here looks at every change of others before it is voted on; default: as `.envpact.json` says. */
  readonly review?: boolean;
  /** An editor wraps the disk's files so that open documents are read and changed through it. */
  readonly wrapFiles?: (disk: EnvironmentFiles) => EnvironmentFiles;
  /** Says who reads a file of the folder (relative path) beside dotenv; default: what the files around it tell. */
  readonly dialectsOf?: (file: string) => Promise<readonly DialectId[]>;
  /** Diagnostics for people and machines; no value ever. */
  readonly log?: (line: string) => void;
  /** Path of dist/coordinator.js, to start a bundled coordinator again; none: never start one. */
  readonly coordinatorEntry?: string;
}

/** How long `joinSpace` waits until the new peer is at the space's head. */
const joinReadyMs = 20_000;

interface Opened {
  readonly places: PeerPlaces;
  readonly credentials: PeerCredentials;
  readonly identity: PeerIdentity;
}

/** Whether the folder is a peer on this machine: its space and name, or undefined. Throws BAD_CONFIG for a broken `.envpact.json`. */
export async function peerOf(
  folder: string,
  environment: NodeJS.ProcessEnv,
): Promise<{ space: string; name: string } | undefined> {
  const config = await readConfig(folder);
  if (!config) return undefined;
  const credentials = await readPeerCredentials(await placesOf(folder, environment));
  return credentials?.space === config.space
    ? { space: credentials.space, name: credentials.name }
    : undefined;
}

async function identify(options: PeerOptions): Promise<Opened> {
  const { folder, environment } = options;
  const config = await readConfig(folder);
  const notAPeer = (why: string) =>
    new EnvpactError(
      "NOT_A_PEER",
      why,
      "Join with an invitation: envpact join INVITE, or Join Space in the editor.",
    );
  if (!config) throw notAPeer(`${folder} is in no space (no .envpact.json).`);
  const places = await placesOf(folder, environment);
  const credentials = await readPeerCredentials(places);
  if (!credentials)
    throw notAPeer(
      `${folder} belongs to the space ${config.space}, but this machine is not a peer of it yet.`,
    );
  if (credentials.space !== config.space) {
    throw notAPeer(
      `.envpact.json names the space ${config.space}; this machine joined ${credentials.space} here.`,
    );
  }
  const { space, peer, name, role, dataKey } = credentials;
  const { environments } = config;
  const reviews = options.review ?? config.review ?? false;
  const dialectsOf = options.dialectsOf ?? ((file: string) => dialectsNear(dirname(join(folder, file))));
  const identity = { space, peer, name, role, dataKey, folder, environments, reviews, dialectsOf };
  return { places, credentials, identity };
}

function portsOf(options: PeerOptions, opened: Opened, lock: Lock | undefined): PeerPorts {
  const { places, credentials, identity } = opened;
  const reached = (point: string) => failpoint(`participant.${point}`);
  const disk = createDiskFiles(options.folder, { ...systemCalls, reached });
  const link = {
    url: urlSource(credentials, options.environment, options.coordinatorEntry),
    mode: "device" as const,
    space: identity.space,
    devicePrivateKey: credentials.devicePrivateKey,
    coordinatorKey: credentials.coordinatorKey,
  };
  return {
    files: options.wrapFiles ? options.wrapFiles(disk) : disk,
    store: createPeerStore(places),
    desk: createPeerDesk(places.state, lock !== undefined),
    connect: (onEvent) => openLink({ ...link, reconnect: true, onEvent }),
    async leave() {
      try {
        await askCoordinator({ link, ask: () => ({ t: "leave", peer: identity.peer }), answer: "left" });
        return ok(undefined);
      } catch (error) {
        return err(problemOf(error));
      }
    },
    createLoop: (loopOptions) => new Loop(loopOptions),
    now: systemClock.now,
    at: systemClock.at,
    random: Math.random,
    token: randomToken,
    log: options.log ?? (() => undefined),
    failpoint,
    released: async () => lock?.release(),
  };
}

/**
 * Takes part for the folder. Throws NOT_A_PEER, BAD_CONFIG, PEER_BUSY (with the pid of the holder), DATA_DAMAGED.
 * Does not wait for the connection.
 */
export async function openPeer(options: PeerOptions): Promise<Peer> {
  const opened = await identify(options);
  const { state } = opened.places;
  await makePrivateFolder(state);
  const lock = await acquireLock(join(state, "lock"), { holder: options.holder });
  if (!lock.ok) {
    const { pid, info } = lock.error;
    throw new EnvpactError(
      "PEER_BUSY",
      `Another process takes part for ${options.folder} already: ${String(info.holder ?? "process")} with pid ${pid}.`,
      "Use that one, or end it first.",
    );
  }
  try {
    const journal = await openJournal(join(state, "journal"));
    const { prepared } = journal.image;
    const keep = prepared?.staged.map((file) => file.staged) ?? [];
    const folders = Object.values(opened.identity.environments).map((file) =>
      dirname(resolve(options.folder, file)),
    );
    for (const folder of new Set(folders)) await sweepStaged(folder, keep);
    return await ParticipantPeer.open(portsOf(options, opened, lock.value), opened.identity, journal);
  } catch (error) {
    await lock.value.release();
    throw error;
  }
}

/** Always beside: never takes part, never changes a file by itself. For status, log, show. */
export async function openCompanion(options: PeerOptions): Promise<Peer> {
  const opened = await identify(options);
  const read = () => readJournal(join(opened.places.state, "journal"));
  return CompanionPeer.open(portsOf(options, opened, undefined), opened.identity, read);
}

/** Takes part, or speaks beside the process that does (`peer.mode`). */
export async function attachPeer(options: PeerOptions): Promise<Peer> {
  try {
    return await openPeer(options);
  } catch (error) {
    if (problemOf(error).code === "PEER_BUSY") return openCompanion(options);
    throw error;
  }
}

export interface JoinOptions extends PeerOptions {
  readonly invitation: string;
  /** Environment name -> file relative to the folder. */
  readonly environments: Readonly<Record<string, string>>;
  /** Default: made of the machine's and the folder's name. */
  readonly name?: string;
  readonly role: Role;
}

/** Why an invitation cannot be joined with, as far as its text tells; undefined when it is whole and still holds. */
export function invitationProblem(text: string): Problem | undefined {
  const decoded = decodeInvitation(text, systemClock.now());
  return decoded.ok ? undefined : decoded.error;
}

/**
 * Makes the folder a peer: proves the invitation, keeps the credentials, writes `.envpact.json`, opens the peer and
 * waits until it is at the space's head. Throws ALREADY_A_PEER, BAD_INVITATION, INVITATION_EXPIRED, INVITATION_USED,
 * NAME_TAKEN, BAD_CONFIG, UNREACHABLE. A join that a crash cut off goes on with the same invitation.
 */
export async function joinSpace(options: JoinOptions): Promise<Peer> {
  const { folder, environment } = options;
  const decoded = decodeInvitation(options.invitation, systemClock.now());
  if (!decoded.ok) throw new EnvpactError(decoded.error.code, decoded.error.message, decoded.error.next);
  const invitation = decoded.value;
  const config = checkConfig(folder, { space: invitation.space, environments: options.environments });
  const places = await placesOf(folder, environment);
  const already = await readPeerCredentials(places);
  if (already) {
    throw new EnvpactError(
      "ALREADY_A_PEER",
      `${folder} is the peer ${already.name} of ${already.space} already.`,
      "Leave that space first: envpact leave.",
    );
  }
  await readConfig(folder);
  const credentials = await enroll(options, invitation, places);
  await writeConfig(folder, config satisfies SpaceConfig);
  await writeJson(places.credentials, credentials);
  await rm(places.joining, { force: true });
  const peer = await openPeer(options);
  try {
    await peer.ready(joinReadyMs);
  } catch (error) {
    await peer.close();
    throw error;
  }
  return peer;
}

async function enroll(
  options: JoinOptions,
  invitation: Extract<ReturnType<typeof decodeInvitation>, { ok: true }>["value"],
  places: PeerPlaces,
): Promise<PeerCredentials> {
  const { space, invite, coordinator: coordinatorKey } = invitation;
  const { verifier, wrapKey } = invitationKeys(invitation.secret);
  const before = await readJoining(places);
  const joining =
    before?.invite === invite
      ? before
      : { invite, devicePrivateKey: createDevice().privateKey, peer: randomToken(9) };
  await writeJson(places.joining, joining);
  const { devicePrivateKey, peer } = joining;
  const endpoint = (await listEndpoints()).find((one) => one.coordinatorKey === coordinatorKey);
  const url = endpoint?.url ?? invitation.url;
  let wrappedKey: string | undefined;
  const join = (name: string) =>
    askCoordinator({
      link: {
        url,
        mode: "invite",
        space,
        invite,
        secretVerifier: verifier,
        devicePrivateKey,
        coordinatorKey,
      },
      ask: (authenticated) => {
        wrappedKey = authenticated?.wrappedKey;
        return { t: "join", peer, name, role: options.role };
      },
      answer: "joined",
    });
  const name = await joinUnderFreeName(options, join);
  const dataKey = unwrapDataKey(wrapKey, wrappedKey ?? "", space, invite);
  if (!dataKey.ok) throw new EnvpactError(dataKey.error.code, dataKey.error.message, dataKey.error.next);
  const bundled = await isBundled(endpoint, options.environment);
  return {
    version: 1,
    space,
    url,
    coordinatorKey,
    devicePrivateKey,
    dataKey: dataKey.value,
    bundled,
    peer,
    name,
    role: options.role,
    folder: options.folder,
  };
}

/** A name that was asked for is taken or refused; a made-up one gets a number when it is taken. */
async function joinUnderFreeName(
  options: JoinOptions,
  join: (name: string) => Promise<unknown>,
): Promise<string> {
  if (options.name !== undefined) {
    await join(options.name);
    return options.name;
  }
  const clean = (text: string) => text.replace(/[^\p{L}\p{N}_.-]+/gu, "-").replace(/^[^\p{L}\p{N}_]+/u, "");
  const base = `${clean(basename(options.folder)) || "workspace"}@${clean(hostname()) || "here"}`.slice(
    0,
    limits.nameCharsMax - 4,
  );
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? base : `${base}-${number}`;
    try {
      await join(name);
      return name;
    } catch (error) {
      if (problemOf(error).code !== "NAME_TAKEN" || number >= limits.membersMax) throw error;
    }
  }
}

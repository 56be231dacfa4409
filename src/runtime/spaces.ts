import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createDevice } from "../crypto/device.ts";
import { encodeInvitation, invitationKeys, wrapDataKey } from "../crypto/invitation.ts";
import { newDataKey } from "../crypto/seal.ts";
import { randomToken, systemClock } from "../drivers/clock.ts";
import { privateNames } from "../drivers/home.ts";
import { type Endpoint, findEndpoint } from "../drivers/rendezvous.ts";
import { EnvpactError } from "../protocol/errors.ts";
import { limits } from "../protocol/limits.ts";
import type { Policy } from "../protocol/messages.ts";
import { askCoordinator } from "./ask.ts";
import { currentUrl, ensureCoordinator, isBundled } from "./bundled.ts";
import { type OwnerCredentials, ownedFolder, readOwner, writeJson } from "./config.ts";

export interface SpaceOptions {
  readonly environment: NodeJS.ProcessEnv;
  /** `ws://host:port` of a coordinator; default: the bundled one of this machine, started when needed. */
  readonly url?: string;
  /** Path of dist/coordinator.js. */
  readonly coordinatorEntry: string;
}

/** An invitation of a space, and what the coordinator keeps of it. */
function newInvitation(owner: Omit<OwnerCredentials, "version">, url: string, lifeMs: number) {
  const invite = randomToken(9);
  const secret = randomToken(32);
  const expiresAt = systemClock.now() + lifeMs;
  const { verifier, wrapKey } = invitationKeys(secret);
  return {
    stored: {
      invite,
      verifier,
      wrappedKey: wrapDataKey(wrapKey, owner.dataKey, owner.space, invite),
      expiresAt,
    },
    text: encodeInvitation({
      version: 1,
      url,
      coordinator: owner.coordinatorKey,
      space: owner.space,
      invite,
      secret,
      expiresAt,
    }),
  };
}

/**
 * Creates a space that this device owns and returns the text of its first invitation. `policy`: what its commits do
 * about an absent voter where they do not say. Throws SPACE_EXISTS,
 * UNREACHABLE, UNAUTHENTICATED (a coordinator of another user or machine).
 */
export async function createSpace(
  name: string,
  options: SpaceOptions & { readonly policy?: Policy },
): Promise<{ space: string; invite: string }> {
  const endpoint = await endpointFor(options);
  const device = createDevice();
  const owner: OwnerCredentials = {
    version: 1,
    space: name,
    url: endpoint.url,
    coordinatorKey: endpoint.coordinatorKey,
    devicePrivateKey: device.privateKey,
    dataKey: newDataKey(),
    bundled: await isBundled(endpoint, options.environment),
  };
  const invitation = newInvitation(owner, endpoint.url, limits.invitationLifeDefaultMs);
  const path = ownerPath(name, endpoint.coordinatorKey, options.environment);
  // Kept before it is asked for: a space whose keys were lost between the two would be nobody's.
  const pending = `${path}.creating`;
  await writeJson(pending, owner);
  await askCoordinator({
    link: {
      url: endpoint.url,
      mode: "create",
      space: name,
      secretVerifier: endpoint.createSecret,
      devicePrivateKey: device.privateKey,
      coordinatorKey: endpoint.coordinatorKey,
    },
    ask: () => ({
      t: "create",
      ...invitation.stored,
      ...(options.policy === undefined ? {} : { policy: options.policy }),
    }),
    answer: "created",
  });
  await writeJson(path, owner);
  await rm(pending, { force: true });
  return { space: name, invite: invitation.text };
}

async function endpointFor(options: SpaceOptions): Promise<Endpoint> {
  if (options.url === undefined) return ensureCoordinator(options.environment, options.coordinatorEntry);
  const endpoint = await findEndpoint(options.url);
  if (endpoint) return endpoint;
  throw new EnvpactError(
    "UNREACHABLE",
    `No coordinator of this user answers at ${options.url} on this machine.`,
    "Start one with `envpact coordinator`, on the machine and as the user that creates the space.",
  );
}

/** Where the credentials of an owned space lie. */
export function ownerPath(name: string, coordinatorKey: string, environment: NodeJS.ProcessEnv): string {
  const id = createHash("sha256").update(`${coordinatorKey}\0${name}`).digest("hex").slice(0, 24);
  return join(ownedFolder(environment), `${id}.json`);
}

/** Credentials of every space that this device owns. Throws DATA_DAMAGED. */
export async function owners(environment: NodeJS.ProcessEnv): Promise<OwnerCredentials[]> {
  const folder = ownedFolder(environment);
  const names = await privateNames(folder);
  const found: OwnerCredentials[] = [];
  for (const name of names.filter((one) => one.endsWith(".json")).toSorted()) {
    const owner = await readOwner(join(folder, name));
    if (owner) found.push(owner);
  }
  return found;
}

/** Spaces that this device owns, by name. Throws DATA_DAMAGED. */
export async function ownedSpaces(environment: NodeJS.ProcessEnv): Promise<readonly string[]> {
  return (await owners(environment)).map((owner) => owner.space);
}

/**
 * Another invitation. `name` undefined: the only space that this device owns. `lifeMs`: until it expires.
 * Throws NOT_OWNER, SPACE_UNKNOWN, UNREACHABLE, LIMIT.
 */
export async function inviteToSpace(
  name: string | undefined,
  options: Omit<SpaceOptions, "url"> & { readonly lifeMs?: number },
): Promise<{ space: string; invite: string }> {
  const all = await owners(options.environment);
  const matching = name === undefined ? all : all.filter((owner) => owner.space === name);
  const owner = matching[0];
  if (!owner) {
    const what = name === undefined ? "any space" : `the space ${name}`;
    throw new EnvpactError(
      "NOT_OWNER",
      `This device does not own ${what}.`,
      "Ask the device that created it, or create one: envpact space create NAME.",
    );
  }
  if (matching.length > 1) {
    const names = matching.map((one) => `${one.space} (${one.url})`).join(", ");
    throw new EnvpactError(
      "SPACE_UNKNOWN",
      `This device owns several spaces: ${names}.`,
      "Name the one that is meant.",
    );
  }
  const url = await currentUrl(owner, options.environment, options.coordinatorEntry);
  const invitation = newInvitation(owner, url, options.lifeMs ?? limits.invitationLifeDefaultMs);
  await askCoordinator({
    link: {
      url,
      mode: "device",
      space: owner.space,
      devicePrivateKey: owner.devicePrivateKey,
      coordinatorKey: owner.coordinatorKey,
    },
    ask: () => ({ t: "invite", ...invitation.stored }),
    answer: "invited",
  });
  return { space: owner.space, invite: invitation.text };
}

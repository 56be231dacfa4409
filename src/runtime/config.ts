import { createHash } from "node:crypto";
import { realpath, rm } from "node:fs/promises";
import { isAbsolute, join, normalize, sep } from "node:path";
import * as v from "valibot";
import writeFileAtomic from "write-file-atomic";
import { type HomeFolders, homeFolders, privateNames, readPrivate, writePrivate } from "../drivers/home.ts";
import { findTarget, readRegularFile } from "../drivers/regularFile.ts";
import { EnvpactError } from "../protocol/errors.ts";
import { limits } from "../protocol/limits.ts";
import { nameSchema } from "../protocol/messages.ts";

/** The committable file that says which file is which environment of which space. No secret, no address. */
export const configFileName = ".envpact.json";

const relativeFile = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(1024),
  v.check(isInside, "must stay inside the folder"),
);
const configSchema = v.looseObject({
  space: nameSchema,
  environments: v.pipe(
    v.record(nameSchema, relativeFile),
    v.check((map) => Object.keys(map).length > 0, "names no environment"),
    v.check((map) => Object.keys(map).length <= limits.mappedEnvironmentsMax, "maps too many environments"),
    v.check(
      (map) => new Set(Object.values(map).map(normalize)).size === Object.keys(map).length,
      "maps one file twice",
    ),
  ),
  review: v.optional(v.boolean()),
});

/** What `.envpact.json` says. */
export interface SpaceConfig {
  readonly space: string;
  /** Environment name -> file, relative to the folder. */
  readonly environments: Readonly<Record<string, string>>;
  /** A person here looks at every change of others before this peer votes. */
  readonly review?: boolean;
}

/** Whether `file`, relative to a folder, stays in it. */
export function isInside(file: string): boolean {
  const path = normalize(file);
  return !isAbsolute(file) && path !== ".." && !path.startsWith(`..${sep}`) && !file.includes("\0");
}

function badConfig(folder: string, why: string): EnvpactError {
  return new EnvpactError(
    "BAD_CONFIG",
    `${join(folder, configFileName)}: ${why}`,
    "Mend the file (or restore it from version control); nothing was changed.",
  );
}

/** Validates a mapping of environments, as from the command line. Throws BAD_CONFIG. */
export function checkConfig(folder: string, data: unknown): SpaceConfig {
  const result = v.safeParse(configSchema, data);
  if (result.success) {
    const { space, environments, review } = result.output;
    return { space, environments, ...(review === undefined ? {} : { review }) };
  }
  const issue = result.issues[0];
  const path = issue.path?.map((item) => String(item.key)).join(".") ?? "";
  throw badConfig(folder, `${path === "" ? "" : `"${path}": `}${issue.message}`);
}

/** Reads `.envpact.json` of a folder; undefined when there is none. Throws BAD_CONFIG with the place of the error. */
export async function readConfig(folder: string): Promise<SpaceConfig | undefined> {
  const text = await configText(folder);
  if (text === undefined) return undefined;
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw badConfig(folder, `is not JSON: ${jsonProblem(error)}`);
  }
  return checkConfig(folder, data);
}

/** The text of `.envpact.json` without a byte order mark; undefined when there is none. Never waits at a pipe. */
async function configText(folder: string): Promise<string | undefined> {
  const path = join(folder, configFileName);
  const found = await readRegularFile(path, findTarget(path), limits.configFileBytesMax);
  if (found.kind === "absent") return undefined;
  if (found.kind === "text") return found.text.replace(/^\uFEFF/, "");
  throw badConfig(folder, found.problem.message.replace(`${path} `, ""));
}

/** What a parser of JSON says, without the text that it quotes. */
function jsonProblem(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/, (?:\.{3})?".*$/s, "");
}

/** Writes `.envpact.json` atomically; what a person added beside our members stays. */
export async function writeConfig(folder: string, config: SpaceConfig): Promise<void> {
  const path = join(folder, configFileName);
  await readConfig(folder);
  const before = JSON.parse((await configText(folder)) ?? "{}") as object;
  await writeFileAtomic(path, `${JSON.stringify({ ...before, ...config }, null, 2)}\n`);
}

const text = v.pipe(v.string(), v.minLength(1));
const credentialsSchema = v.object({
  version: v.literal(1),
  space: nameSchema,
  url: text,
  coordinatorKey: text,
  devicePrivateKey: text,
  dataKey: text,
  /** It is this user's own coordinator, which may be started again when it does not run. */
  bundled: v.boolean(),
});
const peerCredentialsSchema = v.object({
  ...credentialsSchema.entries,
  peer: text,
  name: nameSchema,
  role: v.picklist(["voter", "observer"]),
  folder: text,
});
const joiningSchema = v.object({ invite: text, devicePrivateKey: text, peer: text });

/** What lets this device speak for a space that it owns. */
export type OwnerCredentials = Readonly<v.InferOutput<typeof credentialsSchema>>;
/** What lets this folder speak as a peer. */
export type PeerCredentials = Readonly<v.InferOutput<typeof peerCredentialsSchema>>;
/** A join under way, kept so that a crash does not waste the single-use invitation. */
export type Joining = Readonly<v.InferOutput<typeof joiningSchema>>;

async function readJson<S extends v.GenericSchema>(
  path: string,
  schema: S,
  next = "Move it away and join the space again with a new invitation.",
): Promise<v.InferOutput<S> | undefined> {
  const found = await readPrivate(path);
  if (found === undefined) return undefined;
  try {
    return v.parse(schema, JSON.parse(found));
  } catch (error) {
    throw new EnvpactError("DATA_DAMAGED", `${path} is damaged.`, next, { cause: error });
  }
}

/** Where the parts of one peer lie. */
export interface PeerPlaces {
  readonly credentials: string;
  readonly joining: string;
  /** Folder of journal, lock and marks. */
  readonly state: string;
}

/** The places of the peer of `folder`, links resolved. */
export async function placesOf(folder: string, environment: NodeJS.ProcessEnv): Promise<PeerPlaces> {
  const home = homeFolders(environment, process.platform);
  const id = createHash("sha256")
    .update(await realpath(folder))
    .digest("hex")
    .slice(0, 24);
  return placesIn(home, id);
}

function placesIn(home: HomeFolders, id: string): PeerPlaces {
  return {
    credentials: join(home.config, "peers", `${id}.json`),
    joining: join(home.config, "peers", `${id}.joining.json`),
    state: join(home.state, "peers", id),
  };
}

/** The places of every peer on this machine, whatever its folder. */
export async function allPlaces(environment: NodeJS.ProcessEnv): Promise<readonly PeerPlaces[]> {
  const home = homeFolders(environment, process.platform);
  const names = await privateNames(join(home.config, "peers"));
  const ids = names.flatMap((name) => /^([0-9a-f]+)\.json$/.exec(name)?.[1] ?? []);
  return ids.sort().map((id) => placesIn(home, id));
}

/** The credentials at a place, or undefined. Throws DATA_DAMAGED. */
export function readPeerCredentials(places: PeerPlaces): Promise<PeerCredentials | undefined> {
  return readJson(places.credentials, peerCredentialsSchema);
}

/** The join that was under way, or undefined. */
export function readJoining(places: PeerPlaces): Promise<Joining | undefined> {
  return readJson(places.joining, joiningSchema);
}

/** Writes private JSON (0600, atomically). */
export function writeJson(path: string, data: unknown): Promise<void> {
  return writePrivate(path, `${JSON.stringify(data)}\n`);
}

/** Forgets a peer: credentials and state. The folder's files stay. */
export async function removePeer(places: PeerPlaces): Promise<void> {
  // The process that takes part may put a last file there while it learns that the peer has left.
  await rm(places.state, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
  await rm(places.credentials, { force: true });
}

/** The folder of the spaces that this device owns. */
export function ownedFolder(environment: NodeJS.ProcessEnv): string {
  return join(homeFolders(environment, process.platform).config, "spaces");
}

/** Credentials of one owned space. */
export function readOwner(path: string): Promise<OwnerCredentials | undefined> {
  return readJson(
    path,
    credentialsSchema,
    "Restore it from a copy, or move it away: without it this device does not own the space any more.",
  );
}

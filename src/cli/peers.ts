import type { KeyRef, Peer, PeerView } from "../peer/api.ts";
import { problemOf } from "../protocol/errors.ts";
import type { Holder, PeerOptions } from "../runtime/peers.ts";
import { usageError } from "./arguments.ts";
import type { Session } from "./session.ts";
import { aborted } from "./stop.ts";
import { defaultEnvironment, requireFolder, unknownEnvironment } from "./workspace.ts";

/** How long a command waits for the connection and for the space's head. */
export const connectTimeoutMs = 5_000;
/** How long a command that can do without the coordinator waits for it after a first attempt has failed. */
const offlineTimeoutMs = 1_000;

/** The options with which a command opens a peer of `folder`. */
export function peerOptions(session: Session, folder: string, holder: Holder): PeerOptions {
  const { environment, coordinatorEntry, log } = session;
  return { folder, environment, holder, coordinatorEntry, ...(log ? { log } : {}) };
}

/** Opens a peer of the session's folder, hands it to `use`, and closes it whatever happens. */
export async function withPeer<T>(
  session: Session,
  open: (options: PeerOptions) => Promise<Peer>,
  use: (peer: Peer) => Promise<T>,
): Promise<T> {
  await requireFolder(session.folder);
  const peer = await open(peerOptions(session, session.folder, "command"));
  try {
    return await use(peer);
  } finally {
    await peer.close();
  }
}

/**
 * Waits for the space's head, not for long when the coordinator is not there; when it cannot be had, says so and lets
 * the command go on with what is known. Returns whether the peer is at head.
 */
export async function readyOrNote(session: Session, peer: Peer): Promise<boolean> {
  const giveUp = new AbortController();
  const look = ({ connection }: PeerView) => {
    if (connection === "offline") timer ??= setTimeout(() => giveUp.abort(), offlineTimeoutMs);
  };
  let timer: NodeJS.Timeout | undefined;
  const listening = peer.onChange(look);
  look(peer.view);
  const ready = peer.ready(connectTimeoutMs).then(
    () => undefined,
    (error: unknown) => problemOf(error),
  );
  const problem = await Promise.race([ready, aborted(giveUp.signal).then(() => peer.view.problem ?? ready)]);
  clearTimeout(timer);
  listening.dispose();
  if (problem) {
    session.output.note(`Not connected, so this may be old: ${problem.message} ${problem.next}`);
  }
  return problem === undefined;
}

/**
 * The keys that the words of a command mean. With `env` they are keys of that environment (none named: all its
 * drift). Without it a key means every environment where it drifts, else where it is shared, else the one that
 * is meant by default; no keys: undefined, everything.
 */
export function keysMeant(
  view: PeerView,
  keys: readonly string[],
  env: string | undefined,
): readonly KeyRef[] | undefined {
  if (env !== undefined && !Object.hasOwn(view.environments, env)) {
    throw unknownEnvironment(env, Object.keys(view.environments));
  }
  if (keys.length === 0) {
    return env === undefined ? undefined : view.drift.filter((item) => item.env === env).map(refOf);
  }
  return keys.flatMap((key) => {
    if (env !== undefined) return [{ env, key }];
    const named = (item: KeyRef) => item.key === key;
    const drifting = view.drift.filter(named);
    const meant = drifting.length > 0 ? drifting : view.shared.filter(named);
    return meant.length > 0 ? meant.map(refOf) : [{ env: environmentMeant(view), key }];
  });
}

/**
 * The environment of a key that no environment is named for: `default`, or the only one there is. Throws BAD_USAGE
 * when it is neither.
 */
export function environmentMeant(view: PeerView): string {
  const names = Object.keys(view.environments);
  if (names.includes(defaultEnvironment)) return defaultEnvironment;
  const [only, ...others] = names;
  if (only !== undefined && others.length === 0) return only;
  throw usageError("Several environments could be meant.", `Name one with --env: ${names.join(", ")}.`);
}

/** Environment and key alone, of anything that holds them. */
export function refOf({ env, key }: KeyRef): KeyRef {
  return { env, key };
}

/** `KEY`, or `KEY (staging)` for a key of another environment than the default one. */
export function keyText({ env, key }: KeyRef): string {
  return env === defaultEnvironment ? key : `${key} (${env})`;
}

/** Keys for people, in one line. */
export function keysText(keys: readonly KeyRef[]): string {
  return keys.map(keyText).join(", ");
}

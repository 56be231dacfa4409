import * as v from "valibot";
import { limits } from "./limits.ts";

/** Version of the protocol; in the first message of each side. */
export const protocolVersion = 1;

const revision = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const shortText = v.pipe(v.string(), v.maxLength(2_000));
const token = v.pipe(v.string(), v.maxLength(256), v.regex(/^[\w.:+/=-]*$/u));
/** A transaction's id begins with the space's name, which may hold more than a token. */
const txId = v.pipe(v.string(), v.maxLength(256), v.regex(/^[\p{L}\p{N}_ .@:+/=-]*$/u));
const hash = v.pipe(v.string(), v.regex(/^(?:[0-9a-f]{64})?$/u));
/** Names of spaces, peers and environments: no path separators, no control characters. */
export const nameSchema = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(limits.nameCharsMax),
  v.regex(/^[\p{L}\p{N}_][\p{L}\p{N} ._@+-]*$/u),
);
const keyName = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(limits.keyCharsMax),
  v.regex(/^[\w.-]+$/u),
  v.check((key) => key !== "__proto__"),
);

const role = v.picklist(["voter", "observer"]);
const memberState = v.picklist(["voter", "syncing", "observer", "left"]);
const item = v.strictObject({
  env: nameSchema,
  key: keyName,
  op: v.picklist(["set", "delete", "release"]),
  expected: revision,
  sealed: v.exactOptional(v.pipe(v.string(), v.maxLength(limits.sealedCharsMax), v.regex(/^[\w-]+$/u))),
});
const policy = v.picklist(["detach", "wait", "strict"]);
const items = v.pipe(v.array(item), v.maxLength(limits.itemsMax), v.readonly());
const author = v.strictObject({ peer: token, name: shortText });
const rider = v.strictObject({
  author,
  requestId: token,
  message: v.pipe(v.string(), v.maxLength(limits.commitMessageCharsMax)),
  reverts: v.exactOptional(revision),
  items: revision,
});
const riders = v.exactOptional(v.pipe(v.array(rider), v.maxLength(limits.changeSetsMax), v.readonly()));
/** A change of a member. */
export const memberSchema = v.strictObject({
  peer: token,
  name: nameSchema,
  role,
  state: memberState,
  reason: shortText,
  device: v.exactOptional(token),
});
/** Validates a {@link import("./record.ts").LogRecord}; its hash is checked apart. */
export const recordSchema = v.strictObject({
  rev: revision,
  prevHash: hash,
  kind: v.picklist(["commit", "membership", "keyEpoch"]),
  tx: txId,
  term: revision,
  epoch: revision,
  keyEpoch: revision,
  author,
  requestId: token,
  items,
  riders,
  members: v.pipe(v.array(memberSchema), v.maxLength(limits.membersMax), v.readonly()),
  participants: v.pipe(v.array(token), v.maxLength(limits.membersMax), v.readonly()),
  detached: v.exactOptional(v.pipe(v.array(shortText), v.maxLength(limits.membersMax), v.readonly())),
  message: v.pipe(v.string(), v.maxLength(limits.commitMessageCharsMax)),
  reverts: v.exactOptional(revision),
  at: v.number(),
  signature: token,
  hash,
});
const roster = v.pipe(
  v.array(
    v.strictObject({
      peer: token,
      name: nameSchema,
      role,
      state: memberState,
      connected: v.boolean(),
      absentSince: v.exactOptional(v.number()),
      appliedRevision: revision,
      drift: revision,
      reviews: v.exactOptional(v.boolean()),
    }),
  ),
  v.maxLength(limits.membersMax),
);
const conflict = v.strictObject({
  env: nameSchema,
  key: keyName,
  expected: revision,
  current: revision,
  author: shortText,
  at: v.number(),
});
const driftItem = v.strictObject({
  env: nameSchema,
  key: keyName,
  kind: v.picklist(["changed", "missing", "new", "released"]),
});

/** A key of a snapshot: its last item, tombstones included, and who made it when. */
export const snapshotKeySchema = v.strictObject({
  ...item.entries,
  rev: revision,
  author: shortText,
  at: v.number(),
});

const wrapped = { invite: token, verifier: token, wrappedKey: token, expiresAt: v.number() };

/** What a client may say, by `t`. */
export const clientMessageSchema = v.variant("t", [
  v.strictObject({
    t: v.literal("auth"),
    v: v.number(),
    mode: v.picklist(["device", "invite", "create"]),
    space: nameSchema,
    /** The invitation's id in mode `invite`, else empty. */
    invite: token,
    device: token,
    nonce: token,
  }),
  v.strictObject({ t: v.literal("proof"), signature: token, secretProof: token }),
  v.strictObject({ t: v.literal("create"), ...wrapped, policy: v.exactOptional(policy) }),
  v.strictObject({ t: v.literal("invite"), ...wrapped }),
  v.strictObject({ t: v.literal("join"), peer: token, name: nameSchema, role }),
  v.strictObject({ t: v.literal("leave"), peer: token }),
  v.strictObject({
    t: v.literal("hello"),
    peer: token,
    /** `participant` votes and applies; `companion` speaks for the same peer beside it, without a vote. */
    kind: v.picklist(["participant", "companion"]),
    rev: revision,
    hash,
    highestTerm: revision,
    prepared: v.pipe(v.array(v.strictObject({ tx: txId, base: revision })), v.maxLength(4), v.readonly()),
    /** A person here looks at every change before this peer votes. */
    reviews: v.exactOptional(v.boolean()),
  }),
  v.strictObject({
    t: v.literal("submit"),
    requestId: v.pipe(token, v.minLength(8)),
    items: v.pipe(items, v.minLength(1)),
    message: v.pipe(v.string(), v.maxLength(limits.commitMessageCharsMax)),
    reverts: v.exactOptional(revision),
    timeoutMs: v.pipe(v.number(), v.minValue(1), v.maxValue(limits.submitTimeoutMaxMs)),
    /** What to do about a voter that is absent; without it, as the space says. */
    policy: v.exactOptional(policy),
    /** Time that people have where a peer asks for review. */
    reviewMs: v.exactOptional(v.pipe(v.number(), v.minValue(1), v.maxValue(limits.reviewTimeoutMaxMs))),
  }),
  v.strictObject({ t: v.literal("cancel"), requestId: token }),
  v.strictObject({
    t: v.literal("vote"),
    tx: txId,
    /** `reviewing` is no vote yet: a person has been asked. */
    vote: v.picklist(["yes", "no", "readonly", "reviewing"]),
    code: v.exactOptional(token),
    reason: v.exactOptional(shortText),
  }),
  /** A companion passes on what the person decided; the coordinator hands it to the peer's participant. */
  v.strictObject({
    t: v.literal("review"),
    tx: txId,
    accept: v.boolean(),
    reason: v.exactOptional(shortText),
  }),
  v.strictObject({ t: v.literal("applied"), rev: revision, hash }),
  v.strictObject({ t: v.literal("resolve"), tx: txId, base: revision }),
  v.strictObject({
    t: v.literal("drift"),
    items: v.pipe(v.array(driftItem), v.maxLength(limits.itemsMax), v.readonly()),
  }),
  v.strictObject({ t: v.literal("fetch"), from: revision }),
  v.strictObject({ t: v.literal("ping") }),
]);

/** What a coordinator may say, by `t`. */
export const coordinatorMessageSchema = v.variant("t", [
  v.strictObject({
    t: v.literal("challenge"),
    v: v.number(),
    nonce: token,
    coordinator: token,
    signature: token,
  }),
  v.strictObject({ t: v.literal("authenticated"), wrappedKey: v.exactOptional(token) }),
  v.strictObject({ t: v.literal("created") }),
  v.strictObject({ t: v.literal("invited") }),
  v.strictObject({ t: v.literal("joined"), peer: token }),
  v.strictObject({ t: v.literal("left") }),
  v.strictObject({
    t: v.literal("welcome"),
    term: revision,
    epoch: revision,
    rev: revision,
    hash,
    /** Revisions up to this one are known by transaction and hash only; their state is shipped as a SNAPSHOT. */
    floor: revision,
    roster,
    policy: v.exactOptional(policy),
    /** How long a voter is absent before policy `detach` goes on without it; limits.detachAfterMs where it is not said. */
    detachAfterMs: v.exactOptional(v.pipe(v.number(), v.minValue(0))),
  }),
  /** A part of the state at revision `rev`, for a peer that is behind the floor; the last part says so. */
  v.strictObject({
    t: v.literal("snapshot"),
    rev: revision,
    hash,
    epoch: revision,
    part: revision,
    last: v.boolean(),
    keys: v.pipe(v.array(snapshotKeySchema), v.maxLength(limits.snapshotKeysMax), v.readonly()),
    members: v.pipe(v.array(memberSchema), v.maxLength(limits.membersMax), v.readonly()),
    head: revision,
  }),
  v.strictObject({
    t: v.literal("catchup"),
    records: v.pipe(v.array(recordSchema), v.readonly()),
    head: revision,
  }),
  v.strictObject({
    t: v.literal("prepare"),
    term: revision,
    tx: txId,
    base: revision,
    author,
    items,
    riders,
    message: shortText,
    deadlineMs: v.number(),
    /** Nobody else votes, so nobody else can be left behind: PREPARED need not be forced. */
    sole: v.exactOptional(v.boolean()),
    /** The deadline leaves time for a person. */
    review: v.exactOptional(v.boolean()),
  }),
  v.strictObject({
    t: v.literal("reviewed"),
    tx: txId,
    accept: v.boolean(),
    reason: v.exactOptional(shortText),
  }),
  v.strictObject({ t: v.literal("commit"), record: recordSchema }),
  v.strictObject({ t: v.literal("abort"), tx: txId, code: token, reason: shortText }),
  v.strictObject({
    t: v.literal("outcome"),
    tx: txId,
    outcome: v.picklist(["commit", "abort", "pending"]),
    rev: v.exactOptional(revision),
  }),
  v.strictObject({ t: v.literal("roster"), roster }),
  v.strictObject({
    t: v.literal("progress"),
    requestId: token,
    tx: v.exactOptional(txId),
    phase: v.picklist(["queued", "waiting", "preparing", "reviewing"]),
    /** Names of the peers it waits for (`waiting`, `reviewing`) or asks (`preparing`). */
    peers: v.pipe(v.array(shortText), v.readonly()),
    /** Time left, where the phase has an end of its own. */
    deadlineMs: v.exactOptional(v.number()),
  }),
  v.strictObject({
    t: v.literal("voted"),
    requestId: token,
    tx: txId,
    peer: shortText,
    vote: v.picklist(["yes", "no", "readonly", "reviewing"]),
    code: v.exactOptional(token),
    reason: v.exactOptional(shortText),
  }),
  v.strictObject({
    t: v.literal("answer"),
    requestId: token,
    outcome: v.picklist(["committed", "aborted"]),
    tx: v.exactOptional(txId),
    rev: v.exactOptional(revision),
    code: v.exactOptional(token),
    reason: v.exactOptional(shortText),
    conflicts: v.exactOptional(v.pipe(v.array(conflict), v.maxLength(limits.itemsMax), v.readonly())),
    /** Names of voters that were moved to syncing because they were absent. */
    detached: v.exactOptional(v.pipe(v.array(shortText), v.readonly())),
  }),
  v.strictObject({ t: v.literal("error"), code: token, message: shortText, retryable: v.boolean() }),
  v.strictObject({ t: v.literal("pong") }),
]);

export type ClientMessage = v.InferOutput<typeof clientMessageSchema>;
export type CoordinatorMessage = v.InferOutput<typeof coordinatorMessageSchema>;
export type RosterEntry = v.InferOutput<typeof roster>[number];
export type Conflict = v.InferOutput<typeof conflict>;
export type Policy = v.InferOutput<typeof policy>;
export type SnapshotKey = v.InferOutput<typeof snapshotKeySchema>;
export type DriftItem = v.InferOutput<typeof driftItem>;

/**
 * Reads one frame. Returns undefined for anything that is not exactly a message of `schema`: bad JSON, unknown
 * type or member, wrong length, `__proto__`. The caller bounds the bytes before.
 */
export function readFrame<S extends typeof clientMessageSchema | typeof coordinatorMessageSchema>(
  schema: S,
  text: string,
): v.InferOutput<S> | undefined {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return undefined;
  }
  const result = v.safeParse(schema, data);
  return result.success ? result.output : undefined;
}

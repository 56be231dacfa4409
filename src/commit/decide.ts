import { closeCodes } from "../protocol/errors.ts";
import { type LogRecord, type MemberChange, type Rider, sealRecord } from "../protocol/record.ts";
import type { CoordinatorEffect } from "./effects.ts";
import { type Active, type SpaceState, type StepContext, type Submit, send } from "./space.ts";
import { takeVersions } from "./versions.ts";

type RecordBody = Pick<
  LogRecord,
  "kind" | "tx" | "author" | "requestId" | "items" | "members" | "participants" | "message"
> &
  Partial<Pick<LogRecord, "reverts" | "riders" | "detached">>;

/**
 * Makes `body` the next revision: first the forced write, then the state, then COMMIT to everyone who is at the
 * revision before (others are behind and get it by CATCHUP). The order of the effects is the protocol.
 */
function append(
  state: SpaceState,
  body: RecordBody,
  epoch: number,
  context: StepContext,
): CoordinatorEffect[] {
  const record = sealRecord({
    rev: state.head.rev + 1,
    prevHash: state.head.hash,
    term: state.term,
    epoch,
    keyEpoch: 1,
    at: context.now,
    signature: "",
    ...body,
  });
  const effects: CoordinatorEffect[] = [{ type: "persist", writes: [{ kind: "record", record }] }];
  state.head = { rev: record.rev, hash: record.hash };
  takeVersions(state.versions, record);
  const message = { t: "commit" as const, record };
  for (const session of state.sessions.values()) {
    if (session.kind !== "participant" || session.shippedRev !== record.rev - 1) continue;
    session.shippedRev = record.rev;
    effects.push(send(session.id, message));
  }
  state.rosterDirty = true;
  return effects;
}

/** Decides COMMIT for the active transaction: every participant voted YES or READ_ONLY. */
export function decideCommit(state: SpaceState, active: Active, context: StepContext): CoordinatorEffect[] {
  const [lead, ...others] = active.submits;
  state.active = undefined;
  const detached = [...new Set(active.submits.flatMap((submit) => submit.detached))];
  const effects = append(
    state,
    {
      kind: "commit",
      tx: active.tx,
      author: lead.author,
      requestId: lead.requestId,
      items: active.submits.flatMap((submit) => submit.items),
      members: [],
      participants: active.participants,
      ...(detached.length === 0 ? {} : { detached }),
      message: lead.message,
      ...(lead.reverts === undefined ? {} : { reverts: lead.reverts }),
      ...(others.length === 0 ? {} : { riders: others.map(riderOf) }),
    },
    state.epoch,
    context,
  );
  for (const submit of active.submits) {
    effects.push(
      send(submit.session, {
        t: "answer",
        requestId: submit.requestId,
        outcome: "committed",
        tx: active.tx,
        rev: state.head.rev,
        detached,
      }),
    );
  }
  return effects;
}

/** What a change set adds to the record that it shares. */
export function riderOf({ author, requestId, message, reverts, items }: Submit): Rider {
  return {
    author,
    requestId,
    message,
    ...(reverts === undefined ? {} : { reverts }),
    items: items.length,
  };
}

/** A membership record: a new epoch. Only between transactions. */
export function changeMembers(
  state: SpaceState,
  changes: readonly MemberChange[],
  context: StepContext,
): CoordinatorEffect[] {
  state.epoch += 1;
  state.txCounter += 1;
  for (const change of changes) {
    const { reason: _, device: __, ...member } = change;
    state.members.set(change.peer, member);
    if (!state.presence.has(change.peer)) {
      state.presence.set(change.peer, { absentSince: context.now, appliedRev: 0, drift: [], reviews: false });
    }
  }
  const effects = append(
    state,
    {
      kind: "membership",
      tx: `${state.space}:${state.term}:${state.txCounter}:${context.nonce}`,
      author: { peer: "", name: "coordinator" },
      requestId: "",
      items: [],
      members: changes,
      participants: [],
      message: "",
    },
    state.epoch,
    context,
  );
  const left = new Set(changes.filter((change) => change.state === "left").map((change) => change.peer));
  for (const session of [...state.sessions.values()].filter((one) => left.has(one.peer))) {
    // It has been told of its leaving; from here on nothing of the space is for it, whoever asked for the change.
    state.sessions.delete(session.id);
    effects.push({ type: "close", session: session.id, code: closeCodes.removed, reason: "left the space" });
  }
  return effects;
}

import { closeCodes } from "../protocol/errors.ts";
import { limits } from "../protocol/limits.ts";
import type { ClientMessage } from "../protocol/messages.ts";
import type { CoordinatorEffect } from "./effects.ts";
import { nextPart, openOutgoing } from "./snapshot.ts";
import { participantOf, rosterOf, type Session, type SpaceState, type StepContext, send } from "./space.ts";
import { prepareMessages } from "./turn.ts";

type Hello = Extract<ClientMessage, { t: "hello" }>;
type Resolve = Extract<ClientMessage, { t: "resolve" }>;

/** HELLO: who it is, whether its history is ours, and then everything that it misses. */
export function hello(
  state: SpaceState,
  id: string,
  message: Hello,
  context: StepContext,
): CoordinatorEffect[] {
  const member = state.members.get(message.peer);
  if (!member || member.state === "left") {
    return [
      send(id, {
        t: "error",
        code: "NOT_A_PEER",
        message: "this peer is not a member of the space",
        retryable: false,
      }),
      { type: "close", session: id, code: closeCodes.removed, reason: "not a member" },
    ];
  }
  const effects: CoordinatorEffect[] = [];
  if (message.kind === "participant") {
    // Looked at before the older connection goes: one that is refused must not make its peer look present.
    if (message.rev > state.head.rev || message.highestTerm > state.term) {
      const text = `this coordinator is at revision ${state.head.rev}, the peer at ${message.rev}: its store was lost or set back`;
      effects.push(send(id, { t: "error", code: "COORDINATOR_BEHIND", message: text, retryable: false }));
      return effects;
    }
    if (message.rev > 0 && context.revision(message.rev)?.hash !== message.hash) {
      const text = `revision ${message.rev} of this peer is not the one of the space`;
      effects.push(send(id, { t: "error", code: "FORKED", message: text, retryable: false }));
      return effects;
    }
    const older = participantOf(state, message.peer);
    if (older && older.id !== id) {
      state.sessions.delete(older.id);
      effects.push({
        type: "close",
        session: older.id,
        code: closeCodes.replaced,
        reason: "a newer connection of the same peer",
      });
    }
  }
  const session: Session = {
    id,
    peer: message.peer,
    kind: message.kind,
    appliedRev: message.rev,
    shippedRev: message.rev,
  };
  state.sessions.set(id, session);
  effects.push(
    send(id, {
      t: "welcome",
      term: state.term,
      epoch: state.epoch,
      rev: state.head.rev,
      hash: state.head.hash,
      floor: context.floor,
      roster: rosterOf(state),
      policy: state.policy,
      // A peer that does not know the member yet takes a WELCOME without it.
      ...(state.detachAfterMs === limits.detachAfterMs ? {} : { detachAfterMs: state.detachAfterMs }),
    }),
  );
  if (session.kind === "participant") effects.push(...welcomeParticipant(state, session, message, context));
  return effects;
}

function welcomeParticipant(
  state: SpaceState,
  session: Session,
  message: Hello,
  context: StepContext,
): CoordinatorEffect[] {
  state.presence.set(session.peer, {
    absentSince: undefined,
    appliedRev: message.rev,
    drift: state.presence.get(session.peer)?.drift ?? [],
    reviews: message.reviews ?? false,
  });
  state.rosterDirty = true;
  const effects: CoordinatorEffect[] = message.prepared.map((prepared) =>
    outcome(state, session, { t: "resolve", ...prepared }, context),
  );
  if (session.shippedRev < state.head.rev) effects.push(ship(session, state, context));
  const { active } = state;
  if (active?.participants.includes(session.peer) && !active.votes.has(session.peer)) {
    effects.push(...prepareMessages(state, active, [session.id], context.now));
  }
  return effects;
}

/** Ships the next part of what the session misses; APPLIED (of a companion: FETCH) asks for the part after it. */
export function ship(session: Session, state: SpaceState, context: StepContext): CoordinatorEffect {
  if (session.shippedRev < context.floor && !session.outgoing)
    session.outgoing = openOutgoing(context.snapshot());
  const { outgoing } = session;
  if (outgoing) {
    const part = nextPart(outgoing, state.head.rev);
    if (part.last) {
      session.shippedRev = part.rev;
      session.outgoing = undefined;
    }
    return send(session.id, part);
  }
  const records = context.records(session.shippedRev + 1);
  session.shippedRev = records.at(-1)?.rev ?? session.shippedRev;
  return send(session.id, { t: "catchup", records, head: state.head.rev });
}

/** FETCH: records from a revision on; for a companion behind the floor the snapshot before them, a part for each FETCH. */
export function answerFetch(
  session: Session,
  from: number,
  state: SpaceState,
  context: StepContext,
): CoordinatorEffect {
  if (session.kind === "companion" && from <= context.floor) {
    if (!session.outgoing) session.shippedRev = from - 1;
    return ship(session, state, context);
  }
  if (session.kind === "companion") session.outgoing = undefined;
  return send(session.id, { t: "catchup", records: context.records(from), head: state.head.rev });
}

/** "What happened to (tx, base)?" by the three rules of docs/PROTOCOL.md: from the log, never from memory alone. */
export function outcome(
  state: SpaceState,
  session: Session,
  message: Resolve,
  context: StepContext,
): CoordinatorEffect {
  const answer = (result: "commit" | "abort" | "pending", rev?: number): CoordinatorEffect =>
    send(session.id, {
      t: "outcome",
      tx: message.tx,
      outcome: result,
      ...(rev === undefined ? {} : { rev }),
    });
  if (state.head.rev > message.base) {
    const { tx = "" } = context.revision(message.base + 1) ?? {};
    // A store that was rebuilt from peers that had taken a snapshot may not know: a wrong word would be for ever.
    if (tx === "") return answer("pending");
    return tx === message.tx ? answer("commit", message.base + 1) : answer("abort");
  }
  if (state.active?.tx === message.tx) return answer("pending");
  return answer("abort");
}

import { closeCodes } from "../protocol/errors.ts";
import { limits } from "../protocol/limits.ts";
import type { ClientMessage } from "../protocol/messages.ts";
import type { MemberChange } from "../protocol/record.ts";
import type { CoordinatorEffect } from "./effects.ts";
import { cancel, submit } from "./intake.ts";
import { participantOf, rosterOf, type Session, type SpaceState, type StepContext, send } from "./space.ts";
import { abortActive, advance, prepareMessage, tally } from "./turn.ts";

type Hello = Extract<ClientMessage, { t: "hello" }>;
type VoteMessage = Extract<ClientMessage, { t: "vote" }>;
type Resolve = Extract<ClientMessage, { t: "resolve" }>;

/** What can happen to a space of the coordinator. */
export type CoordinatorInput =
  | { readonly kind: "start" }
  /** A frame of an authenticated connection of a member's device (HELLO has been checked against the device). */
  | { readonly kind: "message"; readonly session: string; readonly message: ClientMessage }
  | { readonly kind: "disconnected"; readonly session: string }
  | { readonly kind: "member"; readonly change: MemberChange }
  | { readonly kind: "tick" };

/**
 * One step of the coordinator's side of two-phase commit for one space (presumed abort: Mohan, Lindsay and
 * Obermarck 1986). Mutates `state` and returns the effects in the order in which they must be carried out:
 * a `persist` stands before every send that relies on it. Pure but for `state`: time and randomness are in `context`.
 */
export function step(state: SpaceState, input: CoordinatorInput, context: StepContext): CoordinatorEffect[] {
  const effects = handle(state, input, context);
  effects.push(...advance(state, context));
  effects.push(...broadcastRoster(state, context.now));
  if (input.kind === "tick") effects.push(...wakeAgain(state));
  return effects;
}

function handle(state: SpaceState, input: CoordinatorInput, context: StepContext): CoordinatorEffect[] {
  switch (input.kind) {
    case "start":
      // The new term is on disk before anything is said in it.
      return [{ type: "persist", writes: [{ kind: "term", term: state.term }] }];
    case "message":
      return receive(state, input.session, input.message, context);
    case "disconnected":
      return disconnected(state, input.session, context.now);
    case "member":
      state.memberQueue.push(input.change);
      return [];
    case "tick":
      return [];
  }
}

/**
 * Whoever drives the machine keeps one timer, the earliest asked for: a roster that is due soon takes the place of
 * a vote's deadline, and a timer may fire before its time. So each tick asks again for what is still to come.
 */
function wakeAgain(state: SpaceState): CoordinatorEffect[] {
  const { active, queue } = state;
  const deadlines = queue.map((waiting) => waiting.deadlineAt);
  if (active) deadlines.push(active.deadlineAt);
  return deadlines.length === 0 ? [] : [{ type: "timer", atMs: Math.min(...deadlines) }];
}

function receive(
  state: SpaceState,
  id: string,
  message: ClientMessage,
  context: StepContext,
): CoordinatorEffect[] {
  if (message.t === "hello") return hello(state, id, message, context);
  const session = state.sessions.get(id);
  if (!session) {
    return [send(id, { t: "error", code: "BAD_MESSAGE", message: "HELLO comes first", retryable: false })];
  }
  switch (message.t) {
    case "submit":
      return submit(state, session, message, context);
    case "cancel":
      return cancel(state, session, message.requestId);
    case "vote":
      return vote(state, session, message, context);
    case "applied":
      return applied(state, session, message.rev, context);
    case "resolve":
      return [outcome(state, session, message, context)];
    case "fetch":
      return [send(id, { t: "catchup", records: context.records(message.from), head: state.head.rev })];
    case "drift":
      return drift(state, session, message);
    case "ping":
      return [send(id, { t: "pong" })];
    default:
      return [
        send(id, {
          t: "error",
          code: "BAD_MESSAGE",
          message: `${message.t} is not expected here`,
          retryable: false,
        }),
      ];
  }
}

function hello(state: SpaceState, id: string, message: Hello, context: StepContext): CoordinatorEffect[] {
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
      floor: 0,
      roster: rosterOf(state),
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
  });
  state.rosterDirty = true;
  const effects: CoordinatorEffect[] = message.prepared.map((prepared) =>
    outcome(state, session, { t: "resolve", ...prepared }, context),
  );
  if (session.shippedRev < state.head.rev) effects.push(ship(session, state, context));
  const { active } = state;
  if (active?.participants.includes(session.peer) && !active.votes.has(session.peer)) {
    effects.push(prepareMessage(state, active, session.id, context.now));
  }
  return effects;
}

/** Ships the next part of what the session misses; APPLIED asks for the part after it. */
function ship(session: Session, state: SpaceState, context: StepContext): CoordinatorEffect {
  const records = context.records(session.shippedRev + 1);
  session.shippedRev = records.at(-1)?.rev ?? session.shippedRev;
  return send(session.id, { t: "catchup", records, head: state.head.rev });
}

/** "What happened to (tx, base)?" by the three rules of docs/PROTOCOL.md: from the log, never from memory alone. */
function outcome(
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
    return context.revision(message.base + 1)?.tx === message.tx
      ? answer("commit", message.base + 1)
      : answer("abort");
  }
  if (state.active?.tx === message.tx) return answer("pending");
  return answer("abort");
}

function vote(
  state: SpaceState,
  session: Session,
  message: VoteMessage,
  context: StepContext,
): CoordinatorEffect[] {
  const { active } = state;
  // A vote of a companion, of a transaction that is decided already, or of nobody's: RESOLVE is what settles those.
  if (
    session.kind !== "participant" ||
    active?.tx !== message.tx ||
    !active.participants.includes(session.peer)
  )
    return [];
  if (active.votes.has(session.peer)) return [];
  const name = state.members.get(session.peer)?.name ?? session.peer;
  const { code, reason } = message;
  const effects: CoordinatorEffect[] = [
    send(active.submit.session, {
      t: "voted",
      requestId: active.submit.requestId,
      tx: active.tx,
      peer: name,
      vote: message.vote,
      ...(code === undefined ? {} : { code }),
      ...(reason === undefined ? {} : { reason }),
    }),
  ];
  if (message.vote === "no") {
    const abort = { code: code ?? "DRIFT", reason: `${name} refused: ${reason ?? "no reason given"}` };
    return [...effects, ...abortActive(state, active, abort)];
  }
  active.votes.set(session.peer, message.vote);
  return [...effects, ...tally(state, active, context)];
}

function applied(
  state: SpaceState,
  session: Session,
  rev: number,
  context: StepContext,
): CoordinatorEffect[] {
  if (session.kind !== "participant" || rev > state.head.rev) return [];
  session.appliedRev = Math.max(session.appliedRev, rev);
  const presence = state.presence.get(session.peer);
  if (presence) presence.appliedRev = session.appliedRev;
  state.rosterDirty = true;
  return session.appliedRev >= session.shippedRev && session.shippedRev < state.head.rev
    ? [ship(session, state, context)]
    : [];
}

function drift(
  state: SpaceState,
  session: Session,
  message: Extract<ClientMessage, { t: "drift" }>,
): CoordinatorEffect[] {
  const presence = state.presence.get(session.peer);
  if (session.kind !== "participant" || !presence) return [];
  presence.drift = message.items;
  state.rosterDirty = true;
  return [];
}

function disconnected(state: SpaceState, id: string, now: number): CoordinatorEffect[] {
  const session = state.sessions.get(id);
  state.sessions.delete(id);
  if (session?.kind !== "participant") return [];
  const presence = state.presence.get(session.peer);
  if (presence) presence.absentSince = now;
  state.rosterDirty = true;
  return [];
}

/** Tells everyone who is there and how far, at most once per limits.rosterIntervalMs. */
function broadcastRoster(state: SpaceState, now: number): CoordinatorEffect[] {
  if (!state.rosterDirty) return [];
  const dueAt = state.rosterSentAt + limits.rosterIntervalMs;
  if (now < dueAt) return [{ type: "timer", atMs: dueAt }];
  state.rosterDirty = false;
  state.rosterSentAt = now;
  const roster = rosterOf(state);
  return [...state.sessions.keys()].map((session) => send(session, { t: "roster", roster }));
}

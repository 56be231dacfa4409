import { limits } from "../protocol/limits.ts";
import type { ClientMessage } from "../protocol/messages.ts";
import type { MemberChange } from "../protocol/record.ts";
import type { CoordinatorEffect } from "./effects.ts";
import { answerFetch, hello, outcome, ship } from "./greeting.ts";
import { cancel, submit } from "./intake.ts";
import { advance } from "./queue.ts";
import {
  type Active,
  participantOf,
  rosterOf,
  type Session,
  type SpaceState,
  type StepContext,
  send,
  silentOf,
} from "./space.ts";
import { abortActive, progress, retryAlone, tally } from "./turn.ts";

type VoteMessage = Extract<ClientMessage, { t: "vote" }>;
type ReviewMessage = Extract<ClientMessage, { t: "review" }>;

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
  if (active) deadlines.push(silentOf(active).length > 0 ? active.votesDueAt : active.deadlineAt);
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
    case "review":
      return passReview(state, session, message);
    case "applied":
      return applied(state, session, message.rev, context);
    case "resolve":
      return [outcome(state, session, message, context)];
    case "fetch":
      return [answerFetch(session, message.from, state, context)];
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
  const shared = active.submits.length > 1;
  if (message.vote === "no") {
    const abort = { code: code ?? "DRIFT", reason: `${name} refused: ${reason ?? "no reason given"}` };
    return shared
      ? retryAlone(state, active, abort)
      : [...tellVote(active, message, name), ...abortActive(state, active, abort)];
  }
  const effects = tellVote(active, message, name);
  if (message.vote === "reviewing") {
    active.reviewing.add(session.peer);
    const names = [...active.reviewing].map((peer) => state.members.get(peer)?.name ?? peer);
    const deadlineMs = Math.max(0, active.deadlineAt - context.now);
    const [lead] = active.submits;
    return [...effects, ...progress(lead, "reviewing", names, { tx: active.tx, deadlineMs })];
  }
  active.reviewing.delete(session.peer);
  active.votes.set(session.peer, message.vote);
  return [...effects, ...tally(state, active, context)];
}

/** Tells the authors who voted what. A shared revision's refusal is told when each stands for itself. */
function tellVote(active: Active, message: VoteMessage, name: string): CoordinatorEffect[] {
  const { vote: said, code, reason } = message;
  return active.submits.map(({ session, requestId }) =>
    send(session, {
      t: "voted",
      requestId,
      tx: active.tx,
      peer: name,
      vote: said,
      ...(code === undefined ? {} : { code }),
      ...(reason === undefined ? {} : { reason }),
    }),
  );
}

/** What a person decided beside the participant is handed to that one; it votes. */
function passReview(state: SpaceState, session: Session, message: ReviewMessage): CoordinatorEffect[] {
  const { tx, accept, reason } = message;
  const participant = participantOf(state, session.peer);
  if (!participant) return [];
  return [send(participant.id, { t: "reviewed", tx, accept, ...(reason === undefined ? {} : { reason }) })];
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
  const hasAll = session.appliedRev >= session.shippedRev;
  const isMore = session.outgoing !== undefined || (hasAll && session.shippedRev < state.head.rev);
  return isMore ? [ship(session, state, context)] : [];
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
  const { active } = state;
  if (!active?.reviewing.delete(session.peer)) return [];
  // Its person is asked again when it is back; that must not take longer than a vote may.
  active.votesDueAt = Math.min(active.deadlineAt, now + limits.prepareTimeoutMs);
  return [{ type: "timer", atMs: active.votesDueAt }];
}

/**
 * Tells everyone who is there and how far, a little after it changed: not in the middle of the commit that changes it,
 * and the less often the longer the list and the more there are to be told (both grow with the members).
 */
function broadcastRoster(state: SpaceState, now: number): CoordinatorEffect[] {
  if (!state.rosterDirty) return [];
  if (state.rosterDueAt === Number.POSITIVE_INFINITY) {
    const entries = state.members.size * state.sessions.size;
    const afterMs = Math.max(limits.rosterIntervalMs, (1_000 * entries) / limits.rosterEntriesPerSecondMax);
    state.rosterDueAt = now + Math.min(afterMs, limits.rosterIntervalMaxMs);
  }
  if (now < state.rosterDueAt) return [{ type: "timer", atMs: state.rosterDueAt }];
  state.rosterDirty = false;
  state.rosterDueAt = Number.POSITIVE_INFINITY;
  const message = { t: "roster" as const, roster: rosterOf(state) };
  return [...state.sessions.keys()].map((session) => send(session, message));
}

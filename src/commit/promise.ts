import { limits } from "../protocol/limits.ts";
import type { ParticipantEffect, PreparedRecord, StagedFile } from "./effects.ts";
import { hello, type ParticipantContext, type ParticipantState, type Prepare } from "./participantState.ts";

/** PREPARE: whether the question can be looked at now, later, or is answered already. */
export function prepare(
  state: ParticipantState,
  message: Prepare,
  context: ParticipantContext,
): ParticipantEffect[] {
  const no = (code: string, reason: string): ParticipantEffect[] =>
    vote(message, { vote: "no", code, reason });
  if (message.term < state.highestTerm) return [];
  if (state.prepared?.tx === message.tx)
    return [{ type: "send", message: { t: "vote", tx: message.tx, vote: "yes" } }];
  if (state.staging?.tx === message.tx) {
    // Asked again after a reconnect: what staging finds is void, so it is looked at anew afterwards.
    if (state.stagingAborted) state.waiting = message;
    return [];
  }
  if (state.review?.prepare.tx === message.tx) return askPerson(state, message, context);
  // One transaction at a time: another PREPARE says that the one before it is over.
  state.review = undefined;
  if (state.prepared) return no("IN_DOUBT", "an earlier transaction is in doubt here");
  if (message.base === state.committed.rev && (state.applied.rev < message.base || state.staging)) {
    state.waiting = message;
    return [];
  }
  // What is held counts, not what is applied: while a file is locked, a late PREPARE of the very transaction that
  // is being applied would be promised again, and nothing would ever settle it.
  if (message.base !== state.committed.rev) {
    const behind = no("BEHIND", `at revision ${state.committed.rev}, not ${message.base}`);
    return message.base > state.committed.rev ? [...behind, hello(state)] : behind;
  }
  return stage(state, message);
}

function stage(state: ParticipantState, message: Prepare): ParticipantEffect[] {
  state.staging = message;
  state.stagingAborted = false;
  const { tx, base, items, author } = message;
  return [{ type: "stage", tx, base, items, author: author.name }];
}

function vote(
  message: Prepare,
  said: { vote: "yes" | "readonly" } | { vote: "no"; code: string; reason: string },
): ParticipantEffect[] {
  return [
    { type: "send", message: { t: "vote", tx: message.tx, ...said } },
    { type: "notify", event: { kind: "voted", tx: message.tx, author: message.author.name, ...said } },
  ];
}

/** Everything was checked and lies staged: the promise is forced, then said. */
export function staged(
  state: ParticipantState,
  tx: string,
  files: readonly StagedFile[],
  context: ParticipantContext,
): ParticipantEffect[] {
  const message = state.staging;
  if (message?.tx !== tx) return [{ type: "discardStaged", tx, staged: files }];
  state.staging = undefined;
  // Between PREPARE and here the world went on: an ABORT, a newer term or another revision made the vote void.
  const stale =
    state.stagingAborted || message.term < state.highestTerm || message.base !== state.committed.rev;
  if (stale) return [{ type: "discardStaged", tx, staged: files }, withdrawn(tx), ...next(state, context)];
  if (needsReview(state, message)) {
    // Looked at again when the person has answered: what is staged now may be old by then.
    return [
      { type: "discardStaged", tx, staged: files },
      ...askPerson(state, message, context),
      ...next(state, context),
    ];
  }
  const prepared: PreparedRecord = {
    tx,
    base: message.base,
    term: message.term,
    items: message.items,
    staged: files,
    sinceMs: context.now,
    origin: {
      author: message.author,
      message: message.message,
      ...(message.riders === undefined ? {} : { riders: message.riders }),
    },
  };
  state.prepared = prepared;
  state.resolveAttempt = 0;
  state.resolveAt = context.now + limits.prepareTimeoutMs;
  return [
    { type: "persist", writes: [{ kind: "prepared", prepared }], force: message.sole !== true },
    ...vote(message, { vote: "yes" }),
    { type: "timer", atMs: state.resolveAt },
  ];
}

/** The check ended without a promise. */
export function refusedOrReadonly(
  state: ParticipantState,
  tx: string,
  said: { vote: "readonly" } | { vote: "no"; code: string; reason: string },
  context: ParticipantContext,
): ParticipantEffect[] {
  const message = state.staging;
  if (message?.tx !== tx) return [];
  state.staging = undefined;
  return [...(state.stagingAborted ? [withdrawn(tx)] : vote(message, said)), ...next(state, context)];
}

function needsReview(state: ParticipantState, { tx, author, riders = [] }: Prepare): boolean {
  const others = [author, ...riders.map((rider) => rider.author)].some(({ peer }) => peer !== state.peer);
  return state.reviews && others && state.accepted !== tx;
}

function askPerson(
  state: ParticipantState,
  message: Prepare,
  context: ParticipantContext,
): ParticipantEffect[] {
  const { tx, author, items } = message;
  const deadlineAt = state.review?.deadlineAt ?? context.now + message.deadlineMs;
  const asked = state.review !== undefined;
  state.review = { prepare: message, deadlineAt };
  const reviewing: ParticipantEffect = { type: "send", message: { t: "vote", tx, vote: "reviewing" } };
  if (asked) return [reviewing];
  const notice = { kind: "review" as const, tx, author: author.name, message: message.message, items };
  return [
    reviewing,
    { type: "notify", event: { ...notice, deadlineAtMs: deadlineAt } },
    { type: "timer", atMs: deadlineAt },
  ];
}

/** The person has decided: the change is checked and staged anew, or refused in their name. */
export function reviewed(
  state: ParticipantState,
  answer: { readonly tx: string; readonly accept: boolean; readonly reason?: string },
  context: ParticipantContext,
): ParticipantEffect[] {
  const message = state.review?.prepare;
  if (message?.tx !== answer.tx) return [];
  state.review = undefined;
  if (!answer.accept)
    return vote(message, {
      vote: "no",
      code: "DECLINED",
      reason: answer.reason ?? "declined by its reviewer",
    });
  state.accepted = answer.tx;
  return prepare(state, message, context);
}

/** A review whose transaction is over, or cannot be voted on any more. */
export function dropReview(state: ParticipantState, tx: string | undefined): ParticipantEffect[] {
  const asked = state.review?.prepare.tx;
  if (asked === undefined || (tx !== undefined && tx !== asked)) return [];
  state.review = undefined;
  return [withdrawn(asked)];
}

/** The face learns that a transaction it shows as being prepared is over: without this peer's vote it never commits. */
function withdrawn(tx: string): ParticipantEffect {
  return { type: "notify", event: { kind: "resolved", tx, outcome: "abort" } };
}

/** A PREPARE that had to wait is looked at again. */
export function next(state: ParticipantState, context: ParticipantContext): ParticipantEffect[] {
  const message = state.waiting;
  if (!message) return [];
  state.waiting = undefined;
  return prepare(state, message, context);
}

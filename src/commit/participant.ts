import { limits } from "../protocol/limits.ts";
import type { CoordinatorMessage } from "../protocol/messages.ts";
import { follows, type LogRecord } from "../protocol/record.ts";
import { retryDelayMs } from "./backoff.ts";
import type { ParticipantEffect, ParticipantWrite, PreparedRecord } from "./effects.ts";
import {
  carriedOut,
  carryOut,
  carryOutLater,
  compare,
  compareRecords,
  force,
  isForced,
  resynced,
  sparedItems,
} from "./heuristic.ts";
import {
  acknowledge,
  hello,
  type ParticipantContext,
  type ParticipantInput,
  type ParticipantState,
} from "./participantState.ts";
import { dropReview, next, prepare, refusedOrReadonly, reviewed, staged } from "./promise.ts";
import { forked, staleTerm } from "./refusals.ts";
import { decidedElsewhere, takePart } from "./snapshotTaking.ts";

/**
 * One step of a participant of two-phase commit. Mutates `state` and returns effects in the order in which they
 * must be carried out: PREPARED is forced before YES, COMMITTED before anything is renamed or APPLIED. After YES
 * it never decides alone: only the coordinator's word or another transaction at base+1 ends the doubt.
 */
export function stepParticipant(
  state: ParticipantState,
  input: ParticipantInput,
  context: ParticipantContext,
): ParticipantEffect[] {
  switch (input.kind) {
    case "start":
      return [...startApply(state), ...carryOut(state)];
    case "connected":
      state.connected = true;
      state.welcomed = false;
      state.incoming = undefined;
      return [hello(state)];
    case "disconnected":
      return disconnected(state, context);
    case "message":
      return receive(state, input.message, context);
    case "staged":
      return staged(state, input.tx, input.staged, context);
    case "readonly":
      return refusedOrReadonly(state, input.tx, { vote: "readonly" }, context);
    case "refused":
      return refusedOrReadonly(
        state,
        input.tx,
        { vote: "no", code: input.code, reason: input.reason },
        context,
      );
    case "reviewed":
      return reviewed(state, input, context);
    case "applied":
      return applied(state, input.rev, context);
    case "applyFailed":
      state.applying = false;
      state.retryApplyAt = context.now + limits.lockedRetryMs;
      return [
        { type: "notify", event: { kind: "applyFailed", problem: input.problem } },
        { type: "timer", atMs: state.retryApplyAt },
      ];
    case "force":
      return force(state, input.tx, input.outcome, context);
    case "forced":
      return carriedOut(state, input.tx);
    case "forceFailed":
      return [
        { type: "notify", event: { kind: "applyFailed", problem: input.problem } },
        ...carryOutLater(state, context),
      ];
    case "resynced":
      return resynced(state, input.tx);
    case "tick":
      return tick(state, context);
  }
}

function receive(
  state: ParticipantState,
  message: CoordinatorMessage,
  context: ParticipantContext,
): ParticipantEffect[] {
  const told: ParticipantEffect = { type: "notify", event: { kind: "coordinator", message } };
  switch (message.t) {
    case "welcome":
      return [...welcome(state, message.term, message.rev), told];
    case "prepare":
      return prepare(state, message, context);
    case "reviewed":
      return reviewed(state, message, context);
    case "commit":
      return hold(state, [message.record]);
    case "catchup":
      return hold(state, message.records);
    case "snapshot":
      return applySoon(state, takePart(state, message));
    case "abort":
      return aborted(state, message.tx, context);
    case "outcome":
      return outcome(state, message, context);
    default:
      return [told];
  }
}

function welcome(state: ParticipantState, term: number, rev: number): ParticipantEffect[] {
  if (term < state.highestTerm) {
    return [{ type: "hangUp", problem: staleTerm(term, state.highestTerm), retry: true }];
  }
  state.welcomed = true;
  const effects: ParticipantEffect[] = [];
  if (term > state.highestTerm) {
    state.highestTerm = term;
    // Rides with the next forced write, which comes before any promise made in this term.
    effects.push({ type: "persist", writes: [{ kind: "term", term }], force: false });
  }
  effects.push({ type: "notify", event: { kind: "welcome", rev } });
  return effects;
}

/** Takes records that follow what is held: forced first, then applied. What is held already is acknowledged again. */
function hold(state: ParticipantState, records: readonly LogRecord[]): ParticipantEffect[] {
  const fresh: LogRecord[] = [];
  let last = state.committed;
  for (const record of records) {
    if (record.rev <= last.rev) continue;
    // A gap: HELLO asks for what is missing. More of it follows each APPLIED by itself; asking because the head is
    // farther would go round and round while a locked file keeps what is applied behind what is held.
    if (record.rev > last.rev + 1) return [hello(state)];
    if (!follows(last, record)) return [{ type: "hangUp", problem: forked(record.rev), retry: false }];
    fresh.push(record);
    last = { rev: record.rev, hash: record.hash };
  }
  if (fresh.length === 0) return state.applying ? [] : [acknowledge(state)];
  state.committed = last;
  const overtaken = dropReview(state, undefined);
  for (const record of fresh) state.unapplied.set(record.rev, record.hash);
  const { writes, notices } = compareRecords(state, fresh);
  const committed = fresh.map((record) => ({ kind: "committed" as const, record }));
  return [
    { type: "persist", writes: [...committed, ...writes], force: true },
    ...fresh.map((record): ParticipantEffect => ({ type: "notify", event: { kind: "committed", record } })),
    ...overtaken,
    ...settle(state, fresh),
    ...notices,
    ...startApply(state),
  ];
}

/** A record at base+1 settles a prepared transaction: it is that record, or it was aborted. */
function settle(state: ParticipantState, fresh: readonly LogRecord[]): ParticipantEffect[] {
  const { prepared } = state;
  const decided = prepared && fresh.find((record) => record.rev === prepared.base + 1);
  if (!prepared || !decided) return [];
  state.prepared = undefined;
  if (decided.tx === prepared.tx) {
    state.redo = prepared;
    return [{ type: "notify", event: { kind: "resolved", tx: prepared.tx, outcome: "commit" } }];
  }
  return dropPrepared(prepared);
}

function dropPrepared(
  prepared: PreparedRecord,
  writes: readonly ParticipantWrite[] = [],
): ParticipantEffect[] {
  return [
    { type: "persist", writes: [...writes, { kind: "aborted", tx: prepared.tx }], force: writes.length > 0 },
    { type: "discardStaged", tx: prepared.tx, staged: prepared.staged },
    { type: "notify", event: { kind: "resolved", tx: prepared.tx, outcome: "abort" } },
  ];
}

/** `taken`, and then the files, if a snapshot was taken. */
function applySoon(state: ParticipantState, taken: readonly ParticipantEffect[]): ParticipantEffect[] {
  return taken.some(({ type }) => type === "persist") ? [...taken, ...startApply(state)] : [...taken];
}

function startApply(state: ParticipantState): ParticipantEffect[] {
  if (state.applying || state.applied.rev >= state.committed.rev) return [];
  state.applying = true;
  state.retryApplyAt = Number.POSITIVE_INFINITY;
  const from = state.applied.rev;
  const to = state.committed.rev;
  return [{ type: "apply", from, to, prepared: state.redo, spared: sparedItems(state, from, to) }];
}

function applied(state: ParticipantState, rev: number, context: ParticipantContext): ParticipantEffect[] {
  state.applying = false;
  const from = state.applied.rev;
  const hash = state.unapplied.get(rev) ?? state.committed.hash;
  for (let done = from + 1; done <= rev; done += 1) state.unapplied.delete(done);
  state.applied = { rev, hash };
  const effects: ParticipantEffect[] = [
    { type: "persist", writes: [{ kind: "applied", rev }], force: false },
  ];
  if (state.redo && state.redo.base < rev) state.redo = undefined;
  if (state.connected) effects.push(acknowledge(state));
  effects.push({ type: "notify", event: { kind: "applied", from, to: rev } });
  const more = startApply(state);
  return [...effects, ...more, ...(more.length === 0 ? next(state, context) : [])];
}

function aborted(state: ParticipantState, tx: string, context: ParticipantContext): ParticipantEffect[] {
  if (state.waiting?.tx === tx) state.waiting = undefined;
  if (state.staging?.tx === tx) state.stagingAborted = true;
  const { prepared } = state;
  if (prepared?.tx !== tx) return dropReview(state, tx);
  state.prepared = undefined;
  const { writes, notices } = compare(state, tx, undefined);
  return [...dropPrepared(prepared, writes), ...notices, ...next(state, context)];
}

function outcome(
  state: ParticipantState,
  message: Extract<CoordinatorMessage, { t: "outcome" }>,
  context: ParticipantContext,
): ParticipantEffect[] {
  if (message.outcome === "abort") return aborted(state, message.tx, context);
  if (state.prepared?.tx !== message.tx) return [];
  if (message.outcome === "commit") return applySoon(state, decidedElsewhere(state, message.tx));
  const again: ParticipantEffect = { type: "send", message: { t: "vote", tx: message.tx, vote: "yes" } };
  return [again, ...scheduleResolve(state, context)];
}

function scheduleResolve(state: ParticipantState, context: ParticipantContext): ParticipantEffect[] {
  const delayMs = retryDelayMs(
    state.resolveAttempt,
    limits.resendFirstMs,
    limits.resendMaxMs,
    context.random,
  );
  state.resolveAttempt += 1;
  state.resolveAt = context.now + delayMs;
  return [{ type: "timer", atMs: state.resolveAt }];
}

function disconnected(state: ParticipantState, context: ParticipantContext): ParticipantEffect[] {
  state.connected = false;
  state.welcomed = false;
  state.waiting = undefined;
  if (state.staging) state.stagingAborted = true;
  // Asked again when the connection is back, with what is left of its time.
  const unasked = dropReview(state, undefined);
  if (!state.prepared) return unasked;
  return [...unasked, ...doubt(state, state.prepared), ...scheduleResolve(state, context)];
}

function doubt(state: ParticipantState, prepared: PreparedRecord): ParticipantEffect[] {
  const { tx, sinceMs, items } = prepared;
  if (isForced(state, tx)) return [];
  const keys = items.map((item) => `${item.env}\0${item.key}`);
  return [{ type: "notify", event: { kind: "inDoubt", tx, sinceMs, keys } }];
}

function tick(state: ParticipantState, context: ParticipantContext): ParticipantEffect[] {
  const effects: ParticipantEffect[] = [];
  if (context.now >= state.retryApplyAt) effects.push(...startApply(state));
  if (context.now >= state.retryForceAt) effects.push(...carryOut(state));
  if (state.review && context.now >= state.review.deadlineAt) effects.push(...dropReview(state, undefined));
  if (state.prepared && context.now >= state.resolveAt) {
    const { tx, base } = state.prepared;
    effects.push(...doubt(state, state.prepared), ...scheduleResolve(state, context));
    if (state.connected && state.welcomed)
      effects.push({ type: "send", message: { t: "resolve", tx, base } });
  }
  // A timer may fire before its time, and the earliest one takes the place of the others: ask again for what is
  // still to come, or a doubt that nobody else ends would stay for ever.
  const atMs = Math.min(
    state.retryApplyAt,
    state.retryForceAt,
    state.prepared ? state.resolveAt : Number.POSITIVE_INFINITY,
    state.review?.deadlineAt ?? Number.POSITIVE_INFINITY,
  );
  if (Number.isFinite(atMs)) effects.push({ type: "timer", atMs });
  return effects;
}

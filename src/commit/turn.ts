import { limits } from "../protocol/limits.ts";
import type { Conflict } from "../protocol/messages.ts";
import { type MemberChange, slot } from "../protocol/record.ts";
import { changeMembers, decideCommit } from "./decide.ts";
import type { CoordinatorEffect } from "./effects.ts";
import type { Member } from "./ports.ts";
import {
  type Active,
  participantOf,
  type SpaceState,
  type StepContext,
  type Submit,
  send,
  votersOf,
} from "./space.ts";

/** Why a submit ends without a decision to commit. */
export interface Abort {
  readonly code: string;
  /** Names peer, key and reason. */
  readonly reason: string;
  readonly conflicts?: readonly Conflict[];
}

/** Answers a submit with an abort and remembers the answer, bounded. */
export function answerAborted(
  state: SpaceState,
  submit: Submit,
  abort: Abort,
  tx?: string,
): CoordinatorEffect {
  const answer = {
    t: "answer" as const,
    requestId: submit.requestId,
    outcome: "aborted" as const,
    ...(tx === undefined ? {} : { tx }),
    code: abort.code,
    reason: abort.reason,
    conflicts: [...(abort.conflicts ?? [])],
    detached: [...submit.detached],
  };
  state.abortedAnswers.set(submit.requestId, answer);
  if (state.abortedAnswers.size > limits.abortedAnswersMax) {
    const oldest = state.abortedAnswers.keys().next();
    if (!oldest.done) state.abortedAnswers.delete(oldest.value);
  }
  return send(submit.session, answer);
}

/** Aborts the active transaction. Presumed abort: nothing is written. */
export function abortActive(state: SpaceState, active: Active, abort: Abort): CoordinatorEffect[] {
  state.active = undefined;
  const effects: CoordinatorEffect[] = [];
  for (const peer of active.participants) {
    const session = participantOf(state, peer);
    if (session)
      effects.push(send(session.id, { t: "abort", tx: active.tx, code: abort.code, reason: abort.reason }));
  }
  effects.push(answerAborted(state, active.submit, abort, active.tx));
  return effects;
}

/** The keys of a submit whose versions are no longer the expected ones. */
export function conflictsOf(state: SpaceState, submit: Submit): Conflict[] {
  const conflicts: Conflict[] = [];
  for (const item of submit.items) {
    const current = state.versions.get(slot(item.env, item.key));
    if ((current?.version ?? 0) === item.expected) continue;
    conflicts.push({
      env: item.env,
      key: item.key,
      expected: item.expected,
      current: current?.version ?? 0,
      author: current?.author ?? "",
      at: current?.at ?? 0,
    });
  }
  return conflicts;
}

function progress(
  submit: Submit,
  phase: "queued" | "waiting" | "preparing",
  peers: readonly string[],
  tx?: string,
): CoordinatorEffect[] {
  const text = `${phase}:${peers.join()}`;
  if (submit.lastProgress === text) return [];
  submit.lastProgress = text;
  return [
    send(submit.session, {
      t: "progress",
      requestId: submit.requestId,
      phase,
      peers: [...peers],
      ...(tx === undefined ? {} : { tx }),
    }),
  ];
}

/** Voters that cannot be asked yet: absent, or connected and behind the head. */
function missingVoters(state: SpaceState): { absent: Member[]; behind: Member[] } {
  const absent: Member[] = [];
  const behind: Member[] = [];
  for (const member of votersOf(state)) {
    const session = participantOf(state, member.peer);
    if (!session) absent.push(member);
    else if (session.appliedRev < state.head.rev) behind.push(member);
  }
  return { absent, behind };
}

/** Members that are at head and may become voters again. */
function promotions(state: SpaceState): MemberChange[] {
  const changes: MemberChange[] = [];
  for (const member of state.members.values()) {
    if (member.state !== "syncing") continue;
    const session = participantOf(state, member.peer);
    if (session && session.appliedRev === state.head.rev) {
      changes.push({ ...member, state: "voter", reason: "caught up" });
    }
  }
  return changes;
}

function detachments(state: SpaceState, absent: readonly Member[], now: number): MemberChange[] {
  return absent
    .filter((member) => now - (state.presence.get(member.peer)?.absentSince ?? now) >= state.detachAfterMs)
    .map((member) => ({ ...member, state: "syncing" as const, reason: "absent" }));
}

function prepare(state: SpaceState, submit: Submit, context: StepContext): CoordinatorEffect[] {
  state.txCounter += 1;
  const voters = votersOf(state);
  const deadlineAt = Math.min(submit.deadlineAt, context.now + limits.prepareTimeoutMs);
  const active: Active = {
    submit,
    tx: `${state.space}:${state.term}:${state.txCounter}:${context.nonce}`,
    base: state.head.rev,
    participants: voters.map((member) => member.peer),
    votes: new Map(),
    deadlineAt,
  };
  state.active = active;
  const effects = progress(
    submit,
    "preparing",
    voters.map((member) => member.name),
    active.tx,
  );
  for (const voter of voters) {
    const session = participantOf(state, voter.peer);
    if (session) effects.push(prepareMessage(state, active, session.id, context.now));
  }
  effects.push({ type: "timer", atMs: deadlineAt });
  return effects;
}

/** PREPARE of the active transaction; also sent again to a voter that came back. */
export function prepareMessage(
  state: SpaceState,
  active: Active,
  session: string,
  now: number,
): CoordinatorEffect {
  return send(session, {
    t: "prepare",
    term: state.term,
    tx: active.tx,
    base: active.base,
    author: active.submit.author,
    items: [...active.submit.items],
    message: active.submit.message,
    deadlineMs: Math.max(0, active.deadlineAt - now),
  });
}

/** Whether all have voted, and then the decision. */
export function tally(state: SpaceState, active: Active, context: StepContext): CoordinatorEffect[] {
  if (active.votes.size < active.participants.length) return [];
  return decideCommit(state, active, context);
}

/** Ends submits whose time is over, naming whom they waited for. */
function expire(state: SpaceState, context: StepContext): CoordinatorEffect[] {
  const effects: CoordinatorEffect[] = [];
  const { active } = state;
  if (active && context.now >= active.deadlineAt) {
    const silent = active.participants.filter((peer) => !active.votes.has(peer));
    const names = silent.map((peer) => state.members.get(peer)?.name ?? peer).join(", ");
    effects.push(...abortActive(state, active, { code: "TIMEOUT", reason: `no vote in time from ${names}` }));
  }
  for (const submit of state.queue.filter((waiting) => context.now >= waiting.deadlineAt)) {
    state.queue.splice(state.queue.indexOf(submit), 1);
    const { absent, behind } = missingVoters(state);
    const names = [...absent, ...behind].map((member) => member.name).join(", ");
    const reason = names === "" ? "its turn did not come in time" : `waited in vain for ${names}`;
    effects.push(answerAborted(state, submit, { code: "TIMEOUT", reason }));
  }
  return effects;
}

/**
 * What can happen now, between two inputs: expiry, membership changes, and the start of the next transaction.
 * One transaction at a time is between PREPARE and its decision; membership changes go between transactions.
 */
export function advance(state: SpaceState, context: StepContext): CoordinatorEffect[] {
  const effects = expire(state, context);
  if (state.active) return effects;
  // One change a peer: the last one asked for. A promotion in the same record would undo a leave.
  const asked = new Map(state.memberQueue.splice(0).map((change) => [change.peer, change]));
  const promoted = promotions(state).filter(({ peer }) => !asked.has(peer));
  const changes = [...asked.values(), ...promoted];
  if (changes.length > 0) effects.push(...changeMembers(state, changes, context));
  for (let submit = state.queue[0]; submit && !state.active; submit = state.queue[0]) {
    const conflicts = conflictsOf(state, submit);
    if (conflicts.length > 0) {
      state.queue.shift();
      effects.push(answerAborted(state, submit, conflictAbort(conflicts)));
      continue;
    }
    const { absent, behind } = missingVoters(state);
    const gone = detachments(state, absent, context.now);
    if (gone.length > 0) {
      effects.push(...changeMembers(state, gone, context));
      submit.detached.push(...gone.map((change) => change.name));
      continue;
    }
    if (absent.length + behind.length > 0) {
      effects.push(
        ...progress(
          submit,
          "waiting",
          [...absent, ...behind].map((member) => member.name),
        ),
      );
      effects.push({ type: "timer", atMs: nextWake(state, submit, absent) });
      return effects;
    }
    state.queue.shift();
    if (votersOf(state).length === 0) {
      // Nobody to ask (only observers or peers that still catch up): a commit with no voter promises nothing.
      effects.push(
        answerAborted(state, submit, { code: "TIMEOUT", reason: "the space has no voter at its head" }),
      );
      continue;
    }
    effects.push(...prepare(state, submit, context));
  }
  return effects;
}

function nextWake(state: SpaceState, submit: Submit, absent: readonly Member[]): number {
  const detachAt = absent.map(
    (member) => (state.presence.get(member.peer)?.absentSince ?? 0) + state.detachAfterMs,
  );
  return Math.min(submit.deadlineAt, ...detachAt);
}

function conflictAbort(conflicts: readonly Conflict[]): Abort {
  const named = conflicts
    .map((conflict) =>
      conflict.current === 0
        ? `${conflict.key} is not in the space`
        : `${conflict.key} was changed by ${conflict.author}`,
    )
    .join("; ");
  return { code: "CONFLICT", reason: named, conflicts };
}

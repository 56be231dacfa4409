import { limits } from "../protocol/limits.ts";
import type { Conflict, CoordinatorMessage } from "../protocol/messages.ts";
import { slot } from "../protocol/record.ts";
import { decideCommit, riderOf } from "./decide.ts";
import type { CoordinatorEffect } from "./effects.ts";
import {
  type Active,
  participantsOf,
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

/** Ends the active transaction without a decision. Presumed abort: nothing is written. */
function endActive(
  state: SpaceState,
  active: Active,
  { code, reason }: Pick<Abort, "code" | "reason">,
): CoordinatorEffect[] {
  state.active = undefined;
  const sessions = participantsOf(state);
  return active.participants.flatMap((peer) => {
    const session = sessions.get(peer);
    return session ? [send(session.id, { t: "abort", tx: active.tx, code, reason })] : [];
  });
}

/** Aborts the active transaction for all of its authors. */
export function abortActive(state: SpaceState, active: Active, abort: Abort): CoordinatorEffect[] {
  return [
    ...endActive(state, active, abort),
    ...active.submits.map((submit) => answerAborted(state, submit, abort, active.tx)),
  ];
}

/**
 * A voter refused a revision that several change sets share: nobody else's refusal is theirs to bear, so each of them
 * stands for itself from now on, in the order that they had, under a transaction of its own.
 */
export function retryAlone(state: SpaceState, active: Active, abort: Abort): CoordinatorEffect[] {
  for (const submit of active.submits) submit.alone = true;
  return [...endActive(state, active, abort), ...requeue(state, active.submits)];
}

/** Takes one change set out of the active transaction; the others wait for another one, before everybody else. */
export function withdraw(state: SpaceState, active: Active, gone: Submit): CoordinatorEffect[] {
  const ended = endActive(state, active, { code: "CANCELLED", reason: "cancelled by its author" });
  return [
    ...ended,
    ...requeue(
      state,
      active.submits.filter((submit) => submit !== gone),
    ),
  ];
}

function requeue(state: SpaceState, submits: readonly Submit[]): CoordinatorEffect[] {
  state.queue.unshift(...submits);
  return submits.flatMap((submit) => progress(submit, "queued", []));
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

/** Tells an author where the submit stands, once. */
export function progress(
  submit: Submit,
  phase: Extract<CoordinatorMessage, { t: "progress" }>["phase"],
  peers: readonly string[],
  more: { readonly tx?: string; readonly deadlineMs?: number } = {},
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
      ...more,
    }),
  ];
}

/** Asks every voter whether the change sets can certainly become the next revision. */
export function prepare(
  state: SpaceState,
  submits: readonly [Submit, ...Submit[]],
  context: StepContext,
): CoordinatorEffect[] {
  state.txCounter += 1;
  const [lead] = submits;
  const voters = votersOf(state);
  const review = voters.some((member) => reviews(state, member.peer, submits));
  // A person needs longer than a machine, and the author said how long; several authors never wait for one.
  const deadlineAt = review
    ? context.now + lead.reviewMs
    : Math.min(lead.deadlineAt, context.now + limits.prepareTimeoutMs);
  const active: Active = {
    submits,
    tx: `${state.space}:${state.term}:${state.txCounter}:${context.nonce}`,
    base: state.head.rev,
    participants: voters.map((member) => member.peer),
    votes: new Map(),
    reviewing: new Set(),
    review,
    votesDueAt: Math.min(deadlineAt, context.now + limits.prepareTimeoutMs),
    deadlineAt,
  };
  state.active = active;
  const names = voters.map((member) => member.name);
  const effects = submits.flatMap((submit) =>
    progress(submit, "preparing", names, { tx: active.tx, deadlineMs: deadlineAt - context.now }),
  );
  const sessions = participantsOf(state);
  const asked = voters.flatMap(({ peer }) => sessions.get(peer)?.id ?? []);
  effects.push(...prepareMessages(state, active, asked, context.now));
  effects.push({ type: "timer", atMs: active.votesDueAt }, { type: "timer", atMs: deadlineAt });
  return effects;
}

/** Whether a person of this voter will be asked about these change sets: about those of others only. */
export function reviews(state: SpaceState, peer: string, submits: readonly Submit[]): boolean {
  return state.presence.get(peer)?.reviews === true && submits.some((submit) => submit.author.peer !== peer);
}

/** PREPARE of the active transaction; also sent again to a voter that came back. */
export function prepareMessages(
  state: SpaceState,
  active: Active,
  sessions: readonly string[],
  now: number,
): CoordinatorEffect[] {
  const [lead, ...others] = active.submits;
  const message: CoordinatorMessage = {
    t: "prepare",
    term: state.term,
    tx: active.tx,
    base: active.base,
    author: lead.author,
    items: active.submits.flatMap((submit) => submit.items),
    ...(others.length === 0 ? {} : { riders: others.map(riderOf) }),
    message: lead.message,
    deadlineMs: Math.max(0, active.deadlineAt - now),
    ...(active.participants.length === 1 ? { sole: true } : {}),
    ...(active.review ? { review: true } : {}),
  };
  return sessions.map((session) => send(session, message));
}

/** Whether all have voted, and then the decision. */
export function tally(state: SpaceState, active: Active, context: StepContext): CoordinatorEffect[] {
  if (active.votes.size < active.participants.length) return [];
  return decideCommit(state, active, context);
}

/** The abort of a submit whose keys others have changed since its author looked. */
export function conflictAbort(conflicts: readonly Conflict[]): Abort {
  const named = conflicts
    .map((conflict) =>
      conflict.current === 0
        ? `${conflict.key} is not in the space`
        : `${conflict.key} was changed by ${conflict.author}`,
    )
    .join("; ");
  return { code: "CONFLICT", reason: named, conflicts };
}

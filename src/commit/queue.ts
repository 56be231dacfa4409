import { limits } from "../protocol/limits.ts";
import { type MemberChange, slot } from "../protocol/record.ts";
import { changeMembers } from "./decide.ts";
import type { CoordinatorEffect } from "./effects.ts";
import type { Member } from "./ports.ts";
import {
  participantOf,
  participantsOf,
  type SpaceState,
  type StepContext,
  type Submit,
  silentOf,
  votersOf,
} from "./space.ts";
import {
  type Abort,
  abortActive,
  answerAborted,
  conflictAbort,
  conflictsOf,
  prepare,
  progress,
  reviews,
} from "./turn.ts";

/** Voters that cannot be asked yet: absent, or connected and behind the head. */
function missingVoters(state: SpaceState): { absent: Member[]; behind: Member[] } {
  const absent: Member[] = [];
  const behind: Member[] = [];
  const sessions = participantsOf(state);
  for (const member of votersOf(state)) {
    const session = sessions.get(member.peer);
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

/** Ends submits whose time is over, naming whom they waited for. */
function expire(state: SpaceState, context: StepContext): CoordinatorEffect[] {
  const effects: CoordinatorEffect[] = [];
  const { active } = state;
  if (active) {
    const silent = silentOf(active);
    const named = (peers: readonly string[]) =>
      peers.map((peer) => state.members.get(peer)?.name ?? peer).join(", ");
    if (context.now >= active.votesDueAt && silent.length > 0) {
      const reason = `no vote in time from ${named(silent)}`;
      effects.push(...abortActive(state, active, { code: "TIMEOUT", reason }));
    } else if (context.now >= active.deadlineAt) {
      const reason = `nobody reviewed it in time at ${named([...active.reviewing])}`;
      effects.push(...abortActive(state, active, { code: "TIMEOUT", reason }));
    }
  }
  const late = state.queue.filter((waiting) => context.now >= waiting.deadlineAt);
  if (late.length === 0) return effects;
  const { absent, behind } = missingVoters(state);
  const names = [...absent, ...behind].map((member) => member.name).join(", ");
  const reason = names === "" ? "its turn did not come in time" : `waited in vain for ${names}`;
  for (const submit of late) effects.push(answerQueued(state, submit, { code: "TIMEOUT", reason }));
  return effects;
}

/** Takes a submit out of the queue and answers it. */
function answerQueued(state: SpaceState, submit: Submit, abort: Abort): CoordinatorEffect {
  state.queue.splice(state.queue.indexOf(submit), 1);
  return answerAborted(state, submit, abort);
}

/**
 * What can happen now, between two inputs: expiry, membership changes, and the start of the next transaction.
 * One transaction at a time is between PREPARE and its decision; membership changes go between transactions.
 */
export function advance(state: SpaceState, context: StepContext): CoordinatorEffect[] {
  const effects = expire(state, context);
  if (state.active) return [...effects, ...state.queue.flatMap((submit) => progress(submit, "queued", []))];
  // One change a peer: the last one asked for. A promotion in the same record would undo a leave.
  const asked = new Map(state.memberQueue.splice(0).map((change) => [change.peer, change]));
  const promoted = promotions(state).filter(({ peer }) => !asked.has(peer));
  const changes = [...asked.values(), ...promoted];
  if (changes.length > 0) effects.push(...changeMembers(state, changes, context));
  effects.push(...dropConflicting(state));
  if (state.queue.length === 0) return effects;
  effects.push(...dealWithAbsent(state, context));
  const waiting = waitForVoters(state);
  if (waiting) return [...effects, ...waiting];
  const submits = shareRevision(state, context);
  if (!submits) return effects;
  if (votersOf(state).length === 0) {
    // Nobody to ask (only observers or peers that still catch up): a commit with no voter promises nothing.
    const abort = { code: "TIMEOUT", reason: "the space has no voter at its head" };
    return [...effects, ...submits.map((submit) => answerAborted(state, submit, abort))];
  }
  return [...effects, ...prepare(state, submits, context)];
}

/** A version that was overtaken never comes back: whoever waits with one is answered now. */
function dropConflicting(state: SpaceState): CoordinatorEffect[] {
  return state.queue
    .flatMap((submit) => {
      const conflicts = conflictsOf(state, submit);
      return conflicts.length === 0 ? [] : [{ submit, conflicts }];
    })
    .map(({ submit, conflicts }) => answerQueued(state, submit, conflictAbort(conflicts)));
}

/**
 * An absent voter, by the policy of who waits for it: `strict` fails at once, `detach` moves it to syncing when it has
 * been absent long enough, `wait` waits until its own deadline.
 */
function dealWithAbsent(state: SpaceState, context: StepContext): CoordinatorEffect[] {
  const { absent } = missingVoters(state);
  if (absent.length === 0) return [];
  const names = absent.map((member) => member.name).join(", ");
  const effects = state.queue
    .filter((submit) => submit.policy === "strict")
    .map((submit) => answerQueued(state, submit, { code: "ABSENT", reason: `not there: ${names}` }));
  const detaching = state.queue.filter((submit) => submit.policy === "detach");
  const gone = detaching.length === 0 ? [] : detachments(state, absent, context.now);
  if (gone.length === 0) return effects;
  for (const submit of detaching) submit.detached.push(...gone.map((change) => change.name));
  return [...effects, ...changeMembers(state, gone, context)];
}

/** Tells everyone in the queue whom they wait for; undefined when every voter can be asked. */
function waitForVoters(state: SpaceState): CoordinatorEffect[] | undefined {
  const { absent, behind } = missingVoters(state);
  const missing = [...absent, ...behind].map((member) => member.name);
  if (missing.length === 0) return undefined;
  return state.queue.flatMap((submit) => [
    ...progress(submit, "waiting", missing),
    { type: "timer" as const, atMs: nextWake(state, submit, absent) },
  ]);
}

/**
 * The change sets of the next revision: the first in the queue, and those behind it that touch none of its keys (nor
 * of those that have to wait before them) and fit into the messages. Taken out of the queue.
 */
function shareRevision(state: SpaceState, context: StepContext): [Submit, ...Submit[]] | undefined {
  const [lead, ...others] = state.queue;
  if (!lead) return undefined;
  const chosen: [Submit, ...Submit[]] = [lead];
  const taken = new Set(slotsOf(lead));
  let items = lead.items.length;
  let { bytes } = lead;
  const soon = context.now + limits.prepareTimeoutMs;
  const alone = (submit: Submit) => submit.alone || submit.deadlineAt < soon || isReviewed(state, submit);
  for (const submit of alone(lead) ? [] : others) {
    const fits =
      chosen.length < limits.changeSetsMax &&
      items + submit.items.length <= limits.itemsMax &&
      bytes + submit.bytes <= limits.sharedRevisionBytesMax;
    const slots = slotsOf(submit);
    if (fits && !alone(submit) && !slots.some((name) => taken.has(name))) {
      chosen.push(submit);
      items += submit.items.length;
      bytes += submit.bytes;
    }
    for (const name of slots) taken.add(name);
  }
  const gone = new Set<Submit>(chosen);
  state.queue.splice(0, state.queue.length, ...others.filter((submit) => !gone.has(submit)));
  return chosen;
}

/** Whether somebody's person will be asked about it: then it bears nobody else's fate. */
function isReviewed(state: SpaceState, submit: Submit): boolean {
  return votersOf(state).some((member) => reviews(state, member.peer, [submit]));
}

function slotsOf(submit: Submit): string[] {
  return submit.items.map((item) => slot(item.env, item.key));
}

/** When a submit that waits has to be looked at again. */
function nextWake(state: SpaceState, submit: Submit, absent: readonly Member[]): number {
  if (submit.policy !== "detach") return submit.deadlineAt;
  const detachAt = absent.map(
    (member) => (state.presence.get(member.peer)?.absentSince ?? 0) + state.detachAfterMs,
  );
  return Math.min(submit.deadlineAt, ...detachAt);
}

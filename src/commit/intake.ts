import { limits } from "../protocol/limits.ts";
import type { ClientMessage } from "../protocol/messages.ts";
import type { Item } from "../protocol/record.ts";
import type { CoordinatorEffect } from "./effects.ts";
import { type Session, type SpaceState, type StepContext, type Submit, send } from "./space.ts";
import { answerAborted, withdraw } from "./turn.ts";

type SubmitMessage = Extract<ClientMessage, { t: "submit" }>;

/** Takes a SUBMIT: answers a known request id as before, refuses what cannot be, queues the rest. */
export function submit(
  state: SpaceState,
  session: Session,
  message: SubmitMessage,
  context: StepContext,
): CoordinatorEffect[] {
  const { requestId } = message;
  const rev = context.requestRevision(requestId);
  if (rev !== undefined) {
    const { tx, detached = [] } = context.revision(rev) ?? {};
    return [
      send(session.id, {
        t: "answer",
        requestId,
        outcome: "committed",
        rev,
        ...(tx === undefined ? {} : { tx }),
        detached: [...detached],
      }),
    ];
  }
  const remembered = state.abortedAnswers.get(requestId);
  if (remembered) return [send(session.id, remembered)];
  const known = [...(state.active?.submits ?? []), ...state.queue].find(
    (waiting) => waiting.requestId === requestId,
  );
  if (known) {
    known.session = session.id;
    known.lastProgress = "";
    return [];
  }
  const fresh: Submit = {
    requestId,
    author: { peer: session.peer, name: state.members.get(session.peer)?.name ?? session.peer },
    session: session.id,
    items: message.items,
    message: message.message,
    reverts: message.reverts,
    deadlineAt: context.now + message.timeoutMs,
    policy: message.policy ?? state.policy,
    reviewMs: message.reviewMs ?? limits.reviewTimeoutDefaultMs,
    bytes: message.items.reduce((sum, item) => sum + bytesOf(item), 0),
    alone: false,
    detached: [],
    lastProgress: "",
  };
  const slots = new Set(message.items.map((item) => `${item.env}\0${item.key}`));
  if (
    slots.size < message.items.length ||
    message.items.some((item) => (item.op === "set") !== (item.sealed !== undefined))
  ) {
    return [
      answerAborted(state, fresh, {
        code: "BAD_MESSAGE",
        reason: "the change set names a key twice or lacks a value",
      }),
    ];
  }
  if (state.queue.length >= limits.queuedSubmitsMax) {
    return [
      answerAborted(state, fresh, {
        code: "LIMIT",
        reason: `${limits.queuedSubmitsMax} change sets wait already`,
      }),
    ];
  }
  enqueueFairly(state, fresh);
  return [{ type: "timer", atMs: fresh.deadlineAt }];
}

/** About the size of an item in a message: names are short, the value is what counts. */
function bytesOf({ env, key, sealed = "" }: Item): number {
  return sealed.length + 2 * (env.length + key.length) + 100;
}

/** FIFO, but an author's n-th waiting submit stands behind everyone else's n-th, so no author starves the others. */
function enqueueFairly(state: SpaceState, fresh: Submit): void {
  const round = (until: number, peer: string) =>
    state.queue.slice(0, until).filter((waiting) => waiting.author.peer === peer).length;
  const mine = round(state.queue.length, fresh.author.peer);
  let place = state.queue.length;
  while (place > 0) {
    const before = state.queue[place - 1]!;
    if (round(place - 1, before.author.peer) <= mine) break;
    place -= 1;
  }
  state.queue.splice(place, 0, fresh);
}

/** Ends an undecided submit of its author; after the decision it changes nothing. */
export function cancel(state: SpaceState, session: Session, requestId: string): CoordinatorEffect[] {
  const abort = { code: "CANCELLED", reason: "cancelled by its author" };
  const { active } = state;
  const isIt = (one: Submit) => one.requestId === requestId && one.author.peer === session.peer;
  const mine = active?.submits.find(isIt);
  if (active && mine) return [...withdraw(state, active, mine), answerAborted(state, mine, abort, active.tx)];
  const place = state.queue.findIndex(isIt);
  const waiting = state.queue[place];
  if (!waiting) return [];
  state.queue.splice(place, 1);
  return [answerAborted(state, waiting, abort)];
}

import type { ParticipantEffect } from "./effects.ts";
import { compare } from "./heuristic.ts";
import { acknowledge, hello, type ParticipantState } from "./participantState.ts";
import { dropReview } from "./promise.ts";
import { addPart, type SnapshotMessage } from "./snapshot.ts";

/**
 * Takes a part of the state that stands in for records which are compacted. Nothing is written before the last part
 * is there: then all of it in one forced write. Parts are acknowledged by APPLIED, which asks for the next one.
 */
export function takePart(state: ParticipantState, message: SnapshotMessage): ParticipantEffect[] {
  // Unlike a record it is not chained to what is held, so it must come from a coordinator whose term was looked at.
  if (!state.welcomed) return [];
  // Refused: it could only take away what is held. The records after it follow all the same.
  if (message.rev <= state.committed.rev) return [acknowledge(state)];
  state.incoming = addPart(state.incoming, message);
  if (!state.incoming) return [hello(state)];
  if (!state.incoming.complete) return [acknowledge(state)];
  return takeSnapshot(state);
}

/** What a prepared transaction became is known: it is a revision, and what this peer misses comes. */
export function decidedElsewhere(state: ParticipantState, tx: string): ParticipantEffect[] {
  state.knownCommitted = tx;
  // A snapshot on its way holds it: asking again would start that from its first part.
  return state.incoming ? takeSnapshot(state) : [hello(state)];
}

/** Takes the snapshot that has come whole, unless it holds the place of a promise whose outcome is not known. */
function takeSnapshot(state: ParticipantState): ParticipantEffect[] {
  const { incoming, prepared } = state;
  if (!incoming?.complete) return [];
  if (prepared && state.knownCommitted !== prepared.tx) {
    // The record at base+1 would tell; it is compacted, so only the coordinator's word ends the doubt.
    return [{ type: "send", message: { t: "resolve", tx: prepared.tx, base: prepared.base } }];
  }
  const { rev, hash, epoch, keys, members } = incoming;
  state.incoming = undefined;
  state.prepared = undefined;
  state.committed = { rev, hash };
  state.unapplied.set(rev, hash);
  const overtaken = dropReview(state, undefined);
  const { writes, notices } = prepared
    ? compare(state, prepared.tx, prepared.base + 1)
    : { writes: [], notices: [] };
  const effects: ParticipantEffect[] = [
    {
      type: "persist",
      writes: [...writes, { kind: "snapshot", rev, hash, epoch, keys, members }],
      force: true,
    },
    ...overtaken,
  ];
  if (prepared) {
    // Its values come with the snapshot's: by key, over the text as it is.
    effects.push(
      { type: "discardStaged", tx: prepared.tx, staged: prepared.staged },
      { type: "notify", event: { kind: "resolved", tx: prepared.tx, outcome: "commit" } },
    );
  }
  return [...effects, ...notices];
}

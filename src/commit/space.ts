import type { CoordinatorMessage, DriftItem, Policy, RosterEntry } from "../protocol/messages.ts";
import type { Author, Item, LogRecord, MemberChange } from "../protocol/record.ts";
import type { CoordinatorEffect } from "./effects.ts";
import type { KeyVersion, Member, SpaceImage, StoredRevision } from "./ports.ts";
import type { OutgoingSnapshot, Snapshot } from "./snapshot.ts";

/** One connection of a member. */
export interface Session {
  readonly id: string;
  readonly peer: string;
  readonly kind: "participant" | "companion";
  /** Highest revision this session said it applied; a participant's only. */
  appliedRev: number;
  /** Highest revision shipped on this session, so that nothing is shipped twice. */
  shippedRev: number;
  /** The snapshot that is being shipped on this session, until its last part is. */
  outgoing?: OutgoingSnapshot | undefined;
}

/** A change set that waits for its turn, or whose turn it is. */
export interface Submit {
  readonly requestId: string;
  readonly author: Author;
  /** Where progress and the answer go; empty once that session is gone. */
  session: string;
  readonly items: readonly Item[];
  readonly message: string;
  readonly reverts: number | undefined;
  readonly deadlineAt: number;
  readonly policy: Policy;
  /** Time for people where a voter reviews. */
  readonly reviewMs: number;
  /** Size of its items in a message, about. */
  readonly bytes: number;
  /** Shared a revision that was refused: from now on it stands for itself, so that the refusal finds whose it is. */
  alone: boolean;
  /** Names of voters that were detached so that this submit could go on. */
  readonly detached: string[];
  /** What the author was last told, so that progress is only said when it changed. */
  lastProgress: string;
}

export type Vote = "yes" | "readonly";

/** The transaction between PREPARE and its decision. */
export interface Active {
  /** The change sets that become one revision; the first one's author is the record's. */
  readonly submits: readonly [Submit, ...Submit[]];
  readonly tx: string;
  readonly base: number;
  readonly participants: readonly string[];
  readonly votes: Map<string, Vote>;
  /** Participants whose person has been asked. */
  readonly reviewing: Set<string>;
  /** Whether the deadline leaves time for a person. */
  readonly review: boolean;
  /** Until then everyone has voted or said that its person has been asked: only people get the longer time. */
  votesDueAt: number;
  readonly deadlineAt: number;
}

/** What is known of a member beside the log; lost with the process, rebuilt from HELLOs. */
export interface Presence {
  absentSince: number | undefined;
  appliedRev: number;
  drift: readonly DriftItem[];
  /** A person there looks at every change of others before it votes. */
  reviews: boolean;
}

/** The state of one space in a coordinator. Mutated by `step` only. */
export interface SpaceState {
  readonly space: string;
  readonly term: number;
  epoch: number;
  head: { rev: number; hash: string };
  readonly members: Map<string, Member>;
  readonly versions: Map<string, KeyVersion>;
  readonly sessions: Map<string, Session>;
  readonly presence: Map<string, Presence>;
  readonly queue: Submit[];
  /** Membership changes that wait for the end of the active transaction. */
  readonly memberQueue: MemberChange[];
  active: Active | undefined;
  txCounter: number;
  /** Answers of aborted requests, oldest first, bounded. */
  readonly abortedAnswers: Map<string, Extract<CoordinatorMessage, { t: "answer" }>>;
  rosterDirty: boolean;
  /** When what changed in it is told; Infinity when nothing did. */
  rosterDueAt: number;
  readonly detachAfterMs: number;
  /** What to do about an absent voter where a submit does not say. */
  readonly policy: Policy;
}

/** What happens besides the step itself. */
export interface StepContext {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Fresh random characters for a transaction id. */
  readonly nonce: string;
  /** The revision that a request became, from the durable store. */
  readonly requestRevision: (requestId: string) => number | undefined;
  /** Of a revision from the durable store, kept for ever; an empty transaction is not known any more. */
  readonly revision: (rev: number) => StoredRevision | undefined;
  /** Revisions up to this one are compacted: a session behind it gets the snapshot first. 0: none. */
  readonly floor: number;
  /** The state at the floor. */
  readonly snapshot: () => Snapshot;
  /** Records of the log from revision `from` (above the floor), as many as fit one CATCHUP message. */
  readonly records: (from: number) => readonly LogRecord[];
}

/** A space just loaded, under its new term; everyone is absent since `now`. */
export function openSpace(image: SpaceImage, now: number, detachAfterMs: number): SpaceState {
  const members = new Map(image.members.map((member) => [member.peer, member]));
  return {
    space: image.space,
    term: image.term + 1,
    epoch: image.epoch,
    head: { ...image.head },
    members,
    versions: new Map(image.versions),
    sessions: new Map(),
    presence: new Map(
      [...members.keys()].map((peer) => [
        peer,
        { absentSince: now, appliedRev: 0, drift: [], reviews: false },
      ]),
    ),
    queue: [],
    memberQueue: [],
    active: undefined,
    txCounter: 0,
    abortedAnswers: new Map(),
    rosterDirty: false,
    rosterDueAt: Number.POSITIVE_INFINITY,
    detachAfterMs,
    policy: image.policy ?? "detach",
  };
}

/** The participant session of a peer, if it is connected. */
export function participantOf(state: SpaceState, peer: string): Session | undefined {
  for (const session of state.sessions.values()) {
    if (session.peer === peer && session.kind === "participant") return session;
  }
  return undefined;
}

/** The participant sessions by their peer: for whoever asks about all of them. */
export function participantsOf(state: SpaceState): ReadonlyMap<string, Session> {
  const sessions = [...state.sessions.values()].filter(({ kind }) => kind === "participant");
  return new Map(sessions.map((session) => [session.peer, session]));
}

/** Participants that have neither voted nor said that their person has been asked. */
export function silentOf(active: Active): string[] {
  return active.participants.filter((peer) => !active.votes.has(peer) && !active.reviewing.has(peer));
}

/** Members in the state `voter`: the set that "all or none" is said of. */
export function votersOf(state: SpaceState): Member[] {
  return [...state.members.values()].filter((member) => member.state === "voter");
}

/** The members for people, those that left excepted. */
export function rosterOf(state: SpaceState): RosterEntry[] {
  const entries: RosterEntry[] = [];
  for (const member of state.members.values()) {
    if (member.state === "left") continue;
    const presence = state.presence.get(member.peer);
    const absentSince = presence?.absentSince;
    entries.push({
      peer: member.peer,
      name: member.name,
      role: member.role,
      state: member.state,
      connected: absentSince === undefined,
      ...(absentSince === undefined ? {} : { absentSince }),
      appliedRevision: presence?.appliedRev ?? 0,
      drift: presence?.drift.length ?? 0,
      ...(presence?.reviews ? { reviews: true } : {}),
    });
  }
  return entries;
}

/** A send effect. */
export function send(session: string, message: CoordinatorMessage): CoordinatorEffect {
  return { type: "send", session, message };
}

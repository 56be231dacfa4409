/** Pure: a transaction's timeline as lanes, marks and places. Names, keys and times; never a value. */
import type { TraceMark, TransactionTrace } from "../../peer/trace.ts";
import { editorText } from "./problemWords.ts";
import { keyNames } from "./spaceWords.ts";

type MarkKind = TraceMark["kind"];

/** How a kind of mark looks and is called. The sign tells it apart where colours do not. */
export interface MarkLook {
  readonly sign: string;
  readonly word: string;
}

/** In the order of the legend. */
export const markLooks: Readonly<Record<MarkKind, MarkLook>> = {
  submitted: { sign: "S", word: "submitted" },
  prepare: { sign: "P", word: "asked to prepare" },
  reviewing: { sign: "R", word: "a person reviews" },
  yes: { sign: "✓", word: "votes yes" },
  readonly: { sign: "–", word: "not concerned" },
  no: { sign: "✕", word: "votes no" },
  inDoubt: { sign: "?", word: "in doubt" },
  forced: { sign: "!", word: "outcome forced here" },
  committed: { sign: "C", word: "decided: commit" },
  aborted: { sign: "A", word: "decided: abort" },
  applied: { sign: "●", word: "applied to the files" },
};

/** A mark on a lane. */
export interface PlacedMark {
  readonly id: string;
  readonly kind: MarkKind;
  readonly sign: string;
  readonly word: string;
  /** Place from left to right, in percent of the lane. */
  readonly left: number;
  /** Since the first mark: `+120 ms`. */
  readonly relative: string;
  /** Time of day: `14:02:03.120`. */
  readonly absolute: string;
  readonly text: string;
}

/** A stretch of a lane in which the peer is bound by its YES, or has still to apply. */
export interface Stretch {
  readonly kind: "bound" | "applying";
  readonly left: number;
  readonly width: number;
  /** It has not ended yet. */
  readonly open: boolean;
}

export interface Lane {
  readonly name: string;
  readonly marks: readonly PlacedMark[];
  readonly stretches: readonly Stretch[];
}

export interface Timeline {
  readonly tx: string;
  readonly title: string;
  /** Author, keys, revision. */
  readonly subtitle: string;
  readonly outcome: TransactionTrace["outcome"];
  readonly outcomeText: string;
  readonly lanes: readonly Lane[];
  readonly ticks: readonly { readonly left: number; readonly label: string }[];
  /** All marks, oldest first, with the name of their lane. */
  readonly events: readonly (PlacedMark & { readonly lane: string })[];
  /** Kinds that occur, for the legend. */
  readonly kinds: readonly MarkKind[];
}

/** Marks of one lane are at least this far apart, and so are ticks, in percent. */
const markGapPercent = 3.2;
const tickGapPercent = 16;
/** Room at both ends, in percent, so that marks are not cut off. */
const marginPercent = 2;

/** The lane for marks that name no peer. */
const coordinatorName = "Coordinator";

/**
 * Lays a trace out. `nowMs` (milliseconds since the epoch) ends the axis of a running one; `nameOf` gives a peer's
 * shown name. The axis keeps order and shortens long waits (logarithm of each gap), so that marks 2 ms apart and a
 * wait of minutes can both be read.
 */
export function layoutTimeline(
  trace: TransactionTrace,
  nowMs: number,
  nameOf: (peer: string) => string = (peer) => peer,
): Timeline {
  const marks = [...trace.marks].sort((a, b) => a.atMs - b.atMs);
  const startMs = marks[0]?.atMs ?? nowMs;
  const running = trace.outcome === "running" || trace.outcome === "unknown";
  const endMs = running ? Math.max(nowMs, marks.at(-1)?.atMs ?? nowMs) : (marks.at(-1)?.atMs ?? nowMs);
  const place = placesOf([...marks.map(({ atMs }) => atMs), endMs]);
  const laneName = ({ peer }: TraceMark): string => (peer === "" ? coordinatorName : nameOf(peer));
  const names = [...new Set(marks.map(laneName))].sort(
    (a, b) => rank(a, nameOf(trace.author)) - rank(b, nameOf(trace.author)) || (a < b ? -1 : 1),
  );
  const placed = marks.map((mark, index) => ({
    lane: laneName(mark),
    atMs: mark.atMs,
    shown: placedMark(mark, `m${index}`, startMs, place(mark.atMs)),
  }));
  const decided = placed.find(({ shown }) => shown.kind === "committed" || shown.kind === "aborted");
  const decidedLeft = decided?.shown.left;
  const lanes = names.map((name): Lane => {
    const own = placed.filter(({ lane }) => lane === name).map(({ shown }) => shown);
    const spread = apart(own);
    return { name, marks: spread, stretches: stretchesOf(spread, running, place(endMs), decidedLeft) };
  });
  return {
    tx: trace.tx,
    title: trace.message === "" ? keyNames(trace.keys) : trace.message,
    subtitle: subtitleOf(trace, nameOf),
    outcome: trace.outcome === "running" && isInDoubt(marks) ? "unknown" : trace.outcome,
    outcomeText: outcomeText(trace, marks),
    lanes,
    ticks: ticksOf([...marks.map(({ atMs }) => atMs), endMs], startMs, place),
    events: placed.map(({ lane, shown }) => ({ lane, ...shown })),
    kinds: (Object.keys(markLooks) as MarkKind[]).filter((kind) => marks.some((mark) => mark.kind === kind)),
  };
}

/** `+0 ms`, `+1.25 s`, `+3 min 20 s`. */
export function relativeTime(ms: number): string {
  if (ms < 1_000) return `+${Math.round(ms)} ms`;
  if (ms < 60_000) return `+${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return `+${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `+${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
}

/** Time of day with milliseconds, in this machine's zone. */
export function clockTime(atMs: number): string {
  const at = new Date(atMs);
  const two = (part: number): string => String(part).padStart(2, "0");
  const ms = String(at.getMilliseconds()).padStart(3, "0");
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${ms}`;
}

/** The author first, the coordinator second, then the others by name. */
function rank(name: string, author: string): number {
  if (name === author) return 0;
  return name === coordinatorName ? 1 : 2;
}

function placedMark(mark: TraceMark, id: string, startMs: number, left: number): PlacedMark {
  return {
    id,
    kind: mark.kind,
    ...markLooks[mark.kind],
    left,
    relative: relativeTime(mark.atMs - startMs),
    absolute: clockTime(mark.atMs),
    text: editorText(mark.text ?? ""),
  };
}

function subtitleOf({ author, keys, revision }: TransactionTrace, nameOf: (peer: string) => string): string {
  const by = author === "" ? [] : [`by ${nameOf(author)}`];
  return [...by, keyNames(keys), ...(revision === undefined ? [] : [`r${revision}`])]
    .filter((part) => part !== "")
    .join(" · ");
}

function outcomeText({ outcome, revision }: TransactionTrace, marks: readonly TraceMark[]): string {
  const forced = marks.some(({ kind }) => kind === "forced") ? "; an outcome was forced here" : "";
  switch (outcome) {
    case "committed":
      return `Committed${revision === undefined ? "" : ` as r${revision}`}${forced}`;
    case "aborted": {
      const reason = marks.findLast(({ kind, text }) => (kind === "aborted" || kind === "no") && text)?.text;
      return `Aborted, nothing was changed${reason === undefined ? "" : `: ${editorText(reason)}`}${forced}`;
    }
    case "unknown":
      return `Outcome not known here yet${forced}`;
    case "running":
      return isInDoubt(marks) ? "In doubt: waits for the coordinator's answer" : `Under way${forced}`;
  }
}

/** Whether a peer lost the coordinator after its yes, and nothing has ended that since. */
function isInDoubt(marks: readonly TraceMark[]): boolean {
  return marks.some(({ kind }) => kind === "inDoubt") && !marks.some(({ kind }) => decisions.includes(kind));
}

/** Where a moment is between the first and the last, in percent; each gap counts with its logarithm. */
function placesOf(moments: readonly number[]): (atMs: number) => number {
  const times = [...new Set(moments)].sort((a, b) => a - b);
  const places = new Map<number, number>();
  let sum = 0;
  for (const [index, time] of times.entries()) {
    const before = times[index - 1];
    if (before !== undefined) sum += Math.log2(1 + (time - before)) + 1;
    places.set(time, sum);
  }
  const width = 100 - 2 * marginPercent;
  return (atMs) => marginPercent + (sum === 0 ? 0 : ((places.get(atMs) ?? 0) / sum) * width);
}

/** Moves marks of one lane apart: to the right, and from the right end back to the left. */
function apart(marks: readonly PlacedMark[]): readonly PlacedMark[] {
  const room = 100 - 2 * marginPercent;
  const gap = marks.length > 1 ? Math.min(markGapPercent, room / (marks.length - 1)) : 0;
  const lefts = marks.map(({ left }) => left);
  for (let at = 1; at < lefts.length; at += 1) {
    lefts[at] = Math.max(lefts[at] ?? 0, (lefts[at - 1] ?? 0) + gap);
  }
  let right = 100 - marginPercent;
  for (let at = lefts.length - 1; at >= 0; at -= 1) {
    lefts[at] = Math.min(lefts[at] ?? 0, right);
    right = (lefts[at] ?? 0) - gap;
  }
  return marks.map((mark, index) => ({ ...mark, left: lefts[index] ?? mark.left }));
}

const decisions: readonly MarkKind[] = ["committed", "aborted", "forced", "applied"];

/**
 * The stretches of a lane. What another peer heard of the decision is not known here, so its lane takes the first
 * place where this machine did (`decidedLeft`).
 */
function stretchesOf(
  marks: readonly PlacedMark[],
  running: boolean,
  end: number,
  decidedLeft: number | undefined,
): readonly Stretch[] {
  const stretches: Stretch[] = [];
  const yes = marks.find(({ kind }) => kind === "yes");
  const heard = marks.find(({ kind }) => kind !== "applied" && decisions.includes(kind))?.left ?? decidedLeft;
  const applied = marks.findLast(({ kind }) => kind === "applied")?.left;
  const until = heard ?? applied;
  if (yes !== undefined && (until !== undefined || running)) {
    const width = Math.max(0, (until ?? end) - yes.left);
    stretches.push({ kind: "bound", left: yes.left, width, open: until === undefined });
  }
  // A forced outcome is not the space's: what is applied later comes from the decision.
  const known = marks.find(({ kind }) => kind === "committed")?.left ?? decidedLeft;
  if (known !== undefined && applied !== undefined && applied > known) {
    stretches.push({ kind: "applying", left: known, width: applied - known, open: false });
  }
  return stretches;
}

function ticksOf(
  moments: readonly number[],
  startMs: number,
  place: (atMs: number) => number,
): Timeline["ticks"] {
  const ticks: { left: number; label: string }[] = [];
  for (const atMs of [...new Set(moments)].sort((a, b) => a - b)) {
    const left = place(atMs);
    const last = ticks.at(-1);
    if (last !== undefined && left - last.left < tickGapPercent) continue;
    ticks.push({ left, label: relativeTime(atMs - startMs) });
  }
  return ticks;
}

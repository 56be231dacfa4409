/** Pure: the words of the notices about what happens without this person's doing. Never a value. */
import type { ConsentView, HeuristicView, InDoubtView, PeerEvent, PeerView } from "../../peer/api.ts";
import { consentReason } from "../views/spaceConsent.ts";
import { doubtSentence, heuristicWords } from "../views/spaceDoubt.ts";
import { isSameKey, keyNames, timeWord } from "../views/spaceWords.ts";

export type AppliedEvent = Extract<PeerEvent, { kind: "applied" }>;

/** Who changed which keys, for revisions that arrived within a moment. */
export function appliedWords(events: readonly AppliedEvent[]): string {
  const byAuthor = new Map<string, AppliedEvent[]>();
  for (const event of events) byAuthor.set(event.author, [...(byAuthor.get(event.author) ?? []), event]);
  return [...byAuthor]
    .map(([author, theirs]) => {
      const keys = theirs.flatMap((event) => event.keys);
      const once = keys.filter((key, at) => keys.findIndex((other) => isSameKey(other, key)) === at);
      const revisions = theirs.map(({ revision }) => revision).sort((a, b) => a - b);
      const [first, last] = [revisions[0], revisions.at(-1)];
      const span = first === last ? `r${first}` : `r${first} to r${last}`;
      const why = theirs.length === 1 && theirs[0]?.message ? `: ${theirs[0].message}` : "";
      return `${author} changed ${keyNames(once)} (${span})${why}`;
    })
    .join(" · ");
}

/** What is in doubt, since when, and what it waits for. */
export function doubtWords(view: PeerView, doubt: InDoubtView, nowMs: number): string {
  return `In doubt since ${timeWord(doubt.sinceMs, nowMs)}: ${keyNames(doubt.keys)} in ${view.space}. ${doubtSentence(view, nowMs)}. The file stays as it is until then.`;
}

/** Who wants to change which keys, and until when an answer counts. */
export function reviewWords(
  view: PeerView,
  { author, keys, deadlineAtMs }: Extract<PeerEvent, { kind: "review" }>,
  nowMs: number,
): string {
  return `${author} wants to change ${keyNames(keys)} in ${view.space} and asks you to look at it until ${timeWord(deadlineAtMs, nowMs)}.`;
}

/** Who wants to change keys that make programs run other code. */
export function consentWords({ space }: PeerView, { author, keys }: ConsentView): string {
  return `${author} wants to change ${keyNames(keys)} in ${space}. ${consentReason}, so this folder refused. Allow others to change them here?`;
}

/** What became of a forced outcome. */
export function heuristicNotice(heuristic: HeuristicView): string {
  const words = `${keyNames(heuristic.keys)} was ${heuristicWords(heuristic)}.`;
  if (heuristic.status !== "mixed") return words;
  return `Heuristic mixed: ${words} The file here may differ from the space.`;
}

/** Pure: the words of the quiet notice on the receiving side. Never a value. */
import type { PeerEvent } from "../../peer/api.ts";
import { isSameKey, keyNames } from "../views/spaceWords.ts";

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

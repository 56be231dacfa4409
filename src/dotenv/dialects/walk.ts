import { skipSpace } from "../characters.ts";
import type { DotenvDocument } from "../document.ts";
import type { Span } from "../scanner.ts";
import { NamesAbove } from "./namesAbove.ts";
import { Names, type ReadStatement } from "./reader.ts";
import { type OtherDialect, openDialect } from "./readers.ts";

/** A statement as a dialect reads it, its offsets those of the file's text. */
export interface Placed {
  readonly statement: ReadStatement;
  readonly start: number;
  readonly end: number;
}

/** What one dialect makes of the odd lines of a document. */
export interface Walk {
  readonly byKey: ReadonlyMap<number, Placed>;
  readonly refused: readonly number[];
  /** The stretches that were read, in order; outside of them the dialect agrees with dotenv. */
  readonly stretches: readonly Span[];
}

/** Of a document where no line is odd. */
export const nothingOdd: Walk = { byKey: new Map(), refused: [], stretches: [] };

/** Reads spans of odd lines, and what a statement among them swallows, as a dialect does. */
export function walk(document: DotenvDocument, dialect: OtherDialect, spans: readonly Span[]): Walk {
  const above = new NamesAbove(document);
  let here = 0;
  const names = new Names((name) => above.valueOf(name, here), {});
  const { seen, start, reader } = openDialect(dialect, document.text, names);
  const byKey = new Map<number, Placed>();
  const refused: number[] = [];
  const stretches: Span[] = [];
  let at = start;
  for (const span of spans) {
    const end = seen.seen(span.end);
    if (at >= end) continue;
    at = Math.max(at, seen.seen(span.start));
    const from = at;
    // A statement may end in the middle of a line that is plain to dotenv: then that line is read as well.
    while (at < seen.text.length && (at < end || seen.text.charAt(at - 1) !== "\n")) {
      here = skipSpace(document.text, seen.original(at));
      const next = reader.step(at);
      if (next.kind === "refused") refused.push(seen.original(next.at));
      if (next.kind === "statement") {
        const place = seen.original(next.keyStart);
        byKey.set(place, { statement: next, start: place, end: seen.original(next.end) });
      }
      at = next.end;
    }
    stretches.push({ start: seen.original(from), end: seen.original(at) });
  }
  return { byKey, refused, stretches };
}

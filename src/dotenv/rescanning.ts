import { skipSpace } from "./characters.ts";
import {
  readStatement,
  recordFrom,
  recordLength,
  type Scan,
  StatementList,
  type Statements,
  startField,
} from "./statements.ts";

/** A scan made from an earlier one: what both have in common before and behind the assignments read anew. */
export interface Rescan extends Scan {
  /** The records before this one are the earlier ones. */
  readonly firstRecord: number;
  /** From here on, the records are the earlier ones from `oldRest` on, moved by `delta`. */
  readonly rest: number;
  readonly oldRest: number;
  /** UTF-16 units by which the text grew. */
  readonly delta: number;
}

/**
 * Scans a text that differs from one already scanned, and reads only the assignments the change can reach: for any
 * two texts the same as {@link scanText} of the new one. Reading an assignment depends on the text from its start
 * up to the start of what follows, or to its horizon when it is farsighted, and on nothing before it. So what
 * starts before the change stays, but for the last such assignment and the farsighted ones that looked into it,
 * and reading stops where it meets the start of an assignment of old behind the change.
 */
export function rescanText(oldText: string, old: Scan, text: string): Rescan {
  const { start, oldEnd } = changeBetween(oldText, text);
  const delta = text.length - oldText.length;
  const { statements } = old;
  const before = recordFrom(statements, start) - recordLength;
  const reached = old.farsighted.find(({ record, horizon }) => record < before && horizon >= start);
  const first = Math.max(0, reached?.record ?? before);
  const list = new StatementList();
  let at = first === 0 ? skipSpace(text, 0) : statements[first + startField]!;
  let oldRest = recordFrom(statements, oldEnd);
  while (at < text.length) {
    while (oldRest < statements.length && statements[oldRest + startField]! + delta < at)
      oldRest += recordLength;
    if (oldRest < statements.length && statements[oldRest + startField]! + delta === at) break;
    at = skipSpace(text, readStatement(text, list, at));
  }
  if (at >= text.length) oldRest = statements.length;
  const rest = first + list.length;
  const kept = old.farsighted.filter(({ record }) => record < first);
  const moved = old.farsighted
    .filter(({ record }) => record >= oldRest)
    .map(({ record, horizon }) => ({ record: record - oldRest + rest, horizon: horizon + delta }));
  const read = list.farsighted.map(({ record, horizon }) => ({ record: record + first, horizon }));
  return {
    statements: joined(statements.subarray(0, first), list.finish(), statements.subarray(oldRest), delta),
    farsighted: [...kept, ...read, ...moved],
    firstRecord: first,
    rest,
    oldRest,
    delta,
  };
}

/** Three lists as one, the last one's offsets moved by `delta`. */
function joined(before: Statements, read: Statements, behind: Statements, delta: number): Statements {
  const rest = before.length + read.length;
  const all = new Int32Array(rest + behind.length);
  all.set(before);
  all.set(read, before.length);
  all.set(behind, rest);
  for (let field = rest; field < all.length; field++) if (all[field] !== -1) all[field]! += delta;
  return all;
}

/** UTF-16 units that are compared at once; the engine does that faster than one by one. */
const unitsAtOnce = 4_096;

/** The offset of the first unit that differs, and where, in the old text, the end begins that both share. */
function changeBetween(oldText: string, text: string): { start: number; oldEnd: number } {
  const shorter = Math.min(oldText.length, text.length);
  let start = 0;
  while (start < shorter) {
    const end = Math.min(start + unitsAtOnce, shorter);
    if (oldText.slice(start, end) !== text.slice(start, end)) break;
    start = end;
  }
  while (start < shorter && oldText.charCodeAt(start) === text.charCodeAt(start)) start++;
  const rest = shorter - start;
  const delta = oldText.length - text.length;
  let same = 0;
  while (same < rest) {
    const more = Math.min(unitsAtOnce, rest - same);
    const from = text.length - same - more;
    if (oldText.slice(from + delta, from + delta + more) !== text.slice(from, from + more)) break;
    same += more;
  }
  const { length } = oldText;
  while (same < rest && oldText.charCodeAt(length - 1 - same) === text.charCodeAt(text.length - 1 - same)) {
    same++;
  }
  return { start, oldEnd: length - same };
}

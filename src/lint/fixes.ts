import { type DotenvDocument, parseDocument, values } from "../dotenv/document.ts";
import { applyEdits, type TextEdit } from "../dotenv/edit.ts";
import { type Finding, type LintContext, type Repair, sameReading } from "./rule.ts";
import { ruleOf } from "./ruleset.ts";

/** A change that was proven: reading the file before and after it differs exactly as the title says. */
export interface Fix {
  /** Names keys, never values. */
  readonly title: string;
  readonly edits: readonly TextEdit[];
  /** Programs read another value for some key afterwards, as the title says. */
  readonly changesReading: boolean;
  /** May be applied to all findings at once. */
  readonly automatic: boolean;
}

/** Many findings' fixes as one set of edits, and the findings they mend. */
export interface FixAll {
  readonly edits: readonly TextEdit[];
  readonly fixed: readonly Finding[];
}

/** Readings of a whole file that one {@link fixAll} does at most to find fixes that do not go together. */
const fixAllProofsMax = 64;

type Reading = Readonly<Record<string, string>>;

/** The fixes of one finding of this document, in the order to offer them. */
export function fixesFor(finding: Finding, document: DotenvDocument, context: LintContext): Fix[] {
  const rule = ruleOf(finding.rule);
  const automatic = rule?.repair?.(finding, document);
  const choices = rule?.choices?.(finding, document, context) ?? [];
  if (!automatic && choices.length === 0) return [];
  const before = values(document);
  const fixes = automatic ? provenFixes(document.text, before, automatic, true) : [];
  return [...fixes, ...choices.flatMap((choice) => provenFixes(document.text, before, choice, false))];
}

/** The repair as a fix, or none when no spelling of it does what it claims. */
function provenFixes(text: string, before: Reading, repair: Repair, automatic: boolean): Fix[] {
  const { title, alternatives, changes } = repair;
  const edits = alternatives.find((candidate) => isProven(text, before, candidate, changes));
  if (!edits) return [];
  const changesReading = Array.from(changes).some(([key, value]) => !reads(before, key, value));
  return [{ title, edits, changesReading, automatic }];
}

function reads(reading: Reading, key: string, value: string | undefined): boolean {
  return Object.hasOwn(reading, key) && reading[key] === value;
}

/** Whether a text with the edits reads as it did before but for the changes. */
function isProven(
  text: string,
  before: Reading,
  edits: readonly TextEdit[],
  changes: ReadonlyMap<string, string>,
): boolean {
  const after = values(parseDocument(applyEdits(text, edits)));
  const keys = new Set([...Object.keys(before), ...changes.keys()]);
  if (Object.keys(after).length !== keys.size) return false;
  for (const key of keys) {
    const expected = changes.has(key) ? changes.get(key) : before[key];
    if (!reads(after, key, expected)) return false;
  }
  return true;
}

interface Candidate {
  readonly finding: Finding;
  readonly edits: readonly TextEdit[];
}

/**
 * The automatic fixes of all findings together, none of which changes what is read; that is proven for the
 * whole, and fixes that spoil it are left out. Of two that overlap, the one that reaches further wins.
 */
export function fixAll(findings: readonly Finding[], document: DotenvDocument): FixAll {
  const candidates: Candidate[] = [];
  for (const finding of findings) {
    const edits = ruleOf(finding.rule)?.repair?.(finding, document)?.alternatives[0];
    if (edits) candidates.push({ finding, edits });
  }
  const before = values(document);
  let proofs = 0;
  const holds = (chosen: readonly Candidate[]) => {
    const edits = chosen.flatMap((candidate) => candidate.edits);
    return ++proofs <= fixAllProofsMax && isProven(document.text, before, edits, sameReading);
  };
  const chosen = largestProven(withoutOverlaps(candidates), holds);
  return {
    edits: chosen.flatMap((candidate) => candidate.edits),
    fixed: chosen.map((candidate) => candidate.finding),
  };
}

function largestProven(
  candidates: readonly Candidate[],
  holds: (chosen: readonly Candidate[]) => boolean,
): readonly Candidate[] {
  if (candidates.length === 0 || holds(candidates)) return candidates;
  if (candidates.length === 1) return [];
  const middle = candidates.length >> 1;
  const first = largestProven(candidates.slice(0, middle), holds);
  const second = largestProven(candidates.slice(middle), holds);
  if (first.length === 0) return second;
  if (second.length === 0) return first;
  const both = [...first, ...second];
  return holds(both) ? both : first;
}

/** Keeps, of candidates whose edits touch, the one with the longest edit. */
function withoutOverlaps(candidates: readonly Candidate[]): Candidate[] {
  const reach = ({ edits }: Candidate) => Math.max(...edits.map(({ start, end }) => end - start));
  const pieces = candidates.flatMap((candidate) => candidate.edits.map((edit) => ({ candidate, edit })));
  pieces.sort((a, b) => a.edit.start - b.edit.start || a.edit.end - b.edit.end);
  const dropped = new Set<Candidate>();
  let open: (typeof pieces)[number] | undefined;
  for (const piece of pieces) {
    if (dropped.has(piece.candidate)) continue;
    if (open && piece.candidate !== open.candidate && piece.edit.start < open.edit.end) {
      const loser = reach(piece.candidate) > reach(open.candidate) ? open.candidate : piece.candidate;
      dropped.add(loser);
      if (loser === piece.candidate) continue;
    }
    open = piece;
  }
  return candidates.filter((candidate) => !dropped.has(candidate));
}

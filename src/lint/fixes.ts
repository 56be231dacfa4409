import { type DotenvDocument, parseDocument } from "../dotenv/document.ts";
import { applyEdits, type TextEdit } from "../dotenv/edit.ts";
import { lintDocument } from "./lint.ts";
import { prove } from "./proof.ts";
import { type Finding, type LintContext, type Repair, sameReading } from "./rule.ts";
import { ruleOf } from "./ruleset.ts";

/**
 * A change that was proven: reading the file before and after it differs exactly as the title says, and what it was
 * offered for is found no more.
 */
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

const leavesAll = { changes: sameReading };

/** Readings of a whole file that one {@link fixAll} does at most to find fixes that do not go together. */
const fixAllProofsMax = 64;
/** UTF-16 units that these readings, of every reader, go through together. */
const fixAllUnitsMax = 64 * 1024 * 1024;

/** The fixes of one finding of this document, in the order to offer them. */
export function fixesFor(finding: Finding, document: DotenvDocument, context: LintContext): Fix[] {
  const rule = ruleOf(finding.rule);
  const automatic = rule?.repair?.(finding, document);
  const choices = rule?.choices?.(finding, document, context) ?? [];
  const mending = new Mending(finding, document, context);
  const fixes = automatic ? provenFixes(mending, automatic, true) : [];
  for (const choice of choices) {
    const [fix] = provenFixes(mending, choice, false);
    if (fix && !fixes.some(({ edits }) => isSameEdit(edits, fix.edits))) fixes.push(fix);
  }
  return fixes;
}

function isSameEdit(one: readonly TextEdit[], other: readonly TextEdit[]): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** The repair as a fix, or none when no spelling of it does what it claims and mends the finding. */
function provenFixes(mending: Mending, repair: Repair, automatic: boolean): Fix[] {
  for (const edits of repair.alternatives) {
    const proof = prove(mending.document, edits, repair, mending.context);
    if (!proof || !mending.isMended(edits)) continue;
    return [{ title: repair.title, edits, changesReading: proof.changesReading, automatic }];
  }
  return [];
}

/** Tells of changes whether they mend a finding: its rule then says the same of its key fewer times. */
class Mending {
  readonly document: DotenvDocument;
  readonly context: LintContext;
  readonly #finding: Finding;

  constructor(finding: Finding, document: DotenvDocument, context: LintContext) {
    this.document = document;
    this.context = context;
    this.#finding = finding;
  }

  isMended(edits: readonly TextEdit[]): boolean {
    const before = findingsIn(this.document, this.context);
    const after = lintDocument(parseDocument(applyEdits(this.document.text, edits)), this.context);
    return this.#count(after) < this.#count(before);
  }

  /** A finding without a key may be about several, and is another one when one of them is mended. */
  #count(findings: readonly Finding[]): number {
    const { rule, key, message } = this.#finding;
    return findings.filter(
      (one) => one.rule === rule && one.key === key && (key !== undefined || one.message === message),
    ).length;
  }
}

/** What is found in a document now, kept for the many findings that fixes are asked for. */
const found = new WeakMap<
  DotenvDocument,
  { readonly context: LintContext; readonly findings: readonly Finding[] }
>();

function findingsIn(document: DotenvDocument, context: LintContext): readonly Finding[] {
  const before = found.get(document);
  if (before?.context === context) return before.findings;
  const findings = lintDocument(document, context);
  found.set(document, { context, findings });
  return findings;
}

interface Candidate {
  readonly finding: Finding;
  readonly edits: readonly TextEdit[];
}

/**
 * The automatic fixes of all findings together, none of which changes what dotenv or a dialect in force reads; that
 * is proven for the whole, and fixes that spoil it are left out. Of two that overlap, the one that reaches further wins.
 */
export function fixAll(
  findings: readonly Finding[],
  document: DotenvDocument,
  context: Pick<LintContext, "dialects">,
): FixAll {
  const candidates: Candidate[] = [];
  for (const finding of findings) {
    const edits = ruleOf(finding.rule)?.repair?.(finding, document)?.alternatives[0];
    if (edits) candidates.push({ finding, edits });
  }
  const unitsOfProof = document.text.length * (1 + (context.dialects?.length ?? 0));
  const proofsMax = Math.min(fixAllProofsMax, Math.max(1, Math.floor(fixAllUnitsMax / (unitsOfProof + 1))));
  let proofs = 0;
  const holds = (chosen: readonly Candidate[]) => {
    const edits = chosen.flatMap((candidate) => candidate.edits);
    return ++proofs <= proofsMax && prove(document, edits, leavesAll, context) !== undefined;
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

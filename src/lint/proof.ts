import { type DialectId, type DialectReading, readAs } from "../dotenv/dialects.ts";
import type { DotenvDocument } from "../dotenv/document.ts";
import { applyEdits, type TextEdit } from "../dotenv/edit.ts";
import { sameValues } from "../dotenv/sameReading.ts";
import type { LintContext, Repair } from "./rule.ts";

/** What a change claims to do to the reading. */
type Claim = Pick<Repair, "changes" | "expands" | "mends" | "others">;

/** What an edited text was proven to be. */
export interface Proof {
  /** Some program that reads the file now reads another value for some key afterwards. */
  readonly changesReading: boolean;
}

type Values = ReadonlyMap<string, string | null>;
type Readings = ReadonlyMap<DialectId, DialectReading>;

/** How programs read a text now, kept for the many changes that are tried on it. */
const known = new WeakMap<DotenvDocument, { readonly readers: string; readonly readings: Readings }>();

function readersOf({ dialects = [] }: Pick<LintContext, "dialects">): readonly DialectId[] {
  return ["dotenv", ...dialects.filter((dialect) => dialect !== "dotenv")];
}

function readingsOf(document: DotenvDocument, dialects: readonly DialectId[]): Readings {
  const readers = dialects.join();
  const before = known.get(document);
  if (before?.readers === readers) return before.readings;
  const readings = new Map(dialects.map((dialect) => [dialect, readAs(dialect, document.text)]));
  known.set(document, { readers, readings });
  return readings;
}

/** Proofs of edits that several findings have in common, such as those that add all missing keys. */
const proven = new WeakMap<
  readonly TextEdit[],
  {
    readonly document: DotenvDocument;
    readonly claim: Claim;
    readonly readers: string;
    readonly proof: Proof | undefined;
  }
>();

/**
 * Reads a text before and after edits as dotenv and every dialect in force do. Proven is a change after which each of
 * them reads exactly the claimed values, and every other key as before. A program that read nothing of the file, for it
 * refuses one of its lines, may go on so, or read afterwards what dotenv reads; with `mends` so may everyone else.
 * Undefined when the claim does not hold.
 */
export function prove(
  document: DotenvDocument,
  edits: readonly TextEdit[],
  claim: Claim,
  context: Pick<LintContext, "dialects">,
): Proof | undefined {
  const dialects = readersOf(context);
  const readers = dialects.join();
  const before = proven.get(edits);
  if (before?.document === document && before.claim === claim && before.readers === readers)
    return before.proof;
  const proof = proveAnew(document, edits, claim, dialects);
  proven.set(edits, { document, claim, readers, proof });
  return proof;
}

function proveAnew(
  document: DotenvDocument,
  edits: readonly TextEdit[],
  claim: Claim,
  dialects: readonly DialectId[],
): Proof | undefined {
  const text = applyEdits(document.text, edits);
  const readings = readingsOf(document, dialects);
  let dotenv: Values | undefined;
  let changesReading = false;
  for (const dialect of dialects) {
    const before = readings.get(dialect)!;
    const after = readAs(dialect, text);
    if (!after.ok) {
      if (before.ok) return undefined;
      continue;
    }
    dotenv ??= after.values;
    if (!before.ok) {
      if (!readsAsDotenv(after.values, dotenv)) return undefined;
      continue;
    }
    const own = claimOf(dialect, claim);
    const isClaimed = readsAsClaimed(before.values, after.values, own);
    if (!isClaimed && !(own.mends === true && readsAsDotenv(after.values, dotenv))) return undefined;
    changesReading ||= !sameValues(before.values, after.values);
  }
  return { changesReading };
}

/** What is claimed of one reader. */
function claimOf(dialect: DialectId, claim: Claim): Claim {
  if (dialect === "dotenv") return { changes: claim.changes };
  return claim.others && dialect !== "node" ? { ...claim, changes: claim.others } : claim;
}

function readsAsClaimed(before: Values, after: Values, { changes, expands }: Claim): boolean {
  let keys = before.size;
  for (const [key, value] of changes) {
    if (!before.has(key)) keys += 1;
    const read = after.get(key);
    const mayExpand = expands === true && value.includes("$");
    if (read !== value && !(mayExpand && typeof read === "string")) return false;
  }
  if (after.size !== keys) return false;
  for (const [key, value] of before) {
    if (!changes.has(key) && (after.get(key) !== value || !after.has(key))) return false;
  }
  return true;
}

/** Of values with references, dotenv reads the text and others what comes out. */
function readsAsDotenv(reading: Values, dotenv: Values): boolean {
  if (reading.size !== dotenv.size) return false;
  for (const [key, value] of dotenv) {
    const other = reading.get(key);
    if (other !== value && !(typeof other === "string" && value?.includes("$"))) return false;
  }
  return true;
}

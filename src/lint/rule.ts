import type { DotenvDocument, Span } from "../dotenv/document.ts";
import type { TextEdit } from "../dotenv/edit.ts";
import type { Expansion } from "../dotenv/expand.ts";
import type { RuleId, Severity, SeverityChoice } from "./catalog.ts";

/** What only the reader of the bytes can know: decoding has already hidden it from the text. */
export type EncodingProblem = "utf-16" | "invalid-utf-8" | "byte-order-mark" | "other-encoding";

/** What a document is judged against. */
export interface LintContext {
  /** The file that lists the keys this one should have; `name` is shown to people. */
  readonly example?: { readonly name: string; readonly document: DotenvDocument } | undefined;
  /** Names defined elsewhere: the process environment, and files that the same program reads. */
  readonly known: ReadonlySet<string>;
  readonly problems?: readonly EncodingProblem[] | undefined;
  /** The document is itself an example, so no key is missing in it. */
  readonly isExample: boolean;
  /** The user's choices; a rule not named here speaks at the catalogue's severity. */
  readonly severities: Readonly<Partial<Record<RuleId, SeverityChoice>>>;
}

/** Another place in the same document that explains a finding. */
export interface RelatedPlace {
  readonly span: Span;
  readonly message: string;
}

/** What a rule reports: a place and a text that names keys and never holds a value. */
export interface Match {
  readonly span: Span;
  readonly message: string;
  /** The key that the finding is about, when there is one. */
  readonly key?: string;
  readonly related?: readonly RelatedPlace[];
}

export interface Finding extends Match {
  readonly rule: RuleId;
  readonly severity: Severity;
}

/** The context with what several rules need, made once and only when asked for. */
export interface RuleContext extends LintContext {
  readonly expansion: () => Expansion;
}

/** A change that mends a finding, together with what it claims to do to the reading. Not yet proven. */
export interface Repair {
  /** Says everything the change does to what programs read; names keys, never values. */
  readonly title: string;
  /** Ways to spell the change, the best first; the first that does what is claimed is taken. */
  readonly alternatives: readonly (readonly TextEdit[])[];
  /** The keys that are read differently afterwards, with what they must read; every other key reads as before. */
  readonly changes: ReadonlyMap<string, string>;
}

/** One check. No function throws for any text; `fixes.ts` proves each repair before it is offered. */
export interface Rule {
  readonly id: RuleId;
  /** Every place of the document where the rule applies, in any order. */
  run(document: DotenvDocument, context: RuleContext): Match[];
  /**
   * The one change that mends a finding for sure and leaves the reading as it is, so that it may be made to all
   * findings at once without asking. Quick: it is called for each of thousands.
   */
  repair?(finding: Match, document: DotenvDocument): Repair | undefined;
  /** Other changes that would mend a finding, for a person to choose from. */
  choices?(finding: Match, document: DotenvDocument, context: LintContext): Repair[];
}

/** The claim of a repair that leaves every key as it is read. */
export const sameReading: ReadonlyMap<string, string> = new Map();

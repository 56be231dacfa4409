import type { DialectId, OddLines } from "../dotenv/dialects.ts";
import type { DotenvDocument, LocalEntry, Span } from "../dotenv/document.ts";
import type { TextEdit } from "../dotenv/edit.ts";
import type { Schema } from "../dotenv/schema/model.ts";
import type { RuleId, Severity, SeverityChoice } from "./catalog.ts";
import type { References } from "./references.ts";

/** What only the reader of the bytes can know: decoding has already hidden it from the text. */
export type EncodingProblem = "utf-16" | "invalid-utf-8" | "byte-order-mark" | "other-encoding";

/** The example that a file is held against. */
export interface ExampleContext {
  /** Shown to people. */
  readonly name: string;
  readonly document: DotenvDocument;
  /** Keys of the example that are not asked for here: files that this one overrides hold them. */
  readonly inherited?: ReadonlySet<string>;
}

/** The schema that speaks of a file's keys. */
export interface SchemaContext {
  /** Its file's name, shown to people. */
  readonly name: string;
  readonly schema: Schema;
  /** Keys of the schema that are not asked for here: files that this one overrides hold them. */
  readonly inherited?: ReadonlySet<string>;
}

/** Another environment of the same folder. */
export interface SiblingContext {
  readonly name: string;
  readonly keys: ReadonlySet<string>;
}

/** What a document is judged against. Who checks a text again and again passes the same objects while they hold. */
export interface LintContext {
  readonly example?: ExampleContext | undefined;
  /** Names defined elsewhere: the process environment, and files that the same program reads. */
  readonly known: ReadonlySet<string>;
  readonly problems?: readonly EncodingProblem[] | undefined;
  /** The document is itself an example, so no key is missing in it. */
  readonly isExample: boolean;
  /** The document is itself a schema: its values are defaults and functions, and nobody reads them as they stand. */
  readonly isSchema?: boolean;
  /** Who reads the file besides dotenv, Envpact's own reading, which always counts. */
  readonly dialects?: readonly DialectId[] | undefined;
  /** A package beside the file expands references for those who read it as dotenv or Node do: dotenv-expand, Next.js, Vite. */
  readonly expands?: boolean | undefined;
  readonly schema?: SchemaContext | undefined;
  /** Environments whose keys may be asked for here, without those that this one gets from a file below it. */
  readonly siblings?: readonly SiblingContext[] | undefined;
  /** Version control has the file, so what stands in it is told to everyone who has the repository. */
  readonly tracked?: boolean | undefined;
  /** The user's choices; a rule not named here speaks at the catalogue's severity. */
  readonly severities: Readonly<Partial<Record<RuleId, SeverityChoice>>>;
}

/** The part of the context that checks of single assignments may depend on. */
export type LocalContext = Pick<LintContext, "isExample" | "isSchema" | "tracked">;

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
  /** The keys that it is about, when there are several. */
  readonly keys?: readonly string[];
  readonly related?: readonly RelatedPlace[];
}

export interface Finding extends Match {
  readonly rule: RuleId;
  readonly severity: Severity;
}

/** The context with what several rules need. */
export interface RuleContext extends LintContext {
  /** What the values that are read refer to. */
  readonly references: References;
  /** Where dialects may read the document otherwise than dotenv. */
  readonly odd: OddLines;
}

/** An assignment by its offsets in the text. One object serves for all of them in turn, so never keep it. */
export interface Statement {
  readonly text: string;
  readonly start: number;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly valueStart: number;
  readonly valueEnd: number;
  /** The offset of the inline comment's `#`, -1 for none. */
  readonly comment: number;
  /** The code of the quote in a pair of which the value stands, 0 for none. */
  readonly quote: number;
}

/**
 * A check of one assignment by its own text. What it finds may depend on nothing else of the document, so that
 * after a keystroke only the assignment that changed is checked again.
 */
export interface EntryCheck {
  /** Whether there is anything to check in such a file; always, when it is left out. */
  applies?(context: LocalContext): boolean;
  /** Whether a closer look is worth it. Called for each of 100,000 assignments: makes no object and no string. */
  suspects(statement: Statement): boolean;
  check(entry: LocalEntry, document: DotenvDocument, context: LocalContext): Match | undefined;
}

/** A change that mends a finding, together with what it claims to do to the reading. Not yet proven. */
export interface Repair {
  /** Says everything the change does to what programs read; names keys, never values. */
  readonly title: string;
  /** Ways to spell the change, the best first; the first that does what is claimed is taken. */
  readonly alternatives: readonly (readonly TextEdit[])[];
  /** The keys that are read differently afterwards, with what they must read; every other key reads as before. */
  readonly changes: ReadonlyMap<string, string>;
  /** Who reads the file otherwise than dotenv may read all of it as dotenv does afterwards; the title says so. */
  readonly mends?: boolean;
  /** What readers other than dotenv and Node must read for these keys, where a package that expands reads `changes` so. */
  readonly others?: ReadonlyMap<string, string>;
  /** The new values are meant to be expanded, so readers that do may get another text for those with a `$`. */
  readonly expands?: boolean;
}

/** One rule. No function throws for any text; `fixes.ts` proves each repair before it is offered. */
export interface Rule {
  readonly id: RuleId;
  readonly entry?: EntryCheck;
  /**
   * What the lines between an assignment and the next show, given the record of the former (below 0 for the lines
   * before the first). It depends on those two and on nothing else of the document.
   */
  lines?(document: DotenvDocument, record: number): Match[];
  /** Every other place of the document where the rule applies, in any order. */
  run?(document: DotenvDocument, context: RuleContext): Match[];
  /**
   * The one change that mends a finding for sure and leaves the reading as it is, so that it may be made to all
   * findings at once without asking. Quick: it is called for each of thousands.
   */
  repair?(finding: Match, document: DotenvDocument): Repair | undefined;
  /** The rule makes no sense in a schema, where a value may be a function or a default. */
  readonly notInSchemas?: boolean;
  /** Other changes that would mend a finding, for a person to choose from. */
  choices?(finding: Match, document: DotenvDocument, context: LintContext): Repair[];
}

/** The claim of a repair that leaves every key as it is read. */
export const sameReading: ReadonlyMap<string, string> = new Map();

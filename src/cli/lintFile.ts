import { type DotenvDocument, lineOf, type Span } from "../dotenv/document.ts";
import { applyEdits } from "../dotenv/edit.ts";
import { type RuleId, type Severity, severityIn } from "../lint/catalog.ts";
import { fixAll } from "../lint/fixes.ts";
import { lintText } from "../lint/lint.ts";
import type { Finding, LintContext } from "../lint/rule.ts";
import { type Problem, problemOf } from "../protocol/errors.ts";
import { errorOf } from "./environmentText.ts";
import type { LintSurroundings } from "./lintContext.ts";
import { readNamedFile } from "./namedFile.ts";
import { type ShownFix, shownFixes } from "./shownFixes.ts";

/**
 * A finding as every format shows it. Lines and columns from 1, columns in UTF-16 units without a byte order mark, ends
 * exclusive.
 */
export interface LintLine {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly rule: RuleId;
  readonly severity: Severity;
  readonly message: string;
  readonly key?: string;
  /** In place of `key`, where a finding is about several. */
  readonly keys?: readonly string[];
}

/** A place of a text, as {@link LintLine} counts. */
export type Region = Pick<LintLine, "line" | "column" | "endLine" | "endColumn">;

/** A change that mends a finding, without a value in it: `text` takes the place of each region of the file as it is. */
export interface LintFix {
  readonly title: string;
  readonly replacements: readonly { readonly region: Region; readonly text: string }[];
}

/** A finding with what only some formats show. */
export interface LintResult {
  readonly line: LintLine;
  readonly related: readonly LintLine[];
  readonly fixes: readonly LintFix[];
}

/** What linting one file came to. */
export interface LintedFile {
  readonly results: readonly LintResult[];
  /** How many findings were mended. */
  readonly fixed: number;
}

/** Problems of a file that are findings about it rather than failures of the command. */
const findingOfProblem: Readonly<Partial<Record<Problem["code"], RuleId>>> = {
  FILE_NOT_TEXT: "not-utf8",
  FILE_TOO_LARGE: "file-too-large",
};

/** What is done with findings besides telling them. */
export interface Mending {
  /** The file is mended first, by the fixes that are proven to leave its reading as it is. */
  readonly fix?: boolean;
  /** Results come with their fixes, which takes longer. */
  readonly offer?: boolean;
}

/**
 * Checks the file at `path` (absolute), which output names `shown`. Throws when the file cannot be read or written.
 */
export async function lintFile(
  path: string,
  shown: string,
  surroundings: LintSurroundings,
  { fix = false, offer = false }: Mending = {},
): Promise<LintedFile> {
  const context = await surroundings.contextOf(path);
  try {
    const { files, name, text } = await readNamedFile(path, shown);
    let linted = lintText(text, context);
    let fixed = 0;
    if (fix) {
      const all = fixAll(linted.findings, linted.document, context);
      const mended = applyEdits(text, all.edits);
      if (mended !== text) {
        const replaced = await files.replace(name, text, mended);
        if (!replaced.ok) throw errorOf(replaced.error);
        fixed = all.fixed.length;
        linted = lintText(mended, context);
      }
    }
    const { document, findings } = linted;
    const fixes = offer ? shownFixes(linted) : [];
    return {
      fixed,
      results: findings.map((finding, index) => resultOf(shown, document, finding, fixes[index] ?? [])),
    };
  } catch (error) {
    const { code, message } = problemOf(error);
    const rule = findingOfProblem[code];
    if (rule === undefined) throw error;
    return { fixed: 0, results: unreadable(shown, context, rule, message) };
  }
}

function unreadable(shown: string, { severities }: LintContext, rule: RuleId, message: string): LintResult[] {
  const severity = severityIn(severities, rule);
  if (severity === undefined) return [];
  return [
    {
      line: lineOfFinding(shown, undefined, { rule, severity, message, span: start }),
      related: [],
      fixes: [],
    },
  ];
}

function resultOf(
  shown: string,
  document: DotenvDocument,
  finding: Finding,
  fixes: readonly ShownFix[],
): LintResult {
  const { rule, severity, related = [] } = finding;
  return {
    line: lineOfFinding(shown, document, finding),
    related: related.map((place) => lineOfFinding(shown, document, { ...place, rule, severity })),
    fixes: fixes.map(({ title, edits }) => ({
      title,
      replacements: edits.map(({ start, end, text }) => ({
        region: regionOf(document, { start, end }),
        text,
      })),
    })),
  };
}

const start = { start: 0, end: 0 };

function lineOfFinding(
  file: string,
  document: DotenvDocument | undefined,
  {
    rule,
    severity,
    message,
    span,
    key,
    keys,
  }: Pick<LintLine, "rule" | "severity" | "message" | "key" | "keys"> & {
    readonly span: Span;
  },
): LintLine {
  const region = document ? regionOf(document, span) : { line: 1, column: 1, endLine: 1, endColumn: 1 };
  return {
    file,
    ...region,
    rule,
    severity,
    message,
    ...(key === undefined ? {} : { key }),
    ...(keys === undefined ? {} : { keys }),
  };
}

/** The place of offsets. Editors and readers of logs have taken a byte order mark away, so it is no column. */
function regionOf(document: DotenvDocument, { start, end }: Span): Region {
  const [from, to] = [placeOf(document, start), placeOf(document, end)];
  return { line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
}

function placeOf(document: DotenvDocument, offset: number): { line: number; column: number } {
  const { line, column } = lineOf(document, offset);
  return { line, column: document.bom && line === 1 ? Math.max(1, column - 1) : column };
}

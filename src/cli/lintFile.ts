import { type DotenvDocument, lineOf } from "../dotenv/document.ts";
import { applyEdits } from "../dotenv/edit.ts";
import { type RuleId, type Severity, severityIn } from "../lint/catalog.ts";
import { fixAll } from "../lint/fixes.ts";
import { lintText } from "../lint/lint.ts";
import type { Finding, LintContext } from "../lint/rule.ts";
import { type Problem, problemOf } from "../protocol/errors.ts";
import { errorOf } from "./environmentText.ts";
import type { LintSurroundings } from "./lintContext.ts";
import { readNamedFile } from "./namedFile.ts";

/** A finding as every format shows it. Lines and columns from 1, columns in UTF-16 units, ends exclusive. */
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

/** A finding with what only some formats show. */
export interface LintResult {
  readonly line: LintLine;
  readonly related: readonly LintLine[];
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

/**
 * Checks the file at `path` (absolute), which output names `shown`. With `fix`, mends it first by the fixes
 * that are proven to leave its reading as it is. Throws when the file cannot be read or written.
 */
export async function lintFile(
  path: string,
  shown: string,
  surroundings: LintSurroundings,
  fix: boolean,
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
    return { fixed, results: findings.map((finding) => resultOf(shown, document, finding)) };
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
  return [{ line: lineOfFinding(shown, undefined, { rule, severity, message, span: start }), related: [] }];
}

function resultOf(shown: string, document: DotenvDocument, finding: Finding): LintResult {
  const { rule, severity, related = [] } = finding;
  return {
    line: lineOfFinding(shown, document, finding),
    related: related.map((place) => lineOfFinding(shown, document, { ...place, rule, severity })),
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
    readonly span: { readonly start: number; readonly end: number };
  },
): LintLine {
  const from = document ? lineOf(document, span.start) : { line: 1, column: 1 };
  const to = document ? lineOf(document, span.end) : from;
  const end = { endLine: to.line, endColumn: to.column };
  return {
    file,
    ...from,
    ...end,
    rule,
    severity,
    message,
    ...(key === undefined ? {} : { key }),
    ...(keys === undefined ? {} : { keys }),
  };
}

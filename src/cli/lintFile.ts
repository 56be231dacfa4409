import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type DotenvDocument, lineOf, parseDocument } from "../dotenv/document.ts";
import { applyEdits } from "../dotenv/edit.ts";
import { exampleNameFor, kindOfName, overriddenNames } from "../dotenv/fileNames.ts";
import type { RuleId, Severity } from "../lint/catalog.ts";
import { catalog } from "../lint/catalog.ts";
import { fixAll } from "../lint/fixes.ts";
import { lintText } from "../lint/lint.ts";
import type { LintContext } from "../lint/rule.ts";
import { type Problem, problemOf } from "../protocol/errors.ts";
import { errorOf } from "./environmentText.ts";
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
}

/** What linting one file came to. */
export interface LintedFile {
  readonly lines: readonly LintLine[];
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
  environment: NodeJS.ProcessEnv,
  fix: boolean,
): Promise<LintedFile> {
  try {
    const { files, name, text } = await readNamedFile(path, shown);
    const context = await contextOf(path, environment);
    let linted = lintText(text, context);
    let fixed = 0;
    if (fix) {
      const all = fixAll(linted.findings, linted.document);
      const mended = applyEdits(text, all.edits);
      if (mended !== text) {
        const replaced = await files.replace(name, text, mended);
        if (!replaced.ok) throw errorOf(replaced.error);
        fixed = all.fixed.length;
        linted = lintText(mended, context);
      }
    }
    const { document, findings } = linted;
    return { fixed, lines: findings.map((finding) => lineOfFinding(shown, document, finding)) };
  } catch (error) {
    const { code, message } = problemOf(error);
    const rule = findingOfProblem[code];
    if (rule === undefined) throw error;
    const { severity } = catalog[rule];
    return { fixed: 0, lines: [lineOfFinding(shown, undefined, { rule, severity, message, span: start })] };
  }
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
  }: Pick<LintLine, "rule" | "severity" | "message" | "key"> & {
    readonly span: { readonly start: number; readonly end: number };
  },
): LintLine {
  const from = document ? lineOf(document, span.start) : { line: 1, column: 1 };
  const to = document ? lineOf(document, span.end) : from;
  const end = { endLine: to.line, endColumn: to.column };
  return { file, ...from, ...end, rule, severity, message, ...(key === undefined ? {} : { key }) };
}

/** What the file is judged against: its example, the files it overrides, and the names set in the environment. */
async function contextOf(path: string, environment: NodeJS.ProcessEnv): Promise<LintContext> {
  const folder = dirname(path);
  const name = basename(path);
  const siblings = new Set(await readdir(folder).catch(() => []));
  const known = new Set(Object.keys(environment));
  const overridden = new Set<string>();
  for (const base of overriddenNames(name, siblings)) {
    const document = await documentBeside(folder, base);
    for (const { key } of document?.entries ?? []) overridden.add(key);
  }
  const isExample = kindOfName(name) === "example";
  const exampleName = exampleNameFor(name, siblings);
  const example = exampleName === undefined ? undefined : await documentBeside(folder, exampleName);
  return {
    example: example && { name: exampleName ?? "", document: example, inherited: overridden },
    known: new Set([...known, ...overridden]),
    isExample,
    severities: {},
  };
}

/** A file beside the checked one; one that cannot be read is as good as none, and is reported on its own turn. */
async function documentBeside(folder: string, name: string): Promise<DotenvDocument | undefined> {
  try {
    return parseDocument((await readNamedFile(join(folder, name), name)).text);
  } catch (error) {
    if (problemOf(error).code === "INTERNAL") throw error;
    return undefined;
  }
}

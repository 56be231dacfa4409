import { resolve } from "node:path";
import { version } from "../../../package.json";
import { isRuleId, type RuleId, type SeverityChoice, severitiesFrom } from "../../lint/catalog.ts";
import { type Problem, problemOf } from "../../protocol/errors.ts";
import { collect, usageError } from "../arguments.ts";
import { conventionChosen, conventionWords } from "../conventionNear.ts";
import { discover } from "../discovery.ts";
import { type ExitCode, exitCodes } from "../exit.ts";
import type { CommandHost } from "../host.ts";
import { LintSurroundings } from "../lintContext.ts";
import { type LintLine, type LintResult, lintFile } from "../lintFile.ts";
import { counted, type Output } from "../output.ts";
import { sarifOf } from "../sarif.ts";
import type { Session } from "../session.ts";
import { requireFolder } from "../workspace.ts";

const formats = ["text", "json", "sarif"] as const;
type Format = (typeof formats)[number];

interface Options {
  readonly format?: string;
  readonly fix?: boolean;
  readonly rule?: readonly string[];
  readonly convention?: string;
}

/** `envpact lint [FILES…]`: the diagnostics of the files, or of every environment of the folder. */
export function declareLint(host: CommandHost): void {
  host
    .declare<Options>(host.root, "lint [files...]", "find mistakes in environment files", runLint)
    .option("--format <format>", `${formats.join(", ")} (default: text)`)
    .option("--rule <id=severity>", "how loudly a rule speaks, or off (may be repeated)", collect)
    .option(
      "--convention <name>",
      `which file wins: ${conventionWords.join(", ")} (default: auto, by the files around)`,
    )
    .option("--fix", "mend what can be mended without a change of what programs read");
}

async function runLint(session: Session, operands: readonly string[], options: Options): Promise<ExitCode> {
  const format = formatOf(options.format, session.output.json);
  const surroundings = new LintSurroundings(session.environment, {
    severities: severitiesOf(options.rule ?? []),
    convention: conventionChosen(options.convention),
  });
  const output = format === "json" ? session.output.asJson() : session.output;
  await requireFolder(session.folder);
  const files = operands.length > 0 ? operands : await everyEnvironment(session, output);
  const found: LintResult[] = [];
  let [checked, fixed] = [0, 0];
  const failures: Problem[] = [];
  for (const file of files) {
    try {
      const path = resolve(session.folder, file);
      const mending = { fix: options.fix === true, offer: format === "sarif" };
      const linted = await lintFile(path, file, surroundings, mending);
      checked += 1;
      fixed += linted.fixed;
      found.push(...linted.results);
      if (format !== "sarif") for (const { line } of linted.results) output.result(line, textOf(line));
    } catch (error) {
      // One file that cannot be read must not hide what is wrong in the others.
      const problem = problemOf(error);
      failures.push(problem);
      output.fail(problem);
    }
  }
  if (format === "sarif")
    output.raw(`${JSON.stringify(sarifOf(found, version, session.folder, failures), undefined, 2)}\n`);
  if (options.fix === true) output.note(`Mended ${counted(fixed, "finding")}.`);
  if (format === "text") output.note(summary(files.length, checked, found.length));
  const wrong = found.some(({ line: { severity } }) => severity === "error" || severity === "warning");
  return wrong || failures.length > 0 ? exitCodes.refused : exitCodes.done;
}

function severitiesOf(choices: readonly string[]): Partial<Record<RuleId, SeverityChoice>> {
  const chosen: Record<string, string> = {};
  for (const choice of choices) {
    const [rule = "", severity = ""] = choice.split("=");
    if (!isRuleId(rule))
      throw usageError(`There is no rule "${rule}".`, "See docs/DIAGNOSTICS.md for all rules.");
    if (Object.keys(severitiesFrom({ [rule]: severity })).length === 0) {
      throw usageError(
        `"${severity}" is no severity.`,
        `Write --rule ${rule}=warning, or error, information, hint or off.`,
      );
    }
    chosen[rule] = severity;
  }
  return severitiesFrom(chosen);
}

function formatOf(text: string | undefined, json: boolean): Format {
  const format = formats.find((known) => known === text);
  if (text !== undefined && format === undefined) {
    throw usageError(`There is no format "${text}".`, `Use ${formats.join(", ")}.`);
  }
  if (json && format !== undefined && format !== "json") {
    throw usageError(`--json and --format ${format} contradict each other.`, "Use one of them.");
  }
  return json ? "json" : (format ?? "text");
}

async function everyEnvironment(session: Session, output: Output): Promise<readonly string[]> {
  const { files, truncated, unreadable } = await discover(session.folder);
  if (truncated) output.note("There are more environments than are searched for; name the others.");
  for (const folder of unreadable) output.note(`${folder === "" ? "." : folder} may not be read.`);
  return files;
}

function textOf({ file, line, column, severity, rule, message }: LintLine): string {
  return `${file}:${line}:${column}: ${severity}: ${message} (${rule})`;
}

function summary(files: number, checked: number, findings: number): string {
  if (files === 0) return "There is no environment file here.";
  if (checked === 0) return "No file could be checked.";
  const checkedText = checked < files ? `${checked} of ${counted(files, "file")}` : counted(files, "file");
  return `${checkedText} checked, ${findings === 0 ? "nothing found" : counted(findings, "finding")}.`;
}

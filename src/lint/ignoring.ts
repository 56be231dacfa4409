import { isLineBreak, lineEnd, lineStart } from "../dotenv/characters.ts";
import { type DotenvDocument, lineOf } from "../dotenv/document.ts";
import type { TextEdit } from "../dotenv/edit.ts";
import { entryAt } from "../dotenv/occurrences.ts";
import type { SilencedId } from "./directives.ts";
import { prove } from "./proof.ts";
import { type Finding, type LintContext, sameReading } from "./rule.ts";

/** What is silenced, and where: a finding of a rule, or one about code. */
type Silenced = Pick<Finding, "span"> & { readonly rule: SilencedId };

/** A comment that silences a rule, for a finding; never a part of fixing all. */
export interface Ignoring {
  readonly title: string;
  readonly edits: readonly TextEdit[];
}

/** Rules about the file as a whole: no line of it is to blame. */
const rulesOfFiles: ReadonlySet<SilencedId> = new Set<SilencedId>([
  "byte-order-mark",
  "not-utf8",
  "file-too-large",
  "missing-key",
  "missing-in-siblings",
  "missing-final-newline",
]);

/** A comment of the file that ignores some rules already, without a reason behind them. */
const lineDirective = /^[^\S\r\n]*#[^\S\r\n]*envpact-ignore[^\S\r\n][^\r\n]*$/;
const fileDirective = /^[^\S\r\n]*#[^\S\r\n]*envpact-ignore-file[^\S\r\n][^\r\n]*$/m;

/** Lines at the head of a file that may hold its directives. */
const headLinesMax = 20;

/** The ways to silence a finding's rule by a comment: at its line, and in the whole file; proven to change no reading. */
export function ignoringsOf(
  finding: Silenced,
  document: DotenvDocument,
  context: Pick<LintContext, "dialects">,
): Ignoring[] {
  const { rule } = finding;
  const choices: Ignoring[] = [];
  const line = rulesOfFiles.has(rule) ? undefined : aboveLine(finding, document);
  if (line) choices.push({ title: `Ignore ${rule} on this line`, edits: [line] });
  choices.push({ title: `Ignore ${rule} in this file`, edits: [inFile(rule, document)] });
  return choices.filter(
    ({ edits }) => prove(document, edits, { changes: sameReading }, context) !== undefined,
  );
}

/** A comment above the assignment or the line of a finding; undefined for lines that hang together. */
function aboveLine({ rule, span }: Silenced, document: DotenvDocument): TextEdit | undefined {
  const { text } = document;
  const entry = entryAt(document, span.start);
  if (!entry && lineOf(document, span.start).line !== lineOf(document, span.end).line) return undefined;
  const at = startOf(document, entry?.span.start ?? span.start);
  const above = at > 1 ? text.slice(lineStart(text, behindLine(text, at)), behindLine(text, at)) : "";
  if (lineDirective.test(above) && !/\s--/.test(above)) return appended(text, behindLine(text, at), rule);
  return { start: at, end: at, text: `# envpact-ignore ${rule}${document.eol}` };
}

/** The start of the line of an offset, behind a byte order mark. */
function startOf({ text, bom }: DotenvDocument, offset: number): number {
  return Math.max(bom ? 1 : 0, lineStart(text, offset));
}

/** Where the line above the one that starts at `at` ends. */
function behindLine(text: string, at: number): number {
  const before = at - 1;
  return text.startsWith("\r\n", before - 1) && isLineBreak(text.charCodeAt(before)) ? before - 1 : before;
}

function appended(text: string, end: number, rule: SilencedId): TextEdit {
  let at = end;
  while (/\s/.test(text.charAt(at - 1))) at--;
  return { start: at, end: at, text: ` ${rule}` };
}

function inFile(rule: SilencedId, document: DotenvDocument): TextEdit {
  const { text, lineStarts } = document;
  const head = text.slice(0, lineStarts[headLinesMax] ?? text.length);
  const found = fileDirective.exec(head);
  if (found && !/\s--/.test(found[0])) return appended(text, lineEnd(text, found.index), rule);
  const at = document.bom ? 1 : 0;
  return { start: at, end: at, text: `# envpact-ignore-file ${rule}${document.eol}` };
}

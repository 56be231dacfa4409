import { hash, lineEnd, lineStart, skipSpace } from "../dotenv/characters.ts";
import type { DotenvDocument, Span } from "../dotenv/document.ts";
import type { Rescan } from "../dotenv/rescanning.ts";
import { statementEnd } from "../dotenv/scanner.ts";
import { commentField, recordFrom, recordLength, startField } from "../dotenv/statements.ts";
import { isRuleId, type RuleId, ruleIds } from "./catalog.ts";
import { type CodeFindingId, codeFindingIds, isCodeFindingId } from "./codeFindings.ts";
import { ruleOfDotenvLinter } from "./foreignRules.ts";

/** What a comment that silences may name. */
export type SilencedId = RuleId | CodeFindingId;

/** Rules that a comment silences between two offsets. */
interface Silence extends Span {
  readonly rules: ReadonlySet<SilencedId>;
}

/** Something that a comment may silence: a finding of a rule, or one about code. */
interface Silenceable {
  readonly rule: SilencedId;
  readonly span: Span;
}

const everyRule: ReadonlySet<SilencedId> = new Set([...ruleIds, ...codeFindingIds]);

const directive =
  /#[^\S\r\n]*(?:(envpact-ignore(?:-file)?)(?![\w-])|dotenv-linter:(on|off)(?![\w-]))([^\r\n]*)/g;

/**
 * Leaves out the findings that comments of the document silence: `# envpact-ignore` (behind an assignment or on a
 * line before it) and `# envpact-ignore-file`, each with rules or for all, and dotenv-linter's `:off` and `:on`.
 * A word that is no rule silences nothing. The findings are in the order of the text.
 */
export function withoutSilenced<T extends Silenceable>(findings: T[], document: DotenvDocument): T[] {
  if (!hasDirective(document)) return findings;
  const silences = silencesIn(document);
  silences.sort((one, other) => one.start - other.start);
  let next = 0;
  let open: Silence[] = [];
  return findings.filter(({ rule, span }) => {
    for (; next < silences.length && silences[next]!.start <= span.start; next++) open.push(silences[next]!);
    open = open.filter(({ end }) => span.start <= end);
    return !open.some(({ rules }) => rules.has(rule));
  });
}

/** A word of a directive that names no rule. */
export interface UnknownWord {
  readonly span: Span;
  /** It stands in a comment for dotenv-linter. */
  readonly foreign: boolean;
}

/** Words where a directive of the document should name a rule and does not. */
export function unknownWords(document: DotenvDocument): UnknownWord[] {
  if (!hasDirective(document)) return [];
  const unknown: UnknownWord[] = [];
  for (const { 0: whole, 2: toggle, 3: words = "", index } of document.text.matchAll(directive)) {
    if (!isComment(document, index)) continue;
    const from = index + whole.length - words.length;
    for (const { 0: word, index: at } of beforeReason(words).matchAll(/[^\s,]+/g)) {
      const foreign = toggle !== undefined;
      const names = foreign ? ruleOfDotenvLinter(word).length > 0 : isSilencedId(word);
      const start = from + at;
      if (!names) unknown.push({ span: { start, end: start + word.length }, foreign });
    }
  }
  return unknown;
}

/** Asked twice of each document, and to search a long text takes its time. */
const withDirective = new WeakMap<DotenvDocument, boolean>();

function hasDirective(document: DotenvDocument): boolean {
  let has = withDirective.get(document);
  if (has === undefined) {
    has = mayDirect(document.text);
    withDirective.set(document, has);
  }
  return has;
}

function mayDirect(text: string): boolean {
  return text.includes("envpact-ignore") || text.includes("dotenv-linter:");
}

/**
 * Spares the search of a document that was made from one without directives, where none came with the change: no word
 * stands on two lines, and what did not change are whole ones.
 */
export function followDirectives(
  earlier: DotenvDocument,
  { firstRecord, rest }: Rescan,
  document: DotenvDocument,
): void {
  if (withDirective.get(earlier) !== false) return;
  const { text, statements } = document;
  const start = firstRecord === 0 ? 0 : statements[firstRecord + startField];
  if (!mayDirect(text.slice(start, statements[rest + startField]))) withDirective.set(document, false);
}

/** What stands before ` --` and a reason. */
function beforeReason(words: string): string {
  return words.split(/(?:^|\s)--/)[0]!;
}

function silencesIn(document: DotenvDocument): Silence[] {
  const { text } = document;
  const lines: Silence[] = [];
  const wholeFile = new Set<SilencedId>();
  const switched = new SwitchedRules();
  const found = Array.from(text.matchAll(directive)).filter(({ index }) => isComment(document, index));
  const places = placesOf(document, found);
  for (const [nth, [, ignore, toggle, words = ""]] of found.entries()) {
    const at = found[nth]!.index;
    if (toggle) {
      for (const rule of rulesNamed(words, ruleOfDotenvLinter)) switched.turn(rule, toggle === "off", at);
      continue;
    }
    const rules = rulesNamed(words, (word) => (isSilencedId(word) ? [word] : []));
    if (ignore === "envpact-ignore-file") for (const rule of rules) wholeFile.add(rule);
    else if (places[nth]) lines.push({ ...places[nth], rules });
  }
  return [...lines, ...switched.silences(text.length), { start: 0, end: text.length, rules: wholeFile }];
}

/** What dotenv-linter's comments have turned off, and from where on. */
class SwitchedRules {
  readonly #off = new Map<SilencedId, number>();
  readonly #silences: Silence[] = [];

  turn(rule: SilencedId, off: boolean, at: number): void {
    const since = this.#off.get(rule);
    if (off && since === undefined) this.#off.set(rule, at);
    if (off || since === undefined) return;
    this.#silences.push({ start: since, end: at, rules: new Set([rule]) });
    this.#off.delete(rule);
  }

  /** All of them, those that are never turned on again up to the text's end. */
  silences(end: number): Silence[] {
    const open = Array.from(this.#off, ([rule, start]) => ({ start, end, rules: new Set([rule]) }));
    return [...this.#silences, ...open];
  }
}

function isSilencedId(word: string): word is SilencedId {
  return isRuleId(word) || isCodeFindingId(word);
}

/** The rules that words behind a directive name, up to ` --` and a reason; every rule where there is no word. */
function rulesNamed(
  words: string,
  rulesOf: (word: string) => readonly SilencedId[],
): ReadonlySet<SilencedId> {
  const named = beforeReason(words)
    .split(/[\s,]+/)
    .filter((word) => word !== "");
  return named.length === 0 ? everyRule : new Set(named.flatMap(rulesOf));
}

/** Whether the `#` at an offset starts a comment, or stands in one, rather than in a value. */
function isComment({ text, statements }: DotenvDocument, at: number): boolean {
  const record = recordFrom(statements, at + 1) - recordLength;
  if (record < 0 || at >= statementEnd(text, statements, record)) {
    return /^\s*#/.test(text.slice(lineStart(text, at), at + 1));
  }
  const comment = statements[record + commentField]!;
  return comment !== -1 && comment <= at;
}

/**
 * What each directive speaks about: the assignment it stands behind, else the line or assignment that follows it.
 * From the last to the first, so that of many in a row each looks no further than to the next.
 */
function placesOf(document: DotenvDocument, found: readonly RegExpExecArray[]): (Span | undefined)[] {
  const { text, statements } = document;
  const places: (Span | undefined)[] = [];
  let following: { readonly line: number; readonly place: Span | undefined } | undefined;
  for (const { index: at } of found.toReversed()) {
    const before = recordFrom(statements, at + 1) - recordLength;
    if (before >= 0 && at < statementEnd(text, statements, before)) {
      places.push({ start: lineStart(text, statements[before + startField]!), end: lineEnd(text, at) });
      continue;
    }
    const next = nextLine(text, lineEnd(text, at), following?.line ?? text.length);
    const place: Span | undefined = next === following?.line ? following?.place : lineAt(document, next);
    places.push(place);
    following = { line: at, place };
  }
  return places.reverse();
}

/** The offset of the first line from `from` on that is neither blank nor a comment, `stop` when that comes first. */
function nextLine(text: string, from: number, stop: number): number {
  let at = skipSpace(text, from);
  while (at < stop && text.charCodeAt(at) === hash) at = skipSpace(text, lineEnd(text, at));
  return Math.min(at, stop);
}

/** The line at an offset, all of its assignment when one starts there; undefined at the text's end. */
function lineAt({ text, statements }: DotenvDocument, at: number): Span | undefined {
  if (at >= text.length) return undefined;
  const record = recordFrom(statements, at);
  const end = statements[record + startField] === at ? statementEnd(text, statements, record) : at;
  return { start: lineStart(text, at), end: lineEnd(text, end) };
}

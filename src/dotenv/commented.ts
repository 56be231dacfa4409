import { linesBehind, type ScannedText } from "./assignments.ts";
import { afterLineBreak, byteOrderMark, equalsSign, isLineBreak } from "./characters.ts";
import { type Quirks, quirksOf, readValue } from "./reading.ts";
import { eachOtherLine, type Span, separatorAt } from "./scanner.ts";
import {
  commentField,
  keyEndField,
  keyStartField,
  recordLength,
  type Statements,
  scanStatements,
  startField,
  statementOnLine,
  valueEndField,
  valueStartField,
} from "./statements.ts";

/** An assignment that is commented out, `# KEY=value`; a multi-line value spans several comment lines. */
export interface CommentedEntry {
  readonly key: string;
  /** From the first `#` to the end of the last line. */
  readonly span: Span;
  readonly keySpan: Span;
  readonly valueSpan: Span;
}

/** A commented assignment with what it takes to bring it back. */
export interface CommentedAssignment extends CommentedEntry {
  /** What dotenv would read for it; a secret. */
  readonly value: string;
  /** The `#`, and the space behind it, of each of its lines. */
  readonly prefixes: readonly Span[];
}

/** A line that holds a comment only. */
interface CommentLine {
  readonly hash: number;
  /** Where the text behind `#` and at most one space starts. */
  readonly content: number;
  readonly end: number;
  /** `# `, `#`, or undefined for a `#` alone on its line, which goes with both. */
  readonly prefix: "# " | "#" | undefined;
  readonly startsLine: boolean;
}

function commentLine(text: string, hash: number, end: number): CommentLine {
  const spaced = text.charAt(hash + 1) === " " && end > hash + 1;
  const before = hash === 0 ? byteOrderMark : text.charCodeAt(hash - 1);
  return {
    hash,
    end,
    content: hash + (spaced ? 2 : 1),
    prefix: spaced ? "# " : end === hash + 1 ? undefined : "#",
    startsLine: isLineBreak(before) || (before === byteOrderMark && hash <= 1),
  };
}

/**
 * Groups the comment lines that may hold one multi-line value: lines that follow each other directly, all
 * but the first with `#` as their first character, all behind the same prefix.
 */
function commentRuns(scanned: ScannedText): CommentLine[][] {
  const { text, statements } = scanned;
  const runs: CommentLine[][] = [];
  let prefix: CommentLine["prefix"];
  const add = (line: CommentLine) => {
    const run = runs.at(-1);
    const last = run?.at(-1);
    const follows = last !== undefined && afterLineBreak(text, last.end) === line.hash && line.startsLine;
    const agrees = prefix === undefined || line.prefix === undefined || prefix === line.prefix;
    if (run && follows && agrees) run.push(line);
    else runs.push([line]);
    prefix = follows && agrees ? (prefix ?? line.prefix) : line.prefix;
  };
  for (let record = -recordLength; record < statements.length; record += recordLength) {
    const [from, to] = linesBehind(scanned, record);
    eachOtherLine(text, from, to, (kind, start, end) => {
      if (kind === "comment") add(commentLine(text, start, end));
    });
  }
  return runs;
}

/** The text that comment lines hold once their prefixes are gone, and the way back to the document. */
class UncommentedBlock {
  readonly text: string;
  /** Where each line starts in {@link text}. */
  readonly starts: number[] = [];
  readonly #lines: readonly CommentLine[];
  readonly #quirks: Quirks;

  constructor(text: string, lines: readonly CommentLine[]) {
    this.#lines = lines;
    let block = "";
    for (const line of lines) {
      this.starts.push(block.length);
      block += text.slice(line.content, afterLineBreak(text, line.end));
    }
    this.text = block;
    this.#quirks = quirksOf(block);
  }

  lineAt(offset: number): number {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The assignment of a record of this block, in offsets of the document. */
  assignment(statements: Statements, record: number): CommentedAssignment {
    const field = (name: number) => statements[record + name]!;
    const end = Math.max(field(valueEndField), field(commentField));
    const lines = this.#lines.slice(this.lineAt(field(startField)), this.lineAt(end) + 1);
    return {
      key: this.text.slice(field(keyStartField), field(keyEndField)),
      value: readValue(this.text, field(valueStartField), field(valueEndField), this.#quirks),
      span: { start: lines[0]!.hash, end: lines.at(-1)!.end },
      keySpan: { start: this.#place(field(keyStartField)), end: this.#place(field(keyEndField)) },
      valueSpan: { start: this.#place(field(valueStartField)), end: this.#place(field(valueEndField)) },
      prefixes: lines.map((line) => ({ start: line.hash, end: line.content })),
    };
  }

  #place(offset: number): number {
    const line = this.lineAt(offset);
    return this.#lines[line]!.content + offset - this.starts[line]!;
  }
}

/**
 * The assignments that stand commented out in a text, in order.
 * Prose such as `Note: …`, or a title underlined with `=`, does not count.
 */
export function commentedIn(scanned: ScannedText): CommentedEntry[] {
  const { text } = scanned;
  const found: CommentedEntry[] = [];
  for (const run of commentRuns(scanned)) {
    if (run.every(({ hash, end }) => !text.slice(hash, end).includes("="))) continue;
    const block = new UncommentedBlock(text, run);
    const statements = scanStatements(block.text);
    for (let record = 0; record < statements.length; record += recordLength) {
      const keyEnd = statements[record + keyEndField]!;
      const separator = separatorAt(block.text, keyEnd);
      const oneLine = block.lineAt(statements[record + startField]!) === block.lineAt(separator);
      const { key, span, keySpan, valueSpan } = block.assignment(statements, record);
      if (oneLine && block.text.charCodeAt(separator) === equalsSign && /\w/.test(key)) {
        found.push({ key, span, keySpan, valueSpan });
      }
    }
  }
  return found;
}

/**
 * Every way to take a commented assignment of `key` out of its comment, the one that ends last in the file first, and of those the longest.
 * Each line is read as a start of its own, so a quote left open above it cannot hide it.
 */
export function commentedAssignments(scanned: ScannedText, key: string): CommentedAssignment[] {
  const { text } = scanned;
  const found: CommentedAssignment[] = [];
  for (const run of commentRuns(scanned)) {
    const block = new UncommentedBlock(text, run);
    for (const [index, line] of run.entries()) {
      const content = text.slice(line.content, line.end).trimStart();
      if (!content.startsWith(key) && !content.startsWith("export")) continue;
      const statements = statementOnLine(block.text, block.starts[index]!);
      if (statements.length === 0) continue;
      const assignment = block.assignment(statements, 0);
      if (assignment.key === key) found.push(assignment);
    }
  }
  return found.sort((one, other) => other.span.end - one.span.end || one.span.start - other.span.start);
}

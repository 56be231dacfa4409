import { isDropped, linesBehind, localEntryOf } from "../dotenv/assignments.ts";
import type { DotenvDocument } from "../dotenv/document.ts";
import { isQuoted } from "../dotenv/reading.ts";
import type { Rescan } from "../dotenv/rescanning.ts";
import {
  commentField,
  keyEndField,
  keyStartField,
  recordLength,
  startField,
  valueEndField,
  valueStartField,
} from "../dotenv/statements.ts";
import type { Severity } from "./catalog.ts";
import type { EntryCheck, Finding, LocalContext, Match, Rule, Statement } from "./rule.ts";

/** A rule that is in force, as loud as the user wants it. */
export interface ActiveRule {
  readonly rule: Rule;
  readonly severity: Severity;
}

/** Stands for the lines before the first record. */
const head = -recordLength;

/** The offsets of one record at a time. */
class Cursor implements Statement {
  readonly text: string;
  readonly #fields: Int32Array;
  start = 0;
  keyStart = 0;
  keyEnd = 0;
  valueStart = 0;
  valueEnd = 0;
  comment = -1;
  quote = 0;

  constructor({ text, statements }: DotenvDocument) {
    this.text = text;
    this.#fields = statements;
  }

  moveTo(record: number): void {
    const fields = this.#fields;
    this.start = fields[record + startField]!;
    this.keyStart = fields[record + keyStartField]!;
    this.keyEnd = fields[record + keyEndField]!;
    this.valueStart = fields[record + valueStartField]!;
    this.valueEnd = fields[record + valueEndField]!;
    this.comment = fields[record + commentField]!;
    const quoted = isQuoted(this.text, this.valueStart, this.valueEnd);
    this.quote = quoted ? this.text.charCodeAt(this.valueStart) : 0;
  }
}

/**
 * What the rules find in single assignments and in the lines behind each: what is kept from one keystroke to the
 * next, for it depends on those lines only.
 */
export class LocalFindings {
  readonly findings: readonly Finding[];
  /** The record, or {@link head}, that each finding belongs to; never descending. */
  readonly #records: readonly number[];

  private constructor(findings: readonly Finding[], records: readonly number[]) {
    this.findings = findings;
    this.#records = records;
  }

  /** Checks a whole document. */
  static of(document: DotenvDocument, rules: readonly ActiveRule[], context: LocalContext): LocalFindings {
    const collector = new Collector(document, rules, context);
    collector.check(head, document.statements.length);
    return new LocalFindings(collector.findings, collector.records);
  }

  /** Checks a document that was made from the one of these findings, where it changed. */
  after(
    change: Rescan,
    document: DotenvDocument,
    rules: readonly ActiveRule[],
    context: LocalContext,
  ): LocalFindings {
    const { firstRecord, rest, oldRest, delta } = change;
    const from = firstRecord + head;
    const kept = this.#countBefore(from);
    const moved = this.#countBefore(oldRest);
    const collector = new Collector(document, rules, context);
    collector.check(from, rest);
    const findings = this.findings.slice(0, kept).concat(collector.findings);
    const records = this.#records.slice(0, kept).concat(collector.records);
    for (let index = moved; index < this.findings.length; index++) {
      findings.push(movedBy(this.findings[index]!, delta));
      records.push(this.#records[index]! - oldRest + rest);
    }
    return new LocalFindings(findings, records);
  }

  #countBefore(record: number): number {
    let low = 0;
    let high = this.#records.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#records[middle]! < record) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

class Collector {
  readonly findings: Finding[] = [];
  readonly records: number[] = [];
  readonly #document: DotenvDocument;
  readonly #context: LocalContext;
  readonly #entryRules: readonly (ActiveRule & { readonly entry: EntryCheck })[];
  readonly #lineRules: readonly ActiveRule[];

  constructor(document: DotenvDocument, rules: readonly ActiveRule[], context: LocalContext) {
    this.#document = document;
    this.#context = context;
    this.#entryRules = rules.flatMap(({ rule, severity }) =>
      rule.entry && rule.entry.applies?.(context) !== false ? [{ rule, severity, entry: rule.entry }] : [],
    );
    this.#lineRules = rules.filter(({ rule }) => rule.lines);
  }

  /** Checks the records from one up to another, {@link head} included. */
  check(from: number, to: number): void {
    const cursor = new Cursor(this.#document);
    for (let record = from; record < to; record += recordLength) {
      if (record >= 0) {
        cursor.moveTo(record);
        this.#checkEntry(cursor, record);
      }
      this.#checkLines(record);
    }
  }

  #checkEntry(cursor: Cursor, record: number): void {
    for (const active of this.#entryRules) {
      if (!active.entry.suspects(cursor) || isDropped(this.#document, record)) continue;
      const match = active.entry.check(localEntryOf(this.#document, record), this.#document, this.#context);
      if (match) this.#add(match, active, record);
    }
  }

  #checkLines(record: number): void {
    const [from, to] = linesBehind(this.#document, record);
    if (to - from <= 1 && record >= 0) return;
    for (const active of this.#lineRules) {
      for (const match of active.rule.lines!(this.#document, record)) this.#add(match, active, record);
    }
  }

  #add(match: Match, { rule, severity }: ActiveRule, record: number): void {
    this.findings.push({ ...match, rule: rule.id, severity });
    this.records.push(record);
  }
}

/** A finding in a text that grew by `delta` units before it. */
function movedBy(finding: Finding, delta: number): Finding {
  if (delta === 0) return finding;
  const moved = ({ start, end }: Finding["span"]) => ({ start: start + delta, end: end + delta });
  const related = finding.related?.map(({ span, message }) => ({ span: moved(span), message }));
  return { ...finding, span: moved(finding.span), ...(related ? { related } : {}) };
}

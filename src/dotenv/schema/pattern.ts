import { type Assertion, isLineUnit, isWordUnit, type PatternNode, parsePattern } from "./patternParser.ts";

/** UTF-16 units of a pattern that is taken from a schema. */
export const patternCharactersMax = 500;
/** Instructions that a pattern may come to; repetition counts multiply them. */
const instructionsMax = 1_000;
/** UTF-16 units of a value that a pattern is held against. */
export const matchedCharactersMax = 4_096;

/** A regular expression of a schema. */
export interface Pattern {
  readonly source: string;
  readonly flags: string;
  /**
   * Whether a value matches, in time that grows with the value's length only (at most {@link matchedCharactersMax}).
   * Undefined when the pattern needs what cannot be had in such time: it is then never run.
   */
  readonly test: ((value: string) => boolean) | undefined;
}

type Instruction =
  | { readonly op: "unit"; readonly accepts: (code: number) => boolean }
  | { readonly op: "assertion"; readonly assertion: Assertion }
  | { readonly op: "split"; readonly targets: number[] }
  | { readonly op: "match" };

/**
 * Reads `/pattern/flags` or the bare pattern; undefined when it is no regular expression. It is handed to `RegExp`
 * only to see that it is one, never to match: a schema comes with a workspace, and a backtracking search can be
 * made to take for ever. Instead all ways through the pattern are followed side by side (Thompson, "Regular
 * Expression Search Algorithm", 1968).
 */
export function readPattern(text: string): Pattern | undefined {
  if (text.length > patternCharactersMax) return undefined;
  const literal = /^\/(.+)\/([a-z]*)$/s.exec(text);
  const source = literal?.[1] ?? text;
  const flags = literal?.[2] ?? "";
  try {
    new RegExp(source, flags);
  } catch {
    return undefined;
  }
  return { source, flags, test: matcherOf(source, flags) };
}

function matcherOf(source: string, flags: string): Pattern["test"] {
  // Whole code points and match positions: other rules than those below.
  if (/[uvy]/.test(flags)) return undefined;
  const tree = parsePattern(source, flags.includes("i"), flags.includes("s"));
  const program = tree === undefined ? undefined : compile(tree);
  if (program === undefined) return undefined;
  const multiline = flags.includes("m");
  return (value) => runs(program, value, multiline);
}

function compile(tree: PatternNode): readonly Instruction[] | undefined {
  const program: Instruction[] = [];
  emit(program, tree);
  program.push({ op: "match" });
  return program.length > instructionsMax ? undefined : program;
}

/** Appends the instructions of a node; stops early when there are too many. */
function emit(program: Instruction[], node: PatternNode): void {
  if (program.length > instructionsMax) return;
  if (node.kind === "unit") program.push({ op: "unit", accepts: node.accepts });
  else if (node.kind === "assertion") program.push({ op: "assertion", assertion: node.assertion });
  else if (node.kind === "sequence") for (const each of node.nodes) emit(program, each);
  else if (node.kind === "choice") emitChoice(program, node.nodes);
  else emitRepeat(program, node.node, node.min, node.max);
}

function emitChoice(program: Instruction[], nodes: readonly PatternNode[]): void {
  const fork: number[] = [];
  const ends: number[][] = [];
  program.push({ op: "split", targets: fork });
  for (const node of nodes) {
    fork.push(program.length);
    emit(program, node);
    const end: number[] = [];
    program.push({ op: "split", targets: end });
    ends.push(end);
  }
  for (const end of ends) end.push(program.length);
}

function emitRepeat(program: Instruction[], node: PatternNode, min: number, max: number): void {
  for (let times = 0; times < min && program.length <= instructionsMax; times++) {
    program.push({ op: "split", targets: [program.length + 1] });
    emit(program, node);
  }
  if (max === Number.POSITIVE_INFINITY) {
    const fork: number[] = [program.length + 1];
    const start = program.length;
    program.push({ op: "split", targets: fork });
    emit(program, node);
    program.push({ op: "split", targets: [start] });
    fork.push(program.length);
    return;
  }
  const forks: number[][] = [];
  for (let times = min; times < max && program.length <= instructionsMax; times++) {
    const fork = [program.length + 1];
    program.push({ op: "split", targets: fork });
    forks.push(fork);
    emit(program, node);
  }
  for (const fork of forks) fork.push(program.length);
}

/** Whether a match begins anywhere in the value. */
function runs(program: readonly Instruction[], value: string, multiline: boolean): boolean {
  const seenAt = new Int32Array(program.length).fill(-1);
  let current: number[] = [];
  for (let at = 0; at <= value.length; at++) {
    const ready: number[] = [];
    const stack = [0, ...current];
    for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
      if (seenAt[place] === at) continue;
      seenAt[place] = at;
      const instruction = program[place]!;
      if (instruction.op === "match") return true;
      if (instruction.op === "split") stack.push(...instruction.targets);
      else if (instruction.op === "unit") ready.push(place);
      else if (holds(instruction.assertion, value, at, multiline)) stack.push(place + 1);
    }
    const code = value.charCodeAt(at);
    current = [];
    for (const place of ready) {
      const instruction = program[place]!;
      if (at < value.length && instruction.op === "unit" && instruction.accepts(code))
        current.push(place + 1);
    }
  }
  return false;
}

function holds(assertion: Assertion, value: string, at: number, multiline: boolean): boolean {
  if (assertion === "start") return at === 0 || (multiline && isLineUnit(value.charCodeAt(at - 1)));
  if (assertion === "end") return at === value.length || (multiline && isLineUnit(value.charCodeAt(at)));
  const before = at > 0 && isWordUnit(value.charCodeAt(at - 1));
  const behind = at < value.length && isWordUnit(value.charCodeAt(at));
  return (before !== behind) === (assertion === "boundary");
}

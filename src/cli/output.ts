import type { Problem } from "../protocol/errors.ts";

/** Where text goes; `process.stdout` and `process.stderr` are such. */
export interface TextSink {
  write(text: string): unknown;
}

/**
 * What a command says. With `json`, results are JSON lines on stdout and nothing else is there; without it,
 * results are text on stdout. Notes for people are on stderr either way.
 */
export class Output {
  readonly json: boolean;
  readonly #stdout: TextSink;
  readonly #stderr: TextSink;

  constructor(stdout: TextSink, stderr: TextSink, json: boolean) {
    this.json = json;
    this.#stdout = stdout;
    this.#stderr = stderr;
  }

  /** The same sinks with JSON lines switched on. */
  asJson(): Output {
    return new Output(this.#stdout, this.#stderr, true);
  }

  /** One result: `data` as a JSON line, or `text` (undefined: nothing) for people. */
  result(data: object, text: string | undefined): void {
    if (this.json) this.#stdout.write(`${JSON.stringify(data)}\n`);
    else if (text !== undefined) this.#stdout.write(`${printable(text)}\n`);
  }

  /** Writes `text` to stdout as it is: a value that was asked for, a finished document. */
  raw(text: string): void {
    this.#stdout.write(text);
  }

  /** A line for people, never a result. */
  note(text: string): void {
    this.#stderr.write(`${printable(text)}\n`);
  }

  /** An error, as data or as text with its next step. */
  fail(problem: Problem): void {
    const { code, message, next } = problem;
    if (this.json) this.#stdout.write(`${JSON.stringify({ error: { code, message, next } })}\n`);
    else this.note(`envpact: ${message} (${code})${next === "" ? "" : `\n  ${next}`}`);
  }
}

/**
 * `text` without characters that steer a terminal: names, messages and reasons come from other people.
 * Newlines and tabs stay.
 */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/gu, "\uFFFD");
}

/** `1 key`, `2 keys`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

import { byteOrderMark } from "../characters.ts";
import { parseDocument, values } from "../document.ts";
import { ComposeReader } from "./compose.ts";
import type { DialectId, DialectReading } from "./dialect.ts";
import { GodotenvReader } from "./godotenv.ts";
import { type NewlineRule, type SeenText, seenText } from "./newlines.ts";
import { NodeReader } from "./node.ts";
import { PythonReader } from "./python.ts";
import { Names, type TextReader } from "./reader.ts";
import { RubyReader } from "./ruby.ts";

/** A dialect that is not Envpact's own. */
export type OtherDialect = Exclude<DialectId, "dotenv">;

interface Rules {
  readonly newlines: NewlineRule;
  /** Whether a byte order mark at the file's start is taken off. */
  readonly dropsMark: boolean;
  readonly Reader: new (text: string, names: Names) => TextReader;
}

/**
 * python-dotenv opens its file with universal newlines and drops the mark since 1.2.3; dotenv for Ruby opens it as
 * `bom|utf-8`.
 */
const rules: Readonly<Record<OtherDialect, Rules>> = {
  node: { newlines: "removed", dropsMark: false, Reader: NodeReader },
  "python-dotenv": { newlines: "unified", dropsMark: true, Reader: PythonReader },
  godotenv: { newlines: "crlf", dropsMark: false, Reader: GodotenvReader },
  "ruby-dotenv": { newlines: "unified", dropsMark: true, Reader: RubyReader },
  compose: { newlines: "kept", dropsMark: true, Reader: ComposeReader },
};

/** A file's text as a dialect sees it, and the reader for it. */
export interface Opened {
  readonly seen: SeenText;
  /** Where reading starts. */
  readonly start: number;
  readonly reader: TextReader;
}

/** Makes the reader of a dialect for a text. */
export function openDialect(dialect: OtherDialect, text: string, names: Names): Opened {
  const { newlines, dropsMark, Reader } = rules[dialect];
  const seen = seenText(text, newlines);
  const start = dropsMark && seen.text.charCodeAt(0) === byteOrderMark ? 1 : 0;
  return { seen, start, reader: new Reader(seen.text, names) };
}

/**
 * What a dialect gets from a whole text. References are answered from the file as far as the dialect does, and from
 * `environment`; `$(…)` is never run. Linear in the length of any text; values that references would let grow over
 * fixed limits stay as they are written.
 */
export function readAs(
  dialect: DialectId,
  text: string,
  environment: Readonly<Record<string, string>> = {},
): DialectReading {
  if (dialect === "dotenv") return { ok: true, values: new Map(Object.entries(values(parseDocument(text)))) };
  const found = new Map<string, string | null>();
  const { seen, start, reader } = openDialect(
    dialect,
    text,
    new Names((name) => found.get(name), environment),
  );
  let at = start;
  while (at < seen.text.length) {
    const next = reader.step(at);
    if (next.kind === "refused") {
      return { ok: false, line: lineAt(text, seen.original(next.at)), kind: next.cause };
    }
    if (next.kind === "statement") found.set(next.key, next.value);
    at = next.end;
  }
  return { ok: true, values: found };
}

function lineAt(text: string, offset: number): number {
  let line = 1;
  for (const { index } of text.matchAll(/\r\n?|\n/g)) {
    if (index >= offset) break;
    line += 1;
  }
  return line;
}

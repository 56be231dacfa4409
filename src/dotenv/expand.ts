import { type DotenvDocument, type Entry, effectiveEntry, type LocalEntry, type Span } from "./document.ts";
import {
  expandedCharactersMax,
  type Part,
  parseReferences,
  type ReferenceOperator,
  type ReferencePart,
  referencesAmong,
} from "./reference.ts";

/** A `${NAME}` or `$NAME` in the value of an effective entry. */
export interface Reference {
  /** The key whose value holds it. */
  readonly key: string;
  /** The name it asks for. */
  readonly name: string;
  readonly operator: ReferenceOperator | undefined;
  /** Where it stands in the document's text. */
  readonly span: Span;
  /** Who answers it. */
  readonly source: "environment" | "file" | "undefined";
}

/** A `$(…)`: kept as it is, here never run, though other tools may run it. */
export interface CommandSubstitution {
  readonly key: string;
  readonly span: Span;
}

export interface Expansion {
  /** Every key of the file with what an application sees; the secrets themselves. */
  readonly values: Record<string, string>;
  readonly references: readonly Reference[];
  /** Those that read as empty because nobody sets their name, and have no operator for that. */
  readonly undefinedReferences: readonly Reference[];
  /** Keys that refer to each other in a ring, in order of reference; the one that closes it reads as empty. */
  readonly cycles: readonly (readonly string[])[];
  readonly commands: readonly CommandSubstitution[];
  /** Keys left as written because they would grow over {@link expandedCharactersMax}. */
  readonly oversized: readonly string[];
}

type Environment = Readonly<Record<string, string>>;

/** An effective entry whose value holds a `$`, and what it is made of. */
interface Template {
  readonly entry: Entry;
  readonly parts: readonly Part[];
}

export function* commandsIn(parts: readonly Part[]): Generator<Span> {
  for (const part of parts) {
    if (part.kind === "command") yield part;
    else if (part.kind === "reference") yield* commandsIn(part.word);
  }
}

/**
 * The offset in the document of each unit of an entry's value, with one more for its end. Undefined where
 * dotenv took more away than the outer quotes and the escapes, which only odd line separators bring about.
 */
export function sourceOffsets(text: string, entry: LocalEntry): number[] | undefined {
  const escapes = text.charAt(entry.valueSpan.start) === '"';
  const trim = entry.quote === undefined ? 0 : 1;
  const end = entry.valueSpan.end - trim;
  const offsets: number[] = [];
  let at = entry.valueSpan.start + trim;
  while (at < end) {
    offsets.push(at);
    const pair = text.slice(at, Math.min(at + 2, end));
    at += pair === "\r\n" || (escapes && (pair === "\\n" || pair === "\\r")) ? 2 : 1;
  }
  offsets.push(end);
  return offsets.length === entry.value.length + 1 ? offsets : undefined;
}

/** One run of {@link expand} over one document. */
class Expander {
  readonly values: Record<string, string> = {};
  readonly references: Reference[] = [];
  readonly undefinedReferences: Reference[] = [];
  readonly cycles: string[][] = [];
  readonly commands: CommandSubstitution[] = [];
  readonly oversized: string[] = [];
  readonly #document: DotenvDocument;
  readonly #environment: Environment;
  readonly #templates = new Map<string, Template>();
  readonly #done = new Set<string>();
  readonly #byPart = new Map<ReferencePart, Reference>();

  constructor(document: DotenvDocument, environment: Environment) {
    this.#document = document;
    this.#environment = environment;
    for (const [key, entry] of document.effectiveEntries) {
      this.values[key] = Object.hasOwn(environment, key) ? environment[key]! : entry.value;
      if (!entry.value.includes("$")) continue;
      const parts = parseReferences(entry.value);
      this.#record(entry, parts);
      if (!Object.hasOwn(environment, key)) this.#templates.set(key, { entry, parts });
    }
  }

  /** Notes where an entry's references and commands stand. */
  #record(entry: Entry, parts: readonly Part[]): void {
    const { key } = entry;
    const offsets = sourceOffsets(this.#document.text, entry);
    const spanOf = ({ start, end }: Span): Span =>
      offsets ? { start: offsets[start]!, end: offsets[end]! } : entry.valueSpan;
    for (const part of referencesAmong(parts)) {
      const { name, operator } = part;
      const reference = { key, name, operator, span: spanOf(part), source: this.#sourceOf(name) };
      this.references.push(reference);
      this.#byPart.set(part, reference);
    }
    for (const command of commandsIn(parts)) this.commands.push({ key, span: spanOf(command) });
  }

  #sourceOf(name: string): Reference["source"] {
    if (Object.hasOwn(this.#environment, name)) return "environment";
    return effectiveEntry(this.#document, name) ? "file" : "undefined";
  }

  /** Expands every template behind those it refers to, with a stack of its own: chains may be long. */
  run(): void {
    for (const start of this.#templates.keys()) {
      if (this.#done.has(start)) continue;
      const path = [{ key: start, needs: this.#needsOf(start) }];
      const onPath = new Set([start]);
      while (path.length > 0) {
        const { key, needs } = path.at(-1)!;
        const next = needs.pop();
        if (next === undefined) {
          this.#evaluate(key);
          onPath.delete(key);
          path.pop();
        } else if (onPath.has(next)) {
          const keys = path.map((step) => step.key);
          this.cycles.push(keys.slice(keys.indexOf(next)));
        } else if (!this.#done.has(next)) {
          path.push({ key: next, needs: this.#needsOf(next) });
          onPath.add(next);
        }
      }
    }
  }

  /** The keys with templates that a template refers to, the first one last. */
  #needsOf(key: string): string[] {
    const names = new Set<string>();
    for (const { name } of referencesAmong(this.#templates.get(key)!.parts)) {
      if (this.#templates.has(name)) names.add(name);
    }
    return [...names].reverse();
  }

  #evaluate(key: string): void {
    const { entry, parts } = this.#templates.get(key)!;
    const value = this.#join(parts);
    if (value === undefined) this.oversized.push(key);
    this.values[key] = value ?? entry.value;
    this.#done.add(key);
  }

  /** The parts' text with the references answered, undefined when it would grow too long. */
  #join(parts: readonly Part[]): string | undefined {
    let result = "";
    for (const part of parts) {
      const text = part.kind === "reference" ? this.#answer(part) : part.text;
      if (
        text === undefined ||
        (part.kind === "reference" && result.length + text.length > expandedCharactersMax)
      ) {
        return undefined;
      }
      result += text;
    }
    return result;
  }

  #answer(part: ReferencePart): string | undefined {
    const value = this.#lookUp(part.name);
    const isSet = value !== undefined && (value !== "" || !part.operator?.startsWith(":"));
    if (part.operator === undefined) {
      const reference = this.#byPart.get(part)!;
      if (reference.source === "undefined") this.undefinedReferences.push(reference);
      return value ?? "";
    }
    if (part.operator.endsWith("-")) return isSet ? value : this.#join(part.word);
    return isSet ? this.#join(part.word) : "";
  }

  /** What a name stands for by now; empty for one that waits for this very value. */
  #lookUp(name: string): string | undefined {
    if (Object.hasOwn(this.#environment, name)) return this.#environment[name];
    if (this.#templates.has(name) && !this.#done.has(name)) return "";
    return effectiveEntry(this.#document, name) ? this.values[name] : undefined;
  }
}

/**
 * Answers `${X}`, `$X`, `${X:-d}` and `${X:+a}` (X unset or empty), `${X-d}` and `${X+a}` (X unset), and
 * makes `\$` a `$`, in every effective value, whatever its quotes, as dotenv-expand does: an unset name is
 * empty, and a name of the environment wins over the file, also as a value of its own. Unlike it, runs
 * nothing: `$(…)` stays and is reported. Order in the file does not matter.
 */
export function expand(document: DotenvDocument, environment: Environment = {}): Expansion {
  const expander = new Expander(document, environment);
  expander.run();
  const { values, references, undefinedReferences, cycles, commands, oversized } = expander;
  return { values, references, undefinedReferences, cycles, commands, oversized };
}

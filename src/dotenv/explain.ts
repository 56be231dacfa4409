/** Where the value of a key comes from under a convention: which file wins, what it shadows, what each `${}` stands for. */
import { type Convention, filesRead } from "./conventions.ts";
import { type DotenvDocument, type Entry, effectiveEntry, lineOf } from "./document.ts";
import { expandedCharactersMax, type Part, parseReferences, type ReferencePart } from "./reference.ts";

/** References listed for one value; a value may ask for the same chain again and again. */
const referencesListedMax = 200;
/** References behind references, and words within words, are followed this deep together. */
const referenceDepthMax = 64;

/** The files of a folder and what stands above them. */
export interface ExplainSources {
  /** Documents by file name; a file that is there but cannot be read is `undefined`. */
  readonly files: ReadonlyMap<string, DotenvDocument | undefined>;
  /** The process environment, which wins over every file. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What is asked: a key, under a convention and in a mode. `file` is what the convention "plain" reads. */
export interface ExplainQuestion {
  readonly key: string;
  readonly convention: Convention;
  readonly mode: string;
  readonly file: string;
}

/** What a file has to do with a key. */
export type PlaceRole = "wins" | "shadowed" | "not-set" | "skipped" | "absent" | "unreadable";

/** One file that the convention names, in the order in which they win. */
export interface ExplainedPlace {
  readonly file: string;
  readonly role: PlaceRole;
  /** Line of the entry that counts, from 1; `undefined` where the key is not set. */
  readonly line: number | undefined;
  /** Lines of earlier entries with the key in the same file, which the last one hides. */
  readonly hiddenLines: readonly number[];
  /** The entry's value against the one that wins, as written; `undefined` where the key is not set. */
  readonly state: "same" | "differs" | "empty" | undefined;
}

/** Who answers a reference. */
export type ReferenceSource =
  | "file"
  | "environment"
  /** The word behind `-` or `:-`, because the name is not set. */
  | "default"
  /** The word behind `+` or `:+`, because the name is set. */
  | "alternative"
  /** Nothing: the name of a `+` or `:+` is not set. */
  | "unused"
  /** Nobody sets the name, so it reads as empty. */
  | "undefined"
  /** The name leads back to a key that waits for it, so it reads as empty. */
  | "cycle"
  /** Not followed any deeper. */
  | "too-deep";

/** A `${NAME}` in a value, or a `$(…)`, which nothing here ever runs. */
export interface ExplainedReference {
  readonly kind: "reference" | "command";
  /** Empty for a command: its text may hold a secret. */
  readonly name: string;
  /** Written `$NAME` without braces: where nobody sets the name, it may be a piece of a password. */
  readonly bare: boolean;
  readonly source: ReferenceSource;
  /** File and line of the entry that answers, when a file does. */
  readonly file: string | undefined;
  readonly line: number | undefined;
  /** References in what answers: in the file's value, or in the default that is used. */
  readonly nested: readonly ExplainedReference[];
}

/** The whole answer. Only `value` is secret. */
export interface Explanation {
  readonly question: ExplainQuestion;
  readonly places: readonly ExplainedPlace[];
  /** Who wins; `undefined` when nobody sets the key. */
  readonly winner:
    | { readonly source: "environment" }
    | { readonly source: "file"; readonly place: ExplainedPlace }
    | undefined;
  /** Whether the process environment has the key and so stands above every file. */
  readonly environmentHasKey: boolean;
  readonly references: readonly ExplainedReference[];
  /** True when more references are there than are listed. */
  readonly referencesCut: boolean;
  /** The effective value with every reference answered, a secret; `undefined` when there is none or it grows too long. */
  readonly value: string | undefined;
}

/** Explains a key. Executes nothing; any text goes. */
export function explain(question: ExplainQuestion, sources: ExplainSources): Explanation {
  const { key, convention, mode, file } = question;
  const order = filesRead(convention, mode, file);
  const read = order.filter(({ skipped }) => !skipped).map(({ name }) => name);
  const environmentHasKey = Object.hasOwn(sources.environment, key);
  const tracer = new Tracer(read, sources);
  const winning = tracer.entryOf(key);
  // Before the references: where keys refer to each other in a ring, the asked one is where it is entered.
  const value = tracer.valueOf(key);
  const places = order.map(({ name, skipped }) => placeOf(name, skipped, key, winning, sources));
  const place = places.find(({ role }) => role === "wins");
  const winner: Explanation["winner"] = environmentHasKey
    ? { source: "environment" }
    : place && { source: "file", place };
  const references =
    environmentHasKey || winning === undefined
      ? []
      : tracer.trace(parseReferences(winning.entry.value), [key]);
  return {
    question,
    places,
    winner,
    environmentHasKey,
    references,
    referencesCut: tracer.cut,
    value,
  };
}

interface Found {
  readonly file: string;
  readonly document: DotenvDocument;
  readonly entry: Entry;
}

function placeOf(
  file: string,
  skipped: boolean,
  key: string,
  winning: Found | undefined,
  { files }: ExplainSources,
): ExplainedPlace {
  const nothing = { file, line: undefined, hiddenLines: [], state: undefined };
  if (!files.has(file)) return { ...nothing, role: "absent" };
  const document = files.get(file);
  if (document === undefined) return { ...nothing, role: "unreadable" };
  const entry = effectiveEntry(document, key);
  if (entry === undefined) return { ...nothing, role: skipped ? "skipped" : "not-set" };
  const lines = document.entries
    .filter((other) => other.key === key)
    .map(({ keySpan }) => lineOf(document, keySpan.start).line);
  const state = entry.value === "" ? "empty" : entry.value === winning?.entry.value ? "same" : "differs";
  const role = skipped ? "skipped" : file === winning?.file ? "wins" : "shadowed";
  return { file, role, line: lines.at(-1), hiddenLines: lines.slice(0, -1), state };
}

/** Answers references over several files, the first of which wins. */
class Tracer {
  cut = false;
  #listed = 0;
  #depth = 0;
  #gaveUp = false;
  readonly #read: readonly string[];
  readonly #sources: ExplainSources;
  readonly #values = new Map<string, string | undefined>();

  constructor(read: readonly string[], sources: ExplainSources) {
    this.#read = read;
    this.#sources = sources;
  }

  entryOf(name: string): Found | undefined {
    for (const file of this.#read) {
      const document = this.#sources.files.get(file);
      const entry = document && effectiveEntry(document, name);
      if (document !== undefined && entry !== undefined) return { file, document, entry };
    }
    return undefined;
  }

  /** What the references and commands of a value stand for. `path`: the keys that lead here, the asked one first. */
  trace(parts: readonly Part[], path: readonly string[]): ExplainedReference[] {
    const explained: ExplainedReference[] = [];
    for (const part of parts) {
      if (part.kind === "text") continue;
      if (this.#listed >= referencesListedMax) {
        this.cut = true;
        break;
      }
      this.#listed += 1;
      explained.push(part.kind === "command" ? commandReference : this.#traceReference(part, path));
    }
    return explained;
  }

  #traceReference(part: ReferencePart, path: readonly string[]): ExplainedReference {
    const { name, operator } = part;
    const bare = part.end - part.start === name.length + 1;
    const base = { kind: "reference", name, bare, file: undefined, line: undefined, nested: [] } as const;
    const value = path.includes(name) ? "" : this.#lookUp(name);
    const isSet = value !== undefined && (value !== "" || !operator?.startsWith(":"));
    if (operator?.endsWith("+") === true) {
      if (!isSet) return { ...base, source: "unused" };
      return { ...base, source: "alternative", nested: this.trace(part.word, path) };
    }
    if (operator?.endsWith("-") === true && !isSet) {
      return { ...base, source: "default", nested: this.trace(part.word, path) };
    }
    if (Object.hasOwn(this.#sources.environment, name)) return { ...base, source: "environment" };
    if (path.includes(name)) return { ...base, source: "cycle" };
    const found = this.entryOf(name);
    if (found === undefined) return { ...base, source: "undefined" };
    const { file, document, entry } = found;
    const { line } = lineOf(document, entry.keySpan.start);
    if (path.length >= referenceDepthMax) return { ...base, source: "too-deep", file, line };
    return {
      ...base,
      source: "file",
      file,
      line,
      nested: this.trace(parseReferences(entry.value), [...path, name]),
    };
  }

  /** The value of a key with every reference answered; `undefined` when nobody sets it or it grows too long. */
  valueOf(key: string): string | undefined {
    const value = this.#lookUp(key);
    return this.#gaveUp ? undefined : value;
  }

  #lookUp(name: string): string | undefined {
    if (Object.hasOwn(this.#sources.environment, name)) return this.#sources.environment[name];
    if (this.#values.has(name)) return this.#values.get(name);
    const found = this.entryOf(name);
    // Set before it is worked out: a ring that leads back here reads as empty.
    this.#values.set(name, found && "");
    if (found === undefined) return undefined;
    const value = this.#deeper(parseReferences(found.entry.value));
    this.#values.set(name, value);
    return value;
  }

  #deeper(parts: readonly Part[]): string {
    if (this.#depth >= referenceDepthMax) {
      this.#gaveUp = true;
      return "";
    }
    this.#depth += 1;
    const value = this.#join(parts);
    this.#depth -= 1;
    return value;
  }

  #join(parts: readonly Part[]): string {
    let result = "";
    for (const part of parts) {
      const text = part.kind === "reference" ? this.#answer(part) : part.text;
      if (result.length + text.length > expandedCharactersMax) {
        this.#gaveUp = true;
        return "";
      }
      result += text;
    }
    return result;
  }

  #answer({ name, operator, word }: ReferencePart): string {
    const value = this.#lookUp(name);
    const isSet = value !== undefined && (value !== "" || !operator?.startsWith(":"));
    if (operator?.endsWith("-") === true) return isSet ? value : this.#deeper(word);
    if (operator?.endsWith("+") === true) return isSet ? this.#deeper(word) : "";
    return value ?? "";
  }
}

const commandReference: ExplainedReference = {
  kind: "command",
  name: "",
  bare: false,
  source: "undefined",
  file: undefined,
  line: undefined,
  nested: [],
};

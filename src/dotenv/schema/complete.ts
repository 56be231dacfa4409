import type { DotenvDocument } from "../document.ts";
import type { Span } from "../scanner.ts";
import { type CommentBlock, commentBlocks, type DecoratorComment } from "./comments.ts";
import { decoratorWords, durationOutputs, type OptionWord, type TypeWord, typeWords } from "./vocabulary.ts";

/** Something to offer at a place inside a decorator comment. */
export interface DecoratorCompletion {
  /** What is shown, such as `@required`, `enum`, `minLength`. */
  readonly label: string;
  readonly kind: "decorator" | "type" | "option" | "value";
  /** What takes the place of {@link span}, in VS Code's snippet syntax. */
  readonly snippet: string;
  readonly documentation: string;
  /** What is replaced: the word around the offset. */
  readonly span: Span;
}

/** A list that is open before the offset. */
interface Level {
  /** The name before `(`; empty for brackets and braces. */
  readonly name: string;
  /** The option that a nested list is the value of. */
  readonly option: string | undefined;
  /** Where the part that holds the offset begins. */
  part: number;
  /** Parts before that one. */
  parts: number;
  readonly start: number;
}

/** Where in a decorator an offset is. */
interface Place {
  /** The decorator's name, without `@`. */
  readonly decorator: string;
  /** Behind its `=` or inside its list; false inside the name. */
  readonly inValue: boolean;
  readonly levels: readonly Level[];
}

const wordPattern = /[\w-]/;

/**
 * What may be written at an offset of a document: decorators behind an `@`, types, options and their values. Empty
 * outside comments, in quotes and in prose. Takes any text and any offset.
 */
export function decoratorCompletions(document: DotenvDocument, offset: number): DecoratorCompletion[] {
  const { text } = document;
  const lineStart = Math.max(text.lastIndexOf("\n", offset - 1), text.lastIndexOf("\r", offset - 1)) + 1;
  if (offset < 0 || offset > text.length || !text.slice(lineStart, offset).includes("#")) return [];
  const found = commentAt(document, offset);
  if (found === undefined) return [];
  let start = offset;
  while (start > found.start && wordPattern.test(text.charAt(start - 1))) start--;
  let end = offset;
  while (wordPattern.test(text.charAt(end))) end++;
  const before = text.slice(found.start + 1, start);
  if (/(?:^|[ \t])@$/.test(before)) {
    return offerDecorators(found, before.slice(0, -1), { start: start - 1, end });
  }
  const place = placeAt(before);
  return place?.inValue ? offerValues(place, before, { start, end }) : [];
}

interface CommentAt {
  /** The `#` that the offset's decorators stand behind. */
  readonly start: number;
  readonly block: CommentBlock;
  /** Names that the same key has in other comment lines. */
  readonly others: ReadonlySet<string>;
}

function commentAt(document: DotenvDocument, offset: number): CommentAt | undefined {
  for (const block of commentBlocks(document)) {
    const decorated = block.decorated.find(({ span }) => span.start < offset && offset <= span.end);
    const line = decorated?.span ?? block.prose.find(({ start, end }) => start < offset && offset <= end);
    if (line === undefined) continue;
    return {
      start: line.start,
      block,
      others: namesIn(block.decorated.filter((each) => each !== decorated)),
    };
  }
  return undefined;
}

function namesIn(comments: readonly DecoratorComment[]): ReadonlySet<string> {
  return new Set(comments.flatMap(({ decorators }) => decorators.map(({ name }) => name)));
}

/** Those that the key does not have yet; decorators of the header only before the first key. */
function offerDecorators({ block, others }: CommentAt, before: string, span: Span): DecoratorCompletion[] {
  const used = new Set([...others, ...[...before.matchAll(/@([A-Za-z][\w-]*)/g)].map((found) => found[1]!)]);
  const offered: DecoratorCompletion[] = [];
  for (const { name, place, repeats, snippet, summary } of decoratorWords.values()) {
    if (snippet === undefined || (used.has(name) && !repeats)) continue;
    if (place === "root" && !block.header && block.entry?.span.start !== undefined && !isFirst(block))
      continue;
    offered.push({ label: `@${name}`, kind: "decorator", snippet, documentation: summary, span });
  }
  return offered;
}

/** Above the first key no divider may stand yet between header and key. */
function isFirst({ entry, decorated, prose }: CommentBlock): boolean {
  const first = Math.min(...decorated.map(({ span }) => span.start), ...prose.map(({ start }) => start));
  return entry !== undefined && first <= 1;
}

/** Follows the text of a comment up to a place; undefined in quotes, in a comment behind, and before any decorator. */
function placeAt(text: string): Place | undefined {
  let decorator: string | undefined;
  let inValue = false;
  const levels: Level[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    const blankBefore = at === 0 || /\s/.test(text.charAt(at - 1));
    const level = levels.at(-1);
    if (level === undefined && character === "@" && blankBefore) {
      decorator = /^\w+/.exec(text.slice(at + 1, at + 64))?.[0];
      inValue = false;
    } else if (level === undefined && character === "#" && blankBefore) return undefined;
    else if (level === undefined && inValue && /\s/.test(character)) decorator = undefined;
    else if (`"'\``.includes(character) && /[=,([{\s]/.test(text.charAt(at - 1))) {
      const close = closingQuote(text, at);
      if (close === -1) return undefined;
      at = close;
    } else if (character === "(" || character === "[" || character === "{") {
      inValue = true;
      const name =
        character === "(" ? (/[A-Za-z]\w{0,40}$/.exec(text.slice(Math.max(0, at - 41), at))?.[0] ?? "") : "";
      const option = level && optionIn(text.slice(level.part, at));
      levels.push({ name, option, part: at + 1, parts: 0, start: at });
    } else if (character === ")" || character === "]" || character === "}") levels.pop();
    else if (character === "," && level !== undefined) {
      level.part = at + 1;
      level.parts++;
    } else if (character === "=" && level === undefined) inValue = true;
  }
  return decorator === undefined ? undefined : { decorator, inValue, levels };
}

function closingQuote(text: string, open: number): number {
  const quote = text.charAt(open);
  let at = text.indexOf(quote, open + 1);
  while (at !== -1 && text.charAt(at - 1) === "\\") at = text.indexOf(quote, at + 1);
  return at;
}

/** The name before the `=` of a part. */
function optionIn(part: string): string | undefined {
  return /^[\s#]*([A-Za-z]\w*)\s*=/.exec(part)?.[1];
}

function offerValues({ decorator, levels }: Place, before: string, span: Span): DecoratorCompletion[] {
  const value = (label: string): DecoratorCompletion => ({
    label,
    kind: "value",
    snippet: label,
    documentation: "",
    span,
  });
  const level = levels.at(-1);
  if (decorator !== "type") {
    const word = decoratorWords.get(decorator);
    if (level !== undefined) return [];
    if (decorator === "defaultRequired") return ["infer", "true", "false"].map(value);
    return word?.argument === "flag" || decorator === "defaultSensitive" ? ["true", "false"].map(value) : [];
  }
  if (level === undefined) return offerTypes(span);
  const word = typeWords.get(level.name);
  if (word === undefined) return [];
  const option = optionIn(before.slice(level.part));
  if (option !== undefined) {
    const known = Object.hasOwn(word.options, option) ? word.options[option] : undefined;
    return known === undefined ? [] : offerOptionValues(known, value, span);
  }
  const holdsType = (word.name === "array" || word.name === "record") && level.parts === 0;
  return [...(holdsType ? offerTypes(span) : []), ...offerOptions(word, before.slice(level.start), span)];
}

function offerTypes(span: Span): DecoratorCompletion[] {
  return [...typeWords.values()].map(({ name, snippet, summary }) => ({
    label: name,
    kind: "type",
    snippet,
    documentation: summary,
    span,
  }));
}

function offerOptions(word: TypeWord, before: string, span: Span): DecoratorCompletion[] {
  const used = new Set([...before.matchAll(/([A-Za-z]\w*)\s*=/g)].map((found) => found[1]));
  const offered: DecoratorCompletion[] = [];
  for (const [label, { kind, summary }] of Object.entries(word.options)) {
    if (used.has(label)) continue;
    const snippet =
      kind === "flag"
        ? `${label}=true`
        : kind === "text" || kind === "pattern"
          ? `${label}="$1"`
          : `${label}=$1`;
    offered.push({ label, kind: "option", snippet, documentation: summary, span });
  }
  return offered;
}

function offerOptionValues(
  { kind }: OptionWord,
  value: (label: string) => DecoratorCompletion,
  span: Span,
): DecoratorCompletion[] {
  if (kind === "flag") return ["true", "false"].map(value);
  if (kind === "version") return ["4", "6"].map(value);
  if (kind === "format") return ["separator", "json"].map(value);
  if (kind === "unit") return durationOutputs.map(value);
  return kind === "type" ? offerTypes(span) : [];
}

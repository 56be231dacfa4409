import type { DotenvDocument, Entry } from "../document.ts";
import type { Span } from "../scanner.ts";
import { type CommentBlock, commentBlocks, proseOf } from "./comments.ts";
import { type Defaults, readDefaults, readItem } from "./items.ts";
import type { Schema, SchemaItem, SchemaProblem, SchemaProblemCode } from "./model.ts";
import type { Decorator } from "./syntax.ts";
import { decoratorWord, decoratorWords, nearestWord } from "./vocabulary.ts";

/** Problems that one document may have; the rest are not told. */
export const problemsMax = 1_000;

/** UTF-16 units of a description; the rest is left out. */
export const descriptionCharactersMax = 4_000;

/** Comments that speak to a linter say nothing about a key. */
const directivePattern = /^(?:dotenv-linter:|envpact-ignore|shellcheck )/;

/** What stands above and behind one entry. */
interface Comments {
  readonly decorators: Decorator[];
  readonly lines: string[];
}

/**
 * Reads the decorator comments of a `.env.schema`, an example, or any other text, by @env-spec's rules
 * (https://varlock.dev/env-spec/reference/). Never throws; every mistake is a problem at its place. The time grows
 * with the text's length.
 */
export function parseSchema(document: DotenvDocument): Schema {
  return new SchemaReader(document).read();
}

class SchemaReader {
  readonly #document: DotenvDocument;
  readonly #problems: SchemaProblem[] = [];
  readonly #comments = new Map<Entry, Comments>();
  readonly #root: Decorator[] = [];
  #decorated = false;
  /** A plugin may bring decorators and types that nobody else knows. */
  #plugins = false;

  constructor(document: DotenvDocument) {
    this.#document = document;
  }

  read(): Schema {
    const blocks = commentBlocks(this.#document);
    const all = blocks.flatMap(({ decorated }) => decorated.flatMap(({ decorators }) => decorators));
    this.#decorated = all.some(({ name }) => decoratorWord(name) !== undefined);
    this.#plugins = all.some(({ name }) => name === "plugin" || name === "import");
    const commented = new Spans(this.#document.commented);
    for (const block of blocks) this.#takeBlock(block, commented);
    const defaults = readDefaults(this.#root, this.#reporterOf(undefined));
    const items = new Map<string, SchemaItem>();
    for (const entry of this.#document.entries) {
      const comments = this.#comments.get(entry) ?? { decorators: [], lines: [] };
      const item = this.#item(entry, comments, defaults);
      if (entry.effective) items.set(entry.key, item);
    }
    const problems = this.#problems.sort((a, b) => a.span.start - b.span.start).slice(0, problemsMax);
    return { items, problems, decorated: this.#decorated };
  }

  #item(entry: Entry, { decorators, lines }: Comments, defaults: Defaults): SchemaItem {
    const description = lines.join("\n").trim().slice(0, descriptionCharactersMax);
    return readItem(entry, decorators, description, defaults, this.#reporterOf(entry.key));
  }

  #reporterOf(key: string | undefined) {
    return (name: string, code: SchemaProblemCode, span: Span, text: string): void => {
      // A type of a plugin cannot be known here.
      if (code === "unknown-type" && this.#plugins) return;
      this.#report(code, span, `@${name}${key === undefined ? "" : ` of ${key}`} ${text}`);
    };
  }

  #report(code: SchemaProblemCode, span: Span, message: string): void {
    if (this.#problems.length < problemsMax) this.#problems.push({ code, span, message });
  }

  #takeBlock(block: CommentBlock, commented: Spans): void {
    const { entry } = block;
    const of = entry === undefined ? "" : ` of ${entry.key}`;
    const above = block.prose.some(({ start }) => commented.has(start));
    for (const { decorators, problems } of block.decorated) {
      for (const { decorator, code, span, next } of problems) {
        this.#report(code, span, `@${decorator}${of} ${syntaxWords[code] ?? "is not complete"}. ${next}`);
      }
      for (const decorator of decorators) this.#takeDecorator(decorator, block, above);
    }
    if (entry === undefined || block.prose.length === 0) return;
    const comments = this.#commentsOf(entry);
    // What stands behind a value speaks of the value.
    if (entry.comment?.start === block.prose[0]?.start) return;
    for (const line of block.prose) {
      const text = proseOf(this.#document.text, line);
      if (!commented.has(line.start) && !directivePattern.test(text)) comments.lines.push(text);
    }
  }

  #takeDecorator(decorator: Decorator, { entry, header }: CommentBlock, aboveCommented: boolean): void {
    const { name, nameSpan } = decorator;
    const word = decoratorWord(name);
    if (word === undefined) this.#takeUnknown(decorator, entry);
    else if (entry === undefined && (header || word.place === "root") && word.place !== "item") {
      if (!header)
        this.#report("wrong-place", nameSpan, `@${name} counts only above the first key. Move it there.`);
      this.#root.push(decorator);
    } else if (entry === undefined) {
      // It may belong to the assignment that is commented out right there.
      if (aboveCommented) return;
      const next = "Take away the blank line or divider between it and its key.";
      this.#report("detached", nameSpan, `@${name} belongs to no key. ${next}`);
    } else if (word.place === "root") {
      const next = "Put it at the top, with a line # --- behind it.";
      this.#report(
        "wrong-place",
        nameSpan,
        `@${name} stands at ${entry.key} but speaks of the whole file. ${next}`,
      );
      this.#root.push(decorator);
    } else this.#commentsOf(entry).decorators.push(decorator);
  }

  /** In a text without any known decorator `@word` may be anybody's name; near a known one it is a slip. */
  #takeUnknown({ name, nameSpan, value }: Decorator, entry: Entry | undefined): void {
    const near = nearestWord(name, decoratorWords.keys());
    const of = entry === undefined ? "" : ` of ${entry.key}`;
    if (near !== undefined) {
      this.#report("unknown-decorator", nameSpan, `@${name}${of} is not known. Did you mean @${near}?`);
    } else if (this.#decorated && !this.#plugins && value !== undefined) {
      const next = "Take it away, or load the plugin that it belongs to with @plugin(…).";
      this.#report("unknown-decorator", nameSpan, `@${name}${of} is not a decorator of @env-spec. ${next}`);
    }
  }

  #commentsOf(entry: Entry): Comments {
    const known = this.#comments.get(entry);
    if (known !== undefined) return known;
    const comments: Comments = { decorators: [], lines: [] };
    this.#comments.set(entry, comments);
    return comments;
  }
}

/** Places in order, to be asked whether they hold an offset. */
class Spans {
  readonly #places: DotenvDocument["commented"];

  constructor(places: DotenvDocument["commented"]) {
    this.#places = places;
  }

  has(offset: number): boolean {
    let low = 0;
    let high = this.#places.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#places[middle]!.span.end <= offset) low = middle + 1;
      else high = middle;
    }
    return low < this.#places.length && this.#places[low]!.span.start <= offset;
  }
}

const syntaxWords: Partial<Record<SchemaProblemCode, string>> = {
  "unclosed-parenthesis": "opens a list that nothing closes",
  "unclosed-quote": "opens a quote that nothing closes",
  "missing-comma": "has two options without a comma between them",
  "missing-value": "has a = with nothing behind it",
  "empty-argument": "has a comma with nothing before it",
  "space-in-option": "has a space around the = of an option",
  "stray-text": "is followed by text that belongs to no decorator",
  "too-deep": "nests too many lists",
};

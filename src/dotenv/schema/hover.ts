import type { DotenvDocument } from "../document.ts";
import type { Span } from "../scanner.ts";
import { commentBlocks } from "./comments.ts";
import type { Argument, Decorator } from "./syntax.ts";
import { decoratorWord, typeWords } from "./vocabulary.ts";

/** What is known about a word of a decorator comment. */
export interface DecoratorHover {
  readonly span: Span;
  /** Such as `@type`, `number` or `min`. */
  readonly title: string;
  readonly documentation: string;
  /** A page that says more. */
  readonly url: string;
}

const reference = "https://varlock.dev/reference";

/** The decorator, type or option at an offset of a document; undefined where none stands. Takes any text. */
export function decoratorAt(document: DotenvDocument, offset: number): DecoratorHover | undefined {
  for (const { decorated } of commentBlocks(document)) {
    for (const { span, decorators } of decorated) {
      if (!holds(span, offset)) continue;
      const decorator = decorators.find((each) => holds(each.span, offset));
      return decorator === undefined ? undefined : hoverOf(decorator, offset);
    }
  }
  return undefined;
}

function holds({ start, end }: Span, offset: number): boolean {
  return start <= offset && offset <= end;
}

function hoverOf({ name, nameSpan, value }: Decorator, offset: number): DecoratorHover | undefined {
  const word = decoratorWord(name);
  if (word === undefined) return undefined;
  if (holds(nameSpan, offset)) {
    const page = word.place === "root" ? "root-decorators" : "item-decorators";
    const url = `${reference}/${page}/#${name.toLowerCase()}`;
    return { span: nameSpan, title: `@${name}`, documentation: word.summary, url };
  }
  return name === "type" && value !== undefined ? hoverOfType(value, offset) : undefined;
}

function hoverOfType(argument: Argument, offset: number): DecoratorHover | undefined {
  if (argument.kind !== "call" && argument.kind !== "static") return undefined;
  const name = argument.kind === "call" ? argument.name : argument.text;
  const span = argument.kind === "call" ? argument.nameSpan : argument.span;
  const word = typeWords.get(name);
  if (word === undefined || !holds(argument.span, offset)) return undefined;
  const url = `${reference}/data-types/#${name.toLowerCase()}`;
  if (holds(span, offset)) return { span, title: name, documentation: word.summary, url };
  for (const { key, value } of argument.kind === "call" ? argument.parts : []) {
    const option =
      key !== undefined && Object.hasOwn(word.options, key.name) ? word.options[key.name] : undefined;
    if (key !== undefined && option !== undefined && holds(key.span, offset)) {
      return { span: key.span, title: `${key.name} of ${name}`, documentation: option.summary, url };
    }
    const isType = key === undefined ? name === "array" || name === "record" : option?.kind === "type";
    const inner = isType && value !== undefined ? hoverOfType(value, offset) : undefined;
    if (inner !== undefined) return inner;
  }
  return undefined;
}

import type { Span } from "../scanner.ts";
import type { Pattern } from "./pattern.ts";

/** A type of @env-spec; `any` stands for one that only its own tool can know, such as `if(eq($ENV, prod), url, string)`. */
export type TypeName =
  | "any"
  | "string"
  | "number"
  | "boolean"
  | "url"
  | "domain"
  | "enum"
  | "email"
  | "port"
  | "ip"
  | "semver"
  | "isoDate"
  | "uuid"
  | "md5"
  | "duration"
  | "array"
  | "record"
  | "simple-object";

/** What an option of a type is set to; durations are in milliseconds. */
export type OptionValue = number | boolean | string | readonly string[] | Pattern | SchemaType;

/** A type with its options, such as `number(min=1)`. */
export interface SchemaType {
  readonly name: TypeName;
  /** Only options whose value is written out; one that a function or a reference gives is left out. */
  readonly options: ReadonlyMap<string, OptionValue>;
  /** The members of an `enum`, in order. */
  readonly members: readonly string[];
  /** What each element of an `array` and each value of a `record` must be. */
  readonly element: SchemaType | undefined;
}

/** What the schema says itself, rather than by a default or by its sample value. */
export interface Stated {
  readonly required: boolean;
  readonly sensitive: boolean;
  readonly type: boolean;
}

/** One key of a schema. */
export interface SchemaItem {
  readonly key: string;
  readonly keySpan: Span;
  /** By `@required`, `@optional`, `@defaultRequired`, else true where the schema gives a value. False when only a function knows. */
  readonly required: boolean;
  /** By `@sensitive`, `@public`, `@defaultSensitive`, else true. True when only a function knows. */
  readonly sensitive: boolean;
  /** By `@type`, else number or boolean by the value that the schema gives, else string. */
  readonly type: SchemaType;
  /** The comment above the key without decorators and without commented-out assignments; lines joined by LF. */
  readonly description: string;
  /** Addresses of documentation. */
  readonly docs: readonly string[];
  readonly example: string | undefined;
  /** What to do instead, or true when that is not said. */
  readonly deprecated: string | true | undefined;
  readonly stated: Stated;
  /** The schema gives a value of its own. */
  readonly hasDefault: boolean;
}

export type SchemaProblemCode =
  | "unclosed-parenthesis"
  | "unclosed-quote"
  | "missing-comma"
  | "missing-value"
  | "empty-argument"
  | "space-in-option"
  | "stray-text"
  | "too-deep"
  | "unknown-decorator"
  | "unknown-type"
  | "unknown-option"
  | "unexpected-argument"
  | "bad-value"
  | "bad-pattern"
  | "empty-range"
  | "duplicate"
  | "conflict"
  | "wrong-place"
  | "detached";

/** Something in a schema that cannot be meant so. */
export interface SchemaProblem {
  readonly span: Span;
  readonly code: SchemaProblemCode;
  /** Names the decorator and the key, says what to do, and holds no value. */
  readonly message: string;
}

/** What the decorator comments of a document say. */
export interface Schema {
  /** By key, in the document's order; of a key that is there twice the last counts. */
  readonly items: ReadonlyMap<string, SchemaItem>;
  /** In the order of the text. */
  readonly problems: readonly SchemaProblem[];
  /** At least one decorator of @env-spec stands in the document. */
  readonly decorated: boolean;
}

/** A type without options. */
export function plainType(name: TypeName): SchemaType {
  return { name, options: new Map(), members: [], element: undefined };
}

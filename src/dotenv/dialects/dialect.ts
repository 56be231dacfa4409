/** A program that reads `.env` files in its own way. */
export type DialectId = "dotenv" | "node" | "python-dotenv" | "godotenv" | "ruby-dotenv" | "compose";

const labels: Readonly<Record<DialectId, string>> = {
  dotenv: "dotenv",
  node: "Node.js (--env-file, Vite)",
  "python-dotenv": "python-dotenv",
  godotenv: "godotenv (Go)",
  "ruby-dotenv": "dotenv (Ruby)",
  compose: "Docker Compose",
};

/** Every dialect, dotenv (Envpact's own reading) first. */
export const dialectIds = Object.keys(labels) as readonly DialectId[];

/** What a person calls a dialect. */
export function dialectLabel(id: DialectId): string {
  return labels[id];
}

/** Whether a word, say of a setting, names a dialect. */
export function isDialectId(word: unknown): word is DialectId {
  return typeof word === "string" && Object.hasOwn(labels, word);
}

/**
 * Why two readers part, never by what they read. `comment-cut`: one takes `#` for a comment, the other for a part
 * of the value. `quotes-kept`: one takes quotes off that the other keeps. `escapes`: a backslash means something
 * to one. `expands`: one replaces `$…`. `skips-line`: one takes nothing from the line. `refuses-file`: one reads
 * nothing of the whole file because of this line. `key`: another name, or a name that one cannot read.
 * `spans-lines`: the value goes on, or ends, on another line. `trims`: one takes space away.
 */
export type DifferenceKind =
  | "comment-cut"
  | "quotes-kept"
  | "escapes"
  | "expands"
  | "skips-line"
  | "refuses-file"
  | "key"
  | "spans-lines"
  | "trims"
  | "other";

/**
 * What a reader gets from a whole text: keys to values (null: a key that stands without a value and gets none from
 * the environment), or that it reads nothing because of a line. The values are secrets.
 */
export type DialectReading =
  | { readonly ok: true; readonly values: ReadonlyMap<string, string | null> }
  | {
      readonly ok: false;
      /** From 1; lines end at LF, CRLF or a lone CR. */
      readonly line: number;
      readonly kind: DifferenceKind;
    };

import type { DotenvDocument } from "../document.ts";
import { looksLikeSecret } from "./secrets.ts";

/** UTF-16 units of a comment line that may go into a schema. */
const lineCharactersMax = 300;

/** Words shorter than this say too little to be told apart from ordinary ones. */
const wordCharactersMin = 3;

/** Values that hold nothing but what everybody writes. */
const ordinaryValue =
  /^(?:true|false|yes|no|on|off|\d{1,6}|development|production|staging|test|debug|info|warn|error|json)$/i;

/** Tells which comments of real environments are mere descriptions. People also note old passwords there. */
export class Prose {
  /** Words of the values, in lower case. */
  readonly #words = new Set<string>();

  constructor(environments: readonly DotenvDocument[]) {
    for (const document of environments) {
      for (const { value } of document.entries) {
        if (ordinaryValue.test(value.trim())) continue;
        for (const word of wordsOf(secretPartOf(value))) this.#words.add(word);
      }
    }
  }

  /**
   * The lines of a description that may go into a file that is committed. Those of an example are committed already:
   * of them only what looks like a secret is left out.
   */
  harmless(description: string, isExample: boolean): string {
    const lines = description.split("\n").map((line) => line.trim());
    const kept = lines.filter((line) => (isExample ? this.#isOpen(line) : this.#isPlain(line)));
    return kept.join("\n").trim();
  }

  #isOpen(line: string): boolean {
    return !line.startsWith("@") && !looksLikeSecret(line) && !this.#holdsValue(line);
  }

  #isPlain(line: string): boolean {
    if (line.length > lineCharactersMax || line.startsWith("@") || /[=$\\{}|<>^~`]/.test(line)) return false;
    if (/\b(?:passw|pwd|passphrase|pin\b|was\b|old\b)/i.test(line)) return false;
    return line.split(/\s+/).every(isPlainWord) && !this.#holdsValue(line);
  }

  #holdsValue(line: string): boolean {
    return wordsOf(line).some((word) => this.#words.has(word));
  }
}

/** The part of a value that may be a secret: of an address all but protocol and host. */
function secretPartOf(value: string): string {
  const address = /^[a-z][\w+.-]*:\/\/(?:([^/?#\s]*)@)?[^/?#\s]*(.*)$/is.exec(value);
  return address === null ? value : `${address[1] ?? ""} ${address[2]}`;
}

/** Runs of letters and digits in lower case, and the whole pieces between spaces. */
function wordsOf(text: string): string[] {
  const lower = text.toLowerCase();
  const runs = lower.match(/[\p{L}\p{N}]+/gu) ?? [];
  return [...runs, ...lower.split(/\s+/)].filter(({ length }) => length >= wordCharactersMin);
}

/** A word as prose has it: letters in one case or capitalised, perhaps with punctuation, a short number, a plain link. */
function isPlainWord(word: string): boolean {
  if (/^https:\/\/[a-z.-]+(?:\/[a-z-]*)*[.,;)]?$/.test(word)) return true;
  const bare = word.replace(/^[("'[]+|[)"'\].,;:!?…]+$/g, "");
  if (bare === "" || /^\d{1,4}$/.test(bare) || /^[-–—/&+]+$/.test(bare)) return true;
  return (
    bare.length <= 40 &&
    bare.split(/[-/_.'’]/).every((part) => /^(?:\p{L}?\p{Ll}{0,20}|\p{Lu}{1,12})$/u.test(part))
  );
}

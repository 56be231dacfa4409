import { isSpace } from "../characters.ts";
import type { DotenvDocument } from "../document.ts";
import {
  commentField,
  keyEndField,
  keyStartField,
  startField,
  valueEndField,
  valueStartField,
} from "../statements.ts";
import { afterLine } from "./reader.ts";

/** What an ASCII character may be on a line that all readers read alike. */
const inKey = 1;
const inQuotes = 2;
const unquoted = 4;
/** The same for readers to whom `$` is a character like others. */
const inQuotesWithDollar = 8;
const unquotedWithDollar = 16;

const exportAndSpace = "export ";
const classes = new Uint8Array(128);
for (let code = 32; code < 127; code++) {
  const character = String.fromCharCode(code);
  if (/[\\"'`]/.test(character)) continue;
  classes[code] = inQuotesWithDollar | (character === "#" ? 0 : unquotedWithDollar);
  if (character !== "$") classes[code]! |= inQuotes | (character === "#" ? 0 : unquoted);
  if (/\w/.test(character)) classes[code]! |= inKey;
}

const space = 32;
const tab = 9;
const lineFeed = 10;
const carriageReturn = 13;
const hash = 35;

function holdsOnly(text: string, start: number, end: number, kind: number): boolean {
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code < 128) {
      if ((classes[code]! & kind) === 0) return false;
    } else if (kind === inKey || code < 0xa1 || isSpace(code)) {
      return false;
    }
  }
  return true;
}

/** The offset behind the LF or CRLF at `at`, or at the text's end; -1 where something else stands. */
function behindLine(text: string, at: number): number {
  if (at === text.length) return at;
  const code = text.charCodeAt(at);
  if (code === lineFeed) return at + 1;
  return code === carriageReturn && text.charCodeAt(at + 1) === lineFeed ? at + 2 : -1;
}

/** Whether every reader takes a value, its quotes included, as it stands. */
function isPlainValue(text: string, start: number, end: number, dollars: boolean): boolean {
  const quote = text.charAt(start);
  if (quote === '"' || quote === "'") {
    const kind = dollars ? inQuotesWithDollar : inQuotes;
    return end - start > 1 && text.charAt(end - 1) === quote && holdsOnly(text, start + 1, end - 1, kind);
  }
  return holdsOnly(text, start, end, dollars ? unquotedWithDollar : unquoted);
}

/** Whether nothing stands before a key, or one `export` that no reader trips over. */
function startsPlainly(text: string, start: number, keyStart: number, valueLength: number): boolean {
  if (start === keyStart) return true;
  return (
    valueLength > 0 && keyStart - start === exportAndSpace.length && text.startsWith(exportAndSpace, start)
  );
}

/** Whether one space or more, and no other white space, of which some readers know less, stands between offsets. */
function holdsOnlySpaces(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (text.charCodeAt(at) !== space) return false;
  return start < end;
}

/**
 * The end of the line of an assignment that every reader reads alike, -1 for one that some may read otherwise.
 * `dollars`: to the readers in question `$` is a character like others.
 */
export function plainLineEnd(document: DotenvDocument, record: number, dollars: boolean): number {
  const { text, statements } = document;
  // Some readers take the mark for a part of the first key.
  if (record === 0 && document.bom) return -1;
  const start = statements[record + startField]!;
  const keyStart = statements[record + keyStartField]!;
  const keyEnd = statements[record + keyEndField]!;
  const valueStart = statements[record + valueStartField]!;
  const valueEnd = statements[record + valueEndField]!;
  const comment = statements[record + commentField]!;
  if (!startsPlainly(text, start, keyStart, valueEnd - valueStart)) return -1;
  if (valueStart !== keyEnd + 1 || text.charAt(keyEnd) !== "=") return -1;
  if (start > 0 && text.charCodeAt(start - 1) !== lineFeed) return -1;
  if (!holdsOnly(text, keyStart, keyEnd, inKey) || !isPlainValue(text, valueStart, valueEnd, dollars))
    return -1;
  if (comment === -1) return behindLine(text, valueEnd);
  // A comment behind nothing belongs to some readers' value, and godotenv looks for the last ` #` of the line.
  if (valueEnd === valueStart || !holdsOnlySpaces(text, valueEnd, comment)) return -1;
  let end = comment + 1;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code === hash) return -1;
    if (code === lineFeed || code === carriageReturn) break;
  }
  return behindLine(text, end);
}

/** The end of a blank line, or of one that starts with `#`; -1 for any other. */
export function emptyLineEnd(text: string, start: number): number {
  let at = start;
  if (text.charCodeAt(at) === hash) return afterLine(text, at);
  while (text.charCodeAt(at) === space || text.charCodeAt(at) === tab) at++;
  return behindLine(text, at);
}

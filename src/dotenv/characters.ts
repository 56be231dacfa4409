/** Character codes and classes as dotenv's pattern sees them (`\s`, `\w`, `^` and `$` with the `m` flag). */

export const hash = 35;
export const carriageReturn = 13;
export const lineFeed = 10;
export const equalsSign = 61;
export const colon = 58;
export const backslash = 92;
export const doubleQuote = 34;
const singleQuote = 39;
const backtick = 96;
export const byteOrderMark = 0xfeff;

const lineSeparator = 0x2028;
const paragraphSeparator = 0x2029;

const keyCodes = new Uint8Array(128);
for (const character of "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.-") {
  keyCodes[character.charCodeAt(0)] = 1;
}

/** Whether a UTF-16 code is one of `[\w.-]`, what dotenv takes as part of a key. */
export function isKeyCode(code: number): boolean {
  return code < 128 && keyCodes[code] === 1;
}

/** Whether a UTF-16 code is `\s` (ECMAScript WhiteSpace and LineTerminator, with U+FEFF). */
export function isSpace(code: number): boolean {
  if (code <= 32) return code === 32 || (code >= 9 && code <= 13);
  if (code < 160) return false;
  return (
    code === 160 ||
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === lineSeparator ||
    code === paragraphSeparator ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000 ||
    code === byteOrderMark
  );
}

/** Whether a UTF-16 code ends a line for `^`, `$` and `.`: LF, CR, U+2028, U+2029. */
export function isLineBreak(code: number): boolean {
  return (
    code === lineFeed || code === carriageReturn || code === lineSeparator || code === paragraphSeparator
  );
}

/** Whether a UTF-16 code is one of the three quotes dotenv knows. */
export function isQuote(code: number): boolean {
  return code === doubleQuote || code === singleQuote || code === backtick;
}

/** The first offset at or after `from` that holds no `\s`; the text's length when there is none. */
export function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && isSpace(text.charCodeAt(at))) at++;
  return at;
}

/** As {@link skipSpace}, and stops at a line break too. */
export function skipSpaceInLine(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (!isSpace(code) || isLineBreak(code)) break;
    at++;
  }
  return at;
}

/** The offset of the first line break at or after `from`; the text's length when there is none. */
export function lineEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && !isLineBreak(text.charCodeAt(at))) at++;
  return at;
}

/** The offset behind the line break that stands at `at` (CRLF is one); `at` when none stands there. */
export function afterLineBreak(text: string, at: number): number {
  if (at >= text.length) return at;
  const code = text.charCodeAt(at);
  if (code === carriageReturn && text.charCodeAt(at + 1) === lineFeed) return at + 2;
  return isLineBreak(code) ? at + 1 : at;
}

/** The offset where the line that holds `at` starts; a CRLF is never split. */
export function lineStart(text: string, at: number): number {
  let start = at;
  while (start > 0 && !isLineBreak(text.charCodeAt(start - 1))) start--;
  return start;
}

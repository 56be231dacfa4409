/** Whether a UTF-16 code is what Go's `unicode.IsSpace` calls space. */
export function isUnicodeSpace(code: number): boolean {
  if (code <= 32) return code === 32 || (code >= 9 && code <= 13);
  if (code < 0x1680) return code === 0x85 || code === 0xa0;
  return (
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  );
}

/** Whether a UTF-16 code is what Python's `str.isspace` and its `\s` call space. */
export function isPythonSpace(code: number): boolean {
  return (code >= 28 && code <= 31) || isUnicodeSpace(code);
}

/** What godotenv and Compose take as space within a line. */
export function isGoLineSpace(code: number): boolean {
  return code === 32 || code === 9 || (code >= 11 && code <= 13) || code === 0x85 || code === 0xa0;
}

/** Whether a UTF-16 code is Ruby's `\s`. */
export function isRubySpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

/** The first offset at or after `from`, up to `end`, that is no space of the given kind. */
export function skipWhile(
  text: string,
  from: number,
  isSpace: (code: number) => boolean,
  end = text.length,
): number {
  let at = from;
  while (at < end && isSpace(text.charCodeAt(at))) at++;
  return at;
}

/** The offset behind the last character before `end`, down to `start`, that is no space of the given kind. */
export function trimmedEnd(
  text: string,
  start: number,
  end: number,
  isSpace: (code: number) => boolean,
): number {
  let at = end;
  while (at > start && isSpace(text.charCodeAt(at - 1))) at--;
  return at;
}

/**
 * The quotes in the order they are tried: in double quotes `$` means to every reader what it means unquoted,
 * in single quotes to some, and backticks are quotes to dotenv and Node only.
 */
const quotes = ['"', "'", "`"] as const;

/** The spellings of a one-line raw text between quotes, without escapes; none when it holds all three quotes. */
export function quotings(raw: string): string[] {
  return quotes.filter((quote) => !raw.includes(quote)).map((quote) => quote + raw + quote);
}

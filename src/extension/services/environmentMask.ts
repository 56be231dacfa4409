/** Pure: how a value is shown, hidden and revealed. */

/** Characters of a value that a revealed row shows. */
export const revealedCharactersMax = 120;
/** What stands for a hidden value, always the same length, also for an empty value. */
export const mask = "••••";

/** A value on one line, cut to the limit: line ends and other control characters become visible signs. */
export function revealedText(value: string): string {
  if (value === "") return "(empty)";
  // Twice as many code units hold the limit of characters; `Array.from` never splits one.
  const characters = Array.from(value.slice(0, revealedCharactersMax * 2 + 2));
  const shown = characters.slice(0, revealedCharactersMax).join("");
  const line = shown
    .replace(/\r\n|\r|\n/g, "⏎")
    .replace(/\t/g, "⇥")
    .replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, "�");
  return value.length > shown.length ? `${line}…` : line;
}

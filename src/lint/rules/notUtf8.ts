import type { EncodingProblem, Match, Rule } from "../rule.ts";

const messages: Readonly<Partial<Record<EncodingProblem, string>>> = {
  "utf-16":
    "The file is written in UTF-16, which programs that read .env files do not understand. Save it as UTF-8.",
  "invalid-utf-8":
    "The file holds bytes that are not valid UTF-8, and saving it would lose them. Reopen it with its real encoding, then save it as UTF-8.",
  "other-encoding":
    "The file is not saved as UTF-8, so programs that read it may see other characters. Save it as UTF-8.",
};

/** What decoders put where the bytes were not valid. */
const replacementCharacter = "\uFFFD";

/**
 * Reports an encoding other than UTF-8, once a file. Without word from who read the bytes, it goes by what a
 * wrong decoding leaves in the text: the replacement character, and the zero bytes of UTF-16.
 */
export const notUtf8: Rule = {
  id: "not-utf8",
  run(document, context): Match[] {
    for (const problem of context.problems ?? []) {
      const message = messages[problem];
      if (message) return [{ span: { start: 0, end: 0 }, message }];
    }
    const replaced = document.text.indexOf(replacementCharacter);
    if (replaced !== -1) {
      return [{ span: { start: replaced, end: replaced + 1 }, message: messages["invalid-utf-8"]! }];
    }
    const zero = document.text.indexOf("\0");
    return zero === -1 ? [] : [{ span: { start: zero, end: zero + 1 }, message: messages["utf-16"]! }];
  },
};

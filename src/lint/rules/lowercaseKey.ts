import type { Rule } from "../rule.ts";

/** Reports a key with lower-case letters. There is no fix: the programs that ask for it would break. */
export const lowercaseKey: Rule = {
  id: "lowercase-key",
  entry: {
    suspects({ text, keyStart, keyEnd }) {
      for (let at = keyStart; at < keyEnd; at++) {
        const code = text.charCodeAt(at);
        if (code >= 97 && code <= 122) return true;
      }
      return false;
    },
    check: ({ key, keySpan }) => ({ span: keySpan, key, message: `${key} is not in upper case.` }),
  },
};

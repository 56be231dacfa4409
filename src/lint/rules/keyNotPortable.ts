import type { Rule } from "../rule.ts";

const zero = 48;
const nine = 57;
const hyphen = 45;
const dot = 46;

/** Reports a key that dotenv reads and a shell cannot set: one that starts with a digit, or has `-` or `.` in it. */
export const keyNotPortable: Rule = {
  id: "key-not-portable",
  entry: {
    suspects({ text, keyStart, keyEnd }) {
      const first = text.charCodeAt(keyStart);
      if (first >= zero && first <= nine) return true;
      for (let at = keyStart; at < keyEnd; at++) {
        const code = text.charCodeAt(at);
        if (code === hyphen || code === dot) return true;
      }
      return false;
    },
    check({ key, keySpan }) {
      const flaw = /^\d/.test(key) ? "starts with a digit" : "holds - or .";
      const message = `${key} ${flaw}: dotenv reads it, but shells cannot set it, and some readers skip the line or refuse the file.`;
      return { span: keySpan, key, message };
    },
  },
};

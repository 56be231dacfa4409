import { keyAt } from "../../dotenv/assignments.ts";
import type { Match, Rule } from "../rule.ts";

/** Reports each `$(…)` in a value that is read. Envpact itself never runs one. */
export const commandSubstitution: Rule = {
  id: "command-substitution",
  notInSchemas: true,
  run(document, { references }) {
    const matches: Match[] = [];
    for (const { record, commands } of references.effective()) {
      for (const command of commands) {
        const key = keyAt(document, record);
        const message = `The value of ${key} holds $(…): some readers run it as a command, the others keep it as text. Envpact never runs it.`;
        matches.push({ span: references.place(record, command), key, message });
      }
    }
    return matches;
  },
};

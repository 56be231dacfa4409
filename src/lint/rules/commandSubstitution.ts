import type { Rule } from "../rule.ts";

/** Reports each `$(…)` in a value that is read. Envpact itself never runs one. */
export const commandSubstitution: Rule = {
  id: "command-substitution",
  run(_document, context) {
    return context.expansion().commands.map(({ key, span }) => ({
      span,
      key,
      message: `The value of ${key} holds $(…): some readers run it as a command, the others keep it as text. Envpact never runs it.`,
    }));
  },
};

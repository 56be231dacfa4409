import { nearestWord } from "../../dotenv/schema/vocabulary.ts";
import { ruleIds } from "../catalog.ts";
import { codeFindingIds } from "../codeFindings.ts";
import { unknownWords } from "../directives.ts";
import { dotenvLinterNames } from "../foreignRules.ts";
import { type Rule, sameReading } from "../rule.ts";

/** Reports each word of a comment that silences where the name of a rule should stand. */
export const unknownDirective: Rule = {
  id: "unknown-directive",
  run: (document) =>
    unknownWords(document).map(({ span, foreign }) => ({
      span,
      message: foreign
        ? "dotenv-linter has no check of this name, so the comment silences nothing by it."
        : "There is no rule of this name, so the comment silences nothing by it. A reason goes behind --.",
    })),
  choices({ span }, document) {
    const word = document.text.slice(span.start, span.end);
    const nearest = nearestWord(
      word,
      /[A-Z]/.test(word) ? dotenvLinterNames : [...ruleIds, ...codeFindingIds],
    );
    if (nearest === undefined) return [];
    return [
      {
        title: `Write ${nearest}`,
        alternatives: [[{ ...span, text: nearest }]],
        changes: sameReading,
      },
    ];
  },
};

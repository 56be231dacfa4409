import { isDropped, keyAt } from "../../dotenv/assignments.ts";
import { lineAt } from "../places.ts";
import type { Match, Rule } from "../rule.ts";

/** Names that programs look up in both cases. */
const bothCases = /^(?:https?|ftp|all|no)_proxy$/i;

/** Reports each key that another one before it resembles but for case or `-` and `_`; both are read. */
export const similarKey: Rule = {
  id: "similar-key",
  run(document) {
    const matches: Match[] = [];
    for (const group of document.keys.alikeGroups()) {
      const [first, ...rest] = group.filter((record) => !isDropped(document, record));
      if (first === undefined || bothCases.test(keyAt(document, first))) continue;
      const before = document.entryOf(first);
      for (const record of rest) {
        const { key, keySpan } = document.entryOf(record);
        const message = `${key} differs from ${before.key} on line ${lineAt(document, before.keySpan.start)} by case or by - and _ only. Both are read.`;
        const related = [{ span: before.keySpan, message: `${before.key} resembles ${key}.` }];
        matches.push({ span: keySpan, key, message, related });
      }
    }
    return matches;
  },
};

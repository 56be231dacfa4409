import { isQuote, isSpace } from "../../dotenv/characters.ts";
import type { DotenvDocument, LocalEntry } from "../../dotenv/document.ts";
import { entryAt } from "../../dotenv/occurrences.ts";
import { quotings } from "../quoting.ts";
import { type Rule, sameReading } from "../rule.ts";
import { isCut } from "./valueCutByHash.ts";

/** Reports an unquoted value with space in it: a shell that sources the file takes the second word for a command. */
export const valueWithoutQuotes: Rule = {
  id: "value-without-quotes",
  notInSchemas: true,
  entry: {
    suspects({ text, valueStart, valueEnd, quote }) {
      if (quote !== 0 || isQuote(text.charCodeAt(valueStart))) return false;
      for (let at = valueStart + 1; at < valueEnd; at++) {
        const code = text.charCodeAt(at);
        if (code <= 32 || code >= 160) if (isSpace(code)) return true;
      }
      return false;
    },
    check(entry, document) {
      if (!isBare(document, entry)) return undefined;
      const message = `The value of ${entry.key} has spaces and no quotes: shells take only its first word, and some readers cut or refuse it. Quote it.`;
      return { span: entry.valueSpan, key: entry.key, message };
    },
  },
  repair(finding, document) {
    const entry = entryAt(document, finding.span.start);
    if (!entry || !isBare(document, entry)) return undefined;
    const { start, end } = entry.valueSpan;
    const raw = document.text.slice(start, end);
    const spellings = quotings(raw);
    // In double quotes, a backslash may mean something.
    if (raw.includes("\\")) spellings.push(...spellings.splice(0, Number(spellings[0]?.startsWith('"'))));
    return {
      title: `Quote the value of ${entry.key}`,
      alternatives: spellings.map((text) => [{ start, end, text }]),
      changes: sameReading,
    };
  },
};

/** A value that `#` cuts is that rule's to report: quoting it mends both. */
function isBare(document: DotenvDocument, entry: LocalEntry): boolean {
  const first = document.text.charCodeAt(entry.valueSpan.start);
  return entry.quote === undefined && !isQuote(first) && !isCut(document, entry);
}

import { isDropped } from "../../dotenv/assignments.ts";
import { type DotenvDocument, type Entry, effectiveEntry } from "../../dotenv/document.ts";
import type { TextEdit } from "../../dotenv/edit.ts";
import { entryAt } from "../../dotenv/occurrences.ts";
import { recordLength } from "../../dotenv/statements.ts";
import { lineAt } from "../places.ts";
import { type Match, type Rule, sameReading } from "../rule.ts";

function matchOf(document: DotenvDocument, entry: Entry): Match {
  const winner = effectiveEntry(document, entry.key)!;
  return {
    span: entry.span,
    key: entry.key,
    message: `${entry.key} is set again on line ${lineAt(document, winner.span.start)}, and the last one wins: this one is never read.`,
    related: [{ span: winner.keySpan, message: `This ${entry.key} is the one that is read.` }],
  };
}

/** Reports each entry that a later one with the same key hides. */
export const duplicateKey: Rule = {
  id: "duplicate-key",
  run(document) {
    if (!document.keys.hasDuplicates) return [];
    const matches: Match[] = [];
    for (let record = 0; record < document.statements.length; record += recordLength) {
      if (document.keys.isEffective(record) || isDropped(document, record)) continue;
      matches.push(matchOf(document, document.entryOf(record)));
    }
    return matches;
  },
  repair(finding, document) {
    const entry = entryAt(document, finding.span.start);
    if (!entry || entry.effective) return undefined;
    return {
      title: `Remove this ${entry.key}, which is never read`,
      alternatives: [[removal(entry)]],
      changes: sameReading,
    };
  },
  choices(finding, document) {
    const hidden = document.entries.filter(({ key, effective }) => key === finding.key && !effective);
    if (hidden.length < 2) return [];
    return [
      {
        title: `Remove all ${hidden.length} lines of ${finding.key} that are never read`,
        alternatives: [hidden.map(removal)],
        changes: sameReading,
      },
    ];
  },
};

function removal({ lineSpan }: Entry): TextEdit {
  return { start: lineSpan.start, end: lineSpan.end, text: "" };
}

import { valueAt } from "../dotenv/assignments.ts";
import type { DotenvDocument } from "../dotenv/document.ts";
import type { ReferencePart } from "../dotenv/reference.ts";
import { isAsked } from "./references.ts";
import type { RuleContext } from "./rule.ts";

/** A reference without a default to a name that is defined neither in the document nor elsewhere. */
export interface UnknownName {
  readonly record: number;
  readonly part: ReferencePart;
  /** It is written `${name}`. */
  readonly braced: boolean;
  /** A bare `$name` in the midst of other characters: as likely a piece of a password as a reference. */
  readonly glued: boolean;
  /** A bare one whose `$` is the second of a pair. */
  readonly doubled: boolean;
}

/** What separates the parts of an address, a path or a list. */
const separators: ReadonlySet<string> = new Set(" \t\r\n/:,;|=.()[]{}<>\"'`-@&?");

/** Those in the values that are read, in file order. */
export function unknownNames(
  document: DotenvDocument,
  { known, references }: Pick<RuleContext, "known" | "references">,
): UnknownName[] {
  const isSet = (name: string) => document.keys.has(name) || known.has(name);
  const unknown: UnknownName[] = [];
  for (const { record, references: found, targets } of references.effective()) {
    let value: string | undefined;
    for (let index = 0; index < found.length; index++) {
      if (targets[index] !== -1) continue;
      const { part, within } = found[index]!;
      if (part.operator !== undefined || known.has(part.name) || !isAsked(within, isSet)) continue;
      value ??= valueAt(document, record);
      const braced = value.startsWith("${", part.start);
      const glued = !braced && isGlued(value, part);
      unknown.push({ record, part, braced, glued, doubled: isDoubled(value, part.start) });
    }
  }
  return unknown;
}

function isGlued(value: string, part: ReferencePart): boolean {
  const before = value.charAt(part.start - 1);
  const behind = value.charAt(part.end);
  return (before !== "" && !separators.has(before)) || (behind !== "" && !separators.has(behind));
}

/** Whether the `$` at an offset of a value is the second of a pair, which Compose reads as one that is meant. */
function isDoubled(value: string, at: number): boolean {
  let before = at;
  while (value.charAt(before - 1) === "$") before--;
  return (at - before) % 2 === 1;
}

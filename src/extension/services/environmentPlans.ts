/** Pure: changes of a document as functions, and joining several into one. */
import { type DotenvDocument, parseDocument } from "../../dotenv/document.ts";
import { applyEdits, type SetKeyOptions, type TextEdit } from "../../dotenv/edit.ts";
import type { EnvironmentProblem } from "./environmentProblems.ts";

/** Edits, or why there are none. Wider than the document's own result: a command refuses for reasons of its own. */
export type PlanResult =
  | { readonly ok: true; readonly edits: readonly TextEdit[] }
  | { readonly ok: false; readonly refusal: EnvironmentProblem };

/** What a change that sets values has to hand on to `setKey`: who else reads the file. */
export type Writing = Pick<SetKeyOptions, "dialects">;

/** Computes the edits of a change from the document as it is now; it may run several times. */
export type Plan = (document: DotenvDocument, writing: Writing) => PlanResult;

/**
 * Joins changes into one, so that a file is written once and one undo takes all of them back. The result
 * replaces the smallest stretch that holds every difference.
 */
export function sequence(plans: readonly Plan[]): Plan {
  const [first] = plans;
  if (plans.length === 1 && first !== undefined) return first;
  return (document, writing) => {
    let current = document;
    for (const plan of plans) {
      const result = plan(current, writing);
      if (!result.ok) return result;
      if (result.edits.length > 0) current = parseDocument(applyEdits(current.text, result.edits));
    }
    return { ok: true, edits: differenceOf(document.text, current.text) };
  };
}

/** The one edit that turns a text into another; none when they are equal. Never splits a character or CRLF. */
export function differenceOf(from: string, to: string): readonly TextEdit[] {
  if (from === to) return [];
  const shortest = Math.min(from.length, to.length);
  let head = 0;
  while (head < shortest && from[head] === to[head]) head += 1;
  while (head > 0 && /[\r\ud800-\udbff]/.test(from[head - 1] ?? "")) head -= 1;
  let tail = 0;
  while (tail < shortest - head && from[from.length - 1 - tail] === to[to.length - 1 - tail]) tail += 1;
  while (tail > 0 && /[\n\udc00-\udfff]/.test(from[from.length - tail] ?? "")) tail -= 1;
  return [{ start: head, end: from.length - tail, text: to.slice(head, to.length - tail) }];
}

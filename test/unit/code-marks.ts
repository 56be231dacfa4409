// Code with marks where usages are to be found, which the tests of the scanners share.
import { describe, expect, it } from "vitest";
import { type CodeFamily, mayName } from "../../src/code/languages.ts";
import { scanCode } from "../../src/code/scan.ts";
import type { ModuleName } from "../../src/code/usage.ts";

const letters = { read: "", default: "|d", write: "|w", mention: "|m" };

function told(through: ModuleName | undefined): string {
  return through ? `@${through.specifier}:${through.name}` : "";
}

/**
 * Code with ‹X› where a name is to be found: ‹X› is read, ‹X|d› with a default, ‹X|w› written, ‹X|m› mentioned, and
 * ‹X@./env:name› if `name` of `./env` is the object of variables. What is not marked must not be found. Behind `⇒`
 * stand the exports that are the object.
 */
export function check(family: CodeFamily, marked: string): void {
  const [code = "", exported = ""] = marked.split("\n⇒ ");
  const text = code.replace(/‹([\w.-]*)(?:\|\w)?(?:@[^›]*)?›/g, "$1");
  let found = text;
  const { usages, exports } = scanCode(text, family);
  if (usages.length + exports.length > 0) expect(mayName(Buffer.from(text), family)).toBe(true);
  for (const usage of usages.toReversed()) {
    const { start, end } = usage.nameSpan;
    expect(text.slice(start, end)).toBe(usage.name);
    const kind = usage.kind === "read" && usage.hasDefault ? "default" : usage.kind;
    found = `${found.slice(0, start)}‹${usage.name}${letters[kind]}${told(usage.through)}›${found.slice(end)}`;
  }
  expect(found).toBe(code);
  expect(exports.map(({ name, through }) => `${name}${told(through)}`).join(", ")).toBe(exported);
}

/** One test for every marked code. */
export function table(family: CodeFamily, cases: readonly string[]): void {
  describe(family, () => {
    for (const marked of cases) it(marked.replaceAll("\n", "⏎"), () => check(family, marked));
  });
}

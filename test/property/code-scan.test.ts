import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CodeFamily, codeFamilies } from "../../src/code/languages.ts";
import { placed } from "../../src/code/places.ts";
import { scanCode } from "../../src/code/scan.ts";
import { nameCharactersMax, renamedText } from "../../src/code/usage.ts";
import { soupRun } from "./dotenv-soup.ts";

/** What scanners stumble over: every quote, comment, bracket and word that one of them knows. */
const pieces = [
  "process.env.A",
  "process.env[",
  "process",
  ".env",
  "?.",
  "import.meta.env.A",
  "import { A } from '$env/static/public'",
  "const { A, B: b = 1 } = process.env",
  "= process.env",
  "const env = process.env",
  "const { env } = process",
  "const { A, ...env }: { A: B } = process.env",
  "import { env } from './env'",
  "import * as env from './env'",
  "export { env } from './env'",
  "export * from './env'",
  "export const env = ",
  "module.exports = ",
  "require('./env')",
  "env.A",
  "env",
  "as A",
  "=>",
  "(env) =>",
  "({ env }: A = env) =>",
  "function f(env = process.env) {",
  "for (const env of ",
  "catch (env) {",
  "let env: ",
  "<A>",
  "...",
  "!",
  "? process.env : {}",
  "Deno.env.get(",
  "Bun.env.A",
  "delete ",
  "os.environ[",
  "os.getenv(",
  "os.environ",
  "from os import environ",
  "environ",
  "in os.environ",
  "os.Getenv(",
  "ENV[",
  "ENV.fetch ",
  "<<~A\n",
  "A\n",
  "<<A",
  "%w[",
  "=begin\n",
  "\n=end\n",
  "__END__",
  "getenv(",
  "env(",
  "$_ENV[",
  "<?php ",
  "?>",
  "<<<A\n",
  "System.getenv(",
  "env::var(",
  "env!(",
  'r#"',
  '"#',
  "'a",
  "GetEnvironmentVariable(",
  '@"',
  '$"',
  "${A}",
  "${A:-",
  "$A",
  "$(",
  "$$",
  "export A=",
  "A=",
  "for A in",
  "read A",
  "environment:\n",
  "  - A=",
  "  A: ",
  "args:",
  "ARG A",
  "ENV A=",
  "<script>",
  "</script>",
  "---\n",
  "'A'",
  '"A"',
  "`A`",
  "'",
  '"',
  "`",
  "'''",
  '"""',
  "\\",
  "/",
  "//",
  "/*",
  "*/",
  "#",
  "#{",
  "${",
  "{$",
  "{{",
  "{",
  "}",
  "(",
  ")",
  "[",
  "]",
  ",",
  "=",
  " ",
  "\t",
  "\n",
  "\r",
  "\r\n",
  "f",
  "r",
  "or",
  "||",
  "??",
  "?",
  ":",
  ";",
  "A",
  "a",
  "é",
  "😀",
  "\u2028",
  "\0",
];
const soup = fc
  .array(fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...pieces) }, fc.string({ maxLength: 6 })), {
    maxLength: 40,
  })
  .map((parts) => parts.join(""));
const family = fc.constantFrom<CodeFamily>(...codeFamilies);

describe("Scanning any text as any language", () => {
  it("never throws, and tells exact, ordered, separate places of names", () => {
    fc.assert(
      fc.property(soup, family, fc.boolean(), (text, language, incomplete) => {
        const prefix = language === "php" ? "<?php " : language === "markup" ? "<script>" : "";
        const whole = prefix + text;
        let end = 0;
        for (const { name, nameSpan, kind, hasDefault } of scanCode(whole, language, { incomplete }).usages) {
          expect(nameSpan.start).toBeGreaterThanOrEqual(end);
          expect(whole.slice(nameSpan.start, nameSpan.end)).toBe(name);
          expect(name.length).toBeLessThanOrEqual(nameCharactersMax);
          if (!incomplete) expect(name).not.toBe("");
          if (kind !== "read") expect(hasDefault).toBe(true);
          end = nameSpan.end;
        }
      }),
      soupRun("code scan"),
    );
  });

  it("finds a renamed variable where it was, and no other one", () => {
    fc.assert(
      fc.property(soup, family, (text, language) => {
        const whole = (language === "php" ? "<?php " : "") + text;
        const usages = scanCode(whole, language).usages;
        const mine = usages.filter(({ name }) => name === "A");
        let renamed = whole;
        for (const usage of mine.toReversed()) {
          const { start, end } = usage.nameSpan;
          renamed = renamed.slice(0, start) + renamedText(usage, "NEW_A") + renamed.slice(end);
        }
        const names = usages.map(({ name }) => name).filter((name) => name !== "A");
        const after = scanCode(renamed, language).usages.map(({ name }) => name);
        // In a shell a name that is now assigned nowhere may come in from the environment.
        if (language === "shell" || language === "dockerfile") return;
        expect(after.filter((name) => name === "NEW_A")).toHaveLength(mine.length);
        expect(after.filter((name) => name !== "NEW_A")).toEqual(names);
      }),
      soupRun("code rename"),
    );
  });

  it("gives places as editors count them", () => {
    fc.assert(
      fc.property(soup, (text) => {
        for (const { line, character, nameSpan } of placed(text, scanCode(text, "javascript").usages)) {
          const before = text.slice(0, nameSpan.start).split(/\r\n|\r|\n/);
          expect([line, character]).toEqual([before.length - 1, before.at(-1)!.length]);
        }
      }),
      soupRun("code places"),
    );
  });

  it("takes time in proportion to the text, whatever is repeated in it", () => {
    const charactersMax = 100_000;
    for (const language of codeFamilies) {
      for (const piece of pieces.filter((each) => each !== "")) {
        for (const glue of ["", "\n"]) {
          const unit = piece + glue;
          const open = language === "php" ? "<?php " : language === "markup" ? "<script>" : "";
          const text = open + unit.repeat(Math.floor(charactersMax / unit.length));
          const start = performance.now();
          scanCode(text, language).usages;
          // A scan of this size takes some milliseconds; a quadratic one takes minutes.
          expect(performance.now() - start, `${language}: ${JSON.stringify(unit)}`).toBeLessThan(3_000);
        }
      }
    }
  });
});

import { parse } from "dotenv";
import { describe, expect, it } from "vitest";
import { parseDocument } from "../../src/dotenv/document.ts";
import { applyEdits } from "../../src/dotenv/edit.ts";
import { withoutSilenced } from "../../src/lint/directives.ts";
import { dotenvLinterNames, ruleOfDotenvLinter } from "../../src/lint/foreignRules.ts";
import { ignoringsOf } from "../../src/lint/ignoring.ts";
import type { LintContext } from "../../src/lint/rule.ts";
import { contextWith, exampleOf, findingsOf, fixesOf, marksOf, rulesIn } from "./lint-scene.ts";

/** A line that two rules find fault with. */
const faulty = "A = x#y";
const faults = ["space-around-equals", "value-cut-by-hash"];

describe("a comment that silences a line", () => {
  it("speaks of the assignment it stands behind, or of the one that follows", () => {
    expect(rulesIn(`${faulty}\n`)).toEqual(faults);
    expect(rulesIn("A = 'x' # envpact-ignore\nB = 1\n")).toEqual(["space-around-equals"]);
    expect(rulesIn(`# envpact-ignore\n${faulty}\nB = 1\n`)).toEqual(["space-around-equals"]);
    expect(rulesIn(`# envpact-ignore\n\n# a note\n${faulty}\n`)).toEqual([]);
  });

  it("silences the rules that it names, several with a comma or a space, up to a reason", () => {
    expect(rulesIn(`# envpact-ignore value-cut-by-hash\n${faulty}\n`)).toEqual(["space-around-equals"]);
    expect(rulesIn(`# envpact-ignore value-cut-by-hash, space-around-equals\n${faulty}\n`)).toEqual([]);
    expect(rulesIn(`#envpact-ignore value-cut-by-hash space-around-equals -- a colour\n${faulty}\n`)).toEqual(
      [],
    );
    expect(rulesIn(`# envpact-ignore -- all of it\n${faulty}\n`)).toEqual([]);
  });

  it("reaches over all lines of a value, and lines that no reader takes in", () => {
    expect(rulesIn("# envpact-ignore\nA = 'x\ny\n'\n")).toEqual([]);
    expect(rulesIn("# envpact-ignore invalid-line\nnonsense\nmore nonsense\n")).toEqual(["invalid-line"]);
  });

  it("is none in a value, or with a longer word", () => {
    expect(rulesIn(`A='# envpact-ignore'\n${faulty.replace("A", "B")}\n`)).toEqual(faults);
    expect(rulesIn(`# envpact-ignored\n${faulty}\n`)).toEqual(faults);
  });
});

describe("a comment that silences a file", () => {
  it("does so wherever it stands, for some rules or for all", () => {
    expect(rulesIn(`# envpact-ignore-file\n${faulty}\n`)).toEqual([]);
    expect(rulesIn(`${faulty}\n# envpact-ignore-file value-cut-by-hash\n`)).toEqual(["space-around-equals"]);
    expect(rulesIn("A=1\n# envpact-ignore-file missing-key\n", { example: exampleOf("B=") })).toEqual([
      "extra-key",
    ]);
  });
});

describe("findings about code", () => {
  const keys = (text: string): string[] => {
    const document = parseDocument(text);
    const findings = document.entries.map(({ key, keySpan }) => ({
      rule: "unused-key" as const,
      span: keySpan,
      key,
    }));
    return withoutSilenced(findings, document).map(({ key }) => key);
  };

  it("are silenced by the same comments as rules, and only where those stand", () => {
    expect(
      keys("A=1\n# envpact-ignore unused-key\nB=2\nC=3 # envpact-ignore unused-key -- for ops\nD=4\n"),
    ).toEqual(["A", "D"]);
    expect(keys("# envpact-ignore\nA=1\nB=2\n")).toEqual(["B"]);
    expect(keys("# envpact-ignore missing-key\nA=1\n")).toEqual(["A"]);
    expect(keys("A=1\n# envpact-ignore-file missing-key, unused-key\n")).toEqual([]);
  });

  it("are known names of a comment, and the nearest to what is nearly one", () => {
    expect(rulesIn("# envpact-ignore unused-key, undefined-variable\nA=1\n")).toEqual([]);
    const text = "# envpact-ignore unusd-key\nA=1\n";
    expect(rulesIn(text)).toEqual(["unknown-directive"]);
    expect(fixesOf("unknown-directive", text).map(({ title }) => title)).toContain("Write unused-key");
  });

  it("get comments that silence them, on their line and in the file", () => {
    const text = "A=1\nB='x\ny'\n";
    const document = parseDocument(text);
    const span = document.entries[1]!.keySpan;
    const choices = ignoringsOf({ rule: "unused-key", span }, document, {});
    expect(choices.map(({ title }) => title)).toEqual([
      "Ignore unused-key on this line",
      "Ignore unused-key in this file",
    ]);
    expect(choices.map(({ edits }) => keys(applyEdits(text, edits)))).toEqual([["A"], []]);
  });
});

describe("dotenv-linter's comments", () => {
  it("switch checks off and on", () => {
    const text = "# dotenv-linter:off SpaceCharacter\nA = 1\n# dotenv-linter:on SpaceCharacter\nB = 2\n";
    expect(marksOf("space-around-equals", text)).toHaveLength(1);
    expect(rulesIn(`# dotenv-linter:off\n${faulty}\n`)).toEqual([]);
    expect(rulesIn(`# dotenv-linter:off SpaceCharacter, ExtraBlankLine\n${faulty}\n`)).toEqual([
      "value-cut-by-hash",
    ]);
  });

  it("know all of its checks", () => {
    const names = [
      ..."DuplicatedKey EndingBlankLine ExtraBlankLine IncorrectDelimiter KeyWithoutValue LeadingCharacter".split(
        " ",
      ),
      ..."LowercaseKey QuoteCharacter SpaceCharacter SubstitutionKey TrailingWhitespace UnorderedKey".split(
        " ",
      ),
      ..."ValueWithoutQuotes SchemaViolation".split(" "),
    ];
    expect(names.filter((name) => ruleOfDotenvLinter(name).length === 0)).toEqual([]);
    expect(names.filter((name) => !dotenvLinterNames.includes(name))).toEqual([]);
    expect(ruleOfDotenvLinter("toString")).toEqual([]);
  });
});

describe("unknown-directive", () => {
  it("marks words that name no rule, and offers the nearest", () => {
    const text = `# envpact-ignore value-cut-by-hsh because\n${faulty}\n`;
    expect(marksOf("unknown-directive", text)).toEqual(["value-cut-by-hsh", "because"]);
    expect(fixesOf("unknown-directive", text)[0]?.after).toContain(
      "# envpact-ignore value-cut-by-hash because\n",
    );
    expect(marksOf("unknown-directive", "# dotenv-linter:off DuplicatedKye\n")).toEqual(["DuplicatedKye"]);
  });

  it("is quiet about rules, reasons and other comments", () => {
    expect(
      rulesIn("# envpact-ignore duplicate-key -- because of it\n# ignore this\nA='# envpact-ignore x'\n"),
    ).toEqual([]);
    expect(
      rulesIn("# envpact-ignore\n# envpact-ignore-file\n# dotenv-linter:off LowercaseKey\nA=1\n"),
    ).toEqual([]);
  });

  it("does not repeat the word", () => {
    expect(findingsOf("unknown-directive", "# envpact-ignore s3cr3t\n")[0]?.message).not.toContain("s3cr3t");
  });
});

describe("the quick fixes that write such a comment", () => {
  /** The texts that they make for the first finding; each reads as before and has one finding of the rule less. */
  function ignored(
    text: string,
    rule: Parameters<typeof marksOf>[0],
    context: Partial<LintContext> = {},
  ): string[] {
    const before = findingsOf(rule, text, context);
    const choices = ignoringsOf(before[0]!, parseDocument(text), contextWith(context));
    return choices.map(({ edits, title }) => {
      const after = applyEdits(text, edits);
      expect(parse(after)).toEqual(parse(text));
      expect(title).toContain(rule);
      expect(findingsOf(rule, after, context).length).toBeLessThan(before.length);
      return after;
    });
  }

  it("put it above the line, or at the head of the file", () => {
    expect(ignored("B=1\r\nA = 1\r\n", "space-around-equals")).toEqual([
      "B=1\r\n# envpact-ignore space-around-equals\r\nA = 1\r\n",
      "# envpact-ignore-file space-around-equals\r\nB=1\r\nA = 1\r\n",
    ]);
    expect(ignored("\uFEFFA = 1\n", "space-around-equals")).toEqual([
      "\uFEFF# envpact-ignore space-around-equals\nA = 1\n",
      "\uFEFF# envpact-ignore-file space-around-equals\nA = 1\n",
    ]);
  });

  it("add the rule to a comment that is there", () => {
    const head = "# envpact-ignore-file extra-key\n# envpact-ignore value-cut-by-hash\n";
    expect(ignored(`${head}${faulty}\n`, "space-around-equals")).toEqual([
      `# envpact-ignore-file extra-key\n# envpact-ignore value-cut-by-hash space-around-equals\n${faulty}\n`,
      `# envpact-ignore-file extra-key space-around-equals\n# envpact-ignore value-cut-by-hash\n${faulty}\n`,
    ]);
    expect(ignored("# envpact-ignore extra-key -- mine\nA = 1\n", "space-around-equals")[0]).toBe(
      "# envpact-ignore extra-key -- mine\n# envpact-ignore space-around-equals\nA = 1\n",
    );
  });

  it("stand above all lines of a value, and above a line that no reader takes in", () => {
    expect(ignored("A = 'x\ny'\n", "space-around-equals")[0]).toMatch(/^# envpact-ignore space/);
    expect(ignored("A=1\n  nonsense\n", "invalid-line")[0]).toBe(
      "A=1\n# envpact-ignore invalid-line\n  nonsense\n",
    );
  });

  it("offer the file alone for what no line is to blame for", () => {
    expect(ignored("A=1\n", "missing-key", { example: exampleOf("A=\nB=") })).toHaveLength(1);
    expect(ignored("A='x\none\ntwo\n", "invalid-line")).toHaveLength(1);
  });
});

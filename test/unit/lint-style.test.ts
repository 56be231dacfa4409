import { describe, expect, it } from "vitest";
import type { RuleId } from "../../src/lint/catalog.ts";
import { allFixed, findingsOf, fixesOf, marksOf, on, rulesIn } from "./lint-scene.ts";

describe("trailing-whitespace", () => {
  it.each([
    ["A=1  \nB=2\n", ["  "]],
    ["A= \n", [" "]],
    ["A=1\n# note\t\nB=2\n", ["\t"]],
    ["A=1 # note  \nB=2\n", ["  "]],
    ["A=1\n  \nB=2", ["  "]],
    ["A=1\r\nB=2 \r\n", [" "]],
    ["  ", ["  "]],
    ['A="x " # note\n', [" "]],
  ])("marks the space: %j", (text, marks) => {
    expect(marksOf("trailing-whitespace", text)).toEqual(marks);
  });

  it("is quiet about indentation, about lines inside a value, and about lines with a finding of their own", () => {
    for (const text of ["A=1\n  B=2\n", "A='x \ny\n'\n", "A=1\nnonsense  \n", "\uFEFFA=1\n", "A='x'\n"]) {
      expect(marksOf("trailing-whitespace", text)).toEqual([]);
    }
  });

  it("takes it off the line by itself, and off a value only when asked", () => {
    expect(allFixed("A=1  \n# note \n \nB='x' # y \nC=\"z \"\n")).toBe(
      "A=1\n# note\n\nB='x' # y\nC=\"z \"\n",
    );
    const [inside] = fixesOf("trailing-whitespace", "C='z  '\n");
    expect(inside).toMatchObject({ after: "C='z'\n", automatic: false, changesReading: true });
    expect(inside?.title).toContain("changes what is read");
  });
});

describe("value-without-quotes", () => {
  it("marks a value with spaces, and quotes it", () => {
    expect(marksOf("value-without-quotes", "A=two words\nB=one\n")).toEqual(["two words"]);
    const [quote] = fixesOf("value-without-quotes", "A=two words # note\n");
    expect(quote).toMatchObject({ after: 'A="two words" # note\n', automatic: true, changesReading: false });
  });

  it("picks quotes in which a backslash stays what it is", () => {
    expect(allFixed("A=C:\\new dir\n")).toBe("A='C:\\new dir'\n");
    expect(allFixed('A=say "hi"\n')).toBe("A='say \"hi\"'\n");
  });

  it("is quiet about quotes, about what another rule tells, and in a schema", () => {
    expect(rulesIn("A='two words'\nB=one\nC=\"a b\" # c d\n")).toEqual([]);
    expect(rulesIn('A=a b#c\nD="open x\n')).toEqual(["value-cut-by-hash", "unclosed-quote"]);
    expect(rulesIn("A=fallback(1, 2)\n", { isExample: true, isSchema: true })).toEqual([]);
  });
});

describe("doubled-equals", () => {
  it("marks the second sign, and offers both readings", () => {
    expect(marksOf("doubled-equals", "A==1\n")).toEqual(["="]);
    expect(fixesOf("doubled-equals", "A== 1\n").map(({ after }) => after)).toEqual(["A=1\n", 'A="= 1"\n']);
  });

  it("is quiet about = inside a value and in quotes", () => {
    expect(rulesIn("A=a==\nB='=1'\n")).toEqual([]);
  });
});

describe("key-not-portable", () => {
  it("marks keys that shells cannot set", () => {
    expect(marksOf("key-not-portable", "1A=\nB-C=\nd.e=\nF_1=\n")).toEqual(["1A", "B-C", "d.e"]);
  });
});

describe("rules of style", () => {
  const offByDefault: RuleId[] = [
    "leading-space",
    "quote-character",
    "lowercase-key",
    "unordered-key",
    "extra-blank-line",
    "missing-final-newline",
  ];
  const untidy = '  b="x"\na=1\n\n\n\nC=2';

  it("are off unless asked for", () => {
    expect(rulesIn(untidy).filter((rule) => offByDefault.includes(rule))).toEqual([]);
    expect(new Set(rulesIn(untidy, on(...offByDefault)))).toEqual(new Set(offByDefault));
  });

  it.each<[RuleId, string, string[], string]>([
    ["leading-space", "\tA=1\n  export B=2\n", ["\t", "  "], "A=1\nexport B=2\n"],
    ["quote-character", "A=\"x\"\nB='a/b:c'\nC=`d`\n", ['"x"', "'a/b:c'", "`d`"], "A=x\nB=a/b:c\nC=d\n"],
    ["unordered-key", "B=1\nA=2 # a\n\nD=3\nC=4\n", ["A", "C"], "A=2 # a\nB=1\n\nC=4\nD=3\n"],
    ["extra-blank-line", "\n\nA=1\n\n\n\nB=2\n\n \n", ["\n", "\n\n", " \n"], "\nA=1\n\nB=2\n\n"],
    ["missing-final-newline", "A=1\r\nB=2", [""], "A=1\r\nB=2\r\n"],
  ])("%s marks and mends %j", (rule, text, marks, after) => {
    const alone = { severities: { "trailing-whitespace": "off", [rule]: "warning" } as const };
    expect(marksOf(rule, text, alone)).toEqual(marks);
    expect(allFixed(text, alone)).toBe(after);
  });

  it.each<[RuleId, string]>([
    ["leading-space", "\uFEFFA=1\n# note\n  # indented note\nB=1\n"],
    ["quote-character", "A=\"two words\"\nB=''\nC='#'\nD=x\n"],
    ["lowercase-key", "A=1\nA_1=2\n"],
    ["unordered-key", "A=1\nB=2\n\nA1=1\n# note\nA0=1\n"],
    ["extra-blank-line", "A=1\n\nB=2\n# note\n\nC='\n\n\n'\n"],
    ["missing-final-newline", "A=1\n"],
    ["missing-final-newline", ""],
  ])("%s is quiet about %j", (rule, text) => {
    expect(marksOf(rule, text, on(rule))).toEqual([]);
  });

  it("never offers to rename a key, for programs ask for it as it is", () => {
    expect(marksOf("lowercase-key", "port=1\n", on("lowercase-key"))).toEqual(["port"]);
    expect(fixesOf("lowercase-key", "port=1\n", on("lowercase-key"))).toEqual([]);
  });

  it("keep the order where a block's last duplicate would lose", () => {
    const text = "B=1\nA=1\nA=2\n";
    expect(allFixed(text, on("unordered-key"))).toContain("A=2");
  });
});

describe("similar-key", () => {
  it("marks the later of two keys that differ by case or by - and _, with the other's place", () => {
    const text = "DB_HOST=1\nPORT=2\nDb-Host=3\nport=4\n";
    expect(marksOf("similar-key", text)).toEqual(["Db-Host", "port"]);
    expect(findingsOf("similar-key", text)[0]).toMatchObject({ related: [{ span: { start: 0, end: 7 } }] });
  });

  it("is quiet about duplicates, other names, and the proxies that programs look up in both cases", () => {
    expect(marksOf("similar-key", "A=1\nA=2\nAB=3\nHTTP_PROXY=x\nhttp_proxy=x\n")).toEqual([]);
  });
});

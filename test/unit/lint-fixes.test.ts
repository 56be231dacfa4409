import { parse } from "dotenv";
import { describe, expect, it } from "vitest";
import { readAs } from "../../src/dotenv/dialects.ts";
import { parseDocument } from "../../src/dotenv/document.ts";
import { applyEdits } from "../../src/dotenv/edit.ts";
import type { RuleId } from "../../src/lint/catalog.ts";
import { type Fix, fixAll, fixesFor } from "../../src/lint/fixes.ts";
import { lintDocument } from "../../src/lint/lint.ts";
import type { LintContext } from "../../src/lint/rule.ts";

const plain: LintContext = { known: new Set(), isExample: false, severities: {} };

/** The fixes of the first finding of a rule, each with the text it makes. */
function fixed(text: string, rule: RuleId, context: LintContext = plain): (Fix & { after: string })[] {
  const document = parseDocument(text);
  const finding = lintDocument(document, context).find((each) => each.rule === rule);
  if (!finding) throw new Error(`${rule} found nothing`);
  const fixes = fixesFor(finding, document, context);
  return fixes.map((fix) => ({ ...fix, after: applyEdits(text, fix.edits) }));
}

/** Applies everything automatic, with dotenv as the witness that nothing else is read. */
function allFixed(text: string): string {
  const document = parseDocument(text);
  const after = applyEdits(text, fixAll(lintDocument(document, plain), document, plain).edits);
  expect(parse(after)).toEqual(parse(text));
  return after;
}

function withExample(text: string): LintContext {
  return { ...plain, example: { name: ".env.example", document: parseDocument(text) } };
}

describe("fixes that leave the reading as it is", () => {
  const cases: [RuleId, string, string][] = [
    ["duplicate-key", "A=1 # old\r\nB=2\r\nA=3", "B=2\r\nA=3"],
    ["duplicate-key", "A='1\n2'\nA=3\n", "A=3\n"],
    ["space-around-equals", "export A = b c # note\n", "export A=b c # note\n"],
    ["space-around-equals", "A=\n'x'\n", "A='x'\n"],
    ["byte-order-mark", "\uFEFFA=1\n", "A=1\n"],
    ["byte-order-mark", "\uFEFF\uFEFF\uFEFFA=1\n", "A=1\n"],
    ["invalid-line", "A=1\n  it's nonsense\nB='2'\n", "A=1\n  # it's nonsense\nB='2'\n"],
    ["invalid-line", "A=1\rnonsense\rB=2", "A=1\r# nonsense\rB=2"],
  ];
  it.each(cases)("%s: %j", (rule, before, after) => {
    const [first] = fixed(before, rule);
    expect(first?.after).toBe(after);
    expect(first?.automatic).toBe(true);
    expect(first?.changesReading).toBe(false);
    expect(parse(after)).toEqual(parse(before));
  });

  it("removes all hidden lines of a key at once", () => {
    const fixes = fixed("A=1\nB=1\nA=2\nA=3\n", "duplicate-key");
    expect(fixes.map(({ after }) => after)).toEqual(["B=1\nA=2\nA=3\n", "B=1\nA=3\n"]);
  });

  it("comments out the lines lost behind an unclosed quote, but only when asked", () => {
    const [fix] = fixed("A='x\none\ntwo\n", "invalid-line");
    expect(fix?.after).toBe("A='x\n# one\n# two\n");
    expect(fix?.automatic).toBe(false);
  });
});

describe("fixes of a value cut by #", () => {
  it("offers to take # in, and to keep what is read now", () => {
    const [take, keep, ...rest] = fixed("A=ab#cd # note\n", "value-cut-by-hash");
    expect(rest).toEqual([]);
    expect(take?.after).toBe('A="ab#cd" # note\n');
    expect(take?.changesReading).toBe(true);
    expect(take?.title).toContain("changes what is read");
    expect(parse(take?.after ?? "")).toEqual({ A: "ab#cd" });
    expect(keep?.after).toBe('A="ab" #cd # note\n');
    expect(keep?.changesReading).toBe(false);
    expect(parse(keep?.after ?? "")).toEqual({ A: "ab" });
  });

  it("picks quotes that read back exactly", () => {
    for (const raw of ['say "hi"#1', "C:\\new#1", "a\"b'c#1"]) {
      const [take] = fixed(`A=${raw}\n`, "value-cut-by-hash");
      expect(parse(take?.after ?? "")).toEqual({ A: raw });
    }
  });

  it("offers nothing that has no spelling", () => {
    expect(fixed("A=a\"b'c`d#1\n", "value-cut-by-hash")).toEqual([]);
  });

  it("changes nothing that is read when a later line hides this one", () => {
    for (const fix of fixed("A=ab#cd\nA=2\n", "value-cut-by-hash")) {
      expect(fix.changesReading).toBe(false);
      expect(parse(fix.after)).toEqual({ A: "2" });
    }
  });
});

describe("fixes of an unclosed quote", () => {
  it("closes it at the end of the value, or keeps the quote as text; neither by itself", () => {
    const fixes = fixed('A="abc # note\nB=2\n', "unclosed-quote");
    expect(fixes.map(({ after }) => after)).toEqual(['A="abc" # note\nB=2\n', "A='\"abc' # note\nB=2\n"]);
    expect(fixes.map(({ after }) => parse(after))).toEqual([
      { A: "abc", B: "2" },
      { A: '"abc', B: "2" },
    ]);
    expect(fixes.map(({ automatic }) => automatic)).toEqual([false, false]);
  });

  it("takes in a # that is glued to the value", () => {
    const [close] = fixed("A='ab#cd\n", "unclosed-quote");
    expect(close?.after).toBe("A='ab#cd'\n");
    expect(parse(close?.after ?? "")).toEqual({ A: "ab#cd" });
  });

  it("closes it behind the lines that were lost", () => {
    const [below] = fixed('KEY="-----BEGIN\r\nabc\r\n-----END\r\nB=2\r\n', "unclosed-quote");
    expect(below?.title).toContain("line 3");
    expect(parse(below?.after ?? "")).toEqual({ KEY: "-----BEGIN\nabc\n-----END", B: "2" });
  });

  it("does not offer to swallow another key", () => {
    for (const fix of fixed('KEY="one\nlost\nB=2\nlost too\n', "unclosed-quote")) {
      expect(parse(fix.after)).toHaveProperty("B", "2");
    }
  });
});

describe("fixes of missing keys", () => {
  const sample = withExample("A=1\nB='two # 2'\nC=3\nD=4\n");

  it("inserts the key behind its neighbour of the example", () => {
    const [, one] = fixed("A=x\nD=y\n", "missing-key", sample);
    expect(one?.title).toBe("Add B with its value from .env.example");
    expect(one?.after).toBe("A=x\nB='two # 2'\nD=y\n".replaceAll("'", one?.after.includes('"') ? '"' : "'"));
    expect(parse(one?.after ?? "")).toEqual({ A: "x", B: "two # 2", D: "y" });
    expect(one?.changesReading).toBe(true);
  });

  it("inserts all of them in the example's order", () => {
    const [all] = fixed("A=x\r\nD=y", "missing-key", sample);
    expect(all?.title).toBe("Add all 2 missing keys with their values from .env.example");
    expect(Object.entries(parse(all?.after ?? ""))).toEqual([
      ["A", "x"],
      ["B", "two # 2"],
      ["C", "3"],
      ["D", "y"],
    ]);
    expect(all?.after.replaceAll("\r\n", "")).not.toContain("\n");
  });

  it("goes on being expanded by who read the example so, and is no finding afterwards", () => {
    const example = withExample('HOST=localhost\nURL="http://${HOST}/x"\nAPI=${URL}/api\nTOKEN=x$HOST\n');
    for (const dialect of ["compose", "godotenv", "ruby-dotenv", "python-dotenv"] as const) {
      const context: LintContext = { ...example, dialects: [dialect] };
      const after =
        fixed("", "missing-key", context).find(({ title }) => title.startsWith("Add all"))?.after ?? "";
      expect(after).toBe(example.example?.document.text);
      expect(readAs(dialect, after)).toEqual(readAs(dialect, example.example?.document.text ?? ""));
      expect(lintDocument(parseDocument(after), context).map(({ rule }) => rule)).toEqual([]);
    }
  });

  it("fills an empty file, and one without a final newline", () => {
    for (const text of ["", "Z=1", "# only a comment"]) {
      const [all] = fixed(text, "missing-key", sample);
      expect(parse(all?.after ?? "")).toEqual({ ...parse(text), A: "1", B: "two # 2", C: "3", D: "4" });
    }
  });

  it("uncomments a key that is there as a comment", () => {
    const [first] = fixed("# A=mine\nB=\nC=\nD=\n", "missing-key", sample);
    expect(first?.title).toBe("Uncomment A");
    expect(parse(first?.after ?? "")).toEqual({ A: "mine", B: "", C: "", D: "" });
  });

  it("say when the example has no value to give", () => {
    const titles = (example: string) =>
      fixed("Z=1\n", "missing-key", withExample(example)).map(({ title }) => title);
    expect(titles("A=\nB=1\nC=\n")[0]).toBe(
      "Add all 3 missing keys with their values from .env.example, 2 of them empty",
    );
    expect(titles("A=\nB=\n")).toEqual([
      "Add all 2 missing keys without values, as in .env.example",
      "Add A without a value, as in .env.example",
      "Add B without a value, as in .env.example",
    ]);
  });

  it("are bounded for a file that lacks many keys, and all of them are still one", () => {
    const many = Array.from({ length: 40 }, (_, at) => `K${at}=${at}\n`).join("");
    const fixes = fixed("Z=1\n", "missing-key", withExample(many));
    expect(fixes).toHaveLength(11);
    expect(Object.keys(parse(fixes[0]?.after ?? ""))).toHaveLength(41);
  });

  it("leaves values out of titles", () => {
    const secret = withExample("A=hunter2secret\n");
    for (const { title } of fixed("B=1\n", "missing-key", secret)) expect(title).not.toContain("hunter2");
  });
});

describe("fix all", () => {
  it("applies everything automatic together, overlapping findings included", () => {
    const text = "\uFEFFA = 1\nnonsense\nB= 'x'\nA = 2\nC=a#b\nD=\"open\n";
    expect(allFixed(text)).toBe("# nonsense\nB='x'\nA=2\nC=a#b\nD=\"open\n");
  });

  it("has nothing to do in a clean file", () => {
    expect(allFixed("A=1\n# note\n")).toBe("A=1\n# note\n");
  });

  it("names the findings it mends", () => {
    const document = parseDocument("A = 1\nB=a#b\n");
    const { fixed: mended } = fixAll(lintDocument(document, plain), document, plain);
    expect(mended.map(({ rule }) => rule)).toEqual(["space-around-equals"]);
  });

  it("finishes on ten thousand findings", () => {
    const text = Array.from({ length: 10_000 }, (_, line) => `K${line % 50} = v${line}`).join("\n");
    const after = allFixed(text);
    expect(after.split("\n")).toHaveLength(50);
  });
});

describe("very many missing keys", () => {
  it("are not added by one fix, which would take too long to prove; some are one by one", () => {
    const titles = (count: number) => {
      const lines = Array.from({ length: count }, (_, n) => `KEY_${n}=\n`).join("");
      const example = { name: ".env.example", document: parseDocument(lines) };
      const context = { ...plain, example };
      const document = parseDocument("A=1\n");
      const [finding] = lintDocument(document, context).filter(({ rule }) => rule === "missing-key");
      return fixesFor(finding!, document, context).map(({ title }) => title);
    };
    expect(titles(500).filter((title) => title.includes("500"))).toHaveLength(1);
    expect(titles(501).filter((title) => title.includes("501"))).toHaveLength(0);
    expect(titles(501).length).toBeGreaterThan(1);
  });
});

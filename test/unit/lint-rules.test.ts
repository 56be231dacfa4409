import { describe, expect, it } from "vitest";
import { parseDocument } from "../../src/dotenv/document.ts";
import type { RuleId } from "../../src/lint/catalog.ts";
import { lintBytesMax, lintDocument, lintText } from "../../src/lint/lint.ts";
import type { Finding, LintContext } from "../../src/lint/rule.ts";

const plain: LintContext = { known: new Set(), isExample: false, severities: {} };

function findings(text: string, context: Partial<LintContext> = {}): readonly Finding[] {
  return lintDocument(parseDocument(text), { ...plain, ...context });
}

/** Each finding as its rule and the text under it. */
function marked(text: string, context: Partial<LintContext> = {}): string[] {
  return findings(text, context).map(({ rule, span }) => `${rule}: ${text.slice(span.start, span.end)}`);
}

function example(text: string): Partial<LintContext> {
  return { example: { name: ".env.example", document: parseDocument(text) } };
}

const rulesOf = (text: string, context: Partial<LintContext> = {}): RuleId[] =>
  findings(text, context).map(({ rule }) => rule);

describe("a clean file", () => {
  it.each([
    "",
    "\n",
    "A=1\n",
    "export A=1\nB='two words' # note\n",
    "# only a comment\n#A=1\n",
    'KEY="-----BEGIN-----\nabc\n-----END-----"\nB=2\n',
    "A: 1\n",
    "A=\r\nB=2\r\n",
    "URL=http://localhost:3000/path?x=1\n",
    "A='#fff'\nB=\"a#b\"\nC=`a # b`\n",
  ])("has no finding: %j", (text) => {
    expect(marked(text)).toEqual([]);
  });
});

describe("duplicate-key", () => {
  it("marks each entry that a later one hides, and shows the one that is read", () => {
    const text = "A=1\nB=2\nA=3\nexport A=4\n";
    expect(marked(text)).toEqual(["duplicate-key: A=1", "duplicate-key: A=3"]);
    const [first] = findings(text);
    expect(first?.key).toBe("A");
    expect(first?.message).toContain("line 4");
    const place = first?.related?.[0]?.span;
    expect(place).toEqual({ start: text.lastIndexOf("A=4"), end: text.lastIndexOf("A=4") + 1 });
  });

  it("does not mind other case, or a key that is commented out", () => {
    expect(rulesOf("A=1\na=2\n#A=3\n")).not.toContain("duplicate-key");
  });
});

describe("invalid-line", () => {
  it.each([
    ["A=1\nnonsense\nB=2\n", "nonsense"],
    ["export A\n", "export A"],
    ["A:2\n", "A:2"],
    ["two words=1\n", "two words=1"],
    ["=1\n", "=1"],
    ["  just text  \n", "just text"],
  ])("marks what no reader takes in: %j", (text, line) => {
    expect(marked(text)).toEqual([`invalid-line: ${line}`]);
  });

  it("never repeats the line, for it may be the rest of a secret", () => {
    for (const line of ["s3cr3tPart", "s3cr3tPart more=1", "export s3cr3tPart", "s3cr3tPart:x"]) {
      for (const { message } of findings(`A=1\n${line}\n`)) expect(message).not.toContain("s3cr3tPart");
    }
  });

  it("takes a key whose = stands on the next line for an assignment, as dotenv does", () => {
    expect(rulesOf("A\n=1\n")).toEqual(["space-around-equals"]);
  });
});

describe("unclosed-quote", () => {
  it.each(['"', "'", "`"])("marks the value that opens with %s", (quote) => {
    expect(marked(`A=${quote}abc\nB=2\n`)).toEqual([`unclosed-quote: ${quote}abc`]);
  });

  it("reports the lines that are lost behind it once", () => {
    const text = 'KEY="-----BEGIN\nabc\ndef\n-----END\nB=2\n';
    expect(marked(text)).toEqual(['unclosed-quote: "-----BEGIN', "invalid-line: abc\ndef\n-----END"]);
  });

  it("is quiet about closed quotes and about quotes inside a value", () => {
    expect(rulesOf(`A="1"junk\nB=it's\nC="a\nb"\nD="it's"\n`)).toEqual([]);
  });
});

describe("value-cut-by-hash", () => {
  it("marks the value with the part that is cut off, up to a comment that stands apart", () => {
    expect(marked("A=ab#cd # note\n")).toEqual(["value-cut-by-hash: ab#cd"]);
    expect(marked("COLOR=#fff\n")).toEqual(["value-cut-by-hash: #fff"]);
  });

  it("is quiet where a space stands before #, and in quotes", () => {
    expect(rulesOf("A=ab #cd\nB= # nothing yet\nC='a#b'\nD=\"x\"#glued to a closed quote\n")).toEqual([]);
  });
});

describe("space-around-equals", () => {
  it.each([
    ["A = 1\n", " = "],
    ["A =1\n", " "],
    ["A= 1\n", " "],
    ["A=\n'1'\n", "\n"],
    ["export A\t=1\n", "\t"],
  ])("marks the space: %j", (text, gap) => {
    expect(marked(text)).toEqual([`space-around-equals: ${gap}`]);
  });

  it("is quiet about space behind an empty value and about a colon", () => {
    expect(rulesOf("A= \nB:  1\nC= # note\nD=a = b\n")).not.toContain("space-around-equals");
  });
});

describe("command-substitution", () => {
  it("marks each $(…), in single quotes too", () => {
    expect(marked("A=$(date)\nB='x $(id) y'\n")).toEqual([
      "command-substitution: $(date)",
      "command-substitution: $(id)",
    ]);
  });

  it("is quiet about backticks, which are quotes, about comments and about brackets alone", () => {
    expect(rulesOf("A=`date`\n# $(date)\nB=(1) # $(x)\n")).toEqual([]);
  });
});

describe("byte-order-mark and not-utf8", () => {
  it("marks a byte order mark in the text, or one that the reader of the bytes has seen", () => {
    expect(marked("\uFEFFA=1\n")).toEqual(["byte-order-mark: \uFEFF"]);
    expect(rulesOf("A=1\n", { problems: ["byte-order-mark"] })).toEqual(["byte-order-mark"]);
  });

  it("marks another encoding once, by word of the reader or by what it leaves in the text", () => {
    expect(rulesOf("A=1\n", { problems: ["utf-16"] })).toEqual(["not-utf8"]);
    expect(rulesOf("A=1\n", { problems: ["invalid-utf-8"] })).toEqual(["not-utf8"]);
    expect(marked("A=a\uFFFDb\uFFFD\n")).toEqual(["not-utf8: \uFFFD"]);
    expect(rulesOf("A\0=\x001\0\n\0")).toContain("not-utf8");
  });

  it("is quiet about text beyond ASCII and a mark inside the text", () => {
    expect(rulesOf("A=grüße€😀\nB='a\uFEFFb'\n")).toEqual([]);
  });
});

describe("undefined-reference", () => {
  it("marks a reference that nobody defines, in both forms", () => {
    const text = "A=x${NOPE}y\nB=$ALSO_NOT\n";
    expect(marked(text, { expands: true })).toEqual([
      "undefined-reference: ${NOPE}",
      "undefined-reference: $ALSO_NOT",
    ]);
    expect(marked(text)).toEqual(["undefined-reference: ${NOPE}"]);
    expect(findings("A=${NOPE}\n")[0]?.message).toContain("NOPE");
  });

  it("does not repeat what follows a bare $, for it may be a piece of a password", () => {
    const [finding] = findings("A=$sw0rd\n", { dialects: ["compose"] });
    expect(finding?.rule).toBe("undefined-reference");
    expect(finding?.message).not.toContain("sw0rd");
    expect(finding?.message).toContain("Docker Compose");
  });

  it("is quiet about defined names, defaults, and a $ that is escaped or alone", () => {
    const text = "A=1\nB=${A}$A\nC=${X:-d}${X-d}${X:+a}\nD=\\$X\nE=\\${X}\nF=5$\nG=${HOME}\nH='a $ b'\n";
    expect(rulesOf(text, { known: new Set(["HOME"]) })).toEqual([]);
  });

  it("is not silenced because the key itself is known elsewhere too", () => {
    expect(rulesOf("A=${NOPE}\n", { known: new Set(["A"]) })).toEqual(["undefined-reference"]);
  });

  it("is quiet inside a default that is not taken", () => {
    expect(rulesOf("A=${HOME:-${NOPE}}\n", { known: new Set(["HOME"]) })).toEqual([]);
    expect(rulesOf("A=${UNSET:-${NOPE}}\n")).toEqual(["undefined-reference"]);
  });
});

describe("missing-key", () => {
  it("tells of a key of the example, and whether it is commented out, at the first character", () => {
    const text = "\n# head\nB=2\n# C=3\n";
    const [found] = findings(text, example("A=1\nB=\nA=2\n"));
    expect(found).toMatchObject({ rule: "missing-key", key: "A" });
    expect(found?.message).toBe("A is in .env.example but not set here.");
    expect(text.slice(found?.span.start, found?.span.end)).toBe("#");
    expect(findings(text, example("B=\nC=\n"))[0]?.message).toBe(
      "C is in .env.example but commented out here.",
    );
  });

  it("tells of several keys in one finding, so that pointing at a line does not open a list", () => {
    const text = "\n# head\nB=2\n# C=3\n";
    const found = findings(text, example("A=1\nB=\nC=\nA=2\nD=\nE=\nF=\n"));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ rule: "missing-key", keys: ["A", "C", "D", "E", "F"] });
    expect(found[0]?.message).toBe("5 keys of .env.example are not set here: A, C, D and 2 more.");
    expect(text.slice(found[0]?.span.start, found[0]?.span.end)).toBe("#");
  });

  it("follows keys that come and go while one types", () => {
    const context = { ...plain, ...example("A=\nB=\nC=\n") };
    let linted = lintText("A=1\n", context);
    for (const [text, keys] of [
      ["A=1\nB=2\n", "C"],
      ["B=2\n", "A,C"],
      ["B=2\nC=\nA=\n", ""],
      ["", "A,B,C"],
    ] as const) {
      linted = lintText(text, context, linted);
      expect(linted.findings.flatMap(({ key, keys = [] }) => key ?? keys).join()).toBe(keys);
    }
  });

  it("does not ask for what the files under this one set", () => {
    const { example: one } = example("A=1\nB=\n");
    const inherited = { example: { ...one!, inherited: new Set(["B"]) } };
    expect(findings("A=1\n", inherited)).toEqual([]);
    expect(findings("C=1\n", inherited).map(({ rule, key }) => [rule, key])).toEqual([
      ["missing-key", "A"],
      ["extra-key", "C"],
    ]);
  });

  it("reports in an empty file", () => {
    expect(rulesOf("", example("A=1"))).toEqual(["missing-key"]);
  });

  it("is quiet in an example, without one, and about keys commented out in the example", () => {
    expect(rulesOf("", { ...example("A=1"), isExample: true })).toEqual([]);
    expect(rulesOf("")).toEqual([]);
    expect(rulesOf("A=\n", example("A=1\n# OPTIONAL=1\n"))).toEqual([]);
  });
});

describe("a file beyond the limit", () => {
  it("is not checked, and one finding says so; a file of just the limit is", () => {
    const line = "nonsense\n";
    const large = "#".repeat(lintBytesMax - line.length + 1) + line;
    expect(lintText(large, plain).findings.map(({ rule }) => rule)).toEqual(["file-too-large"]);
    const fitting = `${"#".repeat(lintBytesMax - line.length - 1)}\n${line}`;
    expect(lintText(fitting, plain).findings.map(({ rule }) => rule)).toEqual(["invalid-line"]);
  });

  it("counts bytes, not characters", () => {
    expect(lintText(`#${"€".repeat(Math.ceil(lintBytesMax / 3))}`, plain).findings).toHaveLength(1);
  });
});

describe("severities", () => {
  it("are the catalogue's unless chosen otherwise, and off silences", () => {
    expect(findings("nonsense\n")[0]?.severity).toBe("error");
    expect(findings("nonsense\n", { severities: { "invalid-line": "hint" } })[0]?.severity).toBe("hint");
    expect(findings("nonsense\n", { severities: { "invalid-line": "off" } })).toEqual([]);
  });
});

describe("several findings", () => {
  it("come by position", () => {
    expect(rulesOf("\uFEFFA = 1\nnonsense\nA=b#c\n", example("A=\nZ=1"))).toEqual([
      "byte-order-mark",
      "missing-key",
      "duplicate-key",
      "space-around-equals",
      "invalid-line",
      "value-cut-by-hash",
    ]);
  });
});

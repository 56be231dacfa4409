import { describe, expect, it } from "vitest";
import {
  agreeingSpellings,
  type DialectId,
  dialectIds,
  dialectLabel,
  differencesIn,
  isDialectId,
  partingsIn,
  readAs,
} from "../../src/dotenv/dialects.ts";
import { parseDocument, values } from "../../src/dotenv/document.ts";
import { applyEdits, setKey } from "../../src/dotenv/edit.ts";

/** What a reader makes of a text; for one that refuses the file, the line. */
function read(dialect: DialectId, text: string, environment?: Record<string, string>) {
  const reading = readAs(dialect, text, environment);
  return reading.ok ? Object.fromEntries(reading.values) : `line ${reading.line}: ${reading.kind}`;
}

/** Each dialect's kind of difference for the one entry of a line; those that agree are left out. */
function kinds(text: string): Partial<Record<DialectId, string>> {
  const found: Partial<Record<DialectId, string>> = {};
  for (const dialect of dialectIds) {
    for (const { kind } of differencesIn(parseDocument(text), [dialect])) found[dialect] = kind;
  }
  return found;
}

describe("the names of dialects", () => {
  it("are known by id and have a label", () => {
    expect(dialectIds).toEqual(["dotenv", "node", "python-dotenv", "godotenv", "ruby-dotenv", "compose"]);
    expect(dialectLabel("node")).toBe("Node.js (--env-file, Vite)");
    expect(isDialectId("compose")).toBe(true);
    expect(["toString", "", undefined, 3].some(isDialectId)).toBe(false);
  });
});

describe("Docker Compose reads", () => {
  const table: readonly (readonly [string, string, object | string])[] = [
    ["a `#` without a space as a part of the value", "A=ab#cd\nB=x # note\n", { A: "ab#cd", B: "x" }],
    ["what follows `= ` even when it is a comment", "A= # note\n", { A: "# note" }],
    ["backticks as they are", "A=`x`\n", { A: "`x`" }],
    ["the escapes of C in double quotes", 'A="a\\n\\t\\0101\\q\\07"\n', { A: "a\n\tA\\q\\7" }],
    ["only an escaped quote in single quotes", "A='it\\'s \\n \\\\'\n", { A: "it's \\n \\\\" }],
    ["values over lines", 'A="x\ny"\nB=1\n', { A: "x\ny", B: "1" }],
    [
      "two dollars as one",
      "A=pa$$word\nB=\"pa\\$word\"\nC='pa$$word'\n",
      { A: "pa$word", B: "pa$word", C: "pa$$word" },
    ],
    ["a lone dollar and `$1` as they are", "A=$ $1\n", { A: "$ $1" }],
    ["references to what stands above", "A=1\nB=$A-${A}\nC=$D\nD=2\n", { A: "1", B: "1-1", C: "", D: "2" }],
    [
      "the operators of references",
      "E=\nA=${X:-a}\nB=${E-b}|${E:-c}\nC=${E+set}|${E:+no}|${X+no}\n",
      { E: "", A: "a", B: "|c", C: "set||" },
    ],
    ["defaults within defaults", "A=${X:-${Y:-z}}${Z-!}\n", { A: "z!" }],
    ["a name that `?` asks for and that is set", "A=1\nB=${A:?gone}\n", { A: "1", B: "1" }],
    ["`KEY: value` and brackets in keys", "A: 1\nB[0]=2\n", { A: "1", "B[0]": "2" }],
    ["a second statement behind a quoted value", 'A="1" B="2"\n', { A: "1", B: "2" }],
    ["a file with a byte order mark", "\ufeffA=1\n", { A: "1" }],
    ["a carriage return at a line's end as space", "A=1\r\nB='x'\r\n", { A: "1", B: "x" }],
    ["a key alone as one that the shell gives", "A\nB=1\n", { A: null, B: "1" }],
    ["`export`", "export A=1\n", { A: "1" }],
  ];
  it.each(table)("%s", (_, text, expected) => {
    expect(read("compose", text)).toEqual(expected);
  });

  it("nothing of a file with a line it cannot read", () => {
    expect(read("compose", 'OK=1\nA="open\n')).toBe("line 2: spans-lines");
    expect(read("compose", "A B=1\n")).toBe("line 1: key");
    expect(read("compose", "OK=1\r\n\r\nA$=1\r\n")).toBe("line 3: key");
    expect(read("compose", "A=${}\n")).toBe("line 1: expands");
    expect(read("compose", "A=p${x\n")).toBe("line 1: expands");
    expect(read("compose", "A=${X:?gone}\n")).toBe("line 1: expands");
  });

  it("names of the environment before those of the file", () => {
    expect(read("compose", "A=1\nB=$A\nC\n", { A: "2", C: "3" })).toEqual({ A: "1", B: "2", C: "3" });
  });
});

describe("each dialect", () => {
  it("says where `#`, quotes and escapes part it from dotenv", () => {
    expect(kinds("A=ab#cd\n")).toEqual({
      "python-dotenv": "comment-cut",
      godotenv: "comment-cut",
      compose: "comment-cut",
    });
    expect(kinds("A=`x y`\n")).toEqual({
      "python-dotenv": "quotes-kept",
      godotenv: "quotes-kept",
      "ruby-dotenv": "quotes-kept",
      compose: "quotes-kept",
    });
    expect(kinds('A="a\\nb"\n')).toEqual({ "ruby-dotenv": "escapes" });
    expect(kinds("A='it\\'s'\n")).toEqual({
      node: "escapes",
      "python-dotenv": "escapes",
      compose: "escapes",
    });
    expect(kinds("A=x # one # two\n")).toEqual({ godotenv: "comment-cut" });
  });

  it("says where it replaces `$`", () => {
    expect(kinds("P=pa$$word\n")).toEqual({ "ruby-dotenv": "expands", compose: "expands" });
    expect(kinds("P=$word\n")).toEqual({ "ruby-dotenv": "expands", compose: "expands" });
    expect(kinds("P='pa$$word'\n")).toEqual({});
    expect(kinds("P='${X}'\n")).toEqual({ "python-dotenv": "expands" });
    expect(kinds("P=$(id)\n")).toEqual({ "ruby-dotenv": "expands" });
  });

  it("says which lines it skips, misnames or lets run on", () => {
    expect(kinds("A-B=1\n")).toEqual({ godotenv: "refuses-file", "ruby-dotenv": "skips-line" });
    expect(kinds("\ufeffA=1\n")).toEqual({ node: "key", godotenv: "refuses-file" });
    expect(kinds("export A=\n")).toEqual({ node: "key", "ruby-dotenv": "refuses-file" });
    expect(kinds("A: 1\n")).toEqual({ node: "skips-line", "python-dotenv": "skips-line" });
    expect(kinds("A= \n")).toEqual({});
    const swallowed = differencesIn(parseDocument("A= \nB=1\nC=2\n"), ["node"]);
    expect(swallowed.map(({ entry, kind }) => [entry.key, kind])).toEqual([
      ["A", "spans-lines"],
      ["B", "spans-lines"],
    ]);
  });

  it("names the lines that it refuses, also where dotenv takes nothing from them", () => {
    const { refusals } = partingsIn(parseDocument("A=1\njunk\nB=2\n"), ["godotenv", "node"]);
    expect(refusals).toEqual([{ offset: 4, dialects: ["godotenv"] }]);
  });

  it("agrees with dotenv on lines as most people write them", () => {
    const text = "# Title\nA=1\n\nexport B=two words\nC=\"x # y\"\nD='x'\nE=\nF=a@b.c:80/?q=1 # note\r\n";
    expect(differencesIn(parseDocument(text), dialectIds)).toEqual([]);
  });

  it("tells of the gravest difference when dialects part in several ways", () => {
    const [only, ...more] = differencesIn(parseDocument("A-B=`x`\n"), dialectIds);
    expect(more).toEqual([]);
    expect(only).toMatchObject({ kind: "refuses-file", dialects: ["godotenv"] });
  });

  it("lets no reference grow a value without bound", () => {
    const text = `A=${"x".repeat(1000)}\n${"A=$A$A\n".repeat(40)}`;
    for (const dialect of ["godotenv", "ruby-dotenv", "compose"] as const) {
      const reading = readAs(dialect, text);
      expect(reading.ok && reading.values.get("A")?.length).toBeLessThanOrEqual(131_072);
    }
  });
});

describe("a spelling that all dialects read alike", () => {
  it("quotes a `#`, and encloses a `$` in single quotes", () => {
    expect(agreeingSpellings("ab#cd", dialectIds)[0]).toBe('"ab#cd"');
    expect(agreeingSpellings("pa$$word", dialectIds)).toEqual(["'pa$$word'"]);
    expect(agreeingSpellings("plain", dialectIds)[0]).toBe("plain");
  });

  it("is not found where none is", () => {
    expect(agreeingSpellings("${X}", dialectIds)).toEqual([]);
    expect(agreeingSpellings('it\'s "$X"', dialectIds)).toEqual([]);
    expect(agreeingSpellings("${X}", ["dotenv", "node"])).not.toEqual([]);
  });
});

describe("white space before a comment", () => {
  it.each([
    ["A=x \uFEFF# note\n", "node"],
    ["A=x \u00A0# note\n", "node"],
    ["A=x \t# note\n", "compose"],
  ] as const)("that a reader does not know for it has a difference told: %j", (text, dialect) => {
    const reading = readAs(dialect, text);
    expect(reading.ok && reading.values.get("A")).not.toBe("x");
    expect(differencesIn(parseDocument(text), [dialect])).toHaveLength(1);
  });
});

describe("setting a value for the dialects in force", () => {
  function set(text: string, value: string, dialects: readonly DialectId[]): string {
    const result = setKey(parseDocument(text), "A", value, { dialects });
    if (!result.ok) throw new Error(result.refusal.code);
    return applyEdits(text, result.edits);
  }

  it("takes a spelling that all of them read", () => {
    expect(set("A=1\n", "pa$$word", [])).toBe("A=pa$$word\n");
    expect(set("A=1\n", "pa$$word", ["compose"])).toBe("A='pa$$word'\n");
    expect(set('A="1"\n', "x\ny", ["ruby-dotenv"])).toBe('A="x\ny"\n');
    expect(set("B=1\n", "$word", ["dotenv", "ruby-dotenv"])).toBe("B=1\nA='$word'\n");
  });

  it("keeps the style where nobody parts over it, and dotenv's reading in any case", () => {
    expect(set("A='1' # note\n", "2", dialectIds)).toBe("A='2' # note\n");
    expect(set("A=1 # note\n", "", ["python-dotenv"])).toBe('A="" # note\n');
    expect(set("A=1\n", "${X}", ["python-dotenv"])).toBe("A=${X}\n");
  });

  it("never stops them from expanding what refers to another variable", () => {
    for (const dialects of [dialectIds, ["compose"], ["godotenv", "ruby-dotenv"]] as const) {
      expect(set("A=1\n", "http://${HOST}/x", dialects)).toBe("A=http://${HOST}/x\n");
      expect(set('A="1"\n', "http://${HOST}/x", dialects)).toBe('A="http://${HOST}/x"\n');
      expect(set("HOST=h\n", "${HOST:-x} y", dialects)).toBe('HOST=h\nA="${HOST:-x} y"\n');
      expect(set("HOST=h\nA=1\n", "x$HOST", dialects)).toBe("HOST=h\nA=x$HOST\n");
      expect(set("B=1\nA=2\n", '{"a": "${B}"}', dialects)).toBe('B=1\nA={"a": "${B}"}\n');
    }
    expect(set("A=1\n", "${HOST:?must be set}", ["compose"])).toBe("A=${HOST:?must be set}\n");
    expect(set("A='1'\n", "${HOST}", ["compose"])).toBe("A='${HOST}'\n");
    expect(set("A=1\n", "pay$DAY", ["compose"])).toBe("A='pay$DAY'\n");
    expect(set("A=1\n", "x\\${HOST}", ["compose"])).not.toBe("A=x\\${HOST}\n");
  });

  it("follows the spelling that the value has where it comes from", () => {
    const from = parseDocument(
      "URL=\"http://${HOST}/x\"\nA=x$URL\nB='${URL}'\nC='plain'\nD='pa$word'\nE=pa$word\n",
    );
    const copied = (text: string, key: string) => {
      const options = { from, dialects: ["compose", "ruby-dotenv"] } as const;
      const result = setKey(parseDocument(text), key, values(from)[key]!, options);
      return result.ok ? applyEdits(text, result.edits) : undefined;
    };
    expect(copied("", "URL")).toBe('URL="http://${HOST}/x"\n');
    expect(copied("URL='1'\n", "URL")).toBe('URL="http://${HOST}/x"\n');
    expect(copied("", "A")).toBe("A=x$URL\n");
    expect(copied("", "B")).toBe("B='${URL}'\n");
    expect(copied("", "C")).toBe("C='plain'\n");
    expect(copied("", "D")).toBe("D='pa$word'\n");
    expect(copied("", "E")).toBe("E='pa$word'\n");
  });
});

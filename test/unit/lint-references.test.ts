import { parse } from "dotenv";
import { describe, expect, it } from "vitest";
import { type DialectId, readAs } from "../../src/dotenv/dialects.ts";
import type { LintContext } from "../../src/lint/rule.ts";
import { findingsOf, fixesOf, marksOf, rulesIn } from "./lint-scene.ts";

describe("expands-unintended", () => {
  const expands = true;

  it("marks a bare $ in the midst of other characters once, and repeats nothing of it", () => {
    const hash = "A='$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub'\n";
    for (const text of ["A=pa$sw0rd\n", "A=x!$abc\n", "A='$abc!x'\n", "A=$2b$10$N9qo8uLO\n", hash]) {
      expect(rulesIn(text, { expands })).toEqual(["expands-unintended"]);
      expect(findingsOf("expands-unintended", text, { expands })[0]?.message).not.toMatch(
        /sw0rd|abc|N9|argon/,
      );
    }
  });

  it("leaves what reads like a reference to undefined-reference", () => {
    const found = rulesIn("A=http://$HOST:1/${DB}\n", { expands });
    expect(found).toEqual(["undefined-reference", "undefined-reference"]);
  });

  it.each<[string, string, readonly DialectId[], boolean, boolean]>([
    ["dotenv alone", "A=pa$word\n", ["dotenv"], false, false],
    ["Node alone", "A=pa$word\n", ["dotenv", "node"], false, false],
    ["python-dotenv", "A=pa$word\n", ["dotenv", "python-dotenv"], false, false],
    ["Vite", "A=pa$word\n", ["dotenv", "node"], true, true],
    ["Next.js, in single quotes", "A='a1#with$dollar'\n", ["dotenv"], true, true],
    ["python-dotenv, in single quotes", "P='a1#with$dollar'\n", ["dotenv", "python-dotenv"], false, false],
    ["Compose", 'A="pa$word"\n', ["dotenv", "compose"], false, true],
    ["Compose, in single quotes", "A='pa$word'\n", ["dotenv", "compose"], false, false],
    ["Compose, a pair of $", "A=pa$$word\n", ["dotenv", "compose"], false, false],
    ["Ruby", "A=pa$word\n", ["dotenv", "ruby-dotenv"], false, true],
    ["Ruby, in single quotes", "A='pa$word'\n", ["dotenv", "ruby-dotenv"], false, false],
    ["Go, small letters", "A=pa$word\n", ["dotenv", "godotenv"], false, false],
    ["Go, capital letters", "A=pa$WORD\n", ["dotenv", "godotenv"], false, true],
    ["Go, in single quotes", "A='pa$WORD'\n", ["dotenv", "godotenv"], false, false],
  ])("asks who reads the file, and in which quotes: %s", (_who, text, dialects, expands, fires) => {
    expect(marksOf("expands-unintended", text, { dialects, expands })).toHaveLength(fires ? 1 : 0);
    for (const dialect of fires && !expands ? dialects : []) {
      const reading = readAs(dialect, text);
      const isWhole = reading.ok && reading.values.get("A") === parse(text).A;
      expect(isWhole).toBe(dialect === "dotenv");
    }
  });

  it("advises what those readers understand", () => {
    const adviceOf = (context: Partial<LintContext>) =>
      findingsOf("expands-unintended", "A=pa$WORD\n", context)[0]?.message;
    expect(adviceOf({ dialects: ["godotenv"] })).toMatch(/godotenv \(Go\) takes .*single quotes/);
    expect(adviceOf({ expands })).toMatch(/Next\.js.*Write \\\$ where/);
    expect(adviceOf({ expands, dialects: ["compose"] })).toMatch(
      /Docker Compose and .*\\\$ in double quotes/,
    );
    expect(adviceOf({ expands, dialects: ["python-dotenv"] })).toMatch(/python-dotenv keeps the backslash/);
  });

  it("escapes each such $ of the value, in quotes in which all readers that expand understand it", () => {
    const fixes = (text: string, context: Partial<LintContext>) =>
      fixesOf("expands-unintended", text, context).map(({ after }) => after);
    expect(fixes("A='x$a!y$b'\n", { expands })).toEqual(["A='x\\$a!y\\$b'\n"]);
    expect(fixes("A='x$a!'\n", { expands, dialects: ["compose"] })).toEqual(['A="x\\$a!"\n']);
    expect(fixes("A='x$a!'\n", { expands, dialects: ["python-dotenv"] })).toEqual([]);
  });

  it("keeps no reader from a reference that stands beside it", () => {
    const text = "HOST=h\nA=${HOST}pa$WORD\n";
    expect(fixesOf("expands-unintended", text, { dialects: ["compose"] })).toEqual([]);
  });

  it("is quiet about names that are defined, and about $ that starts no name", () => {
    expect(rulesIn("A=1\nB=x$A\nC=5$\nD=a$1\nE=x\\$y\n")).toEqual([]);
  });

  it("offers the escape, and says who reads the backslash", () => {
    const [escaped, ...rest] = fixesOf("expands-unintended", "A=pa$sw0rd\n", { expands });
    expect(rest).toEqual([]);
    expect(escaped).toMatchObject({ after: "A=pa\\$sw0rd\n", automatic: false, changesReading: true });
    expect(escaped?.title).toContain("backslash");
  });

  it("offers quotes that every reader of the file takes literally, where there are such", () => {
    const dialects = ["dotenv", "compose", "godotenv", "ruby-dotenv"] as const;
    const [quote] = fixesOf("expands-unintended", "A=pa$sword\n", { dialects });
    expect(quote?.after).toBe("A='pa$sword'\n");
    expect(quote?.changesReading).toBe(true);
  });
});

describe("malformed-reference", () => {
  it.each([
    ["A=x${}y\n", ["${}"]],
    ["A=${NAME\n", ["${"]],
    ["A=${1 2}\n", ["${1 2}"]],
    ["A='${B:0:3}'\n", ["${B:0:3}"]],
  ])("marks %j", (text, marks) => {
    expect(marksOf("malformed-reference", text)).toEqual(marks);
  });

  it("is quiet about references, demands of shells, escapes and commands", () => {
    const text = "B=1\nA=${B}${B:-x}${C-${B}}${D:+y}\nE=${F:?must}\nG=\\${\nH=$(echo ${)\nI={}\n";
    expect(marksOf("malformed-reference", text)).toEqual([]);
  });
});

describe("circular-reference", () => {
  it("marks a value that refers to itself", () => {
    expect(marksOf("circular-reference", "A=x$A\n")).toEqual(["$A"]);
    expect(rulesIn("A=${A}\n")).toEqual(["circular-reference"]);
  });

  it("marks the reference that closes a ring, and names the others", () => {
    const text = "A=$B\nB=${C}\nC=x${A}\n";
    expect(marksOf("circular-reference", text)).toEqual(["${A}"]);
    const [finding] = findingsOf("circular-reference", text);
    expect(finding?.message).toContain("A, B, C");
    expect(finding?.related?.map(({ span }) => text.slice(span.start, span.end))).toEqual(["A", "B"]);
  });

  it("is quiet about chains, own names with a default or set elsewhere, and lines that are not read", () => {
    expect(rulesIn("A=1\nB=$A\nC=$B$B\nD=${D:-x}\n")).toEqual([]);
    expect(rulesIn("PATH=/x:$PATH\n", { known: new Set(["PATH"]) })).toEqual([]);
    expect(marksOf("circular-reference", "A=$A\nA=1\n")).toEqual([]);
  });

  it("ends on long chains and rings", () => {
    const chain = Array.from({ length: 5_000 }, (_, n) => `K${n}=$K${n + 1}`);
    expect(marksOf("circular-reference", [...chain, "K5000=1"].join("\n"))).toEqual([]);
    expect(marksOf("circular-reference", [...chain, "K5000=$K0"].join("\n"))).toEqual(["$K0"]);
  });
});

describe("reference-in-single-quotes", () => {
  it("marks the reference, and offers double quotes", () => {
    const text = "A=1\nB='x${A}'\n";
    expect(marksOf("reference-in-single-quotes", text)).toEqual(["${A}"]);
    expect(fixesOf("reference-in-single-quotes", text)).toMatchObject([{ after: 'A=1\nB="x${A}"\n' }]);
  });

  it("offers nothing that would change what one of the readers gets", () => {
    expect(fixesOf("reference-in-single-quotes", "A=1\nB='x${A}'\n", { dialects: ["compose"] })).toEqual([]);
    expect(fixesOf("reference-in-single-quotes", "A=1\nB='x${A}\\n'\n")).toEqual([]);
  });

  it("is quiet about double quotes, no quotes, and text that is no reference", () => {
    expect(rulesIn("A=1\nB=\"$A\"\nC=$A\nD='5$'\nE='it $ is'\n")).toEqual([]);
  });
});

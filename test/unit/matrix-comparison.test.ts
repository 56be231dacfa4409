import { describe, expect, it } from "vitest";
import {
  aloneSign,
  type ComparedEnvironment,
  type ComparedRow,
  compareEnvironments,
  stateSigns,
} from "../../src/dotenv/comparison.ts";
import { parseDocument } from "../../src/dotenv/document.ts";
import { matrixHtml } from "../../src/extension/views/matrixHtml.ts";
import { readMatrixAsk, rowsPerMessageMax } from "../../src/extension/views/matrixMessages.ts";
import {
  cellWords,
  countRows,
  filterRows,
  missingInColumn,
  rowMessage,
} from "../../src/extension/views/matrixModel.ts";

function environment(
  name: string,
  text: string,
  more: Partial<ComparedEnvironment> = {},
): ComparedEnvironment {
  return { name, document: parseDocument(text), isExample: false, overrides: [], ...more };
}

const canary = "c4n4ry";
const environments = [
  environment(".env", `SAME=${canary}1\nURL=${canary}a\nEMPTY=\nHERE=${canary}2\n`),
  environment(".env.stage", `SAME=${canary}1\nNEW=${canary}3\nURL=${canary}b\nEMPTY=${canary}4\n`),
  environment(".env.prod", `URL=${canary}b\nSAME="${canary}1"\nEMPTY=${canary}4\n`),
  environment(".env.local", `URL=${canary}a\n`, { overrides: [".env"] }),
  environment(".env.example", "URL=your-url\nSAME=\nONLY=\n", { isExample: true }),
];
const rows = compareEnvironments(environments);
const row = (key: string): ComparedRow => {
  const found = rows.find((each) => each.key === key);
  if (found === undefined) throw new Error(`no row of ${key}`);
  return found;
};
const drawn = (key: string): string =>
  row(key)
    .cells.map(({ state, group, inherited }) =>
      inherited ? "^" : `${state === "alone" ? aloneSign : stateSigns[state]}${group || ""}`,
    )
    .join(" ");

describe("comparing environments", () => {
  it("says of each cell whether it is equal to the first, differs, is empty or missing", () => {
    expect(drawn("SAME")).toBe("= = = ^ ∅");
    expect(drawn("EMPTY")).toBe("∅ = = ^ –");
  });

  it("calls nothing equal that no other environment sets", () => {
    expect(drawn("HERE")).toBe("• – – ^ –");
    expect([...row("HERE").states]).toEqual(["missing"]);
    const [shared, empty] = compareEnvironments([
      environment(".env", "A=1\nB=\n"),
      environment(".env.local", "B=2\n", { overrides: [".env"] }),
    ]);
    expect(shared?.cells.map(({ state, inherited }) => [state, inherited])).toEqual([
      ["alone", false],
      ["missing", true],
    ]);
    // Every environment reads the same.
    expect([...(shared?.states ?? [])]).toEqual(["equal"]);
    expect(empty?.cells.map(({ state }) => state)).toEqual(["empty", "alone"]);
  });

  it("says which cells of a row hold the same value", () => {
    expect(drawn("URL")).toBe("=1 ≠2 ≠2 =1 •");
  });

  it("holds an example's value against none, so that it makes no row differ", () => {
    const [same, alone] = compareEnvironments([
      environment(".env", "A=1\nB=1\n"),
      environment(".env.test", "A=1\n", { overrides: [".env"] }),
      environment(".env.example", "A=your-a\nB=your-b\n", { isExample: true }),
    ]);
    expect(same?.cells.map(({ state, group }) => [state, group])).toEqual([
      ["equal", 0],
      ["equal", 0],
      ["alone", 0],
    ]);
    expect([...(same?.states ?? [])]).toEqual(["equal"]);
    expect(alone?.cells[0]?.state).toBe("alone");
    expect([...(alone?.states ?? [])]).toEqual(["equal"]);
  });

  it("compares what is read and not how it is written", () => {
    const [only] = compareEnvironments([
      environment("a", "A=x # note\n"),
      environment("b", "export A='x'\n"),
    ]);
    expect(only?.cells.map(({ state }) => state)).toEqual(["equal", "equal"]);
  });

  it("keeps the order of the first file, and puts other keys behind those that they follow", () => {
    expect(rows.map(({ key }) => key)).toEqual(["SAME", "ONLY", "NEW", "URL", "EMPTY", "HERE"]);
  });

  it("finds the states of a row without what only examples lack and without what is inherited", () => {
    expect([...row("SAME").states]).toEqual(["equal"]);
    expect([...row("URL").states]).toEqual(["differs"]);
    expect([...row("EMPTY").states]).toEqual(["empty"]);
    expect([...row("ONLY").states]).toEqual(["missing"]);
    expect(countRows(rows)).toEqual({ all: 6, equal: 1, differs: 1, empty: 1, missing: 3 });
    expect(missingInColumn(rows, 3)).toBe(2);
  });

  it("holds no value, not even in the form of a hash", () => {
    expect(JSON.stringify(rows)).not.toContain(canary);
    expect(JSON.stringify(rows).length).toBeLessThan(rows.length * environments.length * 60);
  });
});

describe("what the matrix shows", () => {
  const columns = environments;

  it("filters by name in any case and by states, of which one is enough", () => {
    const shown = (text: string, states: Parameters<typeof filterRows>[1]["states"]): string[] =>
      filterRows(rows, { text, states }).map(({ key }) => key);
    expect(shown("e", [])).toEqual(["SAME", "NEW", "EMPTY", "HERE"]);
    expect(shown(" Url ", [])).toEqual(["URL"]);
    expect(shown("", ["differs", "empty"])).toEqual(["URL", "EMPTY"]);
    expect(shown("em", ["differs", "empty"])).toEqual(["EMPTY"]);
  });

  it("says a cell in words that name environments and no value", () => {
    expect(cellWords(row("URL"), 1, columns)).toBe("same as .env.prod; differs from .env, .env.local");
    expect(cellWords(row("URL"), 4, columns)).toBe("the example's own value, compared with no other");
    expect(cellWords(row("SAME"), 0, columns)).toBe("same as .env.stage, .env.prod");
    expect(cellWords(row("SAME"), 3, columns)).toBe("not set here; taken from .env");
    expect(cellWords(row("HERE"), 0, columns)).toBe("set here only");
    expect(cellWords(row("EMPTY"), 0, columns)).toBe("set to an empty value");
    expect(cellWords(row("ONLY"), 0, columns)).toBe("missing");
  });

  it("sends values of revealed cells only", () => {
    expect(rowMessage(row("URL"), new Map())).toEqual({
      key: "URL",
      states: "=!!=1",
      groups: [1, 2, 2, 1, 0],
    });
    expect(rowMessage(row("SAME"), new Map([[1, "shown"]]))).toEqual({
      key: "SAME",
      states: "===^0",
      shown: { 1: "shown" },
    });
  });

  it("has a page without data, inline style or script of its own", () => {
    expect(matrixHtml()).not.toMatch(/\sstyle=|<script|\son\w+=/);
  });

  it("takes only messages that the page sends", () => {
    expect(readMatrixAsk({ ask: "rows", revision: 1, from: 64 })).toEqual({
      ask: "rows",
      revision: 1,
      from: 64,
    });
    expect(rowsPerMessageMax).toBeLessThanOrEqual(100);
    for (const message of [
      undefined,
      "rows",
      { ask: "rows", revision: 1, from: -1 },
      { ask: "cell", action: "format-disk", key: "A", file: "f" },
      { ask: "view", text: "x".repeat(5_000), states: [] },
      { ask: "view", text: "", states: ["unknown"] },
    ])
      expect(readMatrixAsk(message)).toBeUndefined();
  });
});

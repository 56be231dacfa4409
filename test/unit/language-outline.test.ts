import { describe, expect, it } from "vitest";
import { parseDocument } from "../../src/dotenv/document.ts";
import { foldsOf } from "../../src/dotenv/folding.ts";
import { headingsIn } from "../../src/dotenv/headings.ts";
import { type OutlineNode, outlineOf } from "../../src/dotenv/outline.ts";

const lines = (...all: string[]) => `${all.join("\n")}\n`;
const titles = (text: string) =>
  headingsIn(parseDocument(text)).map(({ title, level }) => `${level} ${title}`);

function tree(nodes: readonly OutlineNode[], indent = ""): string[] {
  return nodes.flatMap((node) =>
    node.kind === "key"
      ? [`${indent}${node.entry.key}`]
      : [`${indent}[${node.title}]`, ...tree(node.children, `${indent}  `)],
  );
}

describe("Headings in comments", () => {
  it("are framed titles, titles behind several hashes, and titles between rules", () => {
    expect(
      titles(
        lines(
          "# --- Database ---",
          "#### Mail ####",
          "# === Queue",
          "## Pool",
          "### Limits of the pool",
          "##########",
          "# Storage & files #",
          "##########",
        ),
      ),
    ).toEqual(["1 Database", "1 Mail", "1 Queue", "2 Pool", "3 Limits of the pool", "1 Storage & files"]);
  });

  it("are not prose, rules, decorators, or anything that may hold a value", () => {
    const text = lines(
      "# Just a remark",
      "# ----------",
      "##########",
      "## @required",
      "## API_KEY=secret",
      "## PASSWORD: secret",
      "## sk_live_4eC39HqLyjWDarjtT1zdp7dc",
      '# KEY="-----BEGIN KEY-----',
      "# --- secret ---",
      '# -----END KEY-----"',
      "# -----BEGIN PRIVATE KEY-----",
      "A=1 ## inline",
      'B="',
      "## inside a value",
      '"',
    );
    expect(titles(text)).toEqual([]);
  });

  it("take time in proportion to the length of a comment", () => {
    // Cubic in the length, 4,000 characters take ten seconds.
    for (const [start, unit] of [
      ["#", "#"],
      ["## ", " "],
      ["## ", "a "],
      ["# --- ", "- "],
      ["# --- a", "-#"],
      ["# *", "*|"],
    ] as const) {
      for (const end of [" x", "!"]) {
        const document = parseDocument(`${start}${unit.repeat(4_000)}${end}\nA=1\n`);
        const began = performance.now();
        expect(headingsIn(document).length).toBeLessThanOrEqual(1);
        expect(performance.now() - began, JSON.stringify([start, unit, end])).toBeLessThan(1_000);
      }
    }
  });

  it("stand in a file with CRLF and a byte order mark as in any other", () => {
    expect(titles("\uFEFF## One\r\nA=1\r\n\r\n## Two\r\n")).toEqual(["2 One", "2 Two"]);
  });
});

describe("The outline", () => {
  it("puts keys under their headings, and headings under those of a higher level", () => {
    const text = lines(
      "FIRST=1",
      "## Database",
      "DB_HOST=a",
      "### Pool",
      "DB_POOL=2",
      "## Mail",
      "MAIL=3",
      "# --- Rest ---",
      "REST=4",
      "REST=5",
    );
    expect(tree(outlineOf(parseDocument(text)))).toEqual([
      "FIRST",
      "[Database]",
      "  DB_HOST",
      "  [Pool]",
      "    DB_POOL",
      "[Mail]",
      "  MAIL",
      "[Rest]",
      "  REST",
      "  REST",
    ]);
  });

  it("gives every section a span that holds its heading and its keys", () => {
    const text = lines("# --- A ---", "X=1", "", "# --- Empty ---", "", "## B", 'Y="1', '2"', "# end");
    const check = (nodes: readonly OutlineNode[]): void => {
      for (const node of nodes) {
        if (node.kind === "key") continue;
        expect(node.span.start).toBe(node.headingSpan.start);
        expect(node.span.end).toBeGreaterThanOrEqual(node.headingSpan.end);
        for (const child of node.children) {
          const span = child.kind === "key" ? child.entry.span : child.span;
          expect(span.start).toBeGreaterThanOrEqual(node.span.start);
          expect(span.end).toBeLessThanOrEqual(node.span.end);
        }
        check(node.children);
      }
    };
    check(outlineOf(parseDocument(text)));
  });
});

describe("Folding", () => {
  const folds = (text: string) =>
    foldsOf(parseDocument(text)).map(({ start, end, kind }) => `${start}-${end} ${kind}`);

  it("goes from a heading to the last line before the next one", () => {
    const text = lines("## One", "A=1", "B=2", "", "## Two", "C=3", "### Three", "D=4", "", "");
    expect(folds(text)).toEqual(["0-2 section", "4-7 section", "6-7 section"]);
  });

  it("takes values of several lines, blocks of comments and marked regions", () => {
    const text = lines(
      "# a remark",
      "# of two lines",
      'KEY="-----BEGIN',
      '-----END"',
      "# region Old",
      "# A=1",
      "# B=2",
      "# endregion",
      "# alone",
      "C=1",
    );
    expect(folds(text)).toEqual(["0-1 comment", "2-3 value", "4-7 region", "5-6 comment"]);
  });

  it("finds nothing in a file of single lines", () => {
    expect(folds("A=1\nB=2\n# c\n")).toEqual([]);
    expect(folds("")).toEqual([]);
  });

  it("folds a file of 20,000 keys in 400 sections", () => {
    const text = Array.from({ length: 400 }, (_, at) =>
      lines(`## Section ${at}`, ...Array.from({ length: 50 }, (_, key) => `K_${at}_${key}=1`), ""),
    ).join("");
    const all = foldsOf(parseDocument(text));
    expect(all.length).toBe(400);
    expect(all.at(-1)).toEqual({ start: 399 * 52, end: 399 * 52 + 50, kind: "section" });
  });
});

import { describe, expect, it } from "vitest";
import {
  conventions,
  detectConvention,
  filesRead,
  modeOf,
  modesOf,
  overriddenUnder,
} from "../../src/dotenv/conventions.ts";
import { parseDocument } from "../../src/dotenv/document.ts";
import { expand } from "../../src/dotenv/expand.ts";
import { type ExplainedReference, type Explanation, explain } from "../../src/dotenv/explain.ts";
import { explainHtml } from "../../src/extension/views/explainHtml.ts";

const { next, vite, plain } = conventions;
const names = (convention: typeof next, mode: string): string[] =>
  filesRead(convention, mode, ".env.own").map(({ name, skipped }) => (skipped ? `(${name})` : name));

function explained(
  key: string,
  files: Readonly<Record<string, string | undefined>>,
  { convention = next, mode = "production", file = ".env", environment = {} } = {},
): Explanation {
  const documents = Object.entries(files).map(
    ([name, text]) => [name, text === undefined ? undefined : parseDocument(text)] as const,
  );
  return explain({ key, convention, mode, file }, { files: new Map(documents), environment });
}

const roles = ({ places }: Explanation): string[] =>
  places.map(({ file, role, line, state }) =>
    [file, role, line, state].filter((part) => part !== undefined).join(" "),
  );

function drawn(references: readonly ExplainedReference[]): unknown[] {
  return references.map(({ name, source, file, line, nested }) => {
    const own = [name, source, ...(file === undefined ? [] : [`${file}:${line}`])].join(" ").trim();
    return nested.length === 0 ? own : [own, ...drawn(nested)];
  });
}

describe("conventions", () => {
  it("order the files as their readers do", () => {
    expect(names(next, "production")).toEqual([
      ".env.production.local",
      ".env.local",
      ".env.production",
      ".env",
    ]);
    expect(names(vite, "production")).toEqual([
      ".env.production.local",
      ".env.production",
      ".env.local",
      ".env",
    ]);
    expect(names(plain, "production")).toEqual([".env.own"]);
  });

  it("leave .env.local out in the mode test where their readers do", () => {
    expect(names(next, "test")).toEqual([".env.test.local", "(.env.local)", ".env.test", ".env"]);
    expect(names(vite, "test")).toContain(".env.local");
    const flow = detectConvention([{ name: "package.json", text: '{"dependencies":{"dotenv-flow":"4"}}' }]);
    expect(names(flow ?? plain, "test")).toContain("(.env.local)");
  });

  it("are told by dependencies", () => {
    const of = (name: string, text: string): string | undefined => detectConvention([{ name, text }])?.reader;
    expect(of("package.json", '{"dependencies":{"next":"16"},"devDependencies":{"vitest":"4"}}')).toBe(
      "Next.js",
    );
    expect(of("package.json", '{"devDependencies":{"vite":"8"}}')).toBe("Vite");
    expect(of("package.json", '{"dependencies":{"varlock":"1","vite":"8"}}')).toBe("varlock");
    expect(of("package.json", '{"dependencies":{"dotenv":"17"}}')).toBe("dotenv");
    expect(of("Gemfile", "source 'https://rubygems.org'\ngem 'dotenv-rails', groups: [:development]\n")).toBe(
      "Rails",
    );
    expect(of("Gemfile", "# gem 'dotenv-rails'\n")).toBeUndefined();
    for (const text of ["", "{", "[]", "null", '{"dependencies":7}', '{"dependencies":{"left-pad":"1"}}'])
      expect(of("package.json", text)).toBeUndefined();
  });

  it("know modes by file names, and what a file overrides", () => {
    expect(
      [".env", ".env.local", ".env.production.local", ".env.staging", ".env.example"].map(modeOf),
    ).toEqual([undefined, undefined, "production", "staging", undefined]);
    expect(modesOf([".env", ".env.staging", ".env.test.local"])).toEqual([
      "staging",
      "test",
      "development",
      "production",
    ]);
    expect(overriddenUnder(next, ".env.production.local")).toEqual([".env.local", ".env.production", ".env"]);
    expect(overriddenUnder(next, ".env.production")).toEqual([".env"]);
    expect(overriddenUnder(vite, ".env.production")).toEqual([".env.local", ".env"]);
    expect(overriddenUnder(next, ".env.local")).toEqual([".env"]);
    expect(overriddenUnder(next, ".env")).toEqual([]);
    expect(overriddenUnder(plain, ".env.production")).toEqual([]);
    expect(overriddenUnder(next, ".env.example")).toEqual([]);
  });
});

describe("explaining a value", () => {
  const files = {
    ".env": "A=1\nA=2\nB=x\n",
    ".env.local": "A=2\n",
    ".env.production": "A=3\nB=\n",
    ".env.test": undefined,
  };

  it("names the winner, and what it shadows with line and state", () => {
    expect(roles(explained("A", files))).toEqual([
      ".env.production.local absent",
      ".env.local wins 1 same",
      ".env.production shadowed 1 differs",
      ".env shadowed 2 same",
    ]);
    expect(explained("A", files).places.at(-1)?.hiddenLines).toEqual([1]);
    expect(roles(explained("B", files))).toEqual([
      ".env.production.local absent",
      ".env.local not-set",
      ".env.production wins 2 empty",
      ".env shadowed 3 differs",
    ]);
  });

  it("depends on convention and mode", () => {
    expect(roles(explained("A", files, { convention: vite }))[1]).toBe(".env.production wins 1 same");
    expect(roles(explained("A", files, { mode: "test" }))).toEqual([
      ".env.test.local absent",
      ".env.local skipped 1 same",
      ".env.test unreadable",
      ".env wins 2 same",
    ]);
    expect(roles(explained("A", files, { convention: plain }))).toEqual([".env wins 2 same"]);
  });

  it("says that the process environment stands above, and that nobody sets a key", () => {
    const { winner, environmentHasKey, value } = explained("A", files, { environment: { A: "outer" } });
    expect([winner?.source, environmentHasKey, value]).toEqual(["environment", true, "outer"]);
    const none = explained("NONE", files);
    expect([none.winner, none.value, none.references]).toEqual([undefined, undefined, []]);
  });

  it("follows every reference to its source, over files and in defaults", () => {
    const { references, value } = explained(
      "URL",
      {
        ".env":
          "HOST=${SUB}.test\nSUB=api\nURL=https://${HOST}/${VERSION:-v${MAJOR}}?${HOME}${NOPE}$(whoami)\n",
        ".env.production": "SUB=live\nMAJOR=2\n",
      },
      { environment: { HOME: "/h" } },
    );
    expect(drawn(references)).toEqual([
      ["HOST file .env:1", "SUB file .env.production:1"],
      ["VERSION default", "MAJOR file .env.production:2"],
      "HOME environment",
      "NOPE undefined",
      "undefined",
    ]);
    expect(references.at(-1)?.kind).toBe("command");
    expect(value).toBe("https://live.test/v2?/h$(whoami)");
  });

  it("answers alternatives, and rings without going round", () => {
    const ring = { ".env": "A=a${B}\nB=b${A}\nC=${A:+set}${X:+no}\n" };
    expect(drawn(explained("A", ring).references)).toEqual([["B file .env:2", "A cycle"]]);
    expect(explained("A", ring).value).toBe("ab");
    expect(drawn(explained("C", ring).references)).toEqual(["A alternative", "X unused"]);
    expect(explained("C", ring).value).toBe("set");
  });

  it("ends on chains and on values that double with every step, and says that it left something out", () => {
    const chain = Array.from({ length: 5_000 }, (_, at) => `K${at}=\${K${at + 1}}`).join("\n");
    expect(explained("K0", { ".env": chain }).value).toBeUndefined();
    const doubling = Array.from({ length: 40 }, (_, at) => `K${at}=x\${K${at + 1}}\${K${at + 1}}`).join("\n");
    const { value, referencesCut } = explained("K0", { ".env": doubling });
    expect([value, referencesCut]).toEqual([undefined, true]);
  });

  it("reads a file by itself as the expander does", () => {
    const text = "A=1\nB=${A}-${NONE:-d}\nC='$B'\nD=${B:+y}${NONE+z}\\$x ${E}\nE=${A:-${B}}\n";
    const { values } = expand(parseDocument(text), { HOME: "/h" });
    for (const key of ["A", "B", "C", "D", "E"]) {
      const { value } = explained(key, { ".env": text }, { convention: plain, environment: { HOME: "/h" } });
      expect(value).toBe(values[key]);
    }
  });
});

describe("the page that explains a value", () => {
  const explanation = explained("URL", {
    ".env": "HOST=canary-host\nURL=https://${HOST}/$(canary-run)<img src=x>\n",
    ".env.production": "URL=canary-2\n",
  });
  const subject = { explanation, folder: "shop", choice: "auto", reason: "Because.", modes: ["production"] };

  it("holds no value before it is revealed, and the one that is", () => {
    const masked = explainHtml({ ...subject, value: undefined, values: new Map() });
    expect(masked).not.toContain("canary");
    expect(masked).not.toMatch(/\sstyle=|\son\w+=/);
    const shown = explainHtml({ ...subject, value: undefined, values: new Map([[".env", "<canary>&"]]) });
    expect(shown).toContain("&lt;canary&gt;&amp;");
    expect(shown.match(/canary/g)).toHaveLength(1);
  });

  it("shows a piece of a password that looks like a reference only with the value", () => {
    const password = explained("P", { ".env": "HOST=h\nP=pa$canary$HOST${NOPE}\n" });
    const page = (value: string | undefined): string =>
      explainHtml({ ...subject, explanation: password, value, values: new Map() });
    expect(page(undefined)).not.toContain("canary");
    expect(page(undefined)).toContain("<code>$…</code>");
    expect(page(undefined)).toContain("<code>$HOST</code> from");
    expect(page(undefined)).toContain("<code>${NOPE}</code>");
    expect(page("revealed")).toContain("<code>$canary</code>");
  });

  it("links each file at the line, and tells states by sign and word", () => {
    const html = explainHtml({ ...subject, value: undefined, values: new Map() });
    expect(html).toContain('data-open=".env" data-line="2"');
    expect(html).toContain("shadowed · ≠ another value");
    expect(html).toContain("there is no such file");
  });
});

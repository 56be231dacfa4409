import { describe, expect, it } from "vitest";
import { cloakedSpans, spansBetween } from "../../src/dotenv/cloaking.ts";
import { parseDocument } from "../../src/dotenv/document.ts";

/** The text as it is seen: every cloaked character is a dot. */
function seen(text: string): string {
  let shown = text;
  for (const { start, end } of cloakedSpans(parseDocument(text))) {
    shown = shown.slice(0, start) + shown.slice(start, end).replace(/[^\r\n]/g, "·") + shown.slice(end);
  }
  return shown;
}

describe("Cloaking", () => {
  it("covers raw values with their quotes, and no key", () => {
    expect(seen("A=abc\nexport B = \"x y\" # note\nC: 'z'\n")).toBe(
      "A=···\nexport B = ····· # note\nC: ···\n",
    );
  });

  it("covers every line of a value", () => {
    expect(seen('KEY="-----BEGIN\nsecret\n-----END"\nB=1\n')).toBe(
      "KEY=···········\n······\n·········\nB=·\n",
    );
    expect(seen("A=`one\r\ntwo`\r\n")).toBe("A=····\r\n····\r\n");
  });

  it("covers assignments in comments, however they are commented out", () => {
    expect(seen("# A=secret\n#B=secret\n## export C=secret\n  # D = secret # old\n")).toBe(
      "# A=······\n#B=······\n## export C=······\n  # D =·············\n",
    );
    expect(seen("# API_KEY: secret\n# Note: see the wiki\n")).toBe(
      "# API_KEY:·······\n# Note: see the wiki\n",
    );
    expect(seen('# KEY="one\n# two\n# three"\n# prose\n')).not.toMatch(/one|two|three/);
  });

  it("covers an assignment in the comment behind a value", () => {
    expect(seen("A=1 # B=secret\nC='2' # API_KEY: secret\nD= # E=secret\n")).toBe(
      "A=· # B=······\nC=··· # API_KEY:·······\nD= # E=······\n",
    );
    expect(seen("A=1 # @type=number\nB=2 # note: see C\n")).toBe("A=· # @type=number\nB=· # note: see C\n");
  });

  it("covers words of a comment that look like secrets, and no other", () => {
    const token = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
    const dots = "·".repeat(token.length);
    expect(seen(`# the token ${token} was revoked\nA=1 # was "${token}", see the wiki\n`)).toBe(
      `# the token ${dots} was revoked\nA=· # was "${dots}", see the wiki\n`,
    );
    expect(seen("# try postgres://me:hunter2@db.test/shop first\n")).not.toContain("hunter2");
    const prose = "# internationalization of configuration-files, see https://example.test/a/b (ghp_xxxx)\n";
    expect(seen(prose)).toBe(prose);
  });

  it("takes time in proportion to the length of a comment", () => {
    for (const unit of ["#", "# ", "#a", "a", "a ", "://"]) {
      const document = parseDocument(`# ${unit.repeat(500_000 / unit.length)}!`);
      const start = performance.now();
      cloakedSpans(document);
      expect(performance.now() - start, JSON.stringify(unit)).toBeLessThan(3_000);
    }
  });

  it("covers what a # without a space cuts off", () => {
    expect(seen("PASSWORD=abc#def\n")).toBe("PASSWORD=·······\n");
  });

  it("covers lines that dotenv skips where they may hold a value", () => {
    expect(seen('A="open\nrest of it\n')).toBe("A=·····\n··········\n");
    expect(seen("my key=secret\nA:secret\n")).toBe("my key=······\nA:······\n");
    expect(seen("MIIEow+/IBAAKCAQEA secret\n")).not.toContain("secret");
    expect(seen("MIIEowIBAAKCAQEA7bq2secretsecretsecret\n")).not.toContain("secret");
    expect(seen("# MIIEowIBAAKCAQEA7bq2secretsecretsecret\n")).not.toContain("secret");
  });

  it("leaves prose, headings, decorators, rules, addresses and a key that is being typed", () => {
    const text = [
      "# @required @type=enum(a, b)",
      "# --- Database ---",
      "#==================================",
      "# see https://example.test/a/long/page/about/this",
      "# https://example.test/a/long/page/about/this",
      "API_K",
      "",
    ].join("\n");
    expect(seen(text)).toBe(text);
  });

  it("keeps a place for the value that is typed next", () => {
    expect(cloakedSpans(parseDocument("A=\nB=1\n"))).toEqual([
      { start: 2, end: 2 },
      { start: 5, end: 6 },
    ]);
  });

  it("finds the values of a part of a text, those that only reach into it and empty ones included", () => {
    const text = 'A=1\nB="x\ny"\nC=\nD=4\n';
    const spans = cloakedSpans(parseDocument(text));
    const shown = (from: string, to: string) => {
      const part = { start: text.indexOf(from), end: text.indexOf(to) };
      return spansBetween(spans, part).map(({ start, end }) => text.slice(start, end));
    };
    expect(shown("A=", "D=")).toEqual(["1", '"x\ny"', ""]);
    expect(shown('y"', "C=")).toEqual(['"x\ny"']);
    expect(shown("C=", "D=")).toEqual([""]);
    expect(spansBetween(spans, { start: text.length, end: text.length })).toEqual([]);
    expect(spansBetween([], { start: 0, end: 9 })).toEqual([]);
  });

  it("gives spans in order and apart", () => {
    const text = 'A="x\n# B=1\nC=2#3\n# D=`4\n# 5`\nno\n__proto__=6\n';
    const spans = cloakedSpans(parseDocument(text));
    for (const [index, { start, end }] of spans.entries()) {
      expect(end).toBeGreaterThanOrEqual(start);
      if (index > 0) expect(start).toBeGreaterThanOrEqual(spans[index - 1]!.end);
    }
    expect(seen(text)).not.toMatch(/\d/);
  });
});

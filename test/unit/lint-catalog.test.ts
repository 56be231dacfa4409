import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import {
  catalog,
  documentationOf,
  isRuleId,
  type RuleId,
  ruleIds,
  type SeverityChoice,
  severitiesFrom,
} from "../../src/lint/catalog.ts";
import { codeFindingIds } from "../../src/lint/codeFindings.ts";
import { dotenvLinterNames, ruleOfDotenvLinter } from "../../src/lint/foreignRules.ts";
import { lintBytesMax } from "../../src/lint/lint.ts";
import type { LintContext } from "../../src/lint/rule.ts";
import { rules } from "../../src/lint/ruleset.ts";
import { exampleOf, rulesIn, schemaOf } from "./lint-scene.ts";

const page = await readFile(new URL("../../docs/DIAGNOSTICS.md", import.meta.url), "utf8");

function sectionsOf(text: string): string[] {
  return Array.from(text.matchAll(/^### (.+)$/gm), ([, id]) => id ?? "");
}

describe("the catalogue of rules", () => {
  it.each(ruleIds)(
    "has %s in docs/DIAGNOSTICS.md: a section under its anchor, and its default severity",
    (id) => {
      expect(page).toContain(`\n### ${id}\n`);
      expect(page).toContain(`| [\`${id}\`](#${id}) | ${catalog[id].severity} |`);
      expect(page).toContain(`"envpact.lint.severity": { "${id}": `);
      expect(documentationOf(id)).toMatch(new RegExp(`/docs/DIAGNOSTICS\\.md#${id}$`));
    },
  );

  it("documents no rule that does not exist", () => {
    const sections = sectionsOf(page.slice(0, page.indexOf("\n## Findings about code\n")));
    expect(sections.filter((id) => !isRuleId(id))).toEqual([]);
  });

  it("documents exactly the findings about code beside the rules, each with the setting and default of package.json", async () => {
    const part = page.slice(page.indexOf("\n## Findings about code\n"));
    expect(sectionsOf(part).sort()).toEqual([...codeFindingIds].sort());
    const manifest = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8"));
    for (const id of codeFindingIds) {
      expect(isRuleId(id)).toBe(false);
      expect(documentationOf(id)).toMatch(new RegExp(`/docs/DIAGNOSTICS\\.md#${id}$`));
      const setting = `envpact.code.${id.replace(/-(\w)/, (_, letter: string) => letter.toUpperCase())}`;
      const choice = manifest.contributes.configuration.properties[setting];
      const section = part.slice(part.indexOf(`### ${id}\n`));
      expect(section).toContain(`**Setting:** \`"${setting}": "off"\`, default \`${choice.default}\``);
    }
  });

  it("holds exactly the rules that run, and the one that stands for them all", () => {
    expect([...rules.map(({ id }) => id), "file-too-large"].sort()).toEqual([...ruleIds].sort());
  });

  it("keeps what is valid of a setting of any shape", () => {
    const setting = { "invalid-line": "off", "missing-key": "loud", "no-rule": "off", toString: "off" };
    expect(severitiesFrom(setting)).toEqual({ "invalid-line": "off" });
    for (const wrong of [undefined, null, 5, "off", ["off"]]) expect(severitiesFrom(wrong)).toEqual({});
  });

  it("takes no inherited name for a rule", () => {
    expect(isRuleId("toString")).toBe(false);
  });
});

/** For each rule a text in which it finds something, and what has to be around that. */
const firing: Readonly<Record<RuleId, readonly [text: string, context?: Partial<LintContext>]>> = {
  "byte-order-mark": ["\uFEFFA=1\n"],
  "not-utf8": ["A=\uFFFD\n"],
  "file-too-large": ["#".repeat(lintBytesMax + 1)],
  "schema-error": ["# @type=nonsense\nA=\n", { isExample: true, isSchema: true }],
  "missing-key": ["A=1\n", { example: exampleOf("B=\n") }],
  "missing-in-siblings": ["A=1\n", { siblings: [{ name: ".env.test", keys: new Set(["B"]) }] }],
  "extra-key": ["A=1\n", { example: exampleOf("B=\n") }],
  "duplicate-key": ["A=1\nA=2\n"],
  "similar-key": ["A=1\na=2\n"],
  "empty-required": ["A=\n", { schema: schemaOf("# @required\nA=\n") }],
  "schema-violation": ["A=x\n", { schema: schemaOf("# @type=port\nA=\n") }],
  "deprecated-key": ["A=x\n", { schema: schemaOf("# @deprecated\nA=\n") }],
  "invalid-line": ["nonsense\n"],
  "unclosed-quote": ['A="x\n'],
  "value-cut-by-hash": ["A=x#y\n"],
  "doubled-equals": ["A==1\n"],
  "reads-differently": ["A=`x y`\n", { dialects: ["python-dotenv"] }],
  "space-around-equals": ["A = 1\n"],
  "leading-space": [" A=1\n"],
  "trailing-whitespace": ["A=1 \n"],
  "value-without-quotes": ["A=x y\n"],
  "quote-character": ["A='x'\n"],
  "key-not-portable": ["A-B=1\n"],
  "lowercase-key": ["a=1\n"],
  "unordered-key": ["B=1\nA=2\n"],
  "extra-blank-line": ["A=1\n\n\nB=2\n"],
  "missing-final-newline": ["A=1"],
  "command-substitution": ["A=$(date)\n"],
  "undefined-reference": ["A=${B}\n"],
  "malformed-reference": ["A=${}\n"],
  "circular-reference": ["A=$A\n"],
  "reference-in-single-quotes": ["A=1\nB='$A'\n"],
  "expands-unintended": ["A=x$y\n", { expands: true }],
  "secret-in-tracked-file": ["A_TOKEN=q7Gz2LpV9sKd4WxYb8Nf3RtM\n", { tracked: true }],
  "unknown-directive": ["# envpact-ignore nonsense\n"],
};

const everyRule = Object.fromEntries(ruleIds.map((id): [string, SeverityChoice] => [id, "warning"]));

describe("every rule", () => {
  it.each(ruleIds)("%s finds something where it should, and can be turned off", (id) => {
    const [text, context] = firing[id];
    expect(rulesIn(text, { ...context, severities: everyRule })).toContain(id);
    expect(rulesIn(text, { ...context, severities: { ...everyRule, [id]: "off" } })).not.toContain(id);
  });

  it("is quiet about a good file with everything around it", () => {
    const text =
      '# The service\nHOST=localhost\nPORT=3000\n\n# Texts\nTITLE="My app" # shown\nURL=http://${HOST}:${PORT}/\n';
    const around: Partial<LintContext> = {
      example: exampleOf(text),
      schema: schemaOf("# @required @type=port\nPORT=\n"),
      siblings: [{ name: ".env.test", keys: new Set(["HOST", "PORT"]) }],
      tracked: true,
      dialects: ["dotenv", "node"],
      severities: everyRule,
    };
    expect(rulesIn(text, around)).toEqual([]);
    expect(rulesIn("", around)).toEqual(["missing-key"]);
  });
});

describe("the table of dotenv-linter's checks in docs/DIAGNOSTICS.md", () => {
  it.each(dotenvLinterNames.filter((name) => !name.endsWith("Keys")))("names the rules of %s", (name) => {
    const row = page.split("\n").find((line) => line.startsWith(`| ${name} |`));
    for (const rule of ruleOfDotenvLinter(name)) expect(row).toContain(`(#${rule})`);
  });
});

describe("the setting envpact.lint.severity in package.json", () => {
  it("offers every rule with its default and the same choices", async () => {
    const manifest = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8"));
    const setting = manifest.contributes.configuration.properties["envpact.lint.severity"];
    expect(Object.keys(setting.properties)).toEqual([...ruleIds]);
    for (const id of ruleIds) {
      const choice = setting.properties[id];
      expect(choice.default).toBe(catalog[id].severity);
      expect(choice.enum).toEqual(["error", "warning", "information", "hint", "off"]);
      expect(choice.markdownDescription).toContain(catalog[id].doc);
      expect(choice.markdownDescription).toContain(documentationOf(id));
    }
    expect(setting.additionalProperties).toBe(false);
  });
});

import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { catalog, documentationOf, isRuleId, ruleIds, severitiesFrom } from "../../src/lint/catalog.ts";
import { rules } from "../../src/lint/ruleset.ts";

const page = await readFile(new URL("../../docs/DIAGNOSTICS.md", import.meta.url), "utf8");

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
    const sections = Array.from(page.matchAll(/^### (.+)$/gm), ([, id]) => id ?? "");
    expect(sections.filter((id) => !isRuleId(id))).toEqual([]);
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

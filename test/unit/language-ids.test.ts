import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  cloakedContextKey,
  editorCommandIds,
  editorSettingIds,
  hoverCommandIds,
  stateColorIds,
} from "../../src/extension/ids.ts";

const { contributes } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8")) as {
  contributes: {
    commands: readonly { command: string }[];
    colors: readonly { id: string; defaults: object }[];
    configuration: { properties: Record<string, { default: unknown; markdownDescription: string }> };
    menus: Readonly<Record<string, readonly { when?: string }[]>>;
  };
};
const commands = contributes.commands.map(({ command }) => command);
const { properties } = contributes.configuration;

describe("package.json and the ids of the text editor", () => {
  it("name the same commands, settings, colours and context key", () => {
    expect(commands).toEqual(expect.arrayContaining(Object.values(editorCommandIds)));
    expect(Object.keys(properties)).toEqual(expect.arrayContaining(Object.values(editorSettingIds)));
    const colors = contributes.colors.map(({ id }) => id);
    expect(colors).toEqual(expect.arrayContaining(Object.values(stateColorIds)));
    const clauses = Object.values(contributes.menus).flatMap((items) => items.map(({ when }) => when));
    expect(clauses.join(" ")).toContain(cloakedContextKey);
  });

  it("keep the commands of hovers out of menus and the palette", () => {
    for (const command of Object.values(hoverCommandIds)) expect(commands).not.toContain(command);
  });

  it("give every sign a colour in every kind of theme", () => {
    for (const { id, defaults } of contributes.colors) {
      expect(Object.keys(defaults), id).toEqual(["dark", "light", "highContrast", "highContrastLight"]);
    }
  });

  it("format nothing unasked, and say what cloaking cannot hide", () => {
    expect(properties[editorSettingIds.format]?.default).toBe(false);
    const told = properties[editorSettingIds.cloak]?.markdownDescription;
    for (const leak of ["clipboard", "find widget", "minimap", "screen readers", "AI assistants"]) {
      expect(told).toContain(leak);
    }
  });
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  comparisonCommandIds,
  contextKeys,
  conventionSettingId,
  environmentCommandIds,
  environmentSettingIds,
  explainViewType,
  matrixViewType,
  viewIds,
} from "../../src/extension/ids.ts";

interface Contributes {
  readonly commands: readonly { command: string; category: string; title: string; icon?: string }[];
  readonly views: Readonly<Record<string, readonly { id: string }[]>>;
  readonly viewsContainers: { readonly activitybar: readonly { id: string }[] };
  readonly menus: Readonly<Record<string, readonly { command: string; when?: string; group?: string }[]>>;
  readonly keybindings: readonly {
    command: string;
    key: string;
    when: string;
    args?: { commands: readonly (string | { command: string; args: string })[] };
  }[];
  readonly viewsWelcome: readonly { view: string; contents: string; when: string }[];
  readonly configuration: { properties: object } | readonly { properties: object }[];
  readonly languages?: unknown;
}

const manifest = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8")) as {
  activationEvents: readonly string[];
  contributes: Contributes;
};
const { contributes } = manifest;
const commands: readonly string[] = Object.values(environmentCommandIds);
const menuItems = Object.values(contributes.menus).flat();

describe("package.json and ids.ts", () => {
  it("name the same commands of the view", () => {
    const contributed = contributes.commands.map((command) => command.command);
    expect(contributed).toEqual(expect.arrayContaining([...commands]));
    expect(new Set(contributed).size).toBe(contributed.length);
    for (const { category } of contributes.commands) expect(category).toBe("Envpact");
  });

  it("use no command in a menu, a keybinding or a welcome text that is not contributed", () => {
    const known = new Set(contributes.commands.map((command) => command.command));
    const welcome = contributes.viewsWelcome.flatMap(({ contents }) =>
      [...contents.matchAll(/command:(envpact\.\w+)/g)].map((match) => match[1] ?? ""),
    );
    const inOrder = contributes.keybindings.flatMap(({ args }) => args?.commands ?? []);
    const used = [...menuItems, ...contributes.keybindings, ...inOrder].map((item) =>
      typeof item === "string" ? item : item.command,
    );
    for (const command of [...used, ...welcome]) {
      if (command.startsWith("envpact.")) expect(known).toContain(command);
    }
  });

  it("give no two commands the same name in the palette", () => {
    const titles = contributes.commands.map(({ title }) => title);
    expect(titles.filter((title, at) => titles.indexOf(title) !== at)).toEqual([]);
  });

  it("let a key of the keyboard act on the focused row, and on all selected ones where there are several", () => {
    const single = contributes.keybindings.filter(({ command }) => command === "runCommands");
    for (const { key, args, when } of single) {
      const [select, act] = args?.commands ?? [];
      expect(select).toBe("list.select");
      const command = typeof act === "object" ? act.command : "";
      expect(act).toEqual({ command, args: "focused" });
      expect(when).toContain("!listMultiSelection");
      const several = contributes.keybindings.find((each) => each.command === command && each.key === key);
      expect(several?.when.split(" && ")).toContain("listMultiSelection");
    }
    expect(single.map(({ key }) => key)).toEqual(["enter", "f2", "delete", "ctrl+c"]);
  });

  it("name the same views, container, settings and context keys", () => {
    expect(contributes.viewsContainers.activitybar.map(({ id }) => id)).toContain(viewIds.container);
    expect(contributes.views[viewIds.container]?.map(({ id }) => id)).toContain(viewIds.environments);
    const sections = [contributes.configuration].flat();
    const settings = sections.flatMap(({ properties }) => Object.keys(properties));
    expect(settings).toEqual(expect.arrayContaining(Object.values(environmentSettingIds)));
    const clauses = [...contributes.keybindings, ...contributes.viewsWelcome]
      .map(({ when }) => when)
      .join(" ");
    for (const key of Object.values(contextKeys)) expect(clauses).toContain(key);
  });

  it("name the commands, the setting and the panels that compare environments and explain values", () => {
    const contributed = contributes.commands.map((command) => command.command);
    expect(contributed).toEqual(expect.arrayContaining(Object.values(comparisonCommandIds)));
    const settings = [contributes.configuration].flat().flatMap(({ properties }) => Object.keys(properties));
    expect(settings).toContain(conventionSettingId);
    for (const panel of [matrixViewType, explainViewType]) {
      expect(manifest.activationEvents).toContain(`onWebviewPanel:${panel}`);
    }
  });

  it("give every inline icon an icon, and a row at most three", () => {
    const icons = new Set(contributes.commands.filter(({ icon }) => icon).map(({ command }) => command));
    const inline = (contributes.menus["view/item/context"] ?? []).filter(
      ({ group, when }) => group?.startsWith("inline") && when?.includes(viewIds.environments),
    );
    for (const { command } of inline) expect(icons).toContain(command);
    const rows = [
      "folder",
      "file environment writable hidden filled lacking",
      "file environment writable revealed peeked filled lacking",
      "file example readonly hidden filled",
      "file unreadable",
      "key plain writable assigned hidden",
      "key drift duplicate writable assigned revealed",
      "key missing writable",
      "key commented missing writable",
      "key plain readonly assigned hidden",
    ];
    for (const row of rows) {
      const shown = inline.filter(({ when }) => matches(when ?? "", row)).map(({ command }) => command);
      expect(shown.length, `${row}: ${shown.join(", ")}`).toBeLessThanOrEqual(3);
      expect(new Set(shown).size).toBe(shown.length);
    }
  });

  it("wake the extension for .env files and its own views only, and contribute no language", () => {
    for (const event of manifest.activationEvents) expect(event).not.toMatch(/^(\*|onStartupFinished)$/);
    expect(manifest.activationEvents).toContain("workspaceContains:**/.env");
    expect(contributes.languages).toBeUndefined();
  });
});

/** What VS Code does with the part of a `when` clause that looks at the row. */
function matches(when: string, row: string): boolean {
  const pattern = /viewItem =~ \/(.+)\/(?: |$)/.exec(when)?.[1];
  if (pattern !== undefined) return new RegExp(pattern).test(row);
  return /viewItem == (\S+)/.exec(when)?.[1] === row;
}

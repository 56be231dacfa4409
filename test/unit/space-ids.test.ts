import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { viewIds } from "../../src/extension/ids.ts";
import {
  comparisonRevealedKey,
  comparisonScheme,
  spaceCommandIds,
  spaceLookedKey,
  spaceSettingIds,
  spaceViewId,
} from "../../src/extension/spaceIds.ts";

interface MenuItem {
  readonly command: string;
  readonly when?: string;
  readonly group?: string;
}

const { contributes } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8")) as {
  contributes: {
    commands: readonly { command: string; icon?: string }[];
    views: Readonly<Record<string, readonly { id: string }[]>>;
    viewsWelcome: readonly { view: string; contents: string; when: string }[];
    menus: Readonly<Record<string, readonly MenuItem[]>>;
    configuration: { properties: object } | readonly { properties: object }[];
  };
};
const rowMenu = (contributes.menus["view/item/context"] ?? []).filter(({ when }) =>
  when?.includes(spaceViewId),
);

describe("package.json and spaceIds.ts", () => {
  it("name the same commands, view and setting", () => {
    const commands = contributes.commands.map(({ command }) => command);
    expect(commands).toEqual(expect.arrayContaining(Object.values(spaceCommandIds)));
    expect(contributes.views[viewIds.container]?.map(({ id }) => id)).toContain(spaceViewId);
    const settings = [contributes.configuration].flat().flatMap(({ properties }) => Object.keys(properties));
    expect(settings).toEqual(expect.arrayContaining(Object.values(spaceSettingIds)));
  });

  it("offer hosting and joining where there is no space", () => {
    const welcome = contributes.viewsWelcome.filter(({ view }) => view === spaceViewId);
    const text = welcome.map(({ contents }) => contents).join("\n");
    expect(text).toContain(`command:${spaceCommandIds.hostSpace}`);
    expect(text).toContain(`command:${spaceCommandIds.joinSpace}`);
    const hosting = welcome.filter(({ contents }) => contents.includes(spaceCommandIds.hostSpace));
    for (const { when } of hosting) expect(when).toContain(spaceLookedKey);
  });

  it("show the reveal and the hide action on comparisons, one at a time", () => {
    const title = (contributes.menus["editor/title"] ?? []).filter(({ when }) =>
      when?.includes(comparisonScheme),
    );
    expect(title.map(({ command, when }) => [command, when?.includes(`!${comparisonRevealedKey}`)])).toEqual([
      [spaceCommandIds.revealComparison, true],
      [spaceCommandIds.hideComparison, false],
    ]);
  });

  it("give every inline action an icon, and a row at most three", () => {
    const icons = new Set(contributes.commands.filter(({ icon }) => icon).map(({ command }) => command));
    const inline = rowMenu.filter(({ group }) => group?.startsWith("inline"));
    for (const { command } of inline) expect(icons).toContain(command);
    const rows = [
      "connection offline",
      "changes filled",
      "change changed",
      "revision commit",
      "revisionKey",
      "peers",
      "indoubt",
      "heuristic mixed",
      "transaction waiting mine",
      "transaction preparing",
      "review",
      "spread",
      "conflict",
    ];
    for (const context of rows) {
      const shown = inline.filter(({ when }) => isShown(when ?? "", context));
      expect(shown.length, context).toBeGreaterThan(0);
      expect(shown.length, context).toBeLessThanOrEqual(3);
    }
  });

  it("offer to cancel only what this window sent, and to go on without absent peers only where it waits for them", () => {
    const offered = (context: string): readonly string[] =>
      rowMenu.filter(({ when }) => isShown(when ?? "", context)).map(({ command }) => command);
    expect(offered("transaction preparing mine")).toContain(spaceCommandIds.cancelCommit);
    expect(offered("transaction preparing")).not.toContain(spaceCommandIds.cancelCommit);
    expect(offered("transaction waiting mine")).toContain(spaceCommandIds.goOnWithout);
    expect(offered("transaction waiting mine detach")).not.toContain(spaceCommandIds.goOnWithout);
  });

  it("offer forcing only where something is in doubt, and resyncing only where it is mixed", () => {
    const contexts = (id: string, all: readonly string[]): readonly string[] =>
      all.filter((context) =>
        rowMenu.some(({ command, when }) => command === id && isShown(when ?? "", context)),
      );
    const all = [
      "indoubt",
      "indoubt key",
      "heuristic pending",
      "heuristic same",
      "heuristic mixed",
      "spread",
    ];
    expect(contexts(spaceCommandIds.forceOutcome, all)).toEqual(["indoubt"]);
    expect(contexts(spaceCommandIds.resyncSpace, all)).toEqual(["heuristic mixed"]);
  });

  it("offer nothing to commit where nothing differs", () => {
    const commit = rowMenu.filter(({ command }) => command === spaceCommandIds.commitChanges);
    expect(commit.some(({ when }) => isShown(when ?? "", "changes empty"))).toBe(false);
    expect(commit.some(({ when }) => isShown(when ?? "", "changes filled"))).toBe(true);
    expect(commit.some(({ when }) => isShown(when ?? "", "change missing"))).toBe(true);
  });
});

/** What VS Code does with the part of a `when` clause that looks at the row. */
function isShown(when: string, context: string): boolean {
  const pattern = /viewItem =~ \/(.+)\/(?: |$)/.exec(when)?.[1];
  if (pattern !== undefined) return new RegExp(pattern).test(context);
  return /viewItem == (\S+)/.exec(when)?.[1] === context;
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { viewIds, walkthroughId } from "../../src/extension/ids.ts";
import { spaceViewId } from "../../src/extension/spaceIds.ts";

const root = join(import.meta.dirname, "../..");
const { name, publisher, contributes } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  name: string;
  publisher: string;
  contributes: {
    commands: readonly { command: string }[];
    walkthroughs: readonly {
      id: string;
      steps: readonly {
        id: string;
        description: string;
        media: { svg: string; altText: string };
        completionEvents: readonly string[];
      }[];
    }[];
  };
};
/** Commands of VS Code itself that the walkthrough leads to. */
const builtIn = ["editor.action.marker.nextInFiles", "editor.action.quickFix"];
const known = new Set([
  ...contributes.commands.map(({ command }) => command),
  ...[viewIds.environments, spaceViewId].map((view) => `${view}.focus`),
  ...builtIn,
]);
const pictureBytesMax = 8_000;

describe("The walkthrough", () => {
  const [walkthrough, ...others] = contributes.walkthroughs;

  it("is the one that Get Started opens", () => {
    expect(others).toEqual([]);
    expect(`${publisher}.${name}#${walkthrough?.id}`).toBe(walkthroughId);
  });

  for (const step of walkthrough?.steps ?? []) {
    it(`${step.id}: leads to commands that there are, and one of them or a view completes it`, () => {
      const links = [...step.description.matchAll(/\]\(command:([^)]+)\)/g)].map((match) => match[1] ?? "");
      expect(links.length).toBeGreaterThan(0);
      const ends = step.completionEvents.map((event) => event.replace(/^onCommand:/, ""));
      expect(ends.length).toBeGreaterThan(0);
      for (const id of [...links, ...ends.filter((end) => !end.startsWith("onView:"))])
        expect(known).toContain(id);
      for (const end of ends.filter((each) => each.startsWith("onView:")))
        expect([viewIds.environments, spaceViewId]).toContain(end.replace("onView:", ""));
    });

    it(`${step.id}: has a small picture in the theme's colours, and words for who does not see it`, () => {
      const picture = readFileSync(join(root, step.media.svg), "utf8");
      expect(picture.length).toBeLessThan(pictureBytesMax);
      // VS Code shows the picture under a policy that takes no style of its own.
      expect(picture).not.toMatch(/<style|style=|<script|href=/);
      const paints = [...picture.matchAll(/(?:fill|stroke)="([^"]+)"/g)].map((match) => match[1] ?? "");
      for (const paint of paints) expect(paint).toMatch(/^(none|var\(--vscode-[\w-]+,.+\))$/);
      expect(step.media.altText.length).toBeGreaterThan(20);
    });
  }
});

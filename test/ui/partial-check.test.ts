import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { EditorScene } from "./editor-scene.ts";
import type { VscodeWindow } from "./window.ts";

const waitMs = 60_000;
/** More than the 5 MB that are checked in full. */
const large = `${`# ${"x".repeat(100)}\n`.repeat(52_000)}A=1\n`;

let scene: EditorScene;
let window: VscodeWindow;

beforeAll(async () => {
  scene = await EditorScene.open();
  const folder = await scene.machine.folder("shop", { ".env": "A=1\n", ".env.large": large });
  window = await scene.window(folder);
});

afterAll(async () => scene?.close());

afterEach(async ({ task }) => window.screenshotFailure(task));

describe("a file that is too large to be checked in full, on the packaged extension", () => {
  it("says so in the status bar for as long as it is the active editor", async () => {
    await window.editor.open(".env.large");
    const item = window.statusItem(/Checked in part/);
    await item.waitFor({ timeout: waitMs });
    await window.editor.open(".env");
    await item.waitFor({ state: "hidden", timeout: waitMs });
    await window.editor.open(".env.large");
    await item.waitFor({ timeout: waitMs });
    await item.click();
    const problems = window.page.locator(".markers-panel");
    await problems.getByText("The file is larger than 5 MB").first().waitFor({ timeout: waitMs });
    expect(await problems.innerText()).toContain("another encoding");
  });
});

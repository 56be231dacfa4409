import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { EditorScene } from "./editor-scene.ts";
import type { VscodeWindow } from "./window.ts";

const waitMs = 30_000;
/** In every value; nothing on the screen may show it. */
const canary = "canary";

let scene: EditorScene;
let window: VscodeWindow;

beforeAll(async () => {
  scene = await EditorScene.open();
  const shop = await scene.machine.folder("shop", {
    ".env": `API_URL=${canary}-1\nDATABASE_URL=${canary}-2\nGREETING=${canary}-3\n`,
    ".env.example": "API_URL=\nDATABASE_URL=\nGREETING=\nREDIS_URL=\n",
  });
  window = await scene.window(shop);
});

afterAll(async () => scene?.close());

afterEach(async ({ task }) => window.screenshotFailure(task));

describe("A person's first steps", () => {
  it("Get Started opens the walkthrough; its step is done once its view was shown, and has its picture", async () => {
    const { page } = window;
    await window.showActivity("Envpact");
    await window.view("Space").getByText("Get started", { exact: true }).click();
    const steps = page.locator(".gettingStartedSlideDetails .getting-started-step");
    await steps.first().waitFor({ timeout: waitMs });
    expect(await steps.locator(".step-title").allInnerTexts()).toEqual([
      "See your environments",
      "Mend a finding",
      "Compare environments in the matrix",
      "Share a key between two workspaces",
    ]);
    await page.getByRole("button", { name: "Show Environments", exact: true }).click();
    await steps
      .first()
      .getByRole("checkbox", { name: "See your environments: Completed" })
      .waitFor({ timeout: waitMs });
    const picture = page.frameLocator("iframe.webview").frameLocator("iframe").locator("svg title");
    await expect
      .poll(() => picture.first().textContent({ timeout: waitMs }), { timeout: waitMs })
      .toMatch(/Environments: a folder/);
    await window.screenshot("walkthrough");
  });

  it("the keys of the keyboard act on the row that has the focus, without a click on it", async () => {
    const { page, quickInput } = window;
    await window.showActivity("Envpact");
    await window.expandRow(window.row(".env", "Environments"));
    await window.row("DATABASE_URL", "Environments").click();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await quickInput.waitFor("Edit Value of API_URL");
    await quickInput.cancel();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("F2");
    await quickInput.waitFor("New name of GREETING");
    await quickInput.cancel();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Delete");
    expect(await window.dialogText()).toContain("Delete DATABASE_URL from .env?");
    await window.answerDialog("Cancel");
    expect(await page.locator(".monaco-workbench").innerText()).not.toContain(canary);
  });
});
